"""``lskd ablate``: what a choice is worth, measured on the small world."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .ablate_descriptors import descriptors
from .choosing import named
from .output import emit_json

if TYPE_CHECKING:
    from ..ablation import Arm, Pair, Setting


@click.group(
    epilog="\b\nExamples:\n"
    "  lskd ablate visual-prompts --out runs/pointing\n"
    "  lskd ablate descriptors runs/first"
)
def ablate() -> None:
    """Measure what a choice is worth."""


@ablate.command(
    "visual-prompts",
    epilog="\b\nExamples:\n"
    "  lskd ablate visual-prompts                          all of them, about a minute\n"
    "  lskd ablate visual-prompts --visual-prompt numbered --visual-prompt crop\n"
    "  lskd ablate visual-prompts --set numbered.tint=0.5 --out runs/pointing\n"
    "  lskd ablate visual-prompts --scenes 1000 --seeds 5 --out runs/pointing\n"
    "  lskd ablate visual-prompts --json | jq '.arms[].accuracy'",
)
@click.option(
    "--visual-prompt", "names", multiple=True, shell_complete=named("visual_prompt"),
    help="One to measure; may be repeated. All that are installed, if none is given.",
)  # fmt: skip
@click.option(
    "--scenes", type=click.IntRange(30, 100_000), default=300, show_default=True,
    help="How many: a third to be asked about, two thirds for each student to learn from.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Which scenes.")
@click.option(
    "--seeds", "trainings", type=click.IntRange(1, 100), default=3, show_default=True,
    help="How many students of each, every one taught on other scenes; all are asked about the same.",
)  # fmt: skip
@click.option("--set", "sets", multiple=True, metavar="NAME.OPTION=VALUE",
              help="Set an option of a visual prompt.")  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False),
    help="A folder for numbers, plot and examples; what is measured in it is not measured again "
    "while the visual prompt and its options are the same.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def visual_prompts(
    names: tuple[str, ...], scenes: int, seed: int, trainings: int, sets: tuple[str, ...],
    out: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Which way of pointing at a region can be read by a student that sees what it gives and nothing else.

    One that fails has its reason in place of its numbers. The p-values are those of a sign test over the same
    held-out scenes, corrected for how many pairs there are.
    """
    from ..ablation import CONTROLS, Setting, pairs, summary, work
    from ..ablation import ablate as ablated
    from ..plugins import plugins

    for name in names:
        plugins().component("visual_prompt", name)  # an unknown one is told before anything is measured
    known = [each.record.name for each in plugins().announced("lskd_visual_prompts")]
    chosen = list(dict.fromkeys(names or known))
    setting = Setting(seed, scenes - scenes // 3, scenes // 3)
    options = _options(chosen, sets)
    length = work(setting, trainings, len(CONTROLS) + len(chosen))
    with click.progressbar(length=length, label="pointing", hidden=as_json, file=sys.stderr) as bar:
        told = ablated(chosen, setting, trainings, options, out, bar.update)
    found = pairs(told)
    if as_json:
        emit_json({
            **asdict(setting), "trainings": trainings, "chance": 0.25,
            "arms": [summary(arm) for arm in told], "pairs": [asdict(pair) for pair in found],
        })  # fmt: skip
    else:
        _show(told, found, setting, trainings)
        if out:
            click.echo(out / "accuracy.svg")
    if all(arm.reason for arm in told[len(CONTROLS) :]):
        raise click.exceptions.Exit(1)


def _options(chosen: Sequence[str], sets: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The options of every visual prompt that has some of its own.

    Raises:
        UsageError: not of the form, or for one that is not measured.
    """
    from ..config import apply_sets
    from ..errors import UsageError

    options: dict[str, dict[str, Any]] = {}
    for text in sets:
        name, dot, rest = text.partition(".")
        if not dot or name not in chosen:
            raise UsageError(f"--set {text}: NAME.OPTION=VALUE, of one of {', '.join(chosen)}")
        raw = {"visual_prompt": {"use": name, **options.get(name, {})}}
        part = apply_sets(raw, [f"visual_prompt.{rest}"])["visual_prompt"]
        part.pop("use")
        options[name] = part
    return options


def _show(arms: Sequence[Arm], found: Sequence[Pair], setting: Setting, trainings: int) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from ..ablation import CONTROLS, not_told_apart
    from .main import plain

    asked = 4 * setting.asked_about
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("", "pointing", "right %", "95 % of", "±", "ms", "not told apart from"):
        left = column in ("pointing", "not told apart from")
        table.add_column(column, justify="left" if left else "right")
    ranked = sorted((arm for arm in arms if not arm.reason), key=lambda arm: -arm.accuracy)
    numbers = {
        name: str(n) for n, name in enumerate((a.name for a in ranked if a.name not in CONTROLS), start=1)
    }
    for arm in ranked:
        low, high = arm.interval
        same = sorted((numbers[name] for name in not_told_apart(found, arm.name)), key=int)
        table.add_row(
            numbers.get(arm.name, ""), Text(plain(arm.name)), f"{100 * arm.accuracy:.1f}",
            f"{100 * low:.1f}-{100 * high:.1f}", "" if arm.spread is None else f"{100 * arm.spread:.1f}",
            f"{arm.milliseconds:.2f}" if arm.milliseconds >= 0.005 else "", " ".join(same),
        )  # fmt: skip
    # A pipe has no width: there the table is as wide as it needs.
    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    console.print(table)
    console.print(
        f"{asked} regions of {setting.asked_about} held-out scenes, seed {setting.seed}; "
        f"{trainings} trainings on {setting.learnt_from} others, ± between them; ms a picture; chance 25.0. "
        "Not told apart: p 0.05 or more, sign test over the same scenes, corrected for all pairs.",
        markup=False,
    )
    for arm in arms:
        if arm.reason:
            console.print(f"failed: {plain(arm.name)}: {plain(arm.reason)}", markup=False, style="red")


ablate.add_command(descriptors)
