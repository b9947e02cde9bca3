"""One way to write a value as bytes and to digest it, so that equal things have equal keys."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces. Refuses NaN, which equals nothing."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def json_bytes(value: Any) -> bytes:
    """JSON for others to read, as fast as it goes; halves of characters, which UTF-8 has no bytes for, as
    question marks. Not for keys: how numbers are written may change."""
    try:
        data: bytes = msgspec.json.encode(value)
    except UnicodeEncodeError:
        data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return data


def digest(value: Any) -> str:
    """The sha256 of the canonical form, 64 hex digits."""
    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()
