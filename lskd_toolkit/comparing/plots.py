"""The page's drawings as numbers for its templates: plain SVG, a row a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .wording import UNKNOWN, money, number, percent

LEFT, WIDTH, RIGHT, ROW = 130, 290, 175, 30
"""Pixels for a run's name, the plot, and its number; and the height of a row."""


def dots(
    rows: Sequence[tuple[str, Mapping[str, Any] | None, str]],
    form: Callable[[float], str],
    *,
    span: tuple[float, float] | None = None,
) -> dict[str, Any]:
    """A dot with its interval a row; ``rows`` are name, estimate and the words of the estimate."""
    known = [value for _, found, _ in rows if found for value in found_values(found)]
    low, high = span or _span([0.0, *known])
    return {
        **_frame(len(rows), low, high, form),
        "rows": [
            {
                "name": name, "y": _n(_middle(at)), "words": words, "at": at,
                "dot": None if found is None else _x(found["value"], low, high),
                "from": None if found is None or found["low"] is None else _x(found["low"], low, high),
                "to": None if found is None or found["low"] is None else _x(found["high"], low, high),
            }
            for at, (name, found, words) in enumerate(rows)
        ],
    }  # fmt: skip


def found_values(found: Mapping[str, Any]) -> list[float]:
    return [found[key] for key in ("value", "low", "high") if found[key] is not None]


def stacks(rows: Sequence[tuple[str, Mapping[str, int]]]) -> dict[str, Any]:
    """A bar a row, cut in shares; kinds have the same place and colour in each."""
    kinds = sorted({kind for _, counts in rows for kind in counts})
    drawn = []
    for at, (name, counts) in enumerate(rows):
        total, x, cuts = sum(counts.values()), 0.0, []
        for place, kind in enumerate(kinds):
            wide = counts.get(kind, 0) / total * WIDTH if total else 0.0
            if wide:
                words = f"{kind}: {counts[kind]} of {total}, {percent(counts[kind] / total)}"
                cuts.append(
                    {"x": _n(LEFT + x), "w": _n(max(wide - 1, 0.5)), "kind": place % 9, "words": words}
                )
            x += wide
        drawn.append({"name": name, "y": _n(_middle(at)), "cuts": cuts, "words": f"{number(total)} accepted",
                      "at": at})  # fmt: skip
    return {
        **_frame(len(rows), 0.0, 1.0, percent),
        "rows": drawn,
        "kinds": list(enumerate(kinds)),
    }


def bars(rows: Sequence[tuple[str, float | None, str]]) -> dict[str, Any]:
    """A bar from 0 a row; where nothing is known there is no bar, and the words say why."""
    low, high = _span([0.0, *(value for _, value, _ in rows if value is not None)])
    return {
        **_frame(len(rows), low, high, lambda value: f"${value:g}"),
        "known": any(value is not None for _, value, _ in rows),
        "rows": [
            {"name": name, "y": _n(_middle(at)), "words": words, "at": at,
             "w": None if value is None else _n((value - low) / (high - low) * WIDTH)}
            for at, (name, value, words) in enumerate(rows)
        ],
    }  # fmt: skip


def ridges(
    rows: Sequence[tuple[str, Sequence[float], str]], low: float, high: float, form: Callable[[float], str]
) -> dict[str, Any]:
    """A histogram a row over the same bins, each as shares of its own run."""
    tall = ROW + 12
    shares = [[count / (sum(counts) or 1) for count in counts] for _, counts, _ in rows]
    top = max((share for each in shares for share in each), default=0.0) or 1.0
    drawn = []
    for at, ((name, counts, words), own) in enumerate(zip(rows, shares, strict=True)):
        wide = WIDTH / max(len(own), 1)
        base = (at + 1) * tall - 4
        drawn.append({
            "name": name, "y": _n(base), "words": words, "at": at,
            "bars": [
                {"x": _n(LEFT + k * wide + 0.5), "y": _n(base - share / top * (tall - 8)),
                 "w": _n(max(wide - 1, 0.5)), "h": _n(share / top * (tall - 8)),
                 "words": f"{form(low + k * (high - low) / len(own))}: {number(int(count))}"}
                for k, (share, count) in enumerate(zip(own, counts, strict=True)) if share
            ],
        })  # fmt: skip
    return {**_frame(len(rows), low, high, form, tall), "rows": drawn, "top": top}


def words_binned(lengths: Mapping[str, Mapping[int, int]]) -> tuple[dict[str, list[int]], int]:
    """Counts by number of words from 0 to the most that one in a hundred passes, what is longer in the
    last bin."""
    everything: dict[int, int] = {}
    for counts in lengths.values():
        for length, count in counts.items():
            everything[length] = everything.get(length, 0) + count
    total, below, most = sum(everything.values()), 0, 1
    for length in sorted(everything):
        below, most = below + everything[length], max(length, 1)
        if below >= 0.99 * total:
            break
    step = max(1, math.ceil((most + 1) / 40))
    size = (most + step) // step
    binned = {}
    for name, counts in lengths.items():
        bins = [0] * size
        for length, count in counts.items():
            bins[min(length // step, size - 1)] += count
        binned[name] = bins
    return binned, size * step


def cost_words(spending: Mapping[str, Any], finished: bool) -> str:
    if spending["usd_per_accepted"] is not None:
        return money(spending["usd_per_accepted"])
    if not spending["requests"]:
        return f"{UNKNOWN}: no requests"
    if spending["usd"] is None:
        return f"{UNKNOWN}: no price"
    return f"{UNKNOWN}: none accepted" if finished else f"{UNKNOWN}: not finished"


def _frame(
    rows: int, low: float, high: float, form: Callable[[float], str], tall: int = ROW
) -> dict[str, Any]:
    """What all of them share: the size, and the ticks below."""
    height = rows * tall
    return {
        "left": LEFT, "right": LEFT + WIDTH, "width": LEFT + WIDTH + RIGHT, "height": height,
        "ticks": [{"x": _x(value, low, high), "text": form(value)} for value in ticks(low, high)],
        "zero": _x(0.0, low, high) if low < 0 < high else None,
    }  # fmt: skip


def ticks(low: float, high: float) -> list[float]:
    """Three to six round values within the span."""
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = (high - low or 1.0) * 0.05
    return (low - room if low < 0 else low), high + room


def _middle(row: int) -> float:
    return row * ROW + ROW / 2


def _x(value: float, low: float, high: float) -> str:
    return _n(LEFT + (value - low) / (high - low) * WIDTH)


def _n(value: float) -> str:
    """A coordinate, short and the same on every machine."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
