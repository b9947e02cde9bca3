"""``lskd stats``: what came of everything, adding up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .main import plain
from .output import emit_json


def shown(value: Any, indent: int = 0) -> None:
    """Nested counts as indented lines."""
    for name, each in value.items():
        told = plain(str(name))
        label = " " * indent + (told.replace("_", " ") if told.islower() else told)
        if isinstance(each, dict):
            click.echo(label)
            shown(each, indent + 2)
        elif isinstance(each, float):
            click.echo(f"{label}: {each:.4g}")
        elif isinstance(each, list) and each and isinstance(each[0], dict):
            click.echo(label)
            for item in each:
                told = ", ".join(f"{k} {_inline(v)}" for k, v in item.items() if v not in ("", {}, []))
                click.echo(" " * (indent + 2) + plain(told))
        elif isinstance(each, list):
            click.echo(f"{label}: {', '.join(plain(str(e)) for e in each) or 'nothing'}")
        else:
            click.echo(f"{label}: {'not known' if each is None else plain(str(each))}")


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{k} {_inline(v)}" for k, v in value.items()) + ")"
    return f"{value:.3g}" if isinstance(value, float) else "not known" if value is None else str(value)


@click.command(
    epilog="\b\nExamples:\n  lskd stats runs/first\n  lskd stats runs/first --json | jq .statements"
)
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def stats(run: Path, as_json: bool) -> None:
    """Count what came of every image, region and statement of RUN."""
    from ..corpus import open_run
    from ..corpus.statistics import statistics
    from ..corpus.sums import adds_up

    with open_run(run) as corpus:
        numbers = statistics(corpus, figures=True)
    numbers = {**numbers, "does_not_add_up": adds_up(numbers)}
    if as_json:
        emit_json(numbers)
    else:
        shown(numbers)
