"""The folder that Label Studio imports: tasks, the interface for them, and the pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import LskdError
from ..labelling import Label, Labelled, words_sha256
from ..labelling.label_studio import CONFIG, task
from ..store.durable import write_text, writing
from .showing import photo

if TYPE_CHECKING:
    from ..corpus.view import CorpusView
    from ..labelling.sampling import Drawn
    from ..records import Image, Scene, Statement


def write_studio(
    corpus: CorpusView, found: Sequence[Labelled], drawn: Sequence[Drawn], out: Path, image_url: str
) -> tuple[int, list[str]]:
    """Write ``tasks.json``, ``config.xml`` and ``images/`` into ``out``: a task for every labelled statement
    and every other of the list, without synthetic ones. ``image_url`` is what Label Studio finds the pictures
    under.

    Returns:
        How many tasks there are, and a sentence for everything that is missing from them.
    """
    rows: list[tuple[Scene, Statement, Sequence[Label], float]] = [
        (each.scene, each.statement, each.labels, 1.0) for each in found if not each.labels[0].synthetic
    ]
    missing: list[str] = []
    known = {(scene.image.id, statement.id, words_sha256(statement)) for scene, statement, _, _ in rows}
    for each in drawn:
        if (each.image, each.statement, each.sha256) in known:
            continue
        try:
            entry = corpus.entry(each.image)
        except LskdError as error:
            missing.append(f"left out: {error}")
            continue
        there = [s for s in entry.statements if s.id == each.statement and words_sha256(s) == each.sha256]
        rows += [(entry.scene, statement, (), each.weight) for statement in there]
        if not there:
            missing.append(f"left out: {each.image} has other words for statement {each.statement} now")
    tasks = []
    for number, (scene, statement, labels, weight) in enumerate(rows, 1):
        name = f"{scene.image.sha256[:20]}.jpg"
        if not (out / "images" / name).exists() and (reason := _picture(corpus, scene.image, out, name)):
            missing.append(reason)
        tasks.append(task(number, scene, statement, labels, image_url + name, weight))
    write_text(out / "config.xml", CONFIG)
    write_text(out / "tasks.json", json.dumps(tasks, indent=1) + "\n")
    return len(tasks), missing


def _picture(corpus: CorpusView, image: Image, out: Path, name: str) -> str:
    """Write the picture encoded anew; why not where it cannot be read again."""
    try:
        data = photo(corpus.picture(image))
    except (LskdError, OSError, ValueError) as error:
        return f"without its picture: {image.id}: {error}"
    with writing(out / "images" / name) as temporary:
        temporary.write_bytes(data)
    return ""
