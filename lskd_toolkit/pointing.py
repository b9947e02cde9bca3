"""Pointing at regions of a picture and asking the student of a run which text fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import UsageError
from .images import as_picture
from .images.picture import Picture
from .mentions import unknown
from .pipeline.context import Workshop
from .pipeline.running import configure
from .records import Box, Region, Scene


@dataclass(frozen=True, slots=True)
class Ranked:
    """A text and how well the student thinks that it fits: any real number, higher is better."""

    text: str
    score: float


class OpenStudent:
    """A trained student. Regions are boxes ``(x1, y1, x2, y2)`` in pixels; a text points at the first of them
    as ``[0]``, at the second as ``[1]``, and so on."""

    def __init__(self, instance: Any):
        self._student = instance

    def score(
        self, pictures: Sequence[Any], regions: Sequence[Sequence[Box]], texts: Sequence[Sequence[str]]
    ) -> list[list[float]]:
        """How well each text fits its picture with its regions, pictures at once.

        Pictures are paths, bytes, Pillow images or uint8 arrays. A text with a question reads as `asked` puts
        it. Scores rank the texts of one picture and are no probabilities.

        Raises:
            UsageError: a box is empty or not in its picture, or a text points at a region that is not given.
        """
        opened = [as_picture(each) for each in pictures]
        scenes = [scene_of(picture, boxes) for picture, boxes in zip(opened, regions, strict=True)]
        for scene, some in zip(scenes, texts, strict=True):
            for text in some:
                if lacking := unknown(text, (region.id for region in scene.regions)):
                    raise UsageError(
                        f"{text!r} points at [{lacking[0]}], and {len(scene.regions)} regions are given; "
                        "name each with: --region x1,y1,x2,y2"
                    )
        return [list(own) for own in self._student.score(opened, scenes, [list(some) for some in texts])]

    def rank(self, picture: Any, regions: Sequence[Box], texts: Sequence[str]) -> list[Ranked]:
        """The texts with their scores, the best first; of equal ones the one that was given first."""
        [scores] = self.score([picture], [regions], [texts])
        found = [Ranked(text, score) for text, score in zip(texts, scores, strict=True)]
        return sorted(found, key=lambda each: -each.score)


def open_student(run: str | Path, *, device: str = "auto") -> OpenStudent:
    """The student that a run trained, by the run's folder.

    Raises:
        UsageError: the run has none.
    """
    folder = Path(run)
    config = configure(folder) if (folder / "run.yaml").exists() else None
    if config is None or config.student is None or not (folder / "student").is_dir():
        raise UsageError(
            f"{folder} holds no student; train one with: lskd run --student blip2-itm --out {folder}"
        )
    student = Workshop(seed=config.seed, device=device).host(config.student).instance()
    student.load(folder / "student")
    return OpenStudent(student)


def asked(question: str, answer: str, rationale: str = "") -> str:
    """A text as students learn them."""
    text = f"{question} Answer: {answer}" if question else answer
    return f"{text} Rationale: {rationale}" if rationale else text


def scene_of(picture: Picture, boxes: Sequence[Box]) -> Scene:
    """The picture with these boxes as its regions, in their order.

    Raises:
        UsageError: a box is empty, or not within the picture.
    """
    image = picture.image
    for x1, y1, x2, y2 in boxes:
        if not (0 <= x1 < x2 <= image.width and 0 <= y1 < y2 <= image.height):
            raise UsageError(
                f"the region {x1:g},{y1:g},{x2:g},{y2:g} is empty or not within {image.id}, which is "
                f"{image.width} pixels wide and {image.height} high; give x1,y1,x2,y2"
            )
    return Scene(
        image,
        tuple(
            Region(at, (float(x1), float(y1), float(x2), float(y2)))
            for at, (x1, y1, x2, y2) in enumerate(boxes)
        ),
    )
