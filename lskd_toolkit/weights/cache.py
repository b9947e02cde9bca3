"""The cache: where a fetched file lies, and whether it is whole."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from platformdirs import user_cache_path

from ..components import WeightFile
from .catalog import lookup


def cache_folder() -> Path:
    """The folder of all weights: ``weights/`` under ``LSKD_CACHE``, or under the user's cache folder."""
    return Path(os.environ.get("LSKD_CACHE") or user_cache_path("lskd")) / "weights"


def place(weight: WeightFile) -> Path:
    """Where a file lies once it is fetched. Its digest is in the path: another version is another
    file, and both stay. Its name is there for people, without what no file system would take."""
    return cache_folder() / weight.sha256[:16] / re.sub(r"[^\w.+-]", "-", weight.name).lstrip(".")


def is_whole(weight: WeightFile) -> bool:
    """Whether the file is in the cache with the right size: cheap enough to ask every time. The
    digest was checked when it was written, and is again by `verify`."""
    try:
        return place(weight).stat().st_size == weight.size
    except OSError:
        return False


def is_here(name: str) -> bool:
    """`is_whole` by name.

    Raises:
        UsageError: no such name.
    """
    return is_whole(lookup(name))


def verify(name: str) -> str:
    """What a look at every byte says: ``missing``, ``here, sha256 checked``, or what is wrong.

    Raises:
        UsageError: no such name.
    """
    weight = lookup(name)
    path = place(weight)
    if not path.exists():
        return f"missing; run: lskd weights fetch {name}"
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found == weight.sha256:
        return "here, sha256 checked"
    return f"damaged: its sha256 is {found[:16]}…; delete {path} and run: lskd weights fetch {name}"
