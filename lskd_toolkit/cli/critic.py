"""``lskd critic``: critics that are trained on labels, measured, calibrated, and given a threshold."""

from __future__ import annotations

import click

from ..components import Command
from ..plugins import load

_HERE = "lskd_toolkit.cli"
COMMANDS = {
    command.name: command
    for command in (
        Command("train", "Train a critic on labels.", f"{_HERE}.critic_train:train"),
        Command("import", "Take up a critic that was trained elsewhere.", f"{_HERE}.critic_import:adopt"),
        Command("score", "Have one more critic judge a run.", f"{_HERE}.critic_score:score"),
        Command("eval", "Measure a run's critics by labels.", f"{_HERE}.critic_eval:evaluate"),
        Command("calibrate", "Make probabilities of a run's scores.", f"{_HERE}.critic_calibrate:calibrate"),
        Command("threshold", "Choose the threshold with a guarantee.", f"{_HERE}.critic_threshold:threshold"),
        Command("mine", "Find what to label next, round by round.", f"{_HERE}.critic_mine:mine"),
    )
}


class Lazy(click.Group):
    """A group that imports a command when it is called; the summaries are here."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return load(COMMANDS[name].implementation) if name in COMMANDS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, record.summary) for name, record in COMMANDS.items()])


@click.group(
    cls=Lazy,
    epilog="\b\nExample:\n"
    "  lskd label runs/first --as ann                             from a run ...\n"
    "  lskd critic train runs/first --out critics/first\n"
    "  lskd critic score runs/first --critic critics/first\n"
    "  lskd critic calibrate runs/first\n"
    "  lskd critic threshold runs/first --precision 0.9\n"
    "  lskd critic eval runs/first\n"
    "  lskd export runs/first --to parquet                        ... to a filtered corpus",
)
def critic() -> None:
    """Train critics on labels, measure them, and choose a threshold with open eyes."""
