"""``lskd plan``: what a run would ask and take, from a small sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .choosing import choosing, flags, trained_parts
from .output import emit_json
from .stats import shown


@click.command(epilog="\b\nExample:\n  lskd plan photos/ --teacher smollm --sample 8")
@choosing
@click.option("--sample", default=8, show_default=True, help="Images that the free stages are tried on.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def plan(
    images: tuple[str, ...],
    sets: tuple[str, ...],
    config: Path | None,
    sample: int,
    as_json: bool,
    **given: Any,
) -> None:
    """Try the free stages on a seeded sample of IMAGES and project calls, tokens, money and time.

    Nothing is asked of the teacher: its requests are made and counted, not sent.
    """
    from ..pipeline.planning import project
    from ..pipeline.running import configure

    resolved = configure(None, config, flags(images, given), trained_parts(sets))
    projected = project(resolved, sample)
    if as_json:
        emit_json(projected)
    else:
        shown(projected)
