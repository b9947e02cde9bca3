"""Bytes to upright RGB pixels: the one home of bad input.

Whatever a file holds, it becomes uint8 RGB or an `ImageRefused` whose message is one plain reason.
The format is told from the bytes, never from the name. Pillow's own entry point `Image.open` is not
used: it guards against bombs by a process-wide limit and a warning, where we want the caller's limit
and a reason, and it would hand hostile bytes to formats nobody keeps photos in.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import AvifImagePlugin, ExifTags, Image, ImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from ..errors import ImageRefused

_FORMATS: tuple[tuple[str, int, bytes, type[ImageFile.ImageFile]], ...] = (
    # format, offset, the bytes found there, Pillow's reader
    ("JPEG", 0, b"\xff\xd8\xff", JpegImageFile),
    ("PNG", 0, b"\x89PNG\r\n\x1a\n", PngImageFile),
    ("GIF", 0, b"GIF87a", GifImageFile),
    ("GIF", 0, b"GIF89a", GifImageFile),
    ("WebP", 8, b"WEBP", WebPImageFile),
    ("TIFF", 0, b"II*\0", TiffImageFile),
    ("TIFF", 0, b"MM\0*", TiffImageFile),
    ("TIFF", 0, b"II+\0", TiffImageFile),
    ("TIFF", 0, b"MM\0+", TiffImageFile),
    ("AVIF", 4, b"ftypavif", AvifImagePlugin.AvifImageFile),
    ("AVIF", 4, b"ftypavis", AvifImagePlugin.AvifImageFile),
    ("BMP", 0, b"BM", BmpImageFile),
)

_UNREAD = ((4, b"ftyphei", "HEIC"), (4, b"ftypmif1", "HEIC"), (0, b"8BPS", "Photoshop"), (0, b"%PDF", "PDF"))
"""Formats that people take for photos; they are named in the reason."""

_DEEP = {"I;16": "<u2", "I;16L": "<u2", "I;16B": ">u2", "I;16N": "=u2"}
"""Pillow's modes of 16-bit grey, with the numpy type of their bytes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is too much. ``max_megapixels`` counts width times height in millions."""

    max_megapixels: float = 100.0


DEFAULT_LIMITS = Limits()


def inspect(data: bytes, limits: Limits = DEFAULT_LIMITS) -> tuple[int, int]:
    """The upright (width, height) in pixels, from the header alone: cheap, and no promise that the
    pixels can be decoded (`check` gives that).

    Raises:
        ImageRefused: empty, no known format, a broken header, no pixels, or larger than ``limits``.
    """
    kind, opened = _open(data, limits)
    with _refusing(kind):
        return _turned(opened.size, _orientation(kind, opened, data))


def check(data: bytes, limits: Limits = DEFAULT_LIMITS) -> tuple[int, int]:
    """The upright (width, height), after the pixels have really been decoded once.

    JPEG is decoded at an eighth of its size: every byte is read, so truncation is found, at a
    fraction of the time.

    Raises:
        ImageRefused: as `decode`.
    """
    kind, opened = _open(data, limits)
    with _refusing(kind):
        size = _turned(opened.size, _orientation(kind, opened, data))
        opened.draft(None, (1, 1))
        opened.load()
        _refuse_depth(opened)
    return size


def decode(data: bytes, limits: Limits = DEFAULT_LIMITS, least: int = 0) -> np.ndarray:
    """The pixels of an image file: uint8 RGB ``(height, width, 3)``, upright, read-only.

    Arguments:
        least: if given, a JPEG is decoded at a half, a quarter or an eighth of its size where its shorter
            side is still that long; a fraction of the time, for those who make it small anyway.

    The camera's EXIF orientation is applied. 16-bit values are scaled by their high byte, CMYK is
    converted without its colour profile, transparency is laid over white, and of an animation or a
    stack of pages the first is taken.

    Raises:
        ImageRefused: what `inspect` refuses, truncated or broken pixels, and 32-bit values, whose
            white is not defined.
    """
    kind, opened = _open(data, limits)
    with _refusing(kind):
        orientation = _orientation(kind, opened, data)
        if least:
            scale = max(1.0, min(opened.size) / least)
            opened.draft(None, (round(opened.width / scale), round(opened.height / scale)))
        opened.load()
        return _upright(to_rgb(opened), orientation)


