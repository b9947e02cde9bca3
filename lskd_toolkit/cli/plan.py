"""``lskd plan``: what a run would ask and take, from a small sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .output import emit_json
from .run import flags
from .stats import shown


@click.command(epilog="\b\nExample:\n  lskd plan photos/ --teacher smollm --sample 8")
@click.argument("images", nargs=-1)
@click.option("--source", help="Where images come from, if not files.")
@click.option("--proposer", help="Who proposes regions.")
@click.option("--refine", help="Refiners, in order.")
@click.option("--verbalizer", help="Who puts images into words.")
@click.option("--teacher", help="A teacher, or a backend for the teacher 'llm'.")
@click.option("--prompt", help="What the teacher is asked.")
@click.option(
    "--set", "sets", multiple=True, metavar="ALIAS.OPTION=VALUE", help="Set any option of any part."
)
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="A run.yaml.")
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

    absent = dict.fromkeys(("visual_prompt", "critic", "student", "threshold", "seed", "device", "schedule",
                            "max_usd", "max_requests"))  # fmt: skip
    resolved = configure(None, config, flags(images, {**absent, **given}), sets)
    projected = project(resolved, sample)
    if as_json:
        emit_json(projected)
    else:
        shown(projected)
