"""Where a trained critic is put: whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..critique.trained import is_trained
from ..errors import UsageError
from ..store.durable import rename


@contextmanager
def critic_folder(out: Path, overwrite: bool) -> Iterator[Path]:
    """An empty folder beside ``out`` that takes its place when the block ends well.

    Raises:
        UsageError: ``out`` is there already, and may not be replaced or is no critic's.
    """
    if out.exists() and not (overwrite and (is_trained(out) or not any(out.iterdir()))):
        raise UsageError(f"{out} is there already; name another --out, or replace it with: --overwrite")
    growing = out.with_name(f"{out.name}.part")
    shutil.rmtree(growing, ignore_errors=True)
    growing.mkdir(parents=True)
    try:
        yield growing
    except BaseException:
        shutil.rmtree(growing, ignore_errors=True)
        raise
    if out.exists():
        shutil.rmtree(out)
    rename(growing, out)
