"""Fenced code blocks of a page of the documentation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w+)(?P<about>[^\n]*)\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S
)


@dataclass(frozen=True)
class Block:
    """One block: its language, the file name in ``title="…"`` if it has one, its text."""

    language: str
    title: str
    text: str


def blocks(page: str | Path) -> list[Block]:
    """The blocks of a page in order; a page is a path, absolute or within ``docs``."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        title = re.search(r'title="([^"]+)"', match["about"])
        found.append(Block(match["language"], title[1] if title else "", match["text"]))
    return found
