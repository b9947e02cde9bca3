"""``lskd tables``: every row as Parquet."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(epilog="\b\nExample:\n  lskd tables runs/first --out tables/")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Where to; RUN/tables if not given."
)
def tables(run: Path, out: Path | None) -> None:
    """Write images, regions, descriptors, statements and judgements of RUN, one Parquet file each."""
    from ..corpus import open_run
    from ..corpus.tables import write_tables

    with open_run(run) as corpus:
        for path in write_tables(corpus, out or run / "tables"):
            click.echo(path)
