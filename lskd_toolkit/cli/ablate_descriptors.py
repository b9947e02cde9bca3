"""``lskd ablate descriptors``: what each kind of descriptor is worth to the teacher of a run."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import click

from .output import emit_json, watching


@click.command(
    "descriptors",
    epilog="\b\nExamples:\n"
    "  lskd ablate descriptors runs/first                    without each scope in turn\n"
    "  lskd ablate descriptors runs/first --without dynamic --without local+relation\n"
    "  lskd ablate descriptors runs/first --max-usd 5 --html ablation.html",
)
@click.argument("run", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--without", "names", multiple=True, metavar="NAME[+NAME]...",
    help="What to leave out: scopes or verbalizers, joined by +; may be repeated. Each scope if not given.",
)  # fmt: skip
@click.option("--max-usd", type=click.FloatRange(0), help="Stop an arm before RUN and it have cost more.")
@click.option("--yes", is_flag=True, help="Agree to pay for teaching again.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False, writable=True),
              help="Write a page with plots and scenes side by side; prints its path.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def descriptors(
    run: Path, names: tuple[str, ...], max_usd: float | None, yes: bool, html: Path | None, as_json: bool
) -> None:
    """Teach the scenes of a finished RUN again without some of their descriptors, and compare.

    Each arm is a run folder beside RUN, begun as a copy of it, so that only teaching and judging are done
    again; the same command goes on where it was stopped. What was accepted, how it scored and what it
    cost stands side by side, with the whole RUN first.
    """
    from ..ablation.descriptors import arms_of, begun
    from ..comparing import compare, write_comparison
    from ..corpus import open_run
    from ..pipeline.running import run as go

    folders = [run]
    for left_out in arms_of(run, names):
        folder, config = begun(run, left_out)
        if max_usd is not None:
            config = replace(config, max_usd=max_usd)
        if not as_json:
            click.echo(f"without {' and '.join(left_out)}: {folder}", err=True)
        with watching(config, quiet=as_json) as progress:
            go(config, folder, yes=yes, progress=progress)
        folders.append(folder)
    with ExitStack() as opened:
        corpora = [opened.enter_context(open_run(folder)) for folder in folders]
        found = compare(corpora)
        page = None if html is None else write_comparison(found, corpora, html)
    if as_json:
        emit_json(found)
    else:
        from .comparison import show

        show(found)
    if page is not None:
        click.echo(page, err=as_json)
