"""The only places where something becomes durable: a commit, a rename, an fsync.

Every promise about crashes is about what happens between two of these, so they are few and named;
the crash tests count calls of these functions and kill the process at each.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import StoreError


def commit(connection: sqlite3.Connection) -> None:
    """Commit; with ``synchronous=FULL`` it is on disk when this returns."""
    connection.commit()


def fsync(descriptor: int) -> None:
    os.fsync(descriptor)


def rename(source: Path, target: Path) -> None:
    """Put ``source`` in the place of ``target`` at once, durably."""
    os.replace(source, target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place, fsynced, when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        with temporary.open("rb") as file:
            fsync(file.fileno())
        rename(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    with writing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


@contextmanager
def reported(folder: Path) -> Iterator[None]:
    """Failures of the disk and the database as one line that says what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if "full" in text:
            raise StoreError(
                f"the disk of {folder} is full; free space, then run the same command"
            ) from error
        if "readonly" in text or "unable to open" in text:
            raise StoreError(f"cannot write in {folder} ({text}); choose another with --out") from error
        raise StoreError(f"the database in {folder} cannot be used: {text}") from error
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"the database in {folder} is damaged: {error}; move it away and run again"
        ) from error
    except OSError as error:
        if error.errno == 28:
            raise StoreError(
                f"the disk of {folder} is full; free space, then run the same command"
            ) from error
        raise
