"""A comparison of runs as tables in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..comparing.wording import chance, money, number, percent, points, signed, with_interval
from .main import plain

Section = tuple[str, list[tuple[str, list[str]]]]
Row = tuple[str, Callable[[Mapping[str, Any]], str]]


def show(found: Mapping[str, Any]) -> None:
    """Cautions, what differs in the configurations, every run's numbers, and the pairs."""
    from rich.console import Console

    runs = found["runs"]
    # A pipe has no width: there the table is as wide as it needs.
    console = Console(width=None if sys.stdout.isatty() else 60 + 50 * len(runs), highlight=False)
    fit = max(1, (console.width - _LABEL) // _CELL)
    console.print(f"{found['scenes']} shared scenes", markup=False)
    for line in found["warnings"]:
        console.print(f"note: {plain(line)}", markup=False, style="yellow")
    names = [run["name"] for run in runs]
    differing = [
        (setting, [values[name] for name in names]) for setting, values in found["differences"].items()
    ]
    sections = [*([("What differs", differing)] if differing else []), *_sections(runs)]
    for start in range(0, len(runs), fit):
        console.print(_table(names, sections, slice(start, start + fit)))
    # Of many runs, the pairs with the first; all of them are in the JSON and on the page.
    pairs = found["pairs"] if len(runs) < 4 else [p for p in found["pairs"] if p["one"] == names[0]]
    header = [f"{pair['other']} against {pair['one']}" for pair in pairs]
    for start in range(0, len(pairs), fit):
        console.print(_table(header, [("On the same scenes", _pairs(pairs))], slice(start, start + fit)))


_LABEL, _CELL = 36, 22
"""Columns that a label and a run's number usually need."""


def _table(header: Sequence[str], sections: Iterable[Section], some: slice) -> Any:
    """A table of ``some`` of the columns."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("", overflow="fold")
    for name in header[some]:
        table.add_column(Text(plain(name)), justify="right", overflow="fold")
    for title, rows in sections:
        table.add_row(Text(title, style="bold"))
        for label, cells in rows:
            indent = "    " if label.startswith(" ") else "  "
            table.add_row(Text(indent + plain(label)), *(Text(plain(cell)) for cell in cells[some]))
        table.add_section()
    return table


def _sections(runs: Sequence[Mapping[str, Any]]) -> Iterator[Section]:
    def rows(*wanted: Row) -> list[tuple[str, list[str]]]:
        return [(label, [cell(run) for run in runs]) for label, cell in wanted]

    def counted(select: Callable[[Mapping[str, Any]], Mapping[str, int]]) -> list[tuple[str, list[str]]]:
        names = dict.fromkeys(name for run in runs for name in select(run))
        return [("  " + name, [number(select(run).get(name, 0)) for run in runs]) for name in names]

    yield (
        "Run",
        rows(
            ("teacher", lambda r: r["teacher"]),
            ("model", lambda r: ", ".join(r["models"]) or "-"),
            ("prompt", lambda r: ", ".join(r["prompts"]) or "-"),
            ("finished", lambda r: "yes" if r["finished"] else f"no, {r['scenes']['waiting']} scenes wait"),
        ),
    )
    yield (
        "Statements",
        [
            *rows(
                ("read", lambda r: number(r["statements"]["read"])),
                ("accepted", lambda r: number(r["statements"]["accepted"])),
                ("accept rate", lambda r: with_interval(r["accept_rate"], percent)),
                ("accepted a scene", lambda r: with_interval(r["accepted_a_scene"])),
                ("mean score", lambda r: with_interval(r["mean_score"])),
            ),
            ("accepted by type", [""] * len(runs)),
            *counted(lambda r: {k: v["accepted"] for k, v in r["statements"]["by_type"].items()}),
        ],
    )
    yield "Text", rows(
        *((f"words of the {part}", lambda r, part=part: number(r["statements"]["words"][part]["mean"]))
          for part in ("question", "answer", "rationale")),
        ("regions a statement", lambda r: number(r["statements"]["regions_mentioned"]["mean"])),
        ("speak of several regions", lambda r: percent(r["statements"]["multi_region_share"])),
        ("quote the description", lambda r: percent(r["statements"]["caption_speak_share"])),
        ("distinct-1, as many words", lambda r: _fine(r["distinct_1"])),
        ("distinct-2, as many words", lambda r: _fine(r["distinct_2"])),
        ("say again what another says", lambda r: percent(r["repeated_share"])),
    )  # fmt: skip
    yield (
        "Losses",
        [
            *rows(("left out by the critics", lambda r: number(r["statements"]["left_out"]))),
            *counted(lambda r: r["left_out_by_reason"]),
            *rows(("rejected output", lambda r: number(r["rejected"]["total"]))),
            *counted(lambda r: r["rejected"]["by_reason"]),
            *rows(("teacher failed", lambda r: number(sum(r["failures"].values())))),
        ],
    )
    yield (
        "Spending, whole runs",
        [
            *rows(("requests", lambda r: number(r["spending"]["requests"]))),
            *counted(lambda r: r["spending"]["by_status"]),
            *rows(
                ("tokens in", lambda r: number(r["spending"]["tokens_in"])),
                ("tokens out", lambda r: number(r["spending"]["tokens_out"])),
                ("money", lambda r: money(r["spending"]["usd"])),
                ("an accepted statement", lambda r: money(r["spending"]["usd_per_accepted"])),
            ),
        ],
    )


def _pairs(pairs: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    def told(measure: str, form: Callable[[float], str]) -> list[str]:
        return [signed(pair["difference"][measure], form) for pair in pairs]

    def tested(measure: str) -> list[str]:
        return [_tested(pair["difference"][measure]) for pair in pairs]

    def alike(name: str, form: Callable[[Any], str] = percent) -> list[str]:
        return [form(pair["agreement"][name]) for pair in pairs]

    by_chance = zip(alike("likeness", number), alike("likeness_by_chance", number), strict=True)
    return [
        ("accept rate, percentage points", told("accept_rate", points)),
        ("  scenes better, worse", tested("accept_rate")),
        ("accepted a scene", told("accepted_a_scene", number)),
        ("  scenes better, worse", tested("accepted_a_scene")),
        ("score of a scene", told("score", number)),
        ("  scenes better, worse", tested("score")),
        ("scenes with statements of both", alike("scenes", number)),
        ("likeness of statements (by chance)", [f"{found} ({other})" for found, other in by_chance]),
        ("nearly the same statement", alike("near_duplicates")),
        ("same regions", alike("same_regions")),
        ("same question", alike("same_question")),
        ("  and then the same answer", alike("same_answer")),
    ]


def _fine(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _tested(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "-"
    return f"{found['better']}, {found['worse']} (p {chance(found['p_holm'])})"
