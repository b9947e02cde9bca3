"""Small JPEG copies of the pictures that the report shows, within a bound on their size."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import PIL.Image

from ..errors import LskdError

if TYPE_CHECKING:
    from ..corpus.view import CorpusView
    from ..records import Image

_TRIES = ((720, 84), (720, 72), (560, 72), (400, 68), (280, 60), (160, 50), (80, 40))
"""Longest side in pixels and JPEG quality, from what looks well on a dense screen down."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """``name`` is the file's in the folder; ``size`` its bytes. Without a name, ``problem`` says why."""

    name: str = ""
    size: int = 0
    problem: str = ""


def write_thumbnail(corpus: CorpusView, image: Image, folder: Path, limit: int) -> Thumbnail:
    """Write the picture as a JPEG of at most ``limit`` bytes where that can be had at all."""
    try:
        picture = corpus.picture(image)
        data = _encoded(picture.pil, limit)
        picture.release()
    except (LskdError, OSError, ValueError) as error:
        return Thumbnail(problem=f"the picture could not be read again: {error}")
    # Named by what it shows, not by the image's id, which may hold anything. Not made durable one by
    # one: a report that was cut off is written anew, and the page, which comes last, is put in place.
    name = f"{hashlib.sha256(data).hexdigest()[:20]}.jpg"
    (folder / name).write_bytes(data)
    return Thumbnail(name, len(data))


def _encoded(picture: PIL.Image.Image, limit: int) -> bytes:
    data = b""
    for side, quality in _TRIES:
        small = picture.copy()
        small.thumbnail((side, side), PIL.Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=quality, optimize=True)
        data = buffer.getvalue()
        if len(data) <= limit:
            break
    return data
