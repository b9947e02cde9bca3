"""Every component of ours keeps its kind's contracts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from lskd_toolkit.plugins import plugins
from lskd_toolkit.testing import contracts
from lskd_toolkit.testing.others import OTHERS
from lskd_toolkit.weights import is_here

OPTIONS = {
    ("teacher", "llm"): {"parts": {"backend": {"use": "smallworld"}}},
    ("source", "smallworld"): {"count": 4},
    ("student", "blip2-itm"): {"steps": 6, "image_size": 48, "batch": 4},
}
OURS = ("lskd-toolkit", "lskd-embedded", "lskd-transformers")
KINDS = (
    "source",
    "proposer",
    "refiner",
    "visual_prompt",
    "verbalizer",
    "vqa",
    "backend",
    "teacher",
    "critic",
    "student",
)


def cases() -> Iterator[object]:
    for kind in KINDS:
        for found in plugins().components(kind):
            record = found.record
            if found.distribution not in OURS or (kind, record.name) == ("source", "folder"):
                continue
            lacking = [name for name in record.weights if not is_here(name) and kind != "source"]
            for check in contracts(kind, record.name, **OPTIONS.get((kind, record.name), {})):
                marks = []
                if lacking and check.__name__ not in (
                    "lists_light",
                    "describes_itself",
                    "refuses_unknown_options",
                ):
                    marks.append(pytest.mark.skip(reason=f"weights missing: lskd weights fetch {lacking[0]}"))
                yield pytest.param(check, marks=marks, id=f"{kind}-{record.name}-{check.__name__}")


@pytest.mark.parametrize("check", list(cases()))
def test_contract(check: Callable[[], None]) -> None:
    check()


def test_the_source_folder_keeps_the_contract_on_a_folder(tmp_path) -> None:
    import PIL.Image

    from lskd_toolkit.testing import check_source

    for name in ("b.png", "a.png"):
        PIL.Image.new("RGB", (9, 7)).save(tmp_path / name)
    (tmp_path / "empty.jpg").touch()
    check_source("folder", paths=[str(tmp_path)])


def test_every_kind_but_the_exporter_has_contracts() -> None:
    from lskd_toolkit.components import KINDS as ALL
    from lskd_toolkit.testing.batches import KINDS_OF_BATCHES

    assert set(ALL) - {*KINDS_OF_BATCHES, *OTHERS} == {"exporter"}
