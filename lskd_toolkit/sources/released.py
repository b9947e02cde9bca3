"""Source ``released``: the images of the released corpus with the regions that its lines speak of.

A line is a statement; all lines about an image make one image, found where the first of them stands. Its
id is the line's ``image``. A region is what ``references`` says under its name, once for all lines. The
statements themselves are not taken: a run writes its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..corpus.released import Row, read_released
from ..errors import UsageError
from ..records import Dropped, Found, Refined, Region, Rejected
from .annotated import ReadsFiles, annotation_files, found, image_folders
from .options_released import ReleasedOptions

EXAMPLE = "lskd run images/ --source released --annotations corpus.jsonl"


@dataclass(slots=True)
class _Image:
    """An image, from all lines about it."""

    size: tuple[int, int] | None
    regions: dict[int, Region] = field(default_factory=dict)
    mentioned: set[int] = field(default_factory=set)
    wrong: list[Dropped] = field(default_factory=list)


class Released(ReadsFiles):
    """The JSON lines of the released corpus."""

    options: ReleasedOptions

    def scan(self) -> Iterator[Found]:
        """Every image of the chosen splits' lines, then the lines that cannot be read.

        Raises:
            UsageError: no file is named, or one cannot be read.
        """
        files = annotation_files(self.options, EXAMPLE)
        folders = list(dict.fromkeys(f for path in files for f in image_folders(self.options, path)))
        return self._images(files, folders)

    def _images(self, files: list[str], folders: list[str]) -> Iterator[Found]:
        images: dict[str, _Image] = {}
        refused: list[Found] = []
        for path in files:
            for row in _rows(path):
                if isinstance(row, Rejected):
                    where, _, _ = row.reason.partition(":")
                    id = f"{os.path.basename(path)}#{where.replace(' ', '/')}"
                    refused.append(found(id, (), (), refused=f"{path}, {row.reason}"))
                elif not self.options.split or row.split in self.options.split:
                    _add(images, row, os.path.basename(path))
        for id, image in images.items():
            yield found(id, (id,), folders, self._regions(image), image.size)
        yield from refused

    def _regions(self, image: _Image) -> Refined:
        if self.options.only == "all":
            return Refined(tuple(image.regions.values()), tuple(image.wrong))
        kept = tuple(region for k, region in image.regions.items() if k in image.mentioned)
        others = (
            Dropped(region, "no line mentions it; source.only=all keeps it")
            for k, region in image.regions.items() if k not in image.mentioned
        )  # fmt: skip
        return Refined(kept, (*others, *image.wrong))


def _rows(path: str) -> Iterator[Row | Rejected]:
    try:
        with open(path, "rb") as file:
            if file.read(2) in (b"\x1f\x8b", b"PK"):
                raise UsageError(f"{path} is packed; unpack it first: gunzip, unzip")
        yield from read_released(Path(path))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error


def _add(images: dict[str, _Image], row: Row, file: str) -> None:
    """Add a line's regions to its image. A region that an earlier line puts elsewhere is not moved."""
    about = row.scene.image
    size = (about.width, about.height) if about.width > 0 and about.height > 0 else None
    image = images.setdefault(about.id, _Image(size))
    image.mentioned.update(row.statement.regions)
    for region in row.scene.regions:
        known = image.regions.setdefault(region.id, region)
        if known != region or image.size != size:
            line = f"line {row.index}" if row.index else "a later line"
            reason = f"{line} of {file} has another region [{region.id}] than an earlier one, which counts"
            if all(wrong.region != region for wrong in image.wrong):
                image.wrong.append(Dropped(region, reason))
