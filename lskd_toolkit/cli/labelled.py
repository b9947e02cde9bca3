"""What people said of the statements of runs, for commands that learn from it or measure by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageError

if TYPE_CHECKING:
    from ..images.picture import Picture
    from ..labelling import Labelled, Problem
    from ..records import Scene

LOST = ("torn", "broken", "unknown")
"""Problems by which a label is lost to its reader; the others only need a second look."""


@dataclass(frozen=True, slots=True)
class Known:
    """``labelled`` statements with their scenes, the ``problems`` of labels, the ``runs`` they are of (folder
    and what reads it), and what opens a scene's ``picture``."""

    labelled: Sequence[Labelled]
    problems: Sequence[Problem]
    runs: Sequence[tuple[Path, Any]]
    picture: Callable[[Scene], Picture]


@contextmanager
def labelled(sources: Iterable[Path], run: Path | None = None, labels: Path | None = None) -> Iterator[Known]:
    """The labels of ``sources``: run folders, or files of labels in or about a run.

    ``labels`` is the file where there is one source and it is not the run's own; ``run`` what files of labels
    are about that are not in a run folder.

    Raises:
        UsageError: a file is about no run, or there are no labels.
    """
    from ..corpus import open_run
    from ..labelling import FILE, matched, read_labels

    found: list[Labelled] = []
    problems: list[Problem] = []
    runs: list[tuple[Path, Any]] = []
    opener: dict[Any, Any] = {}
    with ExitStack() as opened:
        for source in sources:
            folder = source if source.is_dir() or not source.exists() else run or source.parent
            if not source.is_dir() and source.exists() and not (folder / "run.yaml").exists():
                raise UsageError(f"{source} is about no run that is known; name it: --run RUN")
            corpus = opened.enter_context(open_run(folder))
            runs.append((folder, corpus))
            file = read_labels(source if source.is_file() else labels or folder / FILE)
            mine, unknown = matched(file, corpus)
            found += mine
            problems += [*file.problems, *unknown]
            opener |= {each.scene.image: corpus for each in mine}

        def picture(scene: Scene) -> Picture:
            opened_picture: Picture = opener.get(scene.image, runs[0][1]).picture(scene.image)
            return opened_picture

        yield Known(found, problems, runs, picture)


def tell_lost(problems: Iterable[Problem]) -> None:
    """How many labels could not be used, and where to read why."""
    lost = [problem for problem in problems if problem.kind in LOST]
    if lost:
        click.echo(
            f"note: {len(lost)} labels cannot be used, the first: line {lost[0].line}, {lost[0].reason}. "
            "See: lskd labels show RUN",
            err=True,
        )
