"""``lskd plugins``: what is installed, and what is broken."""

from __future__ import annotations

import click

from ..components import KINDS
from ..plugins import plugins
from .output import emit_json, table


@click.command("plugins", epilog="\b\nExamples:\n  lskd plugins --kind proposer\n  lskd plugins --broken")
@click.option("--kind", type=click.Choice(list(KINDS)), help="Only those that bring this kind.")
@click.option("--broken", is_flag=True, help="Only those that do not load, with the traceback.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_plugins(kind: str | None, broken: bool, as_json: bool) -> None:
    """List the installed plugins and what they bring."""
    known = plugins()
    brought: dict[tuple[str, str], list[str]] = {}
    for found in known.components(kind):
        brought.setdefault((found.distribution, found.plugin), []).append(
            f"{found.record.kind}:{found.record.name}"
        )
    shown = [
        plugin
        for plugin in known.loaded
        if (not broken or plugin.broken) and (kind is None or (plugin.distribution, plugin.name) in brought)
    ]
    if as_json:
        emit_json(
            [
                {
                    "plugin": p.name, "distribution": p.distribution, "version": p.version,
                    "module": p.module, "broken": p.broken,
                    "components": brought.get((p.distribution, p.name), []),
                }
                for p in shown
            ]
        )  # fmt: skip
        return
    if broken:
        for plugin in shown:
            click.echo(f"{plugin.distribution} {plugin.version} ({plugin.module})\n{plugin.broken}")
        if not shown:
            click.echo("no plugin is broken")
        return
    table(
        [
            (p.distribution, p.version, p.module, "broken, see: lskd plugins --broken" if p.broken
             else ", ".join(brought.get((p.distribution, p.name), [])))
            for p in shown
        ],
        ("distribution", "version", "module", "brings"),
    )  # fmt: skip
