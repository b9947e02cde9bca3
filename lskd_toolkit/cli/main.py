"""The command ``lskd``: a table of verbs, each loaded only when it is called."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from ..components import Command
from ..errors import LskdError
from ..plugins import load, plugins

COMMANDS = {
    command.name: command
    for command in (
        Command("run", "Run the distillation loop, or go on with a run.", "lskd_toolkit.cli.run:run"),
        Command("init", "Write a commented run.yaml to start from.", "lskd_toolkit.cli.init:init"),
        Command(
            "plan",
            "Try the free stages on a sample; project calls, money, time.",
            "lskd_toolkit.cli.plan:plan",
        ),
        Command(
            "stats", "Count what came of every image, region and statement.", "lskd_toolkit.cli.stats:stats"
        ),
        Command("why", "Say how one image's results came to be.", "lskd_toolkit.cli.why:why"),
        Command("report", "Write the report of a run as static HTML.", "lskd_toolkit.cli.report:report"),
        Command("label", "Judge the statements of a run by hand.", "lskd_toolkit.cli.label:label"),
        Command(
            "labels", "Count labels, measure agreement, export, import.", "lskd_toolkit.cli.labels:labels"
        ),
        Command("critic", "Train, measure and calibrate critics.", "lskd_toolkit.cli.critic:critic"),
        Command("select", "Decide again which statements are accepted.", "lskd_toolkit.cli.select:select"),
        Command("compare", "Set runs over the same scenes side by side.", "lskd_toolkit.cli.compare:compare"),
        Command("ablate", "Measure what a choice is worth.", "lskd_toolkit.cli.ablate:ablate"),
        Command("rank", "Point at regions, and rank texts by a student.", "lskd_toolkit.cli.rank:rank"),
        Command("export", "Write the accepted corpus for other tools.", "lskd_toolkit.cli.export:export"),
        Command("tables", "Write every row of a run as Parquet tables.", "lskd_toolkit.cli.tables:tables"),
        Command("plugins", "List the installed plugins.", "lskd_toolkit.cli.plugins:list_plugins"),
        Command(
            "components", "List and describe the parts there are.", "lskd_toolkit.cli.components:components"
        ),
        Command(
            "prompts",
            "List what teachers are asked; show what would be sent.",
            "lskd_toolkit.cli.prompts:prompts",
        ),
        Command("weights", "List, show and fetch model weights.", "lskd_toolkit.cli.weights:weights"),
        Command("doctor", "Say what is installed and what is missing.", "lskd_toolkit.cli.doctor:doctor"),
        Command(
            "completion", "Print the shell's completion script.", "lskd_toolkit.cli.completion:completion"
        ),
    )
}


class Verbs(click.Group):
    """A group whose help needs no command to be imported."""

    def _table(self) -> dict[str, Command]:
        added = {found.record.name: found.record for found in plugins().announced("lskd_commands")}
        return {**added, **COMMANDS}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._table())

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        record = COMMANDS.get(name) or self._table().get(name)
        return None if record is None else load(record.implementation)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, record.summary) for name, record in self._table().items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], self._table(), n=1)
            if not near:
                raise
            raise click.UsageError(f"{error.message} Did you mean {near[0]!r}?", ctx) from error


def _no_plugins(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        os.environ["LSKD_LOAD_PLUGINS"] = ""


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--no-plugins", is_flag=True, is_eager=True, expose_value=False, callback=_no_plugins,
              help="Use only what comes with the core.")  # fmt: skip
@click.option("--debug", is_flag=True, expose_value=False, help="Show tracebacks of errors.")
@click.version_option(package_name="lskd-toolkit", message="lskd %(version)s")
def lskd() -> None:
    """Distil localized visual commonsense from a language model into a student you can point at.

    \b
    Try it on a folder of photos, with no key and no network:
      lskd run photos/
    """


def main() -> None:
    """Run the command line; errors of ours are one line, and their type decides the exit code."""
    debug = "--debug" in sys.argv[1:]
    try:
        code = lskd(standalone_mode=False, prog_name="lskd")
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(2 if isinstance(error, click.UsageError) else error.exit_code)
    except LskdError as error:
        if debug:
            raise
        click.echo(f"lskd: {plain(str(error))}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("lskd: stopped; the same command goes on", err=True)
        sys.exit(3)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if debug:
            raise
        click.echo(
            f"lskd: {type(error).__name__}: {plain(str(error))}. Nobody foresaw this; see where it comes "
            f"from with: lskd --debug {plain(' '.join(sys.argv[1:]))}",
            err=True,
        )
        sys.exit(1)


def plain(text: str) -> str:
    """One line without control characters: text from files and models must not drive the terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
