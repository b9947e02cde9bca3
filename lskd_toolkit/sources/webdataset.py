"""Source ``webdataset``: images in tar shards, with their regions in a JSON member beside them.

A sample is all members with the same key, the name up to the first dot of its last part: ``7.png`` and
``7.json``. Its id is the shard's name and the key: ``train-000/7``. The JSON is COCO's, in one object:
``{"width": 640, "height": 480, "annotations": [{"bbox": [x, y, width, height], "category": "dog",
"segmentation": …, "score": 0.9}]}``; only a bbox or a segmentation is needed. Other members are not read,
pickles least of all.

Source: https://github.com/webdataset/webdataset (the naming of members).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from ..errors import ImageRefused, UsageError
from ..formats import Malformed
from ..formats.coco import region_from_coco
from ..formats.malformed import brief
from ..images.decode import Limits
from ..images.names import readable
from ..images.options import EXTENSIONS
from ..records import Dropped, Found, Refined, Region
from .annotated import NO_REGIONS, apart, numbered, stamp
from .coco import image_size
from .json_files import decoded
from .options_webdataset import WebdatasetOptions
from .shards import Break, Member, members, read_member, to_uri

EXAMPLE = "lskd run shards/ --source webdataset"
SIDECAR_MOST = 64e6
"""Bytes of a JSON member that are still read."""


class _Sidecar(msgspec.Struct):
    width: Any = None
    height: Any = None
    annotations: list[msgspec.Raw] | None = None


@dataclass(slots=True)
class _Sample:
    image: Member | None = None
    sidecar: Member | None = None
    others: list[str] = field(default_factory=list)


class Webdataset:
    """Tar shards, each read through once for what it holds."""

    def __init__(self, options: WebdatasetOptions, ctx: Any = None):
        self.options = options
        self.limits = Limits(options.max_megapixels)

    def scan(self) -> Iterator[Found]:
        """Every sample of every shard, then what of the shard cannot be used.

        Raises:
            UsageError: no shard is named, one is not there, or a folder has none.
        """
        shards = _shards(self.options.paths)
        return apart((f"{number}.tar", self._shard(path)) for number, path in enumerate(shards))

    def read(self, uri: str) -> bytes:
        """The bytes of an image found by ``scan``, by one seek into its shard.

        Raises:
            ImageRefused: the shard is gone or shorter, or the image larger than any may be.
        """
        return read_member(uri, self.options.max_megapixels * 8e6 + 64e6)

    def _shard(self, path: str) -> Iterator[Found]:
        name = os.path.splitext(os.path.basename(path))[0]
        samples: dict[str, _Sample] = {}
        refused: list[Found] = []

        def refuse(id: str, reason: str) -> None:
            refused.append(Found(readable(id), readable(path), refused=f"{readable(path)}: {reason}"))

        try:
            for member in members(path):
                if isinstance(member, Break):
                    on = (
                        "nothing after it can be"
                        if member.resumed is None
                        else f"resumed at {member.resumed}"
                    )
                    refuse(
                        f"{name}#byte/{member.offset}",
                        f"broken at byte {member.offset}, {on}: {member.reason}",
                    )
                elif member.wrong and member.wrong != "a folder":
                    refuse(f"{name}#byte/{member.offset}", f"{brief(member.name)}: {member.wrong}")
                elif not member.wrong and (reason := self._add(samples, member)):
                    refuse(f"{name}#byte/{member.offset}", f"{brief(member.name)}: {reason}")
        except OSError as error:
            refuse(f"{name}.tar", f"cannot be read: {error.strerror}")
        about = stamp(path)
        for key, sample in samples.items():
            if sample.image is None:
                has = ", ".join(sample.others)
                refuse(f"{name}/{key}", f"the sample {brief(key)} has no image; it has {has}")
                continue
            size, regions = self._regions(path, sample.sidecar)
            uri = to_uri(path, sample.image)
            yield Found(readable(f"{name}/{key}"), uri, regions.kept, about, regions.dropped, size)
        yield from refused

    def _add(self, samples: dict[str, _Sample], member: Member) -> str:
        """Put a member with its sample; says why not where another holds its place."""
        folder, slash, base = member.name.removeprefix("./").rpartition("/")
        stem, _, ending = base.partition(".")
        sample = samples.setdefault(f"{folder}{slash}{stem}", _Sample())
        sample.others.append(f".{ending}")
        if f".{ending.lower()}" in EXTENSIONS:
            if sample.image is not None:
                return "its sample has an image already; the first one counts"
            sample.image = member
        elif ending == self.options.sidecar:
            if sample.sidecar is not None:
                return "its sample has annotations already; the first ones count"
            sample.sidecar = member
        return ""

    def _regions(self, path: str, member: Member | None) -> tuple[tuple[int, int] | None, Refined]:
        if member is None:
            return None, NO_REGIONS
        try:
            data = read_member(to_uri(path, member), SIDECAR_MOST)
            sidecar = decoded(msgspec.Raw(data), _Sidecar)
        except (ImageRefused, Malformed) as error:
            none = Region(0, (0.0, 0.0, 0.0, 0.0))
            return None, Refined((), (Dropped(none, f"{brief(member.name)}: {error}"),))
        size = image_size({"width": sidecar.width, "height": sidecar.height})
        return size, numbered(sidecar.annotations or (), lambda row: _region(decoded(row), size))


def _region(annotation: Any, size: tuple[int, int] | None) -> Region:
    made = region_from_coco(annotation, size=size)
    label = annotation.get("category", "")
    if not isinstance(label, str):
        raise Malformed(f"its category is {brief(label)}, not a name")
    return replace(made, label=label)


def _shards(paths: tuple[str, ...]) -> list[str]:
    if not paths:
        raise UsageError(f"no shards are named; name tar files or folders of them: {EXAMPLE}")
    shards: list[str] = []
    for path in paths:
        there = os.path.abspath(os.path.expanduser(path))
        if os.path.isdir(there):
            inside = sorted(name for name in os.listdir(there) if name.endswith(".tar"))
            if not inside:
                raise UsageError(
                    f"{path!r} holds no .tar; name the shards or unpack them: gunzip FILE.tar.gz"
                )
            shards += [os.path.join(there, name) for name in inside]
        elif os.path.exists(there):
            shards.append(there)
        else:
            raise UsageError(f"{path!r} does not exist; name tar files or folders of them: {EXAMPLE}")
    return list(dict.fromkeys(shards))
