"""``lskd export``: the accepted corpus in a format."""

from __future__ import annotations

from pathlib import Path

import click

from ..config import apply_sets


@click.command(epilog="\b\nExamples:\n  lskd export runs/first --to jsonl --out corpus/\n"
               "  lskd export runs/first --to parquet --out corpus/")  # fmt: skip
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--to", "name", default="jsonl", show_default=True, help="An exporter: jsonl, parquet, …")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Where to; RUN/export if not given."
)
@click.option("--set", "sets", multiple=True, metavar="OPTION=VALUE", help="Set an option of the exporter.")
def export(run: Path, name: str, out: Path | None, sets: tuple[str, ...]) -> None:
    """Write what RUN accepted. The same rows give the same bytes, whatever the run's history."""
    from ..corpus import open_run
    from ..embedding import create

    spec = apply_sets({"source": {"use": name}}, [f"source.{each}" for each in sets])["source"]
    spec.pop("use")
    with open_run(run) as corpus:
        for path in create("exporter", name, **spec).export(corpus, out or run / "export"):
            click.echo(path)
