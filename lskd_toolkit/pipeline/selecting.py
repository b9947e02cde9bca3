"""Deciding again about the statements of a run that is there, by other rules: no stage works, no one pays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..config import SELECTION, resolve, write_yaml
from ..errors import StoreError
from ..plugins import plugins
from ..store import Store
from ..store.durable import write_text
from .deciding import select_all
from .running import configure


def reselect(run: Path, *, threshold: float | None = None, **changes: Any) -> dict[str, int]:
    """Change what decides in the run, in its run.yaml and in the verdicts; counts of accepted and not.

    ``changes`` are options of ``selection``; None takes one away.

    Raises:
        UsageError: they do not fit, or name a calibration that is not there.
        StoreError: it is no run folder, or in use.
    """
    if not (run / "run.yaml").exists():
        raise StoreError(f"{run} is no run folder; make one with: lskd run --out {run}")
    raw = dict(configure(run).raw)
    options = {**raw.get(SELECTION, {}), **changes}
    raw[SELECTION] = {name: value for name, value in options.items() if value not in (None, "", {})}
    if not raw[SELECTION]:
        del raw[SELECTION]
    if threshold is not None:
        raw["threshold"] = threshold
    config = resolve(raw, plugins())
    with Store(run) as store:
        counts = select_all(config, run, store, store.current_stages())
        write_text(run / "run.yaml", write_yaml(config.raw))
    return counts
