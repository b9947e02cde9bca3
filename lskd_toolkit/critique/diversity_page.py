"""The figures of `diversity` as a page that loads nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..store.durable import write_text
from .diversity import by_chance, narrowed
from .evaluation_page import paged, percent, three
from .planes import Line, plane

PLOTS = (
    ("distinct_2", "Different pairs of words", "share of all pairs"),
    ("coverage", "Pairs of words kept", "of those of the run"),
    ("objects", "Objects kept", "labels of mentioned regions, of those of the run"),
    ("nearest", "Nearest other", "mean cosine of wordings: lower repeats less"),
)


def write_diversity(told: Mapping[str, Any], name: str, path: Path, counts: Mapping[str, int]) -> Path:
    """Write the page of the run of that name; gives the path. ``told`` is of `diversity.diversity`,
    ``counts`` are the reasons for which statements were left out."""
    rows = [(f"from {row['threshold']:g} on", row) for row in told["thresholds"]]
    rows.append(("the run's threshold", told["passed"]))
    if narrowed(told):
        rows.append(("as selected", told["selected"]))
        rows += [(f"as many by {way}", row) for way, row in told["other_ways"].items()]
    kinds = sorted({kind for _, row in rows for kind in row["types"]})
    page = paged(
        "selection.html", name=name, told=told, rows=rows, kinds=kinds, counts=counts,
        plots=[(title, said, _plot(told, figure, title)) for figure, title, said in PLOTS],
        percent=percent, three=three, by_chance=by_chance,
    )  # fmt: skip
    write_text(path, page)
    return path


def _plot(told: Mapping[str, Any], figure: str, title: str) -> dict[str, Any]:
    rows = [row for row in told["thresholds"] if row["random"][figure]]
    drawn = [(row["threshold"], row["random"][figure]) for row in rows]
    return plane(
        [
            Line("what passes", [(row["threshold"], row[figure]) for row in rows], dots=True),
            Line(
                "random, as many of each type",
                [(at, own["mean"]) for at, own in drawn],
                [(at, own["least"], own["most"]) for at, own in drawn],
            ),
        ],
        across="threshold", up=title.lower(),
    )  # fmt: skip
