"""The student: a function of all accepted statements, trained again when they change."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..canonical import digest
from ..config import RunConfig
from ..corpus.reading import Corpus
from ..images.picture import Picture
from ..records import Scene
from ..store import ImageEntry, Store
from ..store.durable import rename
from .context import Workshop
from .progress import Progress


async def distil(
    config: RunConfig,
    store: Store,
    workshop: Workshop,
    folder: Path,
    picture: Callable[[ImageEntry], Picture],
    progress: Progress,
) -> None:
    """Train the student on what was accepted, unless it has been trained on just that.

    It is trained beside its place and put there whole, so a killed training leaves no half student.
    """
    part = config.student
    if part is None:
        return
    selection = store.fold("selection")
    key = digest([part.key(), config.seed, selection[0] if selection else ""])
    known = store.fold("student")
    place = folder / "student"
    if known is not None and known[0] == key and place.is_dir():
        return
    examples = list(Corpus(folder, store).accepted())
    if not examples:
        store.put_fold("student", key, {"component": part.component.name, "examples": 0, "metrics": {}})
        return
    growing = folder / "student.part"
    shutil.rmtree(growing, ignore_errors=True)
    growing.mkdir()

    def open_picture(scene: Scene) -> Picture:
        entry = store.known(scene.image.id)
        assert entry is not None
        return picture(entry)

    host = workshop.host(part)
    metrics: dict[str, Any] = await host.call("train", examples, open_picture, growing, progress.training)
    shutil.rmtree(place, ignore_errors=True)
    rename(growing, place)
    body = {
        "component": part.component.name, "distribution": part.distribution, "version": part.version,
        "examples": len(examples), "metrics": dict(metrics), "folder": "student",
    }  # fmt: skip
    store.put_fold("student", key, body)
