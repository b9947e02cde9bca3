"""Bringing labels from elsewhere into a run's file: those that fit, once each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .labels import Label, LabelFile, Problem, append_labels, label_of, line, parse_labels
from .matching import Labelled, match

if TYPE_CHECKING:
    from ..corpus.view import CorpusView


def bring(found: Iterable[Label | Problem], corpus: CorpusView, path: Path) -> tuple[int, int, list[Problem]]:
    """Append the labels whose statements the run has to the file at ``path``.

    Returns:
        How many were added, how many were there already, and a reason for each other one; its line is the
        place among what was read.
    """
    labels: list[Label] = []
    places: list[int] = []
    problems: list[Problem] = []
    for place, each in enumerate(found, 1):
        if isinstance(each, Problem):
            problems.append(each)
            continue
        try:
            labels.append(label_of(line(each)))  # held to the same rules as a line of the file
            places.append(place)
        except ValueError as error:
            problems.append(Problem(place, "broken", str(error)))
    file = LabelFile(tuple(labels), tuple(places), len(labels), ())
    known = {_told(label) for label in _all(path)}
    fresh: list[Label] = []
    there = 0
    for matched in match(file, corpus):
        if isinstance(matched, Problem):
            problems.append(matched)
            continue
        assert isinstance(matched, Labelled)
        for label in matched.labels:
            if (told := _told(label)) in known:
                there += 1
            else:
                known.add(told)
                fresh.append(label)
    append_labels(path, fresh)
    return len(fresh), there, sorted(problems, key=lambda problem: problem.line)


def _told(label: Label) -> Label:
    """What makes two labels the same annotation: all but the draw's weight, which each list has its own."""
    return replace(label, weight=1.0)


def _all(path: Path) -> list[Label]:
    """Every label of the file, those that no longer count too: an old one must not come in again."""
    if not path.exists():
        return []
    return [
        label
        for each in path.read_bytes().split(b"\n")
        if each.strip()
        for label in parse_labels(each + b"\n").labels
    ]