def to_rgb(image: Image.Image) -> np.ndarray:
    """A Pillow image of any mode as uint8 RGB ``(height, width, 3)``, transparency over white. The
    orientation tag is left to `upright`.

    Raises:
        ImageRefused: 32-bit values.
    """
    _refuse_depth(image)
    if image.mode in _DEEP:
        return _deep_grey(image)
    if not image.has_transparency_data:
        return np.asarray(image.convert("RGB"))
    # By way of RGBA even for palettes: their transparency may be one alpha for each colour.
    seen = image.convert("RGBA")
    paper = Image.new("RGBA", seen.size, "white")
    return np.asarray(Image.alpha_composite(paper, seen).convert("RGB"))


def upright(image: Image.Image) -> np.ndarray:
    """`to_rgb`, turned as the image's own orientation tag says; for images opened by others."""
    return _upright(to_rgb(image), _exif_orientation(image))


def _open(data: bytes, limits: Limits) -> tuple[str, ImageFile.ImageFile]:
    """The format's name and Pillow's image, its header read, within the limits."""
    if not data:
        raise ImageRefused("empty file")
    kind, reader = _format(data)
    try:
        opened = reader(io.BytesIO(data))
    except Image.DecompressionBombError as error:
        raise ImageRefused(f"too large: {error}") from error
    except Exception as error:
        raise ImageRefused(_header_reason(kind, data)) from error
    width, height = opened.size
    if width * height > limits.max_megapixels * 1e6:
        raise ImageRefused(
            f"too large: {width} x {height} is {width * height / 1e6:.0f} megapixels, "
            f"the limit is {limits.max_megapixels:g} (max_megapixels)"
        )
    return kind, opened


def _format(data: bytes) -> tuple[str, type[ImageFile.ImageFile]]:
    for kind, offset, magic, reader in _FORMATS:
        if data.startswith(magic, offset):
            return kind, reader
    for offset, magic, kind in _UNREAD:
        if data.startswith(magic, offset):
            raise ImageRefused(f"{kind} is not read; convert it to JPEG or PNG")
    raise ImageRefused("not an image: no known image format")


def _header_reason(kind: str, data: bytes) -> str:
    """Why a header was refused. Pillow says the same of no pixels and of nonsense; people should not."""
    sizes = {"PNG": data[16:24], "GIF": data[6:10], "BMP": data[18:26]}.get(kind, b"")
    half = len(sizes) // 2
    if sizes and (not any(sizes[:half]) or not any(sizes[half:])):
        return f"no pixels: the {kind} says its width or height is 0"
    return f"broken {kind}: its header cannot be read"


@contextmanager
def _refusing(kind: str) -> Iterator[None]:
    """Turns whatever a decoder raises into a reason. Decoders raise nearly every built-in type."""
    try:
        yield
    except ImageRefused:
        raise
    except MemoryError as error:
        raise ImageRefused(f"{kind} does not fit into memory; lower max_megapixels") from error
    except Image.DecompressionBombError as error:
        raise ImageRefused(f"too large: {error}") from error
    except Exception as error:
        why = str(error) if str(error).isprintable() and str(error) else type(error).__name__
        raise ImageRefused(f"truncated or broken {kind}: {why[:120]}") from error


def _refuse_depth(image: Image.Image) -> None:
    if image.mode in ("I", "F"):
        raise ImageRefused("32-bit values have no defined white; convert it to 8 or 16 bit")


def _deep_grey(image: Image.Image) -> np.ndarray:
    """16-bit grey to RGB by the high byte, as Pillow does for 16-bit colour; its own conversion of
    grey clips at 255 in some versions and scales in others."""
    width, height = image.size
    values = np.frombuffer(image.tobytes(), _DEEP[image.mode]).reshape(height, width)
    grey = (values >> 8).astype(np.uint8)
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        grey[values == clear] = 255
    return np.repeat(grey[:, :, None], 3, axis=2)


def _orientation(kind: str, opened: ImageFile.ImageFile, data: bytes) -> int:
    """The EXIF orientation 1-8 that is still to be applied."""
    if kind in ("TIFF", "AVIF"):
        # Pillow turns TIFF as it loads. AVIF turns by its own boxes, which it reads as this tag.
        return 1 if kind == "TIFF" else _exif_orientation(opened)
    if kind == "PNG" and b"eXIf" not in data and b"exif" not in data and b"rientation" not in data:
        return 1  # Pillow would decode all pixels in search of a tag behind them
    return _exif_orientation(opened)


def _exif_orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # a broken tag is no reason to lose a good photo; broken pixels show later
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _turned(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    return (size[1], size[0]) if orientation >= 5 else size


def _upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Undo the camera's turn: 2-4 mirror or rotate by 180 degrees, 5-8 swap the axes as well."""
    if orientation >= 5:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    pixels = np.ascontiguousarray(pixels)
    pixels.setflags(write=False)
    return pixels
