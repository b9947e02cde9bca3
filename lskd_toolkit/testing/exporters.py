"""Contracts of exporters, on a small run that is really made."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ..corpus import open_run
from ..pipeline.running import configure, run
from .subject import Subject, call

RUN = {
    "proposer": "smallworld",
    "refiner": None,
    "verbalizer": ["smallworld-local", "smallworld-relation"],
    "teacher": "smallworld",
    "critic": "smallworld",
}


def exports_the_same_twice(subject: Subject) -> None:
    """The same rows give the same bytes, all under the folder, and the files written are named."""
    first, again = _exported(subject, 6), _exported(subject, 6)
    subject.require(first, "wrote nothing for a corpus that has statements")
    changed = sorted(name for name in first.keys() | again.keys() if first.get(name) != again.get(name))
    subject.require(not changed, f"the same rows gave other bytes in {changed}; sort, and write no times")


def exports_an_empty_corpus(subject: Subject) -> None:
    """A run in which nothing was accepted exports without an error."""
    _exported(subject, 0)


def _exported(subject: Subject, images: int) -> dict[str, bytes]:
    """An export's files by their path under the folder."""
    with tempfile.TemporaryDirectory(prefix="lskd-export-") as name:
        made, out = Path(name, "run"), Path(name, "out")
        run(configure(None, None, {**RUN, "source": {"use": "smallworld", "count": images}}), made)
        out.mkdir()
        with open_run(made) as corpus:
            named = call(subject.instance, "export", corpus, out)
        there = {path.resolve() for path in out.rglob("*") if path.is_file()}
        unnamed = sorted(str(p) for p in there.symmetric_difference(Path(p).resolve() for p in named))
        subject.require(not unnamed, f"named and written files differ: {unnamed}; give every path written")
        return {str(path.relative_to(out.resolve())): path.read_bytes() for path in there}


CHECKS = (exports_the_same_twice, exports_an_empty_corpus)
