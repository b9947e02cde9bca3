"""``lskd critic mine``: what to label next, round by round."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .choosing import as_critic, named
from .labelled import labelled, tell_lost
from .output import emit_json, watching


@click.command(
    epilog="\b\nA round:\n"
    "  lskd critic mine runs/first --out critics/mined        trains critics/mined/1, writes the list\n"
    "  lskd label runs/first --queue runs/first/mined.queue.jsonl --as ann\n"
    "  lskd critic mine runs/first --out critics/mined        trains critics/mined/2, and so on"
)
@click.argument("run", type=click.Path(path_type=Path, file_okay=False))
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False),
              help="Where the critics of the rounds go, numbered.")  # fmt: skip
@click.option("--critic", "name", default="blip2", show_default=True, shell_complete=named("critic"),
              help="Which critic learns.")  # fmt: skip
@click.option("--count", type=click.IntRange(1), default=50, show_default=True,
              help="How many statements to label next.")  # fmt: skip
@click.option("--pool", type=click.IntRange(1), default=2000, show_default=True,
              help="How many statements without a label are judged to pick from.")  # fmt: skip
@click.option("--share", type=click.FloatRange(0, 1, min_open=True), default=0.6, show_default=True,
              help="Of the images, to learn from; the same in every round and in `lskd critic "
              "train`.")  # fmt: skip
@click.option(
    "--set", "sets", multiple=True, metavar="NAME.OPTION=VALUE", help="Set an option of the critic."
)
@click.option("--labels", type=click.Path(path_type=Path, dir_okay=False),
              help="The file of labels; RUN/labels.jsonl if not given.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def mine(run: Path, out: Path, name: str, count: int, pool: int, share: float, sets: tuple[str, ...],
         labels: Path | None, as_json: bool) -> None:  # fmt: skip
    """Train a critic on RUN's labels, see how good it is by now, and list what it would like to be told.

    By turns it picks statements that it is unsure of, and statements that it believes no less with their
    regions swapped. The learning curve is kept in RUN/mining.jsonl and drawn by `lskd critic eval`.
    """
    from ..critique.calibrating import read_calibration
    from ..critique.mining import QUEUE, rounds_of
    from ..pipeline.mining import mine as round_of
    from ..pipeline.running import configure

    config = configure(run, flags={"critic": [name]}, sets=sets)
    calibration = None
    if config.selection.calibration:
        calibration = read_calibration(run / config.selection.calibration)
    folder = out / str(len(rounds_of(run)) + 1)
    with labelled([run], labels=labels) as known, watching(config, quiet=as_json) as progress:
        progress.learner = "critic"
        told = round_of(
            config, known.runs[0][1], known.labelled, known.picture,
            out=folder, queue=run / QUEUE, count=count, pool=pool, share=share, calibration=calibration,
            trained=lambda path: configure(run, flags={"critic": [as_critic(str(path))]}).critic[0],
            training=progress.training,
        )  # fmt: skip
        rounds, problems = rounds_of(run), known.problems
    if as_json:
        emit_json({**told, "rounds": rounds})
        return
    tell_lost(problems)
    for each in rounds:
        click.echo(f"round {each['round']}: {each['labels']} labels, {_said(each)}")
    click.echo(f"{told['fooled']} of {told['probed']} statements score no lower with their regions swapped")
    click.echo(f"{told['picked']} statements to label next: {told['queue']}")
    click.echo(f"label them: lskd label {run} --queue {told['queue']}")
    click.echo(f"or use the critic: lskd critic score {run} --critic {told['critic']}")


def _said(told: dict[str, Any]) -> str:
    found = told["average_precision"]
    if found["value"] is None:
        return "nobody accepts any of what it is measured by"
    interval = "" if found["low"] is None else f" ({found['low']:.3f} to {found['high']:.3f})"
    return (
        f"average precision {found['value']:.3f}{interval} by {told['measured_by']} others, "
        f"{told['prevalence']:.3f} by chance"
    )
