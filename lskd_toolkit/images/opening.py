"""Pictures out of whatever a notebook holds: a path, bytes, a Pillow image, an array."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from ..errors import ImageRefused
from ..records import Image
from .decode import DEFAULT_LIMITS, Limits, decode, inspect, upright
from .folder import read_file
from .names import readable, to_uri
from .picture import Picture


def open_picture(source: Any, id: str = "", limits: Limits = DEFAULT_LIMITS) -> Picture:
    """A picture of a path, the bytes of an image file, a Pillow image, or a uint8 array.

    Arguments:
        source: an array is ``(H, W)`` grey, ``(H, W, 3)`` RGB or ``(H, W, 4)`` RGBA.
        id: the image's id; a path's file name, else the first letters of the digest, if empty.

    A file's identity is the sha256 of its bytes; that of an image or array in memory is the digest of
    its shape and upright RGB values, however they were encoded.

    Raises:
        ImageRefused: the file or array is no usable image. Of a file only the header is read here; its
            pixels may still be refused when they are first looked at.
    """
    if isinstance(source, str | os.PathLike):
        path = os.path.abspath(os.fspath(source))
        try:
            return _of_bytes(read_file(path, limits), id or readable(Path(path).name), to_uri(path), limits)
        except ImageRefused as error:
            raise ImageRefused(f"{source}: {error}") from error
    if isinstance(source, bytes | bytearray | memoryview):
        return _of_bytes(bytes(source), id, "", limits)
    if isinstance(source, PIL.Image.Image):
        return _of_pixels(upright(source), id)
    return _of_pixels(_rgb(np.asarray(source)), id)


def as_picture(source: Any, id: str = "") -> Picture:
    """The picture itself if it is one already, else `open_picture`."""
    return source if isinstance(source, Picture) else open_picture(source, id)


def thumbnail(picture: Picture, size: int, quality: int = 80) -> bytes:
    """The picture as a small JPEG, its longer side at most ``size`` pixels, never enlarged. The same
    pixels give the same bytes."""
    small = picture.small(2 * size)
    small.thumbnail((size, size), PIL.Image.Resampling.LANCZOS, reducing_gap=3.0)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _of_bytes(data: bytes, id: str, uri: str, limits: Limits) -> Picture:
    width, height = inspect(data, limits)
    digest = hashlib.sha256(data).hexdigest()
    image = Image(id or digest[:12], uri, digest, width, height)
    return Picture(
        image, lambda: decode(data, limits), decode_small=lambda least: decode(data, limits, least)
    )


def _of_pixels(pixels: np.ndarray, id: str) -> Picture:
    height, width, _ = pixels.shape
    digest = hashlib.sha256(f"rgb8 {width}x{height} ".encode() + pixels.tobytes()).hexdigest()
    return Picture(Image(id or digest[:12], "", digest, width, height), lambda: pixels)


def _rgb(values: np.ndarray) -> np.ndarray:
    """A copy as uint8 RGB, so that freezing the picture does not freeze the caller's array."""
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[:, :, 0]
    fits = values.ndim == 2 or (values.ndim == 3 and values.shape[2] in (3, 4))
    if values.dtype != np.uint8 or not fits or 0 in values.shape:
        raise ImageRefused(
            f"an array of {values.dtype} {values.shape} is no picture; give uint8 (H, W, 3) RGB"
        )
    return upright(PIL.Image.fromarray(values)).copy()
