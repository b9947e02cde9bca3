"""The page of hooks is the hooks: each once, with its exact signature and an example that runs."""

from __future__ import annotations

import inspect
import re
from types import SimpleNamespace

import pytest

from lskd_toolkit import hookspecs
from lskd_toolkit.components import KINDS
from lskd_toolkit.plugins import Plugins

from .blocks import DOCS, blocks

PAGE = "reference/hooks.md"
SPECS = {name: spec for name, spec in vars(hookspecs).items() if hasattr(spec, "lskd_spec")}
EVENTS = {
    "lskd_run_started": {"folder": "runs/a", "config": SimpleNamespace(seed=3)},
    "lskd_rows_stored": {"folder": "runs/a", "stage": "teacher", "images": ["a.jpg"]},
    "lskd_run_finished": {"folder": "runs/a", "counts": {"accepted": 2}},
}


def example(hook: str) -> str:
    (found,) = (
        block.text
        for block in blocks(PAGE)
        if block.language == "python" and not block.title and f"def {hook}(" in block.text
    )
    return found


def test_every_hook_has_a_section_and_there_is_no_other():
    headings = re.findall(r"^### (\w+)$", (DOCS / PAGE).read_text(encoding="utf-8"), re.M)
    assert sorted(headings) == sorted(SPECS)
    assert {kind.hook for kind in KINDS.values()} <= set(SPECS)


@pytest.mark.parametrize("hook", sorted(SPECS))
def test_the_signature_is_the_codes_own(hook: str):
    signature = f"def {hook}{inspect.signature(SPECS[hook])}".replace("'", "")
    assert [block.text.strip() for block in blocks(PAGE) if block.title == "signature"].count(signature) == 1


@pytest.mark.parametrize("hook", sorted(set(SPECS) - set(EVENTS)))
def test_the_example_announces_what_its_section_says(hook: str):
    module = SimpleNamespace(__name__="mine.plugin")
    exec(example(hook), vars(module))
    known = Plugins(wanted="")
    known.register(module, "mine")
    (record,) = (a.record for a in known.announced(hook) if a.distribution == "mine")
    assert record.name
    wanted = inspect.signature(SPECS[hook]).return_annotation
    assert wanted == f"Iterable[{type(record).__name__}]"
    if hook in {kind.hook for kind in KINDS.values()}:
        assert KINDS[record.kind].hook == hook


@pytest.mark.parametrize("hook", sorted(EVENTS))
def test_the_example_is_told_of_its_event(hook: str, capsys: pytest.CaptureFixture[str]):
    module = SimpleNamespace(__name__="mine.plugin")
    exec(example(hook), vars(module))
    known = Plugins(wanted="")
    known.register(module, "mine")
    known.emit(hook, **EVENTS[hook])
    assert capsys.readouterr().out.strip()
