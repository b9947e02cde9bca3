"""What a tar shard holds and where, and its members' bytes; nothing is ever unpacked.

A member is told by its place in the file, so that reading one is one seek. A header that cannot be read
costs what stands before the next one that can, and is told of.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import quote_from_bytes, unquote_to_bytes

from ..errors import ImageRefused

BLOCK = 512
SCHEME = "tar:"
PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zX", b"\x28\xb5\x2f\xfd")


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a shard: its name, the place and count of its bytes, and why it cannot be used."""

    name: str
    offset: int
    size: int
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Break:
    """A place where a shard cannot be read; ``resumed`` is where it can again, None: nowhere."""

    offset: int
    reason: str
    resumed: int | None


def members(path: str) -> Iterator[Member | Break]:
    """Every file of a shard in its order.

    Raises:
        OSError: the shard cannot be opened.
    """
    total = os.path.getsize(path)
    with open(path, "rb") as file:
        if file.read(4).startswith(PACKED):
            yield Break(0, "it is packed; unpack it first: gunzip, bunzip2, zstd -d", None)
            return
        start = 0
        while True:
            archive = None
            try:
                file.seek(start)
                archive = tarfile.TarFile(fileobj=file, mode="r")
                for info in _infos(archive):
                    yield _member(info, total)
                stopped, reason = archive.offset, "no header of a tar"
            except (tarfile.TarError, ValueError, OverflowError, EOFError) as error:
                stopped = archive.offset if archive is not None else start
                reason = " ".join(str(error).split())[:200]
            if stopped >= total or _ends(file, stopped):
                return
            resumed = _resumed(file, stopped + BLOCK, total)
            yield Break(stopped, reason, resumed)
            if resumed is None:
                return
            start = resumed


def read_member(uri: str, limit: float) -> bytes:
    """The bytes that `to_uri` has told the place of.

    Raises:
        ImageRefused: no such uri, the shard is gone or shorter by now, or more than ``limit`` bytes.
    """
    try:
        place, _, path = uri.removeprefix(SCHEME).partition(":")
        offset, size = (int(part) for part in place.split("+"))
        if not uri.startswith(SCHEME) or offset < 0 or size < 0:
            raise ValueError
    except ValueError as error:
        raise ImageRefused(f"{uri[:100]!r} is no place in a shard") from error
    if size > limit:
        raise ImageRefused(f"{size / 1e6:.0f} MB is more than any picture within max_megapixels needs")
    try:
        with open(os.fsdecode(unquote_to_bytes(path)), "rb") as file:
            file.seek(offset)
            data = file.read(size)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise ImageRefused(f"its shard cannot be read: {reason}") from error
    if len(data) < size:
        raise ImageRefused(f"its shard ends {size - len(data)} bytes before it does")
    return data


def to_uri(path: str, member: Member) -> str:
    """``tar:OFFSET+SIZE:PATH``, the path percent-encoded."""
    return f"{SCHEME}{member.offset}+{member.size}:{quote_from_bytes(os.fsencode(path))}"


def _infos(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    while (info := archive.next()) is not None:
        archive.members = []  # type: ignore[attr-defined]  # it would keep all of them
        yield info


def _member(info: tarfile.TarInfo, total: int) -> Member:
    wrong = ""
    if info.isdir():
        wrong = "a folder"
    elif not info.isreg() or info.issparse():
        wrong = "a link, device or sparse file, which is not followed"
    elif info.name.startswith("/") or ".." in info.name.split("/"):
        wrong = "its name leads out of the shard"
    elif info.offset_data + info.size > total:
        wrong = f"the shard ends {info.offset_data + info.size - total} bytes before it does"
    return Member(info.name, info.offset_data, info.size, wrong)


def _ends(file: BinaryIO, offset: int) -> bool:
    """Whether a tar's end stands here: a block of zeros."""
    file.seek(offset)
    return not any(file.read(BLOCK))


def _resumed(file: BinaryIO, offset: int, total: int) -> int | None:
    """The next block that is a header: one whose sum is right, as `tarfile` checks."""
    file.seek(offset)
    while offset < total:
        block = file.read(BLOCK)
        try:
            tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.TarError:
            offset += BLOCK
            continue
        return offset
    return None
