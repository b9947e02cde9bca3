"""``lskd init``: a commented run.yaml."""

from __future__ import annotations

from pathlib import Path

import click

from ..config import DEFAULTS, SETTINGS
from ..errors import UsageError
from ..store.durable import write_text

TEXT = """\
# A run of LSKD Toolkit. Run it: lskd run --config {name} --out runs/mine
# A part is a name, or {{use: NAME, as: ALIAS, option: value, parts: {{...}}}}.
# See what there is: lskd components list     and its options: lskd components show NAME

source: {{use: folder, paths: [photos]}}
proposer: {proposer}
refiner: {refiner}
visual_prompt: {visual_prompt}
verbalizer: {verbalizer}
teacher: {teacher}
critic: {critic}
# student: blip2-itm

threshold: {threshold}    # accept statements scored at least this
seed: {seed}
# max_usd: 10       # stop before spending more
"""


@click.command(epilog="\b\nExample:\n  lskd init run.yaml && lskd run --config run.yaml --out runs/mine")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False), default=Path("run.yaml"))
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def init(path: Path, force: bool) -> None:
    """Write a commented run.yaml to PATH."""
    if path.exists() and not force:
        raise UsageError(f"{path} is there already; write over it with --force")
    lists = {k: f"[{', '.join(v)}]" if isinstance(v, list) else v for k, v in DEFAULTS.items()}
    write_text(
        path, TEXT.format(name=path, seed=SETTINGS["seed"][1], threshold=SETTINGS["threshold"][1], **lists)
    )
    click.echo(f"wrote {path}; run it: lskd run --config {path} --out runs/mine")
