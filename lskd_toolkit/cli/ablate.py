"""``lskd ablate``: what a choice is worth, measured on the small world."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .choosing import named
from .output import emit_json


@click.group(epilog="\b\nExamples:\n  lskd ablate visual-prompts --out runs/pointing")
def ablate() -> None:
    """Measure what a choice is worth, on the small world where all is known."""


@ablate.command(
    "visual-prompts",
    epilog="\b\nExamples:\n"
    "  lskd ablate visual-prompts                          all of them, half a minute\n"
    "  lskd ablate visual-prompts --visual-prompt numbered --visual-prompt crop\n"
    "  lskd ablate visual-prompts --scenes 1000 --seed 1 --out runs/pointing\n"
    "  lskd ablate visual-prompts --json | jq '.arms[].accuracy'",
)
@click.option(
    "--visual-prompt", "names", multiple=True, shell_complete=named("visual_prompt"),
    help="One to measure; may be repeated. All that are installed, if none is given.",
)  # fmt: skip
@click.option(
    "--scenes", type=click.IntRange(30, 100_000), default=300, show_default=True,
    help="How many: two thirds to learn from, one third to be asked about.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Which scenes.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False),
    help="A folder for numbers, plot and examples; what is finished in it is not measured again.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def visual_prompts(names: tuple[str, ...], scenes: int, seed: int, out: Path | None, as_json: bool) -> None:
    """Which way of pointing at a region can be read by a student that sees what it gives and nothing else."""
    from ..ablation import CONTROLS, Arm, finished, measure, write
    from ..plugins import plugins

    known = [each.record.name for each in plugins().announced("lskd_visual_prompts")]
    for name in names:
        plugins().component("visual_prompt", name)  # an unknown one is told before anything is measured
    wanted = [*CONTROLS, *(dict.fromkeys(names) or known)]
    test = scenes // 3
    setting = {"seed": seed, "learnt_from": scenes - test, "asked_about": test}
    done: dict[str, Arm] = finished(out, setting) if out else {}
    left = [name for name in wanted if name not in done]
    with click.progressbar(
        length=scenes * len(left), label="pointing", hidden=as_json, file=_stderr()
    ) as bar:
        for name in left:
            done[name] = measure(name, seed, scenes - test, test, lambda: bar.update(1))
            if out:
                write(out, setting, list(done.values()))
    told = [done[name] for name in wanted]
    if as_json:
        from dataclasses import asdict

        emit_json({**setting, "chance": 0.25, "arms": [asdict(arm) for arm in told]})
        return
    _show(told, test, seed)
    if out:
        click.echo(out / "accuracy.svg")


def _show(arms: list[Any], test: int, seed: int) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(caption=f"{4 * test} regions of {test} scenes, seed {seed}; chance is 25.0%")
    for column in ("pointing", "right", "95 % interval", "ms a picture"):
        table.add_column(column, justify="left" if column == "pointing" else "right")
    for arm in sorted(arms, key=lambda arm: -arm.accuracy):
        interval = f"{arm.low:.1%} to {arm.high:.1%}"
        table.add_row(arm.name, f"{arm.accuracy:.1%}", interval, f"{arm.milliseconds:.2f}")
    Console().print(table)


def _stderr() -> Any:
    import sys

    return sys.stderr
