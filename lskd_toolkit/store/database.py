"""Opening the run folder's SQLite files: WAL, synchronous FULL, a schema version, one writer."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from ..errors import StoreError
from .durable import commit, reported

NETWORK = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "lustre", "gpfs", "beegfs", "afs")
"""File systems where SQLite's WAL is not safe: it needs memory shared between processes."""


def connect(
    path: Path,
    schema: str,
    version: int,
    *,
    readonly: bool = False,
    migrations: Mapping[int, str] | None = None,
) -> sqlite3.Connection:
    """Open or create a database. ``migrations`` holds, by version, what makes it of the one before.

    Raises:
        StoreError: written by a newer version of the toolkit, damaged, or not writable.
    """
    with reported(path.parent):
        if readonly:
            connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False
            )
        else:
            connection = sqlite3.connect(path, check_same_thread=False)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA cache_size=-8000")
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > version:
            connection.close()
            raise StoreError(
                f"{path} was written by a newer lskd-toolkit (schema {found}, this one knows {version}); "
                "upgrade: pip install -U lskd-toolkit"
            )
        if readonly and migrations and 0 < found < version:
            # An older one has to be brought up to date before it can be read.
            connection.close()
            connect(path, schema, version, migrations=migrations).close()
            return connect(path, schema, version, readonly=True)
        if not readonly and found < version:
            # All of it or nothing: a step that was taken without its number would be taken again.
            steps = [(migrations or {}).get(n, "") for n in range(found + 1, version + 1)] if found else []
            script = "\n".join(["BEGIN IMMEDIATE;", *steps, schema, f"PRAGMA user_version={version};"])
            connection.executescript(script)
            commit(connection)
    return connection


def lock(folder: Path) -> IO[str]:
    """Take the run folder for this process; the operating system gives it back when it ends.

    Raises:
        StoreError: another process has it.
    """
    file = (folder / "lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise StoreError(
            f"{folder} is in use by process {holder}; wait for it, or choose another folder with --out"
        ) from error
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def network_file_system(folder: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The type of the network file system that ``folder`` is on, or '' for a local one."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    best, found = "", ""
    target = str(folder.absolute())
    for line in lines:
        words = line.split()
        if len(words) >= 3:
            point = words[1].rstrip("/")
            if (target == point or target.startswith(point + "/")) and len(point) >= len(best):
                best, found = point, words[2]
    return found if found in NETWORK else ""
