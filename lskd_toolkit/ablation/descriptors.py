"""What a teacher makes of a scene without some of its descriptors: the paper's Table 2.

Each arm is a run folder of its own beside the run that it comes from, begun as a copy of it: all that was
proposed, verbalized, asked and answered is there, so only what changes is done, the teaching and the judging.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from ..config import RunConfig, apply_sets, resolve
from ..corpus import open_run
from ..errors import UsageError
from ..pipeline.running import configure
from ..plugins import plugins
from ..validation import SCOPES

COPIED = ("run.sqlite", "ledger.sqlite")


def said(run: Path) -> list[str]:
    """The scopes of which the run's scenes have descriptors, in their usual order.

    Raises:
        StoreError: it is no run folder.
    """
    with open_run(run) as corpus:
        found = {d.scope for entry in corpus.entries() for d in entry.scene.descriptors}
    return [scope for scope in SCOPES if scope in found]


def arm(run: Path, names: Sequence[str]) -> Path:
    """Where the run without ``names`` is: beside ``run``."""
    return run.with_name(f"{run.name}-without-{'-'.join(names)}")


def begun(run: Path, names: Sequence[str]) -> tuple[Path, RunConfig]:
    """The folder of an arm, begun as a copy of the run if it is not there yet, and its configuration.

    Raises:
        UsageError: the run has no teacher that can be told less, or a name is unknown.
    """
    base = configure(run)
    had = None if base.teacher is None else getattr(base.teacher.options, "without", None)
    if had is None:
        called = "no teacher" if base.teacher is None else f"the teacher {base.teacher.component.name!r}"
        raise UsageError(
            f"{run} has {called}, which cannot be told less; teach with a backend: --teacher NAME"
        )
    raw = apply_sets(dict(base.raw), [f"teacher.without={','.join((*had, *names))}"])
    raw = {key: value for key, value in raw.items() if key != "without"}
    config = resolve(raw, plugins())
    folder = arm(run, names)
    if not (folder / COPIED[0]).exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in reversed(COPIED):  # the run's own file last: it says that the copy is whole
            _copied(run / name, folder / name)
    return folder, config


def arms_of(run: Path, names: Iterable[str]) -> list[tuple[str, ...]]:
    """One arm for each scope that the run has, or for each of ``names`` (several with ``+``).

    Raises:
        UsageError: there is nothing to leave out.
    """
    wanted = [tuple(name.split("+")) for name in names] or [(scope,) for scope in said(run)]
    if not wanted:
        raise UsageError(f"{run} has no descriptors that could be left out; see: lskd run --verbalizer NAME")
    return wanted


def _copied(there: Path, here: Path) -> None:
    """A database copied whole, while others may write to it."""
    if not there.exists():
        return
    beside = here.with_name(here.name + ".part")
    beside.unlink(missing_ok=True)
    with closing(sqlite3.connect(there)) as source, closing(sqlite3.connect(beside)) as copy:
        source.backup(copy)
    beside.replace(here)
