"""``lskd run``: the whole loop from one command."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from ..errors import UsageError
from .choosing import choosing, flags, trained_parts, words
from .output import emit_json, finished, watching

EXAMPLES = """\b
Examples:
  lskd run photos/                                     the defaults, no key, no network
  lskd run --source samples --student blip2-itm        the sample photos, with a student
  lskd run photos/ --proposer nanodet,segments --refine merge,top --set top.count=6
  lskd run photos/ --teacher smollm --set teacher.statements=2 --threshold 0.6
  lskd run photos/ --teacher claude --max-usd 5        see also: lskd plan
  lskd run photos/ --teacher chatgpt --batch           by vendor batches, at half the price
  lskd run photos/ --teacher claude --strategy reflect --set teacher.samples=4
  lskd run --out runs/first                            go on with a run
  lskd run --config run.yaml --out runs/second         from a file, see lskd init
"""


@click.command(epilog=EXAMPLES)
@choosing
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="The run folder; alone it resumes."
)
@click.option("--threshold", type=click.FloatRange(0, 1), help="Accept statements scored at least this.")
@click.option(
    "--schedule", type=click.Choice(["auto", "streamed", "phased"]), help="Stages at once, or one by one."
)
@click.option(
    "--batch/--no-batch", default=None, help="Ask through the vendor's batches: half the price, up to a day."
)
@click.option("--max-usd", type=click.FloatRange(0), help="Stop before spending more than this.")
@click.option("--max-requests", type=click.IntRange(0), help="Stop before asking more often than this.")
@click.option("--retry", help="Do again what is failed, refused, cut or unparsable (with commas).")
@click.option("--yes", is_flag=True, help="Agree to pay again where a change redoes paid work.")
@click.option("--offline", is_flag=True, help="Fetch nothing; stop if weights are missing.")
@click.option("--strict", is_flag=True, help="Exit 1 if any image was refused or failed.")
@click.option("--report/--no-report", default=True, show_default=True, help="Write the report at the end.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def run(
    images: tuple[str, ...], sets: tuple[str, ...], config: Path | None, out: Path | None, **given: Any
) -> int:
    """Run the loop on IMAGES: files and folders. The defaults need no option at all."""

    from ..pipeline.running import configure, folder_for
    from ..pipeline.running import run as go
    from ..weights import fetch_missing

    if given["offline"]:
        os.environ["LSKD_OFFLINE"] = "1"
    resolved = configure(out, config, flags(images, given), trained_parts(sets))
    if resolved.source.component.name == "folder" and not getattr(resolved.source.options, "paths", ()):
        raise UsageError("no images; name files or folders: lskd run photos/   or: lskd run --source samples")
    folder = out or folder_for(resolved)
    with watching(resolved, quiet=given["as_json"]) as progress:
        fetch_missing(weights_of(resolved), progress.fetching)
        counts = go(resolved, folder, yes=given["yes"], retry=words(given["retry"]) or (), progress=progress)
    path = _report(folder) if given["report"] else None
    bad = counts.get("images_refused", 0) + failures(folder)
    if given["as_json"]:
        emit_json(
            {
                "folder": str(folder),
                "report": str(path) if path else None,
                "counts": counts,
                "failed_rows": bad,
            }
        )
    else:
        finished(folder, path, counts, bad)
    return 1 if given["strict"] and bad else 0


def weights_of(config: Any) -> list[str]:
    """The names of every weight file that the configuration's parts need."""

    parts = [config.source, *config.maps(), *([config.student] if config.student is not None else [])]
    every = (nested for part in parts for nested in part.walk())
    return list(dict.fromkeys(name for part in every for name in part.component.weights))


def _report(folder: Path) -> Path:
    from ..corpus import open_run
    from ..report import write_report

    with open_run(folder) as corpus:
        return write_report(corpus, folder / "report", seed=corpus.seed)


def failures(folder: Path) -> int:
    """Rows that failed, over all stages."""
    from ..corpus import open_run

    with open_run(folder) as corpus:
        return sum(stage.rows.get("failed", 0) for stage in corpus.stages)
