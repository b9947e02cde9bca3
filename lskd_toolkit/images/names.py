"""File names as text that any store can hold.

A POSIX name is bytes. Python shows bytes that are not UTF-8 as lone surrogates, which neither JSON
in UTF-8 nor SQLite takes. Such names, and only such, are written in percent encoding; every other
name stays as it is, with its spaces, newlines and accents.
"""

from __future__ import annotations

import os
from urllib.parse import quote_from_bytes, unquote_to_bytes

_FILE = "file://"


def is_text(name: str) -> bool:
    """Whether the name can be encoded as UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def readable(name: str) -> str:
    """The name for an image's id: as it is, or with its undecodable bytes as ``%XX``. Not reversible."""
    if is_text(name):
        return name
    return "".join(f"%{ord(c) - 0xDC00:02X}" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in name)


def to_uri(path: str) -> str:
    """An absolute path as a uri: the path itself, or ``file://`` and the percent-encoded bytes."""
    return path if is_text(path) else _FILE + quote_from_bytes(os.fsencode(path))


def to_path(uri: str) -> str:
    """The path that `to_uri` was given. An absolute path never begins with ``file://``."""
    return os.fsdecode(unquote_to_bytes(uri[len(_FILE) :])) if uri.startswith(_FILE) else uri
