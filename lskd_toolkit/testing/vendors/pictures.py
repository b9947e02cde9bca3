"""Images in requests: is it one, of the kind that is said, and how large."""

from __future__ import annotations

import base64
import binascii
import struct

_SIZED = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""JPEG markers that begin a frame and hold its size."""


def size_of(data: str, media_type: str = "") -> tuple[int, int]:
    """Width and height of a JPEG or PNG given in base64.

    Raises:
        ValueError: it is no such image, or not of the media type that is said.
    """
    try:
        raw = base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise ValueError(f"image is not base64: {error}") from None
    if raw[:8] == b"\x89PNG\r\n\x1a\n" and raw[12:16] == b"IHDR" and len(raw) > 24:
        kind, size = "image/png", struct.unpack(">II", raw[16:24])
    elif raw[:3] == b"\xff\xd8\xff":
        kind, size = "image/jpeg", _jpeg(raw)
    else:
        raise ValueError("Could not process image")
    if media_type and media_type != kind:
        raise ValueError(f"image was specified as {media_type} but appears to be {kind}")
    return size


def _jpeg(raw: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 < len(raw) and raw[at] == 0xFF:
        marker, length = raw[at + 1], int.from_bytes(raw[at + 2 : at + 4], "big")
        if marker in _SIZED:
            height, width = struct.unpack(">HH", raw[at + 5 : at + 9])
            return width, height
        at += 2 + length
    raise ValueError("Could not process image")
