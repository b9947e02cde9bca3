"""Writes docs/reference/cli.md from the commands themselves: ``python docs/cli_page.py``.

A test compares the page with what this gives, so the page is never older than the commands.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from click.testing import CliRunner

from lskd_toolkit.cli.main import COMMANDS, lskd
from lskd_toolkit.plugins import load

PAGE = Path(__file__).parent / "reference" / "cli.md"
OPENING = """\
# Command line

What each command says of itself with `--help`. `lskd --debug COMMAND` shows tracebacks,
`lskd --no-plugins COMMAND` uses only what comes with the core. What the exit codes mean is on
[a page of its own](exit-codes.md). Commands that plugins add are not listed here.

This page is written by `python docs/cli_page.py`.
"""


def page() -> str:
    """The whole page."""
    parts = [OPENING]
    for words, command in _commands():
        parts.append(f"## lskd {' '.join(words)}\n\n```text\n{_help(words, command)}\n```\n")
    return "\n".join(parts)


def _commands() -> Iterator[tuple[list[str], click.Command]]:
    for name, record in COMMANDS.items():
        command = load(record.implementation)
        yield [name], command
        if isinstance(command, click.Group):
            for nested in sorted(command.commands):
                yield [name, nested], command.commands[nested]


def _help(words: list[str], command: click.Command) -> str:
    runner = CliRunner()
    result = runner.invoke(
        lskd, [*words, "--help"], prog_name="lskd", terminal_width=96, catch_exceptions=False
    )
    return "\n".join(line.rstrip() for line in result.output.strip().splitlines())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
