"""Everything that a check looks at is looked at: a component with that mistake alone is caught, and the
message says which mistake it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from lskd_toolkit.components import KINDS, Component
from lskd_toolkit.hookspecs import hookimpl
from lskd_toolkit.plugins import plugins
from lskd_toolkit.testing import contracts, listing
from lskd_toolkit.testing.contracts import CHECKS

from . import broken, mistakes


@contextmanager
def announced(hook: str, record: Component) -> Iterator[None]:
    def implementation():
        return [record]

    implementation.__name__ = hook
    plugin = SimpleNamespace(__name__="mistaken", **{hook: hookimpl(implementation)})
    plugins().register(plugin, "dist-mistaken")
    try:
        yield
    finally:
        plugins().unregister(plugin)


def said(kind: str, name: str, check: str) -> str:
    """What the check says of the component."""
    (one,) = (each for each in contracts(kind, name) if each.__name__ == check)
    with pytest.raises(AssertionError) as caught:
        one()
    return str(caught.value)


@pytest.mark.parametrize(
    ("kind", "cls"), mistakes.MISTAKES, ids=[cls.__name__ for _, cls in mistakes.MISTAKES]
)
def test_a_mistake_is_caught_and_named(kind, cls):
    name = cls.__name__.lower()
    record = Component(kind, name, "A test.", f"{mistakes.HERE}:{cls.__name__}")
    with announced(KINDS[kind].hook, record):
        words = said(kind, name, cls.check)
    assert words.startswith(f"{kind} {name!r}: ")
    assert cls.says in words


@pytest.mark.parametrize(("wrong", "check", "words"), mistakes.RECORDS, ids=lambda v: str(v)[:30])
def test_a_mistake_in_a_record_is_caught_and_named(wrong, check, words):
    right = {"kind": "proposer", "name": "mistaken", "summary": "A test."}
    record = Component(**{**right, "implementation": f"{broken.__name__}:Proposes", **wrong})
    with announced("lskd_proposers", record):
        assert words in said("proposer", record.name, check)


def test_an_option_without_a_default_is_caught(monkeypatch):
    from pydantic import Field

    class Demanding(mistakes.Options):
        width: int = Field(description="Pixels.")

    monkeypatch.setattr(mistakes, "Demanding", Demanding)
    record = Component(
        "proposer", "mistaken", "A test.", f"{broken.__name__}:Proposes", f"{mistakes.HERE}:Demanding"
    )
    with announced("lskd_proposers", record):
        assert "option 'width' has no default" in said("proposer", "mistaken", "describes_itself")


def test_every_check_says_what_it_wants():
    """An error of the component's own is told with the first line of the check's docstring."""
    checks = {check for some in (*CHECKS.values(), listing.CHECKS) for check in some}
    assert [check.__name__ for check in checks if not (check.__doc__ or "").strip()] == []
