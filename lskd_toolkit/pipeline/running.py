"""Starting a run in a folder: its lock, its run.yaml, its ledger, and the event loop."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..canonical import digest
from ..config import SETTINGS, Part, RunConfig, apply_sets, completed, merged, read_yaml, resolve, write_yaml
from ..errors import Stopped, UsageError
from ..llm.ledger import Ledger
from ..llm.staleness import stale_prices
from ..plugins import plugins
from ..store import StageKey, Store
from ..store.database import network_file_system
from ..store.durable import write_text
from .consent import ask_before_paying_again
from .progress import Progress
from .runner import Run
from .stages import plan_stages

SIGNALS = (signal.SIGINT, signal.SIGTERM)
RETRIES = ("failed", "refused", "cut", "unparsable")
OTHERS = ("verbalizer", "critic")
"""Kinds that may ask a backend beside the teacher."""


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
    raw = completed(merged(*layers, flags or {}), plugins())
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
        if progress is not None:
            for line in dict.fromkeys(stale_prices(config.maps())):
                progress.note(line)
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
        if run.stop is not None:
            os._exit(Stopped.exit_code)  # what is stored is stored; nothing else may hold the process up
        run.halt(Stopped("stopped by you; the same command goes on"))

    try:
        for number in SIGNALS:
            loop.add_signal_handler(number, interrupted)
    except (NotImplementedError, RuntimeError, ValueError):
        yield  # not the main thread: whoever embeds the run handles its signals
        return
    try:
        yield
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)


def forget(store: Store, ledger: Ledger, config: RunConfig, retry: Sequence[str]) -> int:
    """Delete the rows that a retry makes again, and those built on them; how many images."""
    plan = plan_stages(config)
    stages = store.put_stages([stage.key for stage in plan])
    wanted: dict[int, set[int]] = {}
    asking = [at for at, stage in enumerate(plan) if stage.part.kind in OTHERS and _asks(stage.part)]
    retired = _asked_by_others(store, ledger, stages, set(retry) - {"failed"}) if asking else set()
    for at in asking if retired else ():
        # Which image a reply was about is not kept: all are made again, and the other replies are there.
        wanted[at] = {*store.with_status(stages[at], "ok"), *store.with_status(stages[at], "failed")}
    for at, stage in enumerate(stages):
        if "failed" in retry:
            wanted.setdefault(at, set()).update(store.with_status(stage, "failed"))
        statuses = {status for status in retry if status != "failed"}
        if stage.kind == "teacher" and statuses:
            keys = ledger.keys_with(statuses)
            for content in store.with_status(stage, "ok"):
                body = store.get(stage, [content])[content].body
                if keys.intersection(body.replies):
                    wanted.setdefault(at, set()).add(content)
                    retired |= keys.intersection(body.replies)
    again: set[int] = set()
    for at, contents in wanted.items():
        store.forget(_with_dependents(stages, stages[at]), contents)
        again |= contents
    ledger.retire(retired)
    return len(again)


def _asks(part: Part) -> bool:
    """Whether it, or a part of its own, asks a backend."""
    return any(each.kind == "backend" for each in part.walk())


def _asked_by_others(
    store: Store, ledger: Ledger, stages: Sequence[StageKey], statuses: Iterable[str]
) -> set[str]:
    """The keys of the replies of these statuses that no teacher's row holds: verbalizers or critics asked
    for them."""
    keys = ledger.keys_with(statuses)
    for stage in stages if keys else ():
        if stage.kind == "teacher":
            for content in store.with_status(stage, "ok"):
                keys.difference_update(store.get(stage, [content])[content].body.replies)
    return keys


def _with_dependents(stages: Sequence[StageKey], first: StageKey) -> list[StageKey]:
    """A stage and those whose rows are built on its rows."""
    keys = {first.key}
    for stage in stages:
        if keys.intersection(stage.parts.get("upstream", {}).values()):
            keys.add(stage.key)
    return [stage for stage in stages if stage.key in keys]


def folder_for(config: RunConfig) -> Path:
    """Where a run goes that was given no folder: named by its parts and seed, so that the same command,
    with another budget or threshold, goes on where it stopped."""
    named = {k: v for k, v in config.raw.items() if k not in SETTINGS or k in ("seed", "prompt")}
    return Path("runs") / digest(named)[:8]
