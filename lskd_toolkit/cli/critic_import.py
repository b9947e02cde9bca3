"""``lskd critic import``: a critic that others trained and released."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .choosing import named
from .output import emit_json


@click.command(
    "import",
    epilog="\b\nExamples:\n"
    "  lskd critic import checkpoint_best.pth --out critics/released\n"
    "  lskd critic import checkpoint_best.pth --out critics/released --set blip2.base=models/vit-g\n"
    "  lskd critic score runs/first --critic critics/released --set released.visual_prompt=paper-overlay",
)
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False),
              help="Where the critic is put.")  # fmt: skip
@click.option("--critic", "name", default="blip2", show_default=True, shell_complete=named("critic"),
              help="Which critic it is.")  # fmt: skip
@click.option("--prior", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.5,
              show_default=True,
              help="Share of acceptable statements that scores are told for.")  # fmt: skip
@click.option("--visual-prompt", default="paper-overlay", show_default=True,
              shell_complete=named("visual_prompt"), help="How regions were shown to it.")  # fmt: skip
@click.option(
    "--set", "sets", multiple=True, metavar="NAME.OPTION=VALUE", help="Set an option of the critic."
)
@click.option("--overwrite", is_flag=True, help="Replace the critic in --out.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def adopt(checkpoint: Path, out: Path, name: str, prior: float, visual_prompt: str, sets: tuple[str, ...],
          overwrite: bool, as_json: bool) -> None:  # fmt: skip
    """Make a critic of CHECKPOINT, the file that the paper's authors released.

    The file lacks the vision encoder, so it is laid over a base model that has it. Only tensors are read of
    it: a file that holds code is refused.
    """
    from ..pipeline.adopting import adopt_critic
    from ..pipeline.running import configure

    given: dict[str, Any] = {"critic": [name], "visual_prompt": visual_prompt}
    config = configure(None, flags=given, sets=sets)
    told = adopt_critic(
        config.critic[0], checkpoint, out, prior,
        seed=config.seed, device=config.device, overwrite=overwrite,
    )  # fmt: skip
    if as_json:
        emit_json(told)
        return
    click.echo(f"{told['component']} begins as {checkpoint.name}")
    for metric, value in told["metrics"].items():
        click.echo(f"  {metric}: {value:.4g}")
    click.echo("nobody knows which images it learned from: labels on some of these may flatter it")
    click.echo(f"critic: {out}")
    shown = f"--set {out.name}.visual_prompt={visual_prompt}"
    click.echo(f"use it: lskd critic score RUN --critic {out} {shown}")
