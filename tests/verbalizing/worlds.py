"""Small worlds that are captioned and asked about, from the words of a command to the words in the store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lskd_toolkit.config import lend, resolve_part
from lskd_toolkit.corpus import open_run
from lskd_toolkit.pipeline.running import configure, run
from lskd_toolkit.plugins import plugins

WORLD: dict[str, Any] = {
    "source": {"use": "smallworld", "count": 4, "size": 96},
    "proposer": "smallworld",
    "refiner": ["none"],
    "visual_prompt": "numbered",
    "vlm": "smallworld",
    "vqa": "smallworld",
    "verbalizer": ["caption", "region-caption"],
    "teacher": "smallworld",
    "critic": "none",
    "chunk": 4,
}


def entries(folder: Path, *sets: str, **changes: Any) -> list[Any]:
    """What a run of the world with these changes holds, image by image."""
    run(configure(None, None, {**WORLD, **changes}, sets), folder)
    return read(folder)


def read(folder: Path) -> list[Any]:
    with open_run(folder) as corpus:
        return list(corpus.entries())


def words(entry: Any, verbalizer: str) -> list[str]:
    return [d.text for d in entry.scene.descriptors if d.verbalizer == verbalizer]


def lent(kind: str, name: str, **parts: str) -> Any:
    """A part, and of each kind the part that it is lent."""
    pool = [resolve_part(k, {"use": use, "as": k}, plugins()) for k, use in parts.items()]
    return lend(resolve_part(kind, {"use": name}, plugins()), pool)
