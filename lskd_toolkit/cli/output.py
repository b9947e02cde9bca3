"""What commands print: JSON for scripts, tables and progress for people, plain lines elsewhere."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from .main import plain


def emit_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def table(rows: Sequence[Sequence[Any]], header: Sequence[str]) -> None:
    """Columns as wide as their content, the last one wrapped by the terminal."""
    text = [[plain(str(cell)) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[i]) for row in text) for i in range(len(header))]
    for number, row in enumerate(text):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        click.echo(click.style(line, bold=True) if number == 0 else line)


class Lines:
    """Progress where there is no terminal: a line now and then."""

    EVERY = 5.0
    learner = "student"
    """What is said to be trained."""

    def __init__(self) -> None:
        self._done: dict[str, int] = {}
        self._total = 0
        self._last = 0.0

    def _say(self, text: str, force: bool = False) -> None:
        now = time.monotonic()
        if force or now - self._last >= self.EVERY:
            self._last = now
            click.echo(text, err=True)

    def note(self, text: str) -> None:
        click.echo(f"note: {plain(text)}", err=True)

    def images(self, counts: Mapping[str, int]) -> None:
        self._total = counts.get("ok", 0)

    def advance(self, stage: str, images: int, fresh: int) -> None:
        done = self._done[stage] = self._done.get(stage, 0) + images
        self._say(f"{stage} {done}/{self._total}", force=done == self._total)

    def training(self, step: int, steps: int, metrics: Mapping[str, float]) -> None:
        shown = " ".join(f"{k}={v:.3f}" for k, v in metrics.items())
        self._say(f"{self.learner} {step}/{steps} {shown}", force=step == steps)

    def fetching(self, name: str, done: int, total: int) -> None:
        self._say(f"fetching {name} {done / 1e6:.0f}/{total / 1e6:.0f} MB", force=done == total)


class Bars:
    """Progress in a terminal: a bar for each stage."""

    learner = "student"

    def __init__(self, bars: Any):
        self._bars = bars
        self._tasks: dict[str, Any] = {}
        self._total = 0

    def note(self, text: str) -> None:
        self._bars.console.print(f"note: {plain(text)}", markup=False)

    def _task(self, name: str, total: int) -> Any:
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(name, total=total)
        return self._tasks[name]

    def images(self, counts: Mapping[str, int]) -> None:
        self._total = counts.get("ok", 0)
        for task in self._tasks.values():
            self._bars.update(task, total=self._total)

    def advance(self, stage: str, images: int, fresh: int) -> None:
        self._bars.advance(self._task(stage, self._total), images)

    def training(self, step: int, steps: int, metrics: Mapping[str, float]) -> None:
        self._bars.update(self._task(self.learner, steps), completed=step, total=steps)

    def fetching(self, name: str, done: int, total: int) -> None:
        self._bars.update(self._task(f"fetching {name}", total), completed=done, total=total)


class Quiet(Lines):
    def _say(self, text: str, force: bool = False) -> None:
        pass


@contextmanager
def watching(config: Any, *, quiet: bool = False) -> Iterator[Any]:
    """A progress display fit for where stderr goes."""
    if quiet:
        yield Quiet()
        return
    if not sys.stderr.isatty():
        yield Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        yield Bars(bars)


def finished(folder: Path, report: Path | None, counts: Mapping[str, int], bad: int) -> None:
    """The last words of a run: what came of it and where to look."""
    click.echo(
        f"{counts.get('images_ok', 0)} images, {counts.get('statements', 0)} statements, "
        f"{counts.get('accepted', 0)} accepted"
    )
    left = {
        k.removeprefix("images_"): v for k, v in counts.items() if k in ("images_refused", "images_duplicate")
    }
    if left or bad:
        told = ", ".join(f"{n} {name}" for name, n in left.items())
        click.echo(f"left out: {told or 'no image'}; rows failed or refused: {bad}. See: lskd stats {folder}")
    click.echo(f"run:    {folder}")
    if report is not None:
        click.echo(f"report: {report}")
