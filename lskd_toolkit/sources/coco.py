"""Source ``coco``: COCO's instance annotations and LVIS's, one JSON file for all images.

An image's id is the name of its file as the annotations have it. Every image is found, those without
annotations too, in the order of the file.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from ..formats import Malformed
from ..formats.coco import categories_from_coco, file_names_from_coco, region_from_coco
from ..formats.malformed import brief
from ..records import Dropped, Found, Refined, Region
from .annotated import ReadsFiles, annotation_files, apart, found, image_folders, numbered
from .json_files import Row, decoded, read_json
from .options_coco import CocoOptions

Key = int | str

EXAMPLE = "lskd run train2017/ --source coco --annotations instances_train2017.json"


class CocoFile(msgspec.Struct):
    """The lists of a COCO file, their rows undecoded."""

    images: list[Row]
    annotations: list[Row]
    categories: list[dict[str, Any]] | None = None


class _Owned(msgspec.Struct):
    image_id: Key


@dataclass(frozen=True, slots=True)
class Listed:
    """One image that a file lists: its row, or why it is none."""

    id: str
    key: Key | None
    names: tuple[str, ...] = ()
    size: tuple[int, int] | None = None
    refused: str = ""


class Coco(ReadsFiles):
    """COCO and LVIS JSON."""

    options: CocoOptions

    def scan(self) -> Iterator[Found]:
        """Every image of every annotation file, with its regions.

        Raises:
            UsageError: no file is named, or one is not COCO's JSON; says where it is broken.
        """
        files = annotation_files(self.options, EXAMPLE)
        return apart((path, self._file(path)) for path in files)

    def _file(self, path: str) -> Iterator[Found]:
        file = read_json(path, CocoFile, "COCO's images and annotations")
        folders = image_folders(self.options, path)
        categories = categories_of(file, path)
        owned, strays = by_image(file.annotations)
        listed = list_images(file.images, path)
        for image in listed:
            rows = owned.pop(image.key, []) if image.key is not None else []
            regions = self._regions([file.annotations[n] for n in rows], categories, image.size)
            yield found(image.id, image.names, folders, regions, image.size, image.refused)
        strays += [n for rows in owned.values() for n in rows]
        if strays:
            yield stray(path, len(strays), min(strays))

    def _regions(
        self, rows: list[Row], categories: dict[Any, str] | None, size: tuple[int, int] | None
    ) -> Refined:
        seen: set[Any] = set()

        def region(row: Row) -> Region | Dropped:
            annotation = decoded(row)
            made = region_from_coco(annotation, categories, size=size)
            if annotation.get("iscrowd") and not self.options.crowds:
                return Dropped(made, "a crowd outlined as one (iscrowd); source.crowds=true keeps it")
            mine = annotation.get("id")
            if isinstance(mine, int | str):
                if mine in seen:
                    return Dropped(made, f"the annotation id {mine} is there twice; the first one counts")
                seen.add(mine)
            return made

        return numbered(rows, region)


def by_image(annotations: list[Row]) -> tuple[dict[Key, list[int]], list[int]]:
    """The numbers of each image's annotations, and of those that name no image."""
    owned: dict[Key, list[int]] = defaultdict(list)
    strays: list[int] = []
    for number, row in enumerate(annotations):
        try:
            owned[decoded(row, _Owned).image_id].append(number)
        except Malformed:
            strays.append(number)
    return dict(owned), strays


def list_images(rows: list[Row], path: str) -> Iterator[Listed]:
    """The images of a file in order; one that has no id or no name, or an id that was there, is refused."""
    seen: set[Key] = set()
    for number, row in enumerate(rows):
        where = f"{os.path.basename(path)}#images/{number}"
        try:
            image = decoded(row, dict[str, Any])
            key, names = image.get("id"), file_names_from_coco(image)
            if not isinstance(key, int | str) or isinstance(key, bool):
                raise Malformed(f"its id is {brief(key)}")
            if not names:
                raise Malformed("it has no file_name and no coco_url")
            if key in seen:
                raise Malformed(f"the image id {key} is there twice; the first one counts")
        except Malformed as error:
            yield Listed(where, None, refused=f"image {number} of {path}: {error}")
            continue
        seen.add(key)
        yield Listed(names[0], key, tuple(names), image_size(image))


def image_size(image: dict[str, Any]) -> tuple[int, int] | None:
    """(width, height) as an annotation has them; None where it has none that is possible: then
    coordinates are the image's own pixels."""
    width, height = image.get("width"), image.get("height")
    if type(width) is int and type(height) is int and width > 0 and height > 0:
        return width, height
    return None


def stray(path: str, count: int, first: int) -> Found:
    """The row that says of a file's annotations that no image of it is theirs."""
    name = os.path.basename(path)
    return found(
        f"{name}#annotations", (), (),
        refused=f"{count} annotations of {path} name no image of the file; the first is number {first}",
    )  # fmt: skip


def categories_of(file: CocoFile, path: str) -> dict[Any, str] | None:
    """The names of categories; None where the file has none at all, so that regions have no labels."""
    if file.categories is None:
        return None
    try:
        return categories_from_coco(file.categories)
    except Malformed as error:
        raise Malformed(f"{path}: {error}; mend its categories") from error
