"""``lskd critic score``: one more critic for a run that is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .choosing import as_critic, named, trained_parts, words
from .output import emit_json, finished, watching


@click.command(
    epilog="\b\nExamples:\n"
    "  lskd critic score runs/first --critic critics/first\n"
    "  lskd critic score runs/first --critic itm,clip --device cuda\n"
    "  lskd critic score runs/first --critic swap --set swap.critic=critics/first\n"
    "  lskd critic score runs/first --critic llm --set llm.backend=chatgpt --max-usd 5"
)
@click.argument("run", type=click.Path(path_type=Path, file_okay=False))
@click.option("--critic", "names", required=True, shell_complete=named("critic"),
              help="Names, or folders of trained critics; several with commas.")  # fmt: skip
@click.option("--instead", is_flag=True, help="Leave out the critics that the run has.")
@click.option("--set", "sets", multiple=True, metavar="NAME.OPTION=VALUE", help="Set an option of a critic.")
@click.option("--batch/--no-batch", default=None, help="Ask through the vendor's batches.")
@click.option("--max-usd", type=click.FloatRange(0), help="Stop before the run has cost more than this.")
@click.option("--yes", is_flag=True, help="Agree to pay again where a change redoes paid work.")
@click.option("--device", help="cpu, cuda, cuda:1; found by itself if not given.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def score(run: Path, names: str, instead: bool, sets: tuple[str, ...], batch: bool | None,
          max_usd: float | None, yes: bool, device: str | None, as_json: bool) -> None:  # fmt: skip
    """Have critics judge every statement of RUN, beside those that did. Nothing else is done again.

    Until the run is calibrated, a statement's score is the lowest that any critic gives.
    """
    from ..pipeline.running import configure
    from ..pipeline.running import run as go
    from ..weights import fetch_missing
    from .run import failures, weights_of

    there = [] if instead else [dict(part) for part in configure(run).raw["critic"] if part["use"] != "none"]
    more = [as_critic(word) for word in words(names) or ()]
    known = {part.get("as", part["use"]): part for part in there}
    for each in more:
        part = {"use": each} if isinstance(each, str) else each
        known[part.get("as", part["use"])] = part  # of the same name: the new one takes its place
    given: dict[str, Any] = {"critic": list(known.values())}
    given |= {
        key: value
        for key, value in (("batch", batch), ("max_usd", max_usd), ("device", device))
        if value is not None
    }
    config = configure(run, flags=given, sets=trained_parts(sets))
    with watching(config, quiet=as_json) as progress:
        fetch_missing(weights_of(config), progress.fetching)
        counts = go(config, run, yes=yes, progress=progress)
    bad = failures(run)
    if as_json:
        emit_json({"folder": str(run), "counts": counts, "critics": list(known), "failed_rows": bad})
        return
    finished(run, None, counts, bad)
    click.echo(f"measure them: lskd critic eval {run}")
