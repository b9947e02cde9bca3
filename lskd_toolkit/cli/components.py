"""``lskd components``: the parts there are, and the options of each."""

from __future__ import annotations

from typing import Any

import click

from ..components import KINDS
from ..config import option_fields
from ..errors import UnknownComponent
from ..plugins import Announced, plugins
from .output import emit_json, table


@click.group(epilog="\b\nExamples:\n  lskd components list --kind proposer\n  lskd components show nanodet")
def components() -> None:
    """List and describe the parts there are."""


@components.command("list", epilog="\b\nExample:\n  lskd components list --kind verbalizer")
@click.option("--kind", type=click.Choice(list(KINDS)), help="Only this kind.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_components(kind: str | None, as_json: bool) -> None:
    """List the parts by kind."""
    found = list(plugins().components(kind))
    if as_json:
        emit_json([_record(each) for each in found])
        return
    table(
        [(a.record.kind, a.record.name, a.record.summary, a.distribution) for a in found],
        ("kind", "name", "what it does", "from"),
    )


@components.command("show", epilog="\b\nExample:\n  lskd components show top --kind refiner")
@click.argument("name")
@click.option("--kind", type=click.Choice(list(KINDS)), help="Where several kinds have the name.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(name: str, kind: str | None, as_json: bool) -> None:
    """Show the options of the part NAME, with their defaults."""
    kinds = [kind] if kind else list(KINDS)
    matches = [a for k in kinds if (a := plugins().find(KINDS[k].hook, name)) is not None]
    if not matches:
        try:
            plugins().component(kinds[0] if kind else "proposer", name)
        except UnknownComponent:
            if kind:
                raise
        raise UnknownComponent(f"no part is called {name!r}. See: lskd components list")
    if as_json:
        emit_json([_record(each, options=True) for each in matches])
        return
    for match in matches:
        record = match.record
        click.echo(
            f"{click.style(record.name, bold=True)}  {record.kind} of {match.distribution} {match.version}"
        )
        click.echo(f"  {record.summary}")
        weights = f"; weights: {', '.join(record.weights)}" if record.weights else ""
        click.echo(f"  behaviour {record.behaviour}, batching {record.batching}{weights}")
        for option in _options(match):
            click.echo(
                f"  {option['name']}: {option['type']} = {option['default']!r}  {option['description']}"
            )


def _record(found: Announced, options: bool = False) -> dict[str, Any]:
    record = found.record
    told = {
        "kind": record.kind, "name": record.name, "summary": record.summary,
        "distribution": found.distribution, "version": found.version, "behaviour": record.behaviour,
        "batching": record.batching, "weights": list(record.weights), "paid": record.paid,
    }  # fmt: skip
    return {**told, "options": _options(found)} if options else told


def _options(found: Announced) -> list[dict[str, Any]]:
    if not found.record.options:
        return []
    fields = option_fields(found)
    return [
        {
            "name": name,
            "type": getattr(info.annotation, "__name__", str(info.annotation)),
            "default": info.get_default(call_default_factory=True),
            "description": info.description or "",
        }
        for name, info in fields.items()
    ]
