"""``lskd critic train``: a critic that learns from labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..errors import UsageError
from .choosing import named
from .labelled import labelled, tell_lost
from .output import emit_json, watching


@click.command(
    epilog="\b\nExamples:\n"
    "  lskd critic train runs/first --out critics/first\n"
    "  lskd critic train runs/first runs/second --out critics/both --set blip2.steps=600\n"
    "  lskd critic train runs/first --critic text-only --out critics/blind\n"
    "  lskd run --out runs/first --critic critics/first       use it"
)
@click.argument("labels", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False),
              help="Where the critic is put.")  # fmt: skip
@click.option("--critic", "name", default="blip2", show_default=True, shell_complete=named("critic"),
              help="Which critic learns.")  # fmt: skip
@click.option("--share", type=click.FloatRange(0, 1, min_open=True), default=0.6, show_default=True,
              help="Of the labelled images; the others are left to calibrate it and to test it.")  # fmt: skip
@click.option("--synthetic/--no-synthetic", default=True, show_default=True,
              help="Learn from free negatives too; make some with: lskd labels negatives RUN")  # fmt: skip
@click.option("--run", type=click.Path(path_type=Path, file_okay=False),
              help="What LABELS are about, where they are files outside a run folder.")  # fmt: skip
@click.option("--visual-prompt", shell_complete=named("visual_prompt"),
              help="How regions are shown to it; the run's if not given.")  # fmt: skip
@click.option(
    "--set", "sets", multiple=True, metavar="NAME.OPTION=VALUE", help="Set an option of the critic."
)
@click.option("--seed", type=int, help="Of what is drawn; the run's if not given.")
@click.option("--device", help="cpu, cuda, cuda:1; found by itself if not given.")
@click.option("--overwrite", is_flag=True, help="Replace the critic in --out.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def train(labels: tuple[Path, ...], out: Path, name: str, share: float, synthetic: bool, run: Path | None,
          visual_prompt: str | None, sets: tuple[str, ...], seed: int | None, device: str | None,
          overwrite: bool, as_json: bool) -> None:  # fmt: skip
    """Train a critic on LABELS: run folders, or files of labels.

    It learns from a share of the labelled images, by the bytes of the image, and remembers which: it is never
    calibrated, given a threshold or tested on these.
    """
    from ..pipeline.critics import learns, train_critic
    from ..pipeline.running import configure

    with labelled(labels, run) as known:
        given: dict[str, Any] = {"critic": [name]}
        given |= {
            k: v for k, v in (("visual_prompt", visual_prompt), ("seed", seed), ("device", device)) if v
        }
        config = configure(known.runs[0][0], flags=given, sets=sets)
        lessons = [
            each
            for each in known.labelled
            if (synthetic or not each.labels[0].synthetic) and learns(each.scene.image, share, config.seed)
        ]
        if not lessons:
            raise UsageError(
                f"there are no labels to learn from in {labels[0]}; make some with: lskd label RUN, "
                "or raise --share"
            )
        with watching(config, quiet=as_json) as progress:
            progress.learner = "critic"
            told = train_critic(
                config.critic[0], lessons, known.picture, out,
                seed=config.seed, device=config.device, overwrite=overwrite, progress=progress.training,
            )  # fmt: skip
    if as_json:
        emit_json(told)
        return
    tell_lost(known.problems)
    counts = told["labels"]
    click.echo(
        f"{told['component']} learned from {counts['statements']} statements on {counts['images']} images, "
        f"{counts['accepted']} of them accepted, {counts['synthetic']} synthetic"
    )
    for metric, value in told["metrics"].items():
        click.echo(f"  {metric}: {value:.4g}")
    click.echo(f"critic: {out}")
    click.echo(f"use it: lskd critic score {labels[0]} --critic {out}")
