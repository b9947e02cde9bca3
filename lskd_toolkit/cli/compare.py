"""``lskd compare``: the same scenes under several teachers or prompts."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click

from .output import emit_json


@click.command(
    epilog="\b\nExamples:\n"
    "  lskd compare runs/claude runs/chatgpt\n"
    "  lskd compare runs/qar-id runs/qar-description --html compare.html\n"
    "  lskd compare runs/a runs/b runs/c --json | jq '.pairs[].difference.accept_rate'"
)
@click.argument("runs", nargs=-1, type=click.Path(path_type=Path), metavar="RUN RUN [RUN]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write a page with plots and scenes side by side; prints its path.",
)
@click.option(
    "--scenes",
    type=click.IntRange(0, 200),
    default=12,
    show_default=True,
    help="How many scenes the page shows.",
)
@click.option("--seed", default=0, show_default=True, help="Deals the scenes that the page shows.")
def compare(runs: tuple[Path, ...], as_json: bool, html: Path | None, scenes: int, seed: int) -> None:
    """Compare two to eight RUNs over the same images: accept rates, statements, money, agreement.

    Images are matched by their bytes. The first RUN is what the others are measured against.
    """
    from ..comparing import compare as compared
    from ..comparing import write_comparison
    from ..corpus import open_run

    with ExitStack() as opened:
        corpora = [opened.enter_context(open_run(run)) for run in runs]
        found = compared(corpora)
        page = None if html is None else write_comparison(found, corpora, html, scenes=scenes, seed=seed)
    if as_json:
        emit_json(found)
    else:
        from .comparison import show

        show(found)
    if page is not None:
        click.echo(page, err=as_json)
