"""Source ``huggingface``: a split's rows in order, each an image with its objects.

A stream cannot be asked for a row again, so an image that is no file here is kept in the cache under its
digest as it passes; ``read`` opens it there. An id is the row's number in the split, or its own column.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lskd_toolkit.errors import ImageRefused
from lskd_toolkit.geometry.moving import scale_region
from lskd_toolkit.images.decode import Limits, inspect
from lskd_toolkit.images.folder import read_file
from lskd_toolkit.images.names import readable, to_path, to_uri
from lskd_toolkit.records import Dropped, Found, Refined
from lskd_toolkit.weights.cache import cache_folder

from .loading import located, open_stream
from .options import HuggingFaceOptions
from .regions import label_names, regions_of


class HuggingFace:
    """One split of a dataset."""

    def __init__(self, options: HuggingFaceOptions, ctx: Any = None):
        self.options = options
        self.limits = Limits(options.max_megapixels)
        # A finished run's reader and report build a source without a context, and only read.
        self.cache = Path(ctx.cache if ctx is not None else cache_folder()) / "huggingface-images"

    def scan(self) -> Iterator[Found]:
        """Every row. Where the stream breaks off, the last row says after how many.

        Raises:
            UsageError: the dataset cannot be had, or its columns are not what the options say.
        """
        stream, column = open_stream(self.options)
        names = label_names((stream.features or {}).get(self.options.objects))
        return self._rows(stream, column, names)

    def read(self, uri: str) -> bytes:
        """The bytes of an image found by ``scan``.

        Raises:
            ImageRefused: the cache was emptied since (the next run fills it again), or as ``folder``.
        """
        return read_file(to_path(uri), self.limits)

    def _rows(self, stream: Any, column: str, names: dict[str, Any]) -> Iterator[Found]:
        rows, number = iter(stream), 0
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except Exception as error:  # what a reader of files raises is its own
                said = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
                reason = f"the split {self.options.split!r} broke off after {number} rows: {said}"
                yield Found(f"{self.options.split}#rows", located(self.options), refused=reason)
                return
            yield self._found(row, number, column, names)
            number += 1

    def _found(self, row: dict[str, Any], number: int, column: str, names: dict[str, Any]) -> Found:
        id = self._id(row, number)
        regions = regions_of(row.get(self.options.objects), self.options, names)
        try:
            path, data = self._image(row.get(column))
            digest = hashlib.sha256(data).hexdigest()
            if not path:
                path = self._kept(digest, data)
        except ImageRefused as error:
            return Found(id, id, regions.kept, "", regions.dropped, None, str(error))
        if self.options.normalised:
            regions = self._in_pixels(regions, data)
        stamp = f"{self.options.revision} {digest}".strip()
        return Found(id, to_uri(path), regions.kept, stamp, regions.dropped)

    def _id(self, row: dict[str, Any], number: int) -> str:
        own = row.get(self.options.id) if self.options.id else None
        known = isinstance(own, str | int) and str(own)
        return readable(str(own)) if known else f"{self.options.split}/{number}"

    def _image(self, value: Any) -> tuple[str, bytes]:
        """The path of an image that is a file here, and its bytes."""
        if isinstance(value, bytes):
            return "", value
        if not isinstance(value, dict):
            raise ImageRefused("its row has no image")
        data, path = value.get("bytes"), value.get("path")
        if isinstance(data, bytes):
            return "", data
        if isinstance(path, str) and os.path.isfile(path):
            return os.path.abspath(path), read_file(path, self.limits)
        if isinstance(path, str) and "://" in path:
            import fsspec  # type: ignore[import-untyped]

            try:
                with fsspec.open(path, "rb") as file:
                    return "", bytes(file.read())
            except Exception as error:
                raise ImageRefused(f"{path} cannot be fetched: {type(error).__name__}") from error
        raise ImageRefused(f"its image is nowhere: {readable(str(path))[:200]}")

    def _kept(self, digest: str, data: bytes) -> str:
        path = self.cache / digest[:2] / digest
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(f".{os.getpid()}")
            part.write_bytes(data)
            os.replace(part, path)
        return str(path.resolve())

    def _in_pixels(self, regions: Refined, data: bytes) -> Refined:
        try:
            width, height = inspect(data, self.limits)
        except ImageRefused as error:  # told again, as the image's, when it is read
            return Refined((), (*regions.dropped, *(Dropped(r, str(error)) for r in regions.kept)))
        return Refined(tuple(scale_region(r, width, height) for r in regions.kept), regions.dropped)
