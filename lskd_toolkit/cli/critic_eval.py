"""``lskd critic eval``: how good a run's critics and its filter are, by labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ..errors import UsageError
from .labelled import labelled, tell_lost
from .output import emit_json, table

FILE, PAGE = "evaluation.json", "evaluation.html"


@click.command(
    name="eval",
    epilog="\b\nExamples:\n"
    "  lskd critic eval runs/first\n"
    "  lskd critic eval runs/first --on all            labels that chose the threshold, too: optimistic\n"
    "  lskd critic eval runs/first --json",
)
@click.argument("run", type=click.Path(path_type=Path, file_okay=False))
@click.option("--on", "which", type=click.Choice(["test", "all"]), default="test", show_default=True,
              help="Which labels: those that nothing was chosen by, or all that no critic learned "
              "from.")  # fmt: skip
@click.option("--labels", type=click.Path(path_type=Path, dir_okay=False),
              help="The file of labels; RUN/labels.jsonl if not given.")  # fmt: skip
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False),
              help="Where the page goes; RUN/evaluation.html if not given.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(run: Path, which: str, labels: Path | None, html: Path | None, as_json: bool) -> None:
    """Measure RUN's critics, its calibration and its threshold by labels, with intervals.

    Numbers go to RUN/evaluation.json and, with precision-recall and reliability plots, to a page.
    """
    from ..critique.evaluation import evaluated, warnings
    from ..critique.evaluation_page import spread, write_evaluation
    from ..critique.mining import rounds_of
    from ..critique.promising import FILE as THRESHOLD
    from ..store.durable import write_text

    told, problems, notes = _evaluated(run, which, labels, evaluated)
    critics = [name for name in told["critics"] if name in told["judges"]]
    notes += warnings(told, critics)
    try:
        certified = json.loads((run / THRESHOLD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        certified = None
    if certified is not None and certified.get("threshold") != told["threshold"]:
        notes.append(f"{THRESHOLD} is about another threshold than the run's: choose it again")
        certified = None
    write_text(run / FILE, json.dumps(told, indent=2, sort_keys=True) + "\n")
    page = write_evaluation(
        told, run.resolve().name, html or run / PAGE, notes=notes, certified=certified, rounds=rounds_of(run)
    )
    if as_json:
        emit_json({**told, "notes": notes, "page": str(page)})
        return
    tell_lost(problems)
    for note in notes:
        click.echo(f"note: {note}")
    click.echo(
        f"{told['statements']} labelled statements on {told['images']} images; people accept "
        f"{spread(told['prevalence'], 'percent')}"
    )
    table(
        [
            (name, own["statements"], *(spread(own[key]) for key in ("average_precision", "calibration_error",
                                                                     "brier")))
            for name, own in told["critics"].items()
        ],
        ("critic", "statements", "average precision", "calibration error", "Brier"),
    )  # fmt: skip
    kept = told["filter"]
    click.echo(
        f"the filter keeps {spread(kept['kept'], 'percent')}, of which people accept "
        f"{spread(kept['precision'], 'percent')}"
    )
    click.echo(f"page: {page}")


def _evaluated(
    run: Path, which: str, labels: Path | None, evaluated: Any
) -> tuple[dict[str, Any], Any, list[str]]:
    from ..critique.calibrating import read_calibration, shares
    from ..critique.scored import scored
    from ..critique.shares import FRACTIONS
    from ..critique.trained import seen_by, untold
    from ..pipeline.running import configure

    config = configure(run)
    calibration = None
    if config.selection.calibration:
        calibration = read_calibration(run / config.selection.calibration)
    with labelled([run], labels=labels) as known:
        found = scored(known.runs[0][1], known.labelled)
        fractions = FRACTIONS if calibration is None else calibration.fractions
        if which == "all":
            fractions = (0.0, 0.0, 1.0)
        by_role, left = shares(found, seen_by(config.critic), seed=config.seed, fractions=fractions)
        mine = by_role["test"]
        notes = [f"{count} labels not used: {why}" for why, count in sorted(left.items())]
        notes += [
            f"nobody knows what {folder} learned from: these images may be among it"
            for folder in untold(config.critic)
        ]
        if which == "all":
            notes.append("measured on labels that calibration and threshold were chosen by, too: optimistic")
        if not mine.labelled:
            raise UsageError(
                f"no label is left to test by ({', '.join(notes) or 'there are none'}); label more: "
                f"lskd label {run}, or measure on all that no critic learned from: --on all"
            )
        told = evaluated(
            mine, known.runs[0][1].config, calibration=calibration, threshold=config.threshold,
            thresholds=config.selection.thresholds, seed=config.seed,
        )  # fmt: skip
        return {**told, "on": which, "judges": list(found.critics)}, known.problems, notes
