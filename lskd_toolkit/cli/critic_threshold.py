"""``lskd critic threshold``: from which probability on statements are accepted, with a promise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ..errors import UsageError
from .labelled import labelled, tell_lost
from .output import emit_json


@click.command(
    epilog="\b\nExamples:\n"
    "  lskd critic threshold runs/first --precision 0.9\n"
    "  lskd critic threshold runs/first --precision 0.8 --confidence 0.9 --by type\n"
    "  lskd critic threshold runs/first --tune-on dev-scores.jsonl"
)
@click.argument("run", type=click.Path(path_type=Path, file_okay=False))
@click.option("--precision", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.9,
              show_default=True, help="Share of what passes that people shall accept.")  # fmt: skip
@click.option("--confidence", type=click.FloatRange(0.5, 1, max_open=True), default=0.95,
              show_default=True, help="How sure it must be.")  # fmt: skip
@click.option("--by", type=click.Choice(["run", "type"]), default="run",
              show_default=True,
              help="One for the run, or one for every inference type that has labels enough.")  # fmt: skip
@click.option("--tune-on", type=click.Path(path_type=Path, dir_okay=False),
              help="Instead of a promise: lines of JSON with threshold, score and split, of students "
              "that learned from what each threshold leaves; never of a test split.")  # fmt: skip
@click.option("--labels", type=click.Path(path_type=Path, dir_okay=False),
              help="The file of labels; RUN/labels.jsonl if not given.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def threshold(run: Path, precision: float, confidence: float, by: str, tune_on: Path | None,
              labels: Path | None, as_json: bool) -> None:  # fmt: skip
    """Choose RUN's threshold and decide about its statements again; nothing is judged anew.

    The lowest threshold of which it is sure, from labels that neither the critics nor the calibration have
    seen, that people accept the asked share of what passes. With too few labels nothing is changed, and the
    message says how many it takes.
    """
    from ..critique.promising import FILE, tuned
    from ..pipeline.selecting import reselect
    from ..store.durable import write_text

    if tune_on is not None:
        told = tuned(_rows(tune_on))
        problems: Any = ()
    else:
        told, problems = _promised(run, precision, confidence, by == "type", labels)
    own = {
        name: found["threshold"]
        for name, found in told.get("by_type", {}).items()
        if found["types"] == [name]
    }
    counts = reselect(run, threshold=told["threshold"], thresholds=own)
    write_text(run / FILE, json.dumps(told, indent=2, sort_keys=True) + "\n")
    if as_json:
        emit_json({**told, "file": str(run / FILE), "counts": counts})
        return
    tell_lost(problems)
    if tune_on is not None:
        click.echo(f"threshold {told['threshold']:.3f}: scores {told['score']:g} on {told['tuned_on']}")
    else:
        _tell(told)
    click.echo(f"{counts['accepted']} of {counts['statements']} statements accepted")
    click.echo(f"next: lskd critic eval {run}   and: lskd export {run} --to parquet")


def _promised(
    run: Path, precision: float, confidence: float, by_type: bool, labels: Path | None
) -> tuple[dict[str, Any], Any]:
    from ..critique.calibrating import read_calibration, shares
    from ..critique.promising import population, promised
    from ..critique.scored import scored
    from ..critique.trained import seen_by
    from ..pipeline.running import configure

    config = configure(run)
    if not config.selection.calibration:
        raise UsageError(
            f"{run} is not calibrated, so a threshold means nothing that could be promised; calibrate "
            f"first: lskd critic calibrate {run}"
        )
    calibration = read_calibration(run / config.selection.calibration)
    with labelled([run], labels=labels) as known:
        corpus = known.runs[0][1]
        by_role, _ = shares(
            scored(corpus, known.labelled), seen_by(config.critic),
            seed=calibration.seed, fractions=calibration.fractions,
        )  # fmt: skip
        told = promised(
            by_role, calibration, population(corpus),
            precision=precision, confidence=confidence, by_type=by_type,
        )  # fmt: skip
        return told, known.problems


def _rows(path: Path) -> list[dict[str, Any]]:
    found = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError as error:
                raise UsageError(f"{path}:{number} is no JSON: {error}") from error
            if not isinstance(row, dict):
                raise UsageError(f"{path}:{number} is no object with threshold, score and split")
            found.append(row)
    return found


def _tell(told: dict[str, Any]) -> None:
    click.echo(
        f"threshold {told['threshold']:.3f}: people accept at least {told['bound']:.1%} of what passes, "
        f"sure at {told['confidence']:.0%} (they reject {told['errors']} of {told['labels']} labels above it)"
    )
    for name, own in told.get("by_type", {}).items():
        if own["refused"]:
            click.echo(f"  {name}: nothing passes; {own['refused']}")
            continue
        click.echo(
            f"  {name}: {own['threshold']:.3f}, at least {own['bound']:.1%} "
            f"({own['errors']} of {own['labels']} rejected)"
        )
    test = told["test"]
    if test["precision"] is not None:
        click.echo(
            f"on {test['labels']} labels that nothing was chosen by: precision {test['precision']:.1%}"
            + (f", recall {test['recall']:.1%}" if test["recall"] is not None else "")
            + f"; people accept {test['before']:.1%} before the filter"
        )
    else:
        click.echo(f"none of the {test['labels']} labels that are left to test with passes")
