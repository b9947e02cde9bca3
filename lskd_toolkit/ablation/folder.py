"""Where an ablation is kept: finished arms as JSON, a plot, an example of every way of pointing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any

from ..errors import UsageError
from .measure import CONTROLS, Arm, shown

CHANCE = 0.25
"""Of four things, all of another colour, one is right."""


def finished(folder: Path, setting: Mapping[str, Any]) -> dict[str, Arm]:
    """The arms that an earlier call has finished, by name.

    Raises:
        UsageError: they are of other scenes.
    """
    path = folder / "arms.json"
    if not path.exists():
        return {}
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        arms = {arm["name"]: Arm(**arm) for arm in kept["arms"]}
        same = kept["setting"] == dict(setting)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} cannot be read; choose another folder with --out") from error
    if not same:
        raise UsageError(f"{folder} holds an ablation of other scenes; choose another folder with --out")
    return arms


def write(folder: Path, setting: Mapping[str, Any], arms: Sequence[Arm]) -> None:
    """Write what is finished, the plot of it and the newest arm's example."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {"setting": dict(setting), "arms": [asdict(arm) for arm in arms]}
    unfinished = folder / "arms.json.new"
    unfinished.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(folder / "arms.json")
    (folder / "accuracy.svg").write_text(plot(arms), encoding="utf-8")
    if arms[-1].name not in CONTROLS:
        from PIL import Image

        Image.fromarray(shown(arms[-1].name, int(setting["seed"]), 0)).save(folder / f"{arms[-1].name}.png")


def plot(arms: Sequence[Arm]) -> str:
    """Accuracies as an SVG: a bar each, its interval as a line, chance as a dashed one."""
    left, wide, step = 150, 420, 26
    tall = 40 + step * len(arms)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + wide + 70}" height="{tall}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{left + wide + 70}" height="{tall}" fill="#ffffff"/>',
    ]
    for row, arm in enumerate(sorted(arms, key=lambda arm: -arm.accuracy)):
        y, colour = 10 + row * step, "#b8b2a7" if arm.name in CONTROLS else "#0f766e"
        low, high = left + wide * arm.low, left + wide * arm.high
        parts += [
            f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{escape(arm.name)}</text>',
            f'<rect x="{left}" y="{y}" width="{wide * arm.accuracy:.1f}" height="18" fill="{colour}"/>',
            f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y + 9}" y2="{y + 9}" '
            'stroke="#111111" stroke-width="2"/>',
            f'<text x="{left + wide + 10}" y="{y + 14}">{arm.accuracy:.1%}</text>',
        ]
    at = left + wide * CHANCE
    parts += [
        f'<line x1="{at}" x2="{at}" y1="4" y2="{tall - 26}" stroke="#111111" stroke-dasharray="4 3"/>',
        f'<text x="{at}" y="{tall - 8}" text-anchor="middle">chance</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"
