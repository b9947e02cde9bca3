"""Where an ablation is kept: arms as JSON, a plot, an example of every way of pointing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any

from ..errors import UsageError
from .measure import CONTROLS, Arm, Setting, Way, shown
from .pairs import Pair

CHANCE = 0.25
"""Of four things, all of another colour, one is right."""


def kept(folder: Path, setting: Setting) -> dict[str, Arm]:
    """The arms that an earlier call has measured, by name; whether they are of the same way, their ``key``
    tells.

    Raises:
        UsageError: they are of other scenes.
    """
    path = folder / "arms.json"
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        same = Setting(**found["setting"]) == setting
        arms = [
            Arm(
                str(arm["name"]), str(arm["key"]), tuple(tuple(map(int, each)) for each in arm["right"]),
                float(arm["milliseconds"]),
            )
            for arm in found["arms"] if not arm["reason"]
        ]  # fmt: skip
        broken = same and any({len(each) for each in arm.right} != {setting.asked_about} for arm in arms)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} cannot be read; choose another folder with --out") from error
    if not same:
        raise UsageError(f"{folder} holds an ablation of other scenes; choose another folder with --out")
    if broken:
        raise UsageError(f"{path} cannot be read; choose another folder with --out")
    return {arm.name: arm for arm in arms}


def summary(arm: Arm) -> dict[str, Any]:
    """What is told of an arm in JSON."""
    if arm.reason:
        return {"name": arm.name, "reason": arm.reason}
    low, high = arm.interval
    return {
        "name": arm.name, "accuracy": arm.accuracy, "low": low, "high": high,
        "by_training": arm.by_training, "spread": arm.spread, "milliseconds": arm.milliseconds,
        "reason": "",
    }  # fmt: skip


def write(
    folder: Path, setting: Setting, arms: Sequence[Arm], told: Sequence[Arm], pairs: Sequence[Pair] = ()
) -> None:
    """Write all arms that are to be kept, and the plot of those that this call tells of."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{**summary(arm), "key": arm.key, "right": arm.right} for arm in arms]
    found = {"setting": asdict(setting), "arms": rows, "pairs": [asdict(pair) for pair in pairs]}
    unfinished = folder / "arms.json.new"
    unfinished.write_text(json.dumps(found) + "\n", encoding="utf-8")
    unfinished.replace(folder / "arms.json")
    (folder / "accuracy.svg").write_text(plot(told), encoding="utf-8")


def write_example(folder: Path, setting: Setting, way: Way) -> None:
    """Write a scene as the visual prompt shows it, as a PNG of its name."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    plain = "".join(c if c.isalnum() or c in "-_." else "-" for c in way.name)
    Image.fromarray(shown(way, setting.seed, 0)).save(folder / f"{plain}.png")


def plot(arms: Sequence[Arm]) -> str:
    """Accuracies as an SVG: a bar each, its interval as a line, a dot for each of several trainings; chance
    as a dashed line. One that failed has no bar."""
    left, wide, step = 150, 420, 26
    ranked = sorted(arms, key=lambda arm: -1 if arm.reason else arm.accuracy, reverse=True)
    tall = 40 + step * len(ranked)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + wide + 70}" height="{tall}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{left + wide + 70}" height="{tall}" fill="#ffffff"/>',
    ]
    for row, arm in enumerate(ranked):
        y, colour = 10 + row * step, "#b8b2a7" if arm.name in CONTROLS else "#0f766e"
        parts.append(f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{escape(arm.name)}</text>')
        if arm.reason:
            parts.append(f'<text x="{left + 6}" y="{y + 14}" fill="#b42318">failed</text>')
            continue
        low, high = (left + wide * edge for edge in arm.interval)
        parts += [
            f'<rect x="{left}" y="{y}" width="{wide * arm.accuracy:.1f}" height="18" fill="{colour}"/>',
            f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y + 9}" y2="{y + 9}" '
            'stroke="#111111" stroke-width="2"/>',
            f'<text x="{left + wide + 10}" y="{y + 14}">{arm.accuracy:.1%}</text>',
        ]
        if len(arm.right) > 1:
            parts += [
                f'<circle cx="{left + wide * each:.1f}" cy="{y + 9}" r="3" fill="#ffffff" stroke="#111111"/>'
                for each in arm.by_training
            ]
    at = left + wide * CHANCE
    parts += [
        f'<line x1="{at}" x2="{at}" y1="4" y2="{tall - 26}" stroke="#111111" stroke-dasharray="4 3"/>',
        f'<text x="{at}" y="{tall - 8}" text-anchor="middle">chance</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"
