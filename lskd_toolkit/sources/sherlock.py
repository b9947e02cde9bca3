"""Source ``sherlock``: the places in which people saw clues, in Visual Genome's and VCR's images.

Every instance of the file is one clue: one box or several, in pixels of the size that was annotated, which
need not be the file's. All instances of an image make one image, found where the first of them stands; its
id is the end of its address with the folder: ``VG_100K/1.jpg``. Clues at the same place are one region.

Source: https://github.com/allenai/sherlock (version 1.1); boxes are left, top, width, height.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from ..formats import Malformed
from ..formats.boxes import from_xywh
from ..formats.malformed import brief, listed
from ..geometry.boxes import hull
from ..geometry.moving import scale_region
from ..records import Box, Found, Region, Shape
from .annotated import ReadsFiles, annotation_files, found, image_folders, numbered
from .coco import image_size
from .json_files import Row, decoded, read_json
from .options_sherlock import SherlockOptions

EXAMPLE = "lskd run vg/ --source sherlock --annotations sherlock_val_v1_1.json"
EDGES = ("left", "top", "width", "height")


class _Picture(msgspec.Struct):
    url: str
    width: Any = None
    height: Any = None


class _Inputs(msgspec.Struct):
    image: _Picture
    bboxes: Any = None
    clue: Any = ""


class _Instance(msgspec.Struct):
    inputs: _Inputs


@dataclass(slots=True)
class _Image:
    """An image's instances, undecoded, from all files."""

    names: list[str]
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class _Place:
    """Where one or more clues were seen: boxes in pixels of ``size``, or why there are none."""

    boxes: tuple[Box, ...] = ()
    size: tuple[int, int] | None = None
    clues: list[str] = field(default_factory=list)
    wrong: str = ""


class Sherlock(ReadsFiles):
    """Sherlock's clues with their boxes."""

    options: SherlockOptions

    def scan(self) -> Iterator[Found]:
        """Every image with the places of its clues, then the instances that name no image.

        Raises:
            UsageError: no file is named, or one is no list; says where it is broken.
        """
        files = annotation_files(self.options, EXAMPLE)
        folders = list(dict.fromkeys(f for path in files for f in image_folders(self.options, path)))
        return self._images(files, folders)

    def _images(self, files: list[str], folders: list[str]) -> Iterator[Found]:
        images: dict[str, _Image] = {}
        refused: list[Found] = []
        for path in files:
            for number, row in enumerate(read_json(path, list[Row], "a list of Sherlock's instances")):
                try:
                    names = file_names(decoded(row, _Instance).inputs.image.url)
                except Malformed as error:
                    id = f"{os.path.basename(path)}#{number}"
                    refused.append(found(id, (), (), refused=f"instance {number} of {path}: {error}"))
                    continue
                images.setdefault(names[0], _Image(names)).rows.append(row)
        for id, image in images.items():
            yield self._found(id, image, folders)
        yield from refused

    def _found(self, id: str, image: _Image, folders: list[str]) -> Found:
        places = _places(image.rows)
        size = next((place.size for place in places if place.size), None)
        regions = numbered(places, lambda place: self._region(place, size))
        return found(id, image.names, folders, regions, size)

    def _region(self, place: _Place, size: tuple[int, int] | None) -> Region:
        if place.wrong:
            raise Malformed(place.wrong)
        label = "; ".join(dict.fromkeys(place.clues)) if self.options.label == "clue" else ""
        region = Region(0, hull(place.boxes), _shape(place.boxes), label)
        if place.size == size or size is None:
            return region
        if place.size is None:
            raise Malformed("it has no width and height, which other clues of the image have")
        # The same image annotated at two sizes: all of it is told in the first one's pixels.
        return scale_region(region, size[0] / place.size[0], size[1] / place.size[1])


def file_names(url: str) -> list[str]:
    """What an image's file may be called, the likeliest first: the end of its address with its folder,
    with VCR's own folder before that, and without a folder.

    Raises:
        Malformed: the address names no file.
    """
    try:
        parts = [part for part in unquote(urlsplit(url).path).split("/") if part][-3:]
    except ValueError:
        parts = []
    if not parts or ".." in parts:
        raise Malformed(f"its address {brief(url)} names no file")
    names = ["/".join(parts[-2:]), "/".join(parts), parts[-1]]
    return list(dict.fromkeys(names))


def _places(rows: list[Row]) -> list[_Place]:
    """The places of an image's clues in order; clues at the same boxes are one place."""
    places: dict[Any, _Place] = {}
    for number, row in enumerate(rows):
        inputs = decoded(row, _Instance).inputs
        clue = " ".join(inputs.clue.split()) if isinstance(inputs.clue, str) else ""
        size = image_size({"width": inputs.image.width, "height": inputs.image.height})
        try:
            boxes = tuple(_box(box) for box in listed(inputs.bboxes, "bboxes"))
            if not boxes:
                raise Malformed("the clue has no box")
            key: Any = (boxes, size)
            place = _Place(boxes, size)
        except Malformed as error:
            key, place = number, _Place(wrong=f"{error} (the clue {brief(clue)})")
        mine = places.setdefault(key, place)
        mine.clues += [clue] if clue else []
    return list(places.values())


def _box(box: Any) -> Box:
    if not isinstance(box, dict):
        raise Malformed(f"a box is {brief(box)}, not left, top, width and height")
    lacking = [edge for edge in EDGES if edge not in box]
    if lacking:
        raise Malformed(f"a box has no {', '.join(lacking)}")
    return from_xywh([box[edge] for edge in EDGES])


def _shape(boxes: tuple[Box, ...]) -> Shape | None:
    """Several boxes are one shape of as many parts."""
    if len(boxes) == 1:
        return None
    corners = [[[x1, y1], [x2, y1], [x2, y2], [x1, y2]] for x1, y1, x2, y2 in boxes]
    return Shape("polygon", {"polygons": corners})
