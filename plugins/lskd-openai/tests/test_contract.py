"""The contracts that every backend keeps, against the fake vendor."""

from __future__ import annotations

import pytest

from lskd_toolkit.testing import check_backend
from lskd_toolkit.testing.vendors import fake_vendors


@pytest.mark.parametrize(
    "options",
    [{}, {"model": "gpt-5-mini"}, {"model": "llama3"}, {"strict": "no"}, {"schema_detail": "full"}],
    ids=lambda options: "-".join(options.values()) or "default",
)
def test_contracts(options):
    with fake_vendors() as vendors:
        check_backend("chatgpt", base_url=vendors.openai_url, **options)
