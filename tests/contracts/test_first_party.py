"""Every component of ours keeps its kind's contracts."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from lskd_toolkit import LskdError, TrainedOptions, create
from lskd_toolkit.components import KINDS
from lskd_toolkit.plugins import load, plugins
from lskd_toolkit.testing import check_source, contracts
from lskd_toolkit.testing.contracts import CHECKS

OURS = ("lskd-toolkit", "lskd-embedded", "lskd-transformers")
ELSEWHERE = {(kind, "lskd-transformers") for kind in ("vlm", "depth", "verbalizer", "critic")}
"""What needs a model of the user's: tried in its own tests, on tiny ones."""
OPTIONS: dict[tuple[str, str], dict[str, Any]] = {
    ("source", "smallworld"): {"count": 4},
    ("teacher", "llm"): {"parts": {"backend": {"use": "smallworld"}}, "statements": 9},
    ("critic", "llm"): {"parts": {"backend": {"use": "smallworld"}}},
    ("critic", "swap"): {"parts": {"critic": {"use": "smallworld"}}},
    ("student", "blip2-itm"): {"steps": 6, "image_size": 48, "batch": 4},
}


@cache
def photos() -> list[bytes]:
    """Two real photos that installed packages bring, or none."""
    found = []
    try:
        source = create("source", "samples")
        for each in source.scan():
            if each.id in ("astronaut.png", "coffee.png"):
                found.append(source.read(each.uri))
    except LskdError:
        return []
    return found


@cache
def sign() -> list[bytes]:
    """A picture of some writing."""
    from io import BytesIO

    from PIL import Image, ImageDraw, ImageFont

    image, data = Image.new("RGB", (320, 200), "white"), BytesIO()
    ImageDraw.Draw(image).text((60, 60), "EXIT", "black", ImageFont.load_default(60))
    image.save(data, "png")
    return [data.getvalue()]


PICTURES = {
    ("proposer", "nanodet"): photos, ("verbalizer", "text"): sign, ("verbalizer", "people"): photos,
}  # fmt: skip
"""Pictures that a component has something to say of, where it has nothing to say of the small world."""


def given(kind: str, name: str) -> dict[str, Any]:
    """Options that a component is tested with, and pictures that it has something to say of."""
    chosen = OPTIONS.get((kind, name), {})
    made = PICTURES.get((kind, name))
    return {**chosen, "pictures": made()} if made else chosen


def learns(options: str) -> bool:
    """Whether it must be trained before it can do anything: those are tried in their own tests."""
    return bool(options) and issubclass(load(options), TrainedOptions)


def cases() -> Iterator[object]:
    for kind in KINDS:
        for found in plugins().components(kind):
            name = found.record.name
            needs_files = kind == "source" and (name == "folder" or "regions" in found.record.gives)
            if found.distribution not in OURS or needs_files or (kind, found.distribution) in ELSEWHERE:
                continue
            if learns(found.record.options):
                continue
            marks = []
            if name == "parquet" and importlib.util.find_spec("pyarrow") is None:
                marks = [pytest.mark.skip(reason="pyarrow is not installed")]
            for check in contracts(kind, name, **given(kind, name)):
                yield pytest.param(check, marks=marks, id=f"{kind}-{name}-{check.__name__}")


@pytest.mark.parametrize("check", list(cases()))
def test_contract(check: Callable[[], None]) -> None:
    check()


def test_the_source_folder_keeps_the_contract_on_a_folder(tmp_path) -> None:
    import PIL.Image

    for name in ("b.png", "a.png"):
        PIL.Image.new("RGB", (9, 7)).save(tmp_path / name)
    (tmp_path / "empty.jpg").touch()
    check_source("folder", paths=[str(tmp_path)])


def test_every_verbalizer_of_ours_says_what_it_gives() -> None:
    ours = [a.record for a in plugins().components("verbalizer") if a.distribution in OURS]
    assert len(ours) > 15
    scopes = {"global", "local", "relation", "dynamic"}
    assert [r.name for r in ours if not r.gives or not scopes.issuperset(r.gives)] == []


def test_every_kind_has_contracts() -> None:
    assert set(CHECKS) == set(KINDS)
