"""Every contract of a backend, against a fake of the vendor's edge."""

from __future__ import annotations

import functools

import pytest

from lskd_toolkit.testing import contracts
from lskd_toolkit.testing.vendors import fake_vendors

NAMES = [check.__name__ for check in contracts("backend", "claude")]


@pytest.fixture(scope="module", params=["claude-sonnet-5-5", "claude-haiku-4-5", "claude-opus-5-5"])
def checks(request):
    with fake_vendors() as vendors:
        made = contracts("backend", "claude", base_url=vendors.anthropic_url, model=request.param)
        yield {check.__name__: check for check in made}


@pytest.mark.parametrize("name", NAMES)
def test_contract(checks, name):
    functools.partial(checks[name])()
