"""``lskd completion``: the shell's completion script."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command(epilog="\b\nExample:\n  lskd completion bash >> ~/.bashrc")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of SHELL."""
    from .main import lskd

    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(lskd, {}, "lskd", "_LSKD_COMPLETE").source())
