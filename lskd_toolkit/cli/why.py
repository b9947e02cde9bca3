"""``lskd why``: how one image's results came to be, and what a change of the configuration did."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .main import plain
from .output import emit_json

if TYPE_CHECKING:
    from ..corpus.exchanges import Exchange


@click.command(
    epilog="\b\nExamples:\n  lskd why runs/first dog.jpg\n  lskd why runs/first dog.jpg --transcript",
)
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("image")
@click.option("--transcript", is_flag=True, help="Print what the teacher was asked and answered, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def why(run: Path, image: str, transcript: bool, as_json: bool) -> None:
    """Say for each stage of RUN whether IMAGE has a result, under which key, and if not, what changed."""
    from ..corpus import open_run
    from ..pipeline.why import explain
    from .transcript import as_values
    from .transcript import transcript as print_transcript

    told = explain(run, image)
    exchanges: tuple[Exchange, ...] = ()
    if transcript:
        with open_run(run) as corpus:
            exchanges = corpus.exchanges(image)
        told["transcript"] = as_values(exchanges)
    if as_json:
        emit_json(told)
        return
    click.echo(plain(f"{told['image']}: {told['status']} {told['reason']}"))
    for stage in told["stages"]:
        click.echo(
            plain(f"  {stage['stage']}: {stage['status']} {stage['reason']} (key {stage['key'][:12]})")
        )
        for change in stage["changes"]:
            click.echo(plain(f"    {change}"))
    if transcript:
        print_transcript(exchanges)
