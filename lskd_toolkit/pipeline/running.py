"""Starting a run in a folder: its lock, its run.yaml, its ledger, and the event loop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..canonical import digest
from ..config import DEFAULTS, RunConfig, apply_sets, merged, read_yaml, resolve, write_yaml
from ..errors import Stopped, UsageError
from ..llm.ledger import Ledger
from ..plugins import plugins
from ..store import Store
from ..store.database import network_file_system
from ..store.durable import write_text
from .consent import ask_before_paying_again
from .progress import Progress
from .runner import Run
from .stages import plan_stages

RETRIES = ("failed", "refused", "cut", "unparsable")


def configure(
    folder: Path | None,
    file: Path | None = None,
    flags: Mapping[str, Any] | None = None,
    sets: Iterable[str] = (),
) -> RunConfig:
    """Defaults, then the folder's run.yaml (a resumed run) or the given file, then flags, then sets.

    Raises:
        UsageError: something of it does not fit.
    """
    layers: list[Mapping[str, Any]] = []
    stored = None if folder is None else folder / "run.yaml"
    if file is not None:
        layers.append(read_yaml(file))
    elif stored is not None and stored.exists():
        layers.append(read_yaml(stored))
    raw = merged(DEFAULTS, *layers, flags or {})
    return resolve(apply_sets(raw, sets), plugins())


def run(
    config: RunConfig,
    folder: Path,
    *,
    yes: bool = False,
    retry: Sequence[str] = (),
    progress: Progress | None = None,
) -> dict[str, int]:
    """Run, or go on with, a configuration in a folder. Counts of what came of it.

    Raises:
        StoreError: the folder is in use, of a newer version or not writable.
        Stopped: budget, consent, backend or user; the same command goes on.
    """
    unknown = [status for status in retry if status not in RETRIES]
    if unknown:
        raise UsageError(f"--retry takes {', '.join(RETRIES)}, got {unknown[0]!r}")
    with Store(folder) as store:
        kind = network_file_system(folder)
        if kind and progress is not None:
            progress.note(
                f"{folder} is on a network file system ({kind}) where the database is not safe from "
                "crashes; prefer a local disk with --out"
            )
        ledger = Ledger(folder / "ledger.sqlite")
        try:
            ask_before_paying_again(store, plan_stages(config), ledger, yes)
            text, place = write_yaml(config.raw), folder / "run.yaml"
            if not place.exists() or place.read_text(encoding="utf-8") != text:
                write_text(place, text)
            if retry:
                forget(store, ledger, config, retry)
            return asyncio.run(_go(Run(config, folder, store, ledger, progress)))
        finally:
            ledger.close()


async def _go(run: Run) -> dict[str, int]:
    with _interruptible(run):
        return await run.go()


@contextmanager
def _interruptible(run: Run) -> Any:
    """The first Ctrl-C finishes what is in flight, so that nothing paid is lost; the second stops."""
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        loop.remove_signal_handler(signal.SIGINT)
        run.halt(Stopped("stopped by you; the same command goes on"))

    try:
        loop.add_signal_handler(signal.SIGINT, interrupted)
    except (NotImplementedError, RuntimeError, ValueError):
        yield  # not the main thread: whoever embeds the run handles its signals
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


def forget(store: Store, ledger: Ledger, config: RunConfig, retry: Sequence[str]) -> int:
    """Delete the rows that a retry makes again, and those built on them; how many images."""
    stages = store.put_stages([stage.key for stage in plan_stages(config)])
    wanted: dict[int, set[int]] = {}
    for at, stage in enumerate(stages):
        if "failed" in retry:
            wanted[at] = set(store.with_status(stage, "failed"))
        statuses = {status for status in retry if status != "failed"}
        if stage.kind == "teacher" and statuses:
            keys = ledger.keys_with(statuses)
            for content in store.with_status(stage, "ok"):
                body = store.get(stage, [content])[content].body
                if keys.intersection(body.replies):
                    wanted.setdefault(at, set()).add(content)
    again: set[int] = set()
    for at, contents in wanted.items():
        store.forget(stages[at:], contents)
        again |= contents
    ledger.forget(status for status in retry if status != "failed")
    return len(again)


def folder_for(config: RunConfig) -> Path:
    """Where a run goes that was given no folder: named by its configuration, so the same command
    goes on where it stopped."""
    return Path("runs") / digest(dict(config.raw))[:8]
