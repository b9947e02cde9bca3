"""Contracts of students. Test one with options that make training short."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..images.picture import Picture
from ..records import Scene
from . import samples
from .sameness import difference
from .subject import Subject, call

TEXTS = ("what is [0]? Answer: a star", "where is [1]? Answer: on the right", "why [0]? Answer: so")


@dataclass(frozen=True)
class Trained:
    """What a training left: the student that was trained, one that was loaded, and what was said."""

    own: Any
    loaded: Any
    metrics: Mapping[str, float]
    steps: Sequence[tuple[int, int]]
    files: Sequence[str]


def _trained(subject: Subject) -> Trained:
    return subject.once("trained", lambda: _train(subject))


def _train(subject: Subject) -> Trained:
    given = _pictures(subject)
    by_image = {picture.image: picture for picture in given}
    student, steps = subject.build(), list[tuple[int, int]]()
    with tempfile.TemporaryDirectory(prefix="lskd-student-") as name:
        folder = Path(name)
        metrics = call(
            student, "train", samples.examples(given), lambda scene: by_image[scene.image], folder,
            lambda step, total, told: steps.append((step, total)),
        )  # fmt: skip
        files = sorted(path.name for path in folder.rglob("*") if path.is_file())
        loaded = subject.build()
        call(loaded, "load", folder)
        loaded.score(*_asked(subject))  # while the folder is there, should weights be read late
    return Trained(student, loaded, metrics, steps, files)


def _pictures(subject: Subject) -> list[Picture]:
    return list(subject.pictures or samples.pictures(3))


def _asked(subject: Subject) -> tuple[list[Picture], list[Scene], list[list[str]]]:
    given = _pictures(subject)
    return given, [samples.scene(p) for p in given], [list(TEXTS) for _ in given]


def says_how_training_went(subject: Subject) -> None:
    """Metrics are numbers, and progress is told step by step."""
    trained = _trained(subject)
    bad = [k for k, v in trained.metrics.items() if not isinstance(v, float | int) or not math.isfinite(v)]
    subject.require(not bad, f"metrics must be finite numbers, not {bad}")
    steps = [step for step, _ in trained.steps]
    subject.require(steps, "call progress(step, steps, metrics) while training")
    subject.require(
        steps == sorted(steps) and all(0 <= step <= total for step, total in trained.steps),
        f"progress told of steps {trained.steps[:5]}…; count up to the total",
    )


def saves_what_it_learned(subject: Subject) -> None:
    """A folder of files, none of which runs code when it is read."""
    files = _trained(subject).files
    subject.require(files, "saved nothing under the folder it was given")
    pickles = [name for name in files if name.endswith((".pkl", ".pickle", ".joblib", ".pt", ".pth"))]
    subject.require(not pickles, f"saved {pickles}, which run code when read; use safetensors or JSON")


def scores_the_same_when_loaded(subject: Subject) -> None:
    """The student that was trained, and one that was loaded from its folder, agree."""
    trained, asked = _trained(subject), _asked(subject)
    changed = difference(subject, trained.own.score(*asked), trained.loaded.score(*asked))
    subject.require(not changed, f"scores otherwise after it is loaded again: {changed}")


def scores_every_text(subject: Subject) -> None:
    """A finite number for every text, in order, whatever the batch."""
    student, (pictures, scenes, texts) = _trained(subject).loaded, _asked(subject)
    scores = student.score(pictures, scenes, texts)
    subject.require(
        [len(row) for row in scores] == [len(row) for row in texts], "give a score for every text"
    )
    subject.require(all(math.isfinite(v) for row in scores for v in row), "a score is no finite number")
    back = student.score(pictures[::-1], scenes[::-1], [row[::-1] for row in texts[::-1]])
    changed = difference(subject, [list(row)[::-1] for row in back[::-1]], [list(row) for row in scores])
    subject.require(not changed, f"scores depend on the order of images or texts: {changed}")
    for at in range(len(pictures)):
        alone = student.score(pictures[at : at + 1], scenes[at : at + 1], texts[at : at + 1])
        changed = difference(subject, alone[0], scores[at])
        subject.require(not changed, f"image {at} alone scores otherwise than in a batch: {changed}")
    subject.require(list(student.score([], [], [])) == [], "an empty batch has no scores")
    subject.require(
        [len(r) for r in student.score(pictures[:1], scenes[:1], [[]])] == [0], "no text, no score"
    )


def trains_the_same_twice(subject: Subject) -> None:
    """The same seed and examples give the same student."""
    again = _train(subject).loaded.score(*_asked(subject))
    changed = difference(subject, again, _trained(subject).loaded.score(*_asked(subject)))
    subject.require(not changed, f"two trainings of the same seed differ: {changed}; draw from ctx.seed")


CHECKS = (
    says_how_training_went,
    saves_what_it_learned,
    scores_the_same_when_loaded,
    scores_every_text,
    trains_the_same_twice,
)
