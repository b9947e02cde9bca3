"""Annotation files of JSON, read once, their rows decoded one by one.

A file of a million annotations is held as its bytes and a list of places in them, and a row becomes
Python objects when its image's turn comes: about a sixth of the memory of decoding it whole, and a row that
is wrong costs itself only.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from ..errors import UsageError
from ..formats import Malformed

T = TypeVar("T")
Row = msgspec.Raw

_NO_NUMBER = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b')
"""Texts, which are left alone, and the words that Python's own writer has for what JSON cannot say."""


def read_json(path: str, type: type[T], holds: str) -> T:
    """A whole file, decoded as far as ``type`` says; lists of `Row` stay undecoded.

    NaN and Infinity, which are no JSON, are read as null, so that they cost their row and not the file.

    Arguments:
        holds: what it should hold, for the error: ``COCO's images and annotations``.

    Raises:
        UsageError: the file cannot be read, is no JSON (with the byte), or holds something else.
    """
    data = _bytes(path)
    try:
        return msgspec.json.decode(data, type=type)
    except msgspec.ValidationError as error:
        raise UsageError(f"{path} does not hold {holds}: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        first = error
    mended = _NO_NUMBER.sub(lambda found: found[0] if found[0][:1] == b'"' else b"null", data)
    if mended != data:
        try:
            return msgspec.json.decode(mended, type=type)
        except msgspec.ValidationError as error:
            raise UsageError(f"{path} does not hold {holds}: {error}") from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # said of the file as it is
    raise UsageError(f"{path} is no JSON: {_where(first, data)}; fetch or write the file again") from first


def decoded(row: Row, type: Any = Any) -> Any:
    """One row.

    Raises:
        Malformed: it is not what ``type`` says.
    """
    try:
        return msgspec.json.decode(row, type=type)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"not readable: {error}") from error


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    if data[:2] == b"\x1f\x8b" or data[:4] == b"PK\x03\x04":
        raise UsageError(f"{path} is packed; unpack it first: gunzip, unzip")
    if _pickled(data):
        raise UsageError(
            f"{path} is a pickle, which may run any code when it is read, so it is not; convert it once, "
            "where you trust it: python -c 'import json,pickle,sys; "
            'json.dump(pickle.load(open(sys.argv[1],"rb")), open(sys.argv[2],"w"))\' '
            "FILE.p FILE.json"
        )
    return data.removeprefix(b"\xef\xbb\xbf")


def _pickled(data: bytes) -> bool:
    """Pickles begin with their protocol's number, or, the oldest, with ``(lp`` or ``(dp``."""
    return (data[:1] == b"\x80" and data[1:2] in b"\x02\x03\x04\x05") or data[:3] in (b"(lp", b"(dp")


def _where(error: Exception, data: bytes) -> str:
    text = str(error)
    if "truncated" in text:
        return f"it ends at byte {len(data)}, within what it began"
    return text.removeprefix("JSON is malformed: ")
