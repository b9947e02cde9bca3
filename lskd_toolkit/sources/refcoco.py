"""Source ``refcoco``: the things that the expressions of RefCOCO, RefCOCO+ and RefCOCOg refer to.

An image's regions are the things referred to in it, in the order of the references; an image to which
none refers is not found. Ids are file names as in ``instances.json``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from ..errors import UsageError
from ..formats import Malformed
from ..formats.coco import region_from_coco
from ..formats.malformed import brief
from ..records import Found, Region
from .annotated import ReadsFiles, annotation_files, found, image_folders, numbered
from .coco import CocoFile, Key, Listed, categories_of, list_images
from .json_files import Row, decoded, read_json
from .options_refcoco import RefcocoOptions

EXAMPLE = "lskd run train2014/ --source refcoco --annotations refs.json --annotations instances.json"


class _Sentence(msgspec.Struct):
    sent: str = ""
    raw: str = ""


class _Reference(msgspec.Struct):
    image_id: Key
    ann_id: Key
    split: str = ""
    sentences: list[_Sentence] = []


class _Numbered(msgspec.Struct):
    id: Key


@dataclass(slots=True)
class _Referred:
    """A thing of an image and all that was said of it."""

    annotation: Key
    said: list[str]


@dataclass(frozen=True, slots=True)
class _Instances:
    """One ``instances.json``, its annotations by id."""

    path: str
    images: list[Listed]
    annotations: Mapping[Key, Row]
    categories: Mapping[Any, str] | None


class Refcoco(ReadsFiles):
    """Referring expressions over COCO's images."""

    options: RefcocoOptions

    def scan(self) -> Iterator[Found]:
        """Every image that a reference of the chosen splits is about.

        Raises:
            UsageError: the references or the instances are not named, are a pickle, or are not theirs.
        """
        files = [(path, _either(path)) for path in annotation_files(self.options, EXAMPLE)]
        instances = [_instances(path, file) for path, file in files if isinstance(file, CocoFile)]
        references = [(path, rows) for path, rows in files if isinstance(rows, list)]
        if not instances or not references:
            lacks = "instances.json" if references else "the references"
            raise UsageError(f"annotations lack {lacks}; name both: {EXAMPLE}")
        return self._images(instances, references)

    def _images(
        self, instances: list[_Instances], references: list[tuple[str, list[Row]]]
    ) -> Iterator[Found]:
        referred, refused = self._referred(references)
        for file in instances:
            folders = image_folders(self.options, file.path)
            for image in file.images:
                things = referred.pop(image.key, {}) if image.key is not None else {}
                if things or image.refused:
                    regions = numbered(
                        things.values(),
                        lambda thing, file=file, image=image: self._region(thing, file, image),  # type: ignore[misc]
                    )
                    yield found(image.id, image.names, folders, regions, image.size, image.refused)
        yield from refused
        if referred:
            path, count = references[0][0], sum(map(len, referred.values()))
            said = f"{count} things that {path} refers to are in no image of {instances[0].path}"
            yield found(
                f"{os.path.basename(path)}#references", (), (),
                refused=f"{said}; the first is in image {next(iter(referred))}",
            )  # fmt: skip

    def _referred(
        self, references: list[tuple[str, list[Row]]]
    ) -> tuple[dict[Key, dict[Key, _Referred]], list[Found]]:
        """The things referred to by image and annotation, in order; and references that cannot be read."""
        referred: dict[Key, dict[Key, _Referred]] = {}
        refused: list[Found] = []
        for path, rows in references:
            for number, row in enumerate(rows):
                try:
                    reference = decoded(row, _Reference)
                except Malformed as error:
                    id = f"{os.path.basename(path)}#{number}"
                    refused.append(found(id, (), (), refused=f"reference {number} of {path}: {error}"))
                    continue
                if self.options.split and reference.split not in self.options.split:
                    continue
                things = referred.setdefault(reference.image_id, {})
                thing = things.setdefault(reference.ann_id, _Referred(reference.ann_id, []))
                thing.said += [s.sent or s.raw for s in reference.sentences if s.sent or s.raw]
        return referred, refused

    def _region(self, thing: _Referred, file: _Instances, image: Listed) -> Region:
        row = file.annotations.get(thing.annotation)
        if row is None:
            raise Malformed(f"{os.path.basename(file.path)} has no annotation {brief(thing.annotation)}")
        annotation = decoded(row)
        if annotation.get("image_id") != image.key:
            raise Malformed(f"annotation {brief(thing.annotation)} is of another image")
        region = region_from_coco(annotation, file.categories, size=image.size)
        if self.options.label == "category":
            return region
        return replace(region, label="; ".join(dict.fromkeys(" ".join(said.split()) for said in thing.said)))


def _either(path: str) -> CocoFile | list[Row]:
    """A file's references, a list, or its instances, an object."""
    return read_json(path, CocoFile | list[Row], "references or COCO's instances")  # type: ignore[arg-type]


def _instances(path: str, file: CocoFile) -> _Instances:
    annotations: dict[Key, Row] = {}
    for row in file.annotations:
        try:
            annotations.setdefault(decoded(row, _Numbered).id, row)
        except Malformed:
            continue  # nobody can refer to it
    return _Instances(path, list(list_images(file.images, path)), annotations, categories_of(file, path))
