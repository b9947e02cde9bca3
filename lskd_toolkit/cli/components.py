"""``lskd components``: the parts there are, and the options of each."""

from __future__ import annotations

from typing import Any

import click

from ..components import KINDS
from ..config import option_fields
from ..errors import UnknownComponent, UsageError
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


def _words(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Completion: a kind, then its names; a name alone will do."""
    kinds = [kind for kind in ctx.params.get("words") or () if kind in KINDS]
    names = {found.record.name for found in plugins().components(kinds[0] if kinds else None)}
    return sorted(word for word in {*names, *(() if kinds else KINDS)} if word.startswith(incomplete))


@components.command(
    "show",
    epilog="\b\nExamples:\n  lskd components show nanodet\n  lskd components show verbalizer relations",
)
@click.argument("words", nargs=-1, required=True, metavar="[KIND] NAME", shell_complete=_words)
@click.option("--kind", type=click.Choice(list(KINDS)), help="Where several kinds have the name.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(words: tuple[str, ...], kind: str | None, as_json: bool) -> None:
    """Show what the part NAME gives and works with, and its options with their defaults."""
    *before, name = words
    if len(before) > 1 or any(word not in KINDS for word in before):
        raise UsageError(f"expected [KIND] NAME, got {' '.join(words)}; kinds are {', '.join(KINDS)}")
    kind = before[0] if before else kind
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
        if record.gives:
            click.echo(f"  gives {', '.join(record.gives)}")
        if record.takes:
            click.echo(f"  takes {', '.join(record.takes)}")
        lent = [kind for kind in record.reads if kind in KINDS]
        if lent:
            click.echo(f"  works with the run's {', '.join(lent)}")
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
        "gives": list(record.gives), "takes": list(record.takes), "reads": list(record.reads),
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
