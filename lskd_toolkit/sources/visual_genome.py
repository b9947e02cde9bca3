"""Source ``visual-genome``: the objects, or the described regions, of Visual Genome.

An image's id is its file's name with its folder, as in the set's own addresses: ``VG_100K_2/1.jpg``.
Images come in the order of ``image_data.json``, or of the annotations where that is not named.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ..errors import UsageError
from ..formats import Malformed
from ..formats.visual_genome import file_names_from_visual_genome, region_from_visual_genome
from ..records import Found, Refined
from .annotated import ReadsFiles, annotation_files, found, image_folders, numbered
from .json_files import Row, decoded, read_json
from .options_visual_genome import VisualGenomeOptions

EXAMPLE = "lskd run vg/ --source visual-genome --annotations objects.json --annotations image_data.json"


class VisualGenomeImage(msgspec.Struct):
    """A row of any of the files: what its image is called in each version, and its annotations undecoded."""

    image_id: int | None = None
    id: int | None = None
    url: Any = None
    image_url: Any = None
    width: Any = None
    height: Any = None
    objects: list[Row] | None = None
    regions: list[Row] | None = None

    @property
    def key(self) -> int:
        key = self.image_id if self.image_id is not None else self.id
        if key is None:
            raise Malformed("it has no image_id")
        return key


@dataclass(slots=True)
class _Rows:
    """A file's rows by image, and those that are of no image, with the reason."""

    path: str
    rows: dict[int, Row] = field(default_factory=dict)
    refused: list[tuple[int, str]] = field(default_factory=list)
    annotated: bool = False


class VisualGenome(ReadsFiles):
    """Visual Genome's JSON files."""

    options: VisualGenomeOptions

    def scan(self) -> Iterator[Found]:
        """Every image with its regions.

        Raises:
            UsageError: no file is named, none has annotations, or one is not Visual Genome's JSON; says
                where it is broken.
        """
        files = [_read(path) for path in annotation_files(self.options, EXAMPLE)]
        annotated = [file for file in files if file.annotated]
        if not annotated:
            raise UsageError(f"{files[0].path} holds no objects and no regions; name them: {EXAMPLE}")
        return self._images([file for file in files if not file.annotated], annotated)

    def _images(self, listings: list[_Rows], annotated: list[_Rows]) -> Iterator[Found]:
        folders = [folder for file in annotated for folder in image_folders(self.options, file.path)]
        folders = list(dict.fromkeys(folders))
        for key in dict.fromkeys(key for file in (listings or annotated) for key in file.rows):
            about = next((file.rows[key] for file in listings if key in file.rows), None)
            yield _found(key, about, [file.rows[key] for file in annotated if key in file.rows], folders)
        for file in (*listings, *annotated):
            name = os.path.basename(file.path)
            for number, reason in file.refused:
                yield found(f"{name}#{number}", (), (), refused=f"entry {number} of {file.path}: {reason}")
            listed = {key for listing in listings for key in listing.rows}
            strays = [key for key in file.rows if key not in listed] if listings else []
            if strays:
                said = f"{len(strays)} images of {file.path} are not in image_data; the first is {strays[0]}"
                yield found(f"{name}#images", (), (), refused=said)


def _read(path: str) -> _Rows:
    """A file's rows, by the image they are of."""
    file = _Rows(path)
    for number, row in enumerate(read_json(path, list[Row], "a list of Visual Genome's images")):
        try:
            image = decoded(row, VisualGenomeImage)
            if image.key in file.rows:
                raise Malformed(f"the image {image.key} is there twice; the first one counts")
        except Malformed as error:
            file.refused.append((number, str(error)))
            continue
        file.rows[image.key] = row
        file.annotated |= image.objects is not None or image.regions is not None
    return file


def _found(key: int, about: Row | None, rows: list[Row], folders: list[str]) -> Found:
    images = [decoded(row, VisualGenomeImage) for row in rows]
    listing = decoded(about, VisualGenomeImage) if about is not None else None
    url = next((i.url or i.image_url for i in (listing, *images) if i and (i.url or i.image_url)), None)
    entries = [entry for image in images for entry in (*(image.objects or ()), *(image.regions or ()))]
    regions: Refined = numbered(entries, lambda entry: region_from_visual_genome(decoded(entry)))
    names = file_names_from_visual_genome(key, url)
    size = None
    if listing and type(listing.width) is int and type(listing.height) is int:
        size = (listing.width, listing.height) if min(listing.width, listing.height) > 0 else None
    return found(names[0], names, folders, regions, size)
