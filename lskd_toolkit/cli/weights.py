"""``lskd weights``: where model files come from, and fetching them."""

from __future__ import annotations

from typing import Any

import click

from .output import Lines, emit_json, table


@click.group(epilog="\b\nExamples:\n  lskd weights list\n  lskd weights fetch --all")
def weights() -> None:
    """List, show and fetch model weights. None are ever bundled."""


@weights.command("list", epilog="\b\nExample:\n  lskd weights list --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_weights(as_json: bool) -> None:
    """List the weights that installed parts use: licence, size, here or not."""
    from ..weights import catalog, is_here

    found = [(name, each.record, is_here(name)) for name, each in catalog().items()]
    if as_json:
        emit_json([{**_told(record), "here": here} for _, record, here in found])
        return
    table(
        [
            (
                name,
                f"{r.size / 1e6:.1f} MB",
                r.licence,
                f"{r.origin.via}:{r.origin.package}",
                "here" if here else "-",
            )
            for name, r, here in found
        ],
        ("name", "size", "licence", "from", "here"),
    )


@weights.command("show", epilog="\b\nExample:\n  lskd weights show nanodet.bin")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(name: str, as_json: bool) -> None:
    """Show all that is known of the file NAME; checks its sha256 if it is here."""
    from ..weights import lookup, verify

    record = lookup(name)
    told = {**_told(record), "state": verify(name)}
    if as_json:
        emit_json(told)
    else:
        for key, value in told.items():
            click.echo(f"{key}: {value}")


@weights.command(
    "fetch", epilog="\b\nExamples:\n  lskd weights fetch nanodet.bin\n  lskd weights fetch --all"
)
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that installed parts use.")
def fetch(names: tuple[str, ...], everything: bool) -> None:
    """Fetch files into the cache: pinned, checked, atomically."""
    from ..weights import catalog, fetch_missing, weight_path

    wanted = list(catalog()) if everything else list(names)
    if not wanted:
        raise click.UsageError("name files, or --all. See: lskd weights list")
    fetch_missing(wanted, Lines().fetching)
    for name in wanted:
        click.echo(weight_path(name))


def _told(record: Any) -> dict[str, Any]:
    origin = record.origin
    return {
        "name": record.name, "summary": record.summary, "licence": record.licence, "source": record.source,
        "size": record.size, "sha256": record.sha256,
        "origin": f"{origin.via}:{origin.package}@{origin.version}/{origin.path}",
    }  # fmt: skip
