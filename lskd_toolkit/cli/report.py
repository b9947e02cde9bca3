"""``lskd report``: the run as a page."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(epilog="\b\nExample:\n  lskd report runs/first --sample 50 --out page/")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Where to; RUN/report if not given."
)
@click.option("--sample", default=200, show_default=True, help="How many images are shown.")
def report(run: Path, out: Path | None, sample: int) -> None:
    """Write the report of RUN: static HTML that needs no server."""
    from ..corpus import open_run
    from ..report import write_report

    with open_run(run) as corpus:
        click.echo(write_report(corpus, out or run / "report", sample=sample, seed=corpus.seed))
