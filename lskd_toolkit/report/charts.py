"""The report's drawings as numbers for its templates: all of them plain SVG, made here."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 480, 150
_POINTS = 300


def histogram(scores: Mapping[str, Any], threshold: float) -> dict[str, Any]:
    """Bars of scores in [0, 1], the accepted standing on those left out, and the threshold's place."""
    bins = scores["bins"]
    pairs = list(zip(scores["left_out"], scores["accepted"], strict=True))
    top = max([out + kept for out, kept in pairs] or [0]) or 1
    wide = WIDTH / bins
    bars = []
    for at, (out, kept) in enumerate(pairs):
        low, high = out / top * HEIGHT, kept / top * HEIGHT
        words = f"{at / bins:.2f} to {(at + 1) / bins:.2f}: {kept} accepted, {out} left out"
        for kind, height, base in (("out", low, HEIGHT), ("in", high, HEIGHT - low)):
            if height:
                bars.append({
                    "kind": kind, "x": _n(at * wide + 1), "y": _n(base - height), "w": _n(wide - 2),
                    "h": _n(height), "words": words,
                })  # fmt: skip
    return {"bars": bars, "top": top, "threshold": threshold, "x": _n(threshold * WIDTH)}


def curves(path: Path) -> list[dict[str, Any]]:
    """Every number that a ``metrics.jsonl`` tracks over steps as a line; empty when there is none."""
    series: dict[str, list[tuple[float, float]]] = {}
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    for count, line in enumerate(lines):
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if not isinstance(found, dict):
            continue
        nested = found.pop("metrics", {})
        step = found.pop("step", count)
        for name, value in (*found.items(), *(nested.items() if isinstance(nested, dict) else ())):
            if name != "steps" and _finite(value) and _finite(step):
                series.setdefault(str(name), []).append((float(step), float(value)))
    drawn = [_line(name, points) for name, points in series.items() if len(points) > 1]
    return sorted(drawn, key=lambda line: (line["name"] != "loss", "loss" not in line["name"], line["name"]))


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _line(name: str, points: Sequence[tuple[float, float]]) -> dict[str, Any]:
    points = list(_thinned(sorted(points)))
    (x0, x1), (y0, y1) = _range(x for x, _ in points), _range(y for _, y in points)
    path = " ".join(
        f"{_n((x - x0) / ((x1 - x0) or 1) * WIDTH)},{_n(HEIGHT - (y - y0) / ((y1 - y0) or 1) * HEIGHT)}"
        for x, y in points
    )
    return {
        "name": name, "points": path, "low": y0, "high": y1, "first": points[0][1], "last": points[-1][1],
        "from": x0, "to": x1,
    }  # fmt: skip


def _thinned(points: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """At most `_POINTS` points, the first and the last among them."""
    step = max(1, math.ceil(len(points) / _POINTS))
    yield from points[:-1:step]
    yield points[-1]


def _range(values: Iterable[float]) -> tuple[float, float]:
    found = list(values)
    return min(found), max(found)


def _n(value: float) -> str:
    """A coordinate, short and the same on every machine."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
