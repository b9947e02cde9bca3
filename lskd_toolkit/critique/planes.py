"""Curves in the unit square as numbers for a template: plain SVG, made here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

LEFT, TOP, SIDE, TALL = 56, 8, 330, 250
"""Pixels: where the square begins, and how wide and tall it is drawn."""
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Line:
    """``points`` are x and y in [0, 1], y may be None; ``band`` x, low and high of what is shaded behind."""

    name: str
    points: Sequence[tuple[float, float | None]]
    band: Sequence[tuple[float, float | None, float | None]] = field(default=())
    dots: bool = False


def plane(lines: Iterable[Line], *, across: str, up: str, level: float | None = None,
          mark: float | None = None, diagonal: bool = False) -> dict[str, Any]:  # fmt: skip
    """``level`` is a dashed line across, ``mark`` one upright, ``diagonal`` the one from corner to corner."""
    return {
        "left": LEFT, "top": TOP, "right": LEFT + SIDE, "bottom": TOP + TALL,
        "width": LEFT + SIDE + 14, "height": TOP + TALL + 42, "across": across, "up": up,
        "ticks": [{"x": _x(value), "y": _y(value), "text": f"{value:g}"} for value in TICKS],
        "level": None if level is None else _y(level), "mark": None if mark is None else _x(mark),
        "diagonal": diagonal, "lines": [_drawn(line, at) for at, line in enumerate(lines)],
    }  # fmt: skip


def _drawn(line: Line, at: int) -> dict[str, Any]:
    there = [(x, y) for x, y in line.points if y is not None]
    shade = [(x, low, high) for x, low, high in line.band if low is not None and high is not None]
    around = [(x, high) for x, _, high in shade] + [(x, low) for x, low, _ in reversed(shade)]
    return {
        "name": line.name, "at": at % 8, "d": _path(there), "band": _path(around) + "Z" if shade else "",
        "dots": [
            {"x": _x(x), "y": _y(y), "words": f"{line.name}: {x:.3f}, {y:.3f}"} for x, y in there
        ] if line.dots else [],
    }  # fmt: skip


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "".join(f"{'L' if at else 'M'}{_x(x)} {_y(y)}" for at, (x, y) in enumerate(points))


def _x(value: float) -> str:
    return f"{LEFT + min(max(value, 0.0), 1.0) * SIDE:.1f}"


def _y(value: float) -> str:
    return f"{TOP + (1 - min(max(value, 0.0), 1.0)) * TALL:.1f}"
