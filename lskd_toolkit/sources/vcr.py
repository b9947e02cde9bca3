"""Source ``vcr``: the detected people and things of Visual Commonsense Reasoning's movie frames.

The questions say which images there are, and each image's metadata where its people and things are. All
questions about an image make one image, found where the first of them stands. A region's id is its place
among ``objects``, so the tags of the questions mean the same regions; its label is the detector's name.

Source: https://visualcommonsense.com/download (annotations of version 1).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from ..errors import UsageError
from ..formats import Malformed
from ..formats.boxes import from_xyxy
from ..formats.coco import shape_from_segmentation
from ..formats.malformed import brief, listed, score
from ..records import Dropped, Found, Refined, Region
from .annotated import ReadsFiles, annotation_files, found, image_folders, locate, numbered
from .coco import image_size
from .json_files import decoded, read_json
from .options_vcr import VcrOptions

EXAMPLE = "lskd run vcr1images/ --source vcr --annotations val.jsonl"

NAME_ONLY = Region(0, (0.0, 0.0, 0.0, 0.0))
"""Stands for what a question speaks of and the image does not have."""


class _Question(msgspec.Struct):
    """What a line of the questions says of its image. The test split has no labels, which are not read."""

    img_fn: str
    metadata_fn: str
    objects: list[str] = []
    split: str = ""
    question: list[Any] = []
    answer_choices: list[Any] = []
    rationale_choices: list[Any] = []


@dataclass(slots=True)
class _Asked:
    """An image, from all questions about it."""

    metadata: str
    objects: list[str]
    mentioned: set[int] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)


class Vcr(ReadsFiles):
    """VCR's questions and the metadata of their images."""

    options: VcrOptions

    def scan(self) -> Iterator[Found]:
        """Every image that a question of the chosen splits is about, then the lines that cannot be read.

        Raises:
            UsageError: no file is named, or one cannot be read.
        """
        files = annotation_files(self.options, EXAMPLE)
        folders = list(dict.fromkeys(f for path in files for f in image_folders(self.options, path)))
        return self._images(files, folders)

    def _images(self, files: list[str], folders: list[str]) -> Iterator[Found]:
        asked: dict[str, _Asked] = {}
        refused: list[Found] = []
        for path in files:
            for number, line in _lines(path):
                try:
                    question = decoded(msgspec.Raw(line), _Question)
                    if not question.img_fn or not question.metadata_fn:
                        raise Malformed("it names no image (img_fn) or no metadata (metadata_fn)")
                except Malformed as error:
                    id = f"{os.path.basename(path)}#line/{number}"
                    refused.append(found(id, (), (), refused=f"line {number} of {path}: {error}"))
                    continue
                if not self.options.split or question.split in self.options.split:
                    _ask(asked, question, f"line {number} of {os.path.basename(path)}")
        for name, image in asked.items():
            yield self._image(name, image, folders)
        yield from refused

    def _image(self, name: str, image: _Asked, folders: list[str]) -> Found:
        try:
            metadata = _metadata(image.metadata, folders)
            boxes, names = listed(metadata.get("boxes"), "boxes"), listed(metadata.get("names"), "names")
            segms = listed(metadata.get("segms") or (), "segms")
        except UsageError as error:
            return found(name, (name,), folders, refused=f"{image.metadata}: {error}")

        def region(k: int) -> Region | Dropped:
            label = names[k] if k < len(names) else None
            if not isinstance(label, str) or not label:
                raise Malformed(f"object {k} has no name in {image.metadata}")
            if k < len(image.objects) and image.objects[k] != label:
                asked = brief(image.objects[k])
                raise Malformed(f"the questions call object {k} {asked}, {image.metadata} {brief(label)}")
            if k >= len(boxes):
                raise Malformed(f"object {k} has no box in {image.metadata}")
            made = _region(boxes[k], segms[k] if k < len(segms) else None, label)
            if self.options.only == "mentioned" and k not in image.mentioned:
                return Dropped(made, "no question speaks of it; source.only=all keeps it")
            return made

        count = max(len(boxes), len(names), len(segms), len(image.objects))
        regions = numbered(range(count), region)
        wrong = (
            Dropped(replace(NAME_ONLY, id=k), reason) for k, reason in enumerate(image.wrong, start=count)
        )
        regions = Refined(regions.kept, (*regions.dropped, *wrong))
        return found(name, (name,), folders, regions, image_size(metadata))


def _lines(path: str) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that hold something, numbered from 1."""
    try:
        with open(path, "rb") as file:
            if file.read(2) in (b"\x1f\x8b", b"PK"):
                raise UsageError(f"{path} is packed; unpack it first: gunzip, unzip")
            file.seek(0)
            for number, line in enumerate(file, start=1):
                bare = (line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line).strip()
                if bare:
                    yield number, bare
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error


def _ask(asked: dict[str, _Asked], question: _Question, where: str) -> None:
    """Add a question to its image. One that contradicts an earlier one is told of, and does not count."""
    image = asked.setdefault(question.img_fn, _Asked(question.metadata_fn, question.objects))
    if (question.metadata_fn, question.objects) != (image.metadata, image.objects):
        image.wrong.append(f"{where} has other objects or metadata than the image's first question")
        return
    for tag in _tags([question.question, question.answer_choices, question.rationale_choices]):
        if type(tag) is int and 0 <= tag < len(image.objects):
            image.mentioned.add(tag)
        else:
            image.wrong.append(f"{where} speaks of object {brief(tag)}; the image has {len(image.objects)}")


def _tags(texts: list[Any]) -> Iterator[Any]:
    """The objects that texts speak of, at any depth: a list among the words that holds no words."""
    for text in texts:
        if isinstance(text, list):
            words = any(isinstance(each, str | list) for each in text)
            yield from _tags(text) if words else text


def _metadata(name: str, folders: list[str]) -> dict[str, Any]:
    path = locate(folders, (name,))
    if path is None:
        raise UsageError(f"not in {', '.join(folders)}; name the folder of the images (paths)")
    return read_json(path, dict[str, Any], "an image's boxes and names")


def _region(box: Any, segments: Any, label: str) -> Region:
    """One detected thing: its polygons where it has some, else its box. The fifth number of a box is the
    detector's confidence."""
    edges = listed(box, "box")
    if len(edges) not in (4, 5):
        raise Malformed(f"box has {len(edges)} numbers, not x1, y1, x2, y2 and a confidence")
    sure = score(edges[4], "confidence") if len(edges) == 5 else 1.0
    hull = from_xyxy(edges[:4])
    rings = [_flat(ring, n) for n, ring in enumerate(listed(segments or (), "segms"))]
    rings = [ring for ring in rings if len(ring) >= 6]  # a contour of one pixel has a point or two, no area
    if not rings:
        return Region(0, hull, None, label, sure)
    shape, hull = shape_from_segmentation(rings)
    return Region(0, hull, shape, label, sure)


def _flat(ring: Any, number: int) -> list[Any]:
    points = [listed(point, f"a point of polygon {number}") for point in listed(ring, f"polygon {number}")]
    if any(len(point) != 2 for point in points):
        raise Malformed(f"polygon {number} has a point that is not x and y")
    return [value for point in points for value in point]
