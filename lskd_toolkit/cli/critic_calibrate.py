"""``lskd critic calibrate``: scores to probabilities that people accept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from .choosing import words
from .labelled import labelled, tell_lost
from .output import emit_json

METHODS = ("auto", "temperature", "platt", "isotonic", "logistic")


def three(ctx: click.Context, param: click.Parameter, value: str) -> tuple[float, ...]:
    """Three shares, told as ``0.4,0.4,0.2``."""
    try:
        return tuple(float(word) for word in value.split(","))
    except ValueError as error:
        raise click.BadParameter("three numbers with commas, such as 0.4,0.4,0.2") from error


@click.command(
    epilog="\b\nExamples:\n"
    "  lskd critic calibrate runs/first                         all critics together: an ensemble\n"
    "  lskd critic calibrate runs/first --critic first --method platt\n"
    "  lskd critic calibrate runs/first --off                   go by the lowest score again"
)
@click.argument("run", type=click.Path(path_type=Path, file_okay=False))
@click.option("--critic", "names", help="Whose scores count, with commas; all of the run's if not given.")
@click.option("--method", type=click.Choice(METHODS), default="auto", show_default=True,
              help="auto: by how many labels there are; several critics by logistic.")  # fmt: skip
@click.option("--prior", type=click.FloatRange(0, 1, min_open=True, max_open=True),
              help="Share of acceptable statements for which probabilities shall hold; the run's own, as "
              "the weighted labels tell it, if not given.")  # fmt: skip
@click.option("--shares", default="0.4,0.4,0.2", show_default=True, callback=three,
              help="Of the labelled images: to calibrate, to choose a threshold, to test.")  # fmt: skip
@click.option("--labels", type=click.Path(path_type=Path, dir_okay=False),
              help="The file of labels; RUN/labels.jsonl if not given.")  # fmt: skip
@click.option("--off", is_flag=True, help="Take the calibration away: the lowest score of any critic counts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def calibrate(run: Path, names: str | None, method: Any, prior: float | None, shares: tuple[float, ...],
              labels: Path | None, off: bool, as_json: bool) -> None:  # fmt: skip
    """Fit what RUN's critics score to what people accept; from then on verdicts go by that probability.

    Only labels of images that no critic has learned from are used, and of these a share: the others choose
    the threshold, and test. The map is kept in RUN/calibration.json.
    """
    from ..critique.calibrating import FILE, calibrated
    from ..critique.promising import FILE as THRESHOLD
    from ..critique.trained import seen_by, untold
    from ..pipeline.deciding import keys_of
    from ..pipeline.running import configure
    from ..pipeline.selecting import reselect
    from ..store.durable import write_text

    if off:
        counts = reselect(run, calibration=None, thresholds=None)
        (run / FILE).unlink(missing_ok=True)
        (run / THRESHOLD).unlink(missing_ok=True)
        click.echo(
            f"{counts['accepted']} of {counts['statements']} accepted, by the lowest score of any critic"
        )
        return
    config = configure(run)
    judges = config.critic
    with labelled([run], labels=labels) as known:
        fitted, by_role, left = calibrated(
            known.runs[0][1], known.labelled, seen_by(judges),
            critics=words(names) or (), method=method, prior=prior, fractions=shares,
        )  # fmt: skip
    fitted = replace(fitted, keys=keys_of(config, fitted.critics))
    write_text(run / FILE, fitted.to_json())
    counts = reselect(run, calibration=FILE, thresholds=None)
    (run / THRESHOLD).unlink(missing_ok=True)  # it was promised of other probabilities
    told: dict[str, Any] = {
        "file": str(run / FILE), "critics": list(fitted.critics), "method": fitted.method,
        "prior": fitted.prior,
        "statements": {name: len(share.labelled) for name, share in by_role.items()},
        "not_used": dict(left), "counts": counts,
        "notes": [
            *fitted.notes,
            *(f"nobody knows what {folder} learned from" for folder in untold(judges)),
        ],
    }  # fmt: skip
    if as_json:
        emit_json(told)
        return
    tell_lost(known.problems)
    click.echo(f"{' + '.join(fitted.critics)} by {fitted.method}, of {fitted.labels} labelled statements")
    kept = ", ".join(f"{count} to {name}" for name, count in told["statements"].items())
    click.echo(f"labels: {kept}" + "".join(f"; {n} {why}" for why, n in sorted(left.items())))
    click.echo(f"people accept {fitted.prior:.0%} of the run's statements, as the labels tell it")
    for note in told["notes"]:
        click.echo(f"note: {note}")
    click.echo(f"{counts['accepted']} of {counts['statements']} accepted by the probability")
    click.echo(f"next: lskd critic threshold {run} --precision 0.9   and: lskd critic eval {run}")
