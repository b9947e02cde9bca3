"""``lskd why``: how one image's results came to be, and what a change of the configuration did."""

from __future__ import annotations

from pathlib import Path

import click

from .main import plain
from .output import emit_json


@click.command(epilog="\b\nExample:\n  lskd why runs/first photos/dog.jpg")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("image")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def why(run: Path, image: str, as_json: bool) -> None:
    """Say for each stage of RUN whether IMAGE has a result, under which key, and if not, what changed."""
    from ..pipeline.why import explain

    told = explain(run, image)
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
