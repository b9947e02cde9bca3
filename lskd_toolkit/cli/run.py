"""``lskd run``: the whole loop from one command."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..errors import UsageError
from .output import emit_json, finished, watching

EXAMPLES = """\b
Examples:
  lskd run photos/                                     the defaults, no key, no network
  lskd run --source samples --student blip2-itm        the sample photos, with a student
  lskd run photos/ --proposer nanodet,segments --refine merge,top --set top.count=6
  lskd run photos/ --teacher smollm --set teacher.statements=2 --threshold 0.6
  lskd run --out runs/first                            go on with a run
  lskd run --config run.yaml --out runs/second         from a file, see lskd init
"""


def named(*kinds: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Shell completion by the names of the parts of these kinds; after a comma for the next."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        from ..plugins import plugins

        before, comma, last = incomplete.rpartition(",")
        names = sorted({found.record.name for kind in kinds for found in plugins().components(kind)})
        return [f"{before}{comma}{name}" for name in names if name.startswith(last)]

    return complete


def words(text: str | None) -> list[str] | None:
    """``a,b`` as a list; None where the flag was not given."""
    return None if text is None else [word.strip() for word in text.split(",") if word.strip()]


@click.command(epilog=EXAMPLES)
@click.argument("images", nargs=-1, type=click.Path(path_type=str))
@click.option(
    "--source",
    shell_complete=named("source"),
    help="Where images come from, if not files: samples, smallworld, …",
)
@click.option(
    "--proposer", shell_complete=named("proposer"), help="Who proposes regions; several with commas."
)
@click.option(
    "--refine",
    shell_complete=named("refiner"),
    help="Refiners, in order: filter, merge, top, …; 'none' for none.",
)
@click.option(
    "--visual-prompt",
    shell_complete=named("visual_prompt"),
    help="How regions are shown to models: numbered, paper-overlay.",
)
@click.option(
    "--verbalizer",
    shell_complete=named("verbalizer"),
    help="Who puts images into words; several with commas.",
)
@click.option(
    "--teacher",
    shell_complete=named("teacher", "backend"),
    help="A teacher, or a backend for the teacher 'llm'.",
)
@click.option("--prompt", help="What the teacher is asked: a prompt set or a YAML file.")
@click.option("--critic", shell_complete=named("critic"), help="Who scores statements; several with commas.")
@click.option(
    "--student", shell_complete=named("student"), help="The model to distil into; none if not given."
)
@click.option(
    "--set", "sets", multiple=True, metavar="ALIAS.OPTION=VALUE", help="Set any option of any part."
)
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="A run.yaml to start from.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="The run folder; alone it resumes."
)
@click.option("--threshold", type=click.FloatRange(0, 1), help="Accept statements scored at least this.")
@click.option("--seed", type=int, help="Seed of everything that is drawn.")
@click.option("--device", help="cpu, cuda, cuda:1; found by itself if not given.")
@click.option(
    "--schedule", type=click.Choice(["auto", "streamed", "phased"]), help="Stages at once, or one by one."
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
    resolved = configure(out, config, flags(images, given), sets)
    if resolved.source.component.name == "folder" and not getattr(resolved.source.options, "paths", ()):
        raise UsageError("no images; name files or folders: lskd run photos/   or: lskd run --source samples")
    folder = out or folder_for(resolved)
    with watching(resolved, quiet=given["as_json"]) as progress:
        fetch_missing(_weights(resolved), progress.fetching)
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


def flags(images: tuple[str, ...], given: dict[str, Any]) -> dict[str, Any]:
    """What was given on the command line as a layer of configuration."""
    layer: dict[str, Any] = {}
    if given["source"]:
        layer["source"] = given["source"]
    if images:
        if given["source"] not in (None, "folder"):
            raise UsageError(f"IMAGES and --source {given['source']} exclude each other")
        layer["source"] = {"use": "folder", "paths": [os.path.abspath(image) for image in images]}
    for kind, flag in (
        ("proposer", "proposer"),
        ("refiner", "refine"),
        ("verbalizer", "verbalizer"),
        ("critic", "critic"),
    ):
        named = words(given[flag])
        if named is not None:
            if kind == "proposer":
                named = [name for word in named for name in word.split("+")[:1]]
                refiners = [name for word in words(given[flag]) or [] for name in word.split("+")[1:]]
                if refiners and given["refine"] is None:
                    layer["refiner"] = [*refiners, "top"]
            layer[kind] = named
    for name in ("visual_prompt", "teacher", "student", "prompt", "threshold", "seed", "device", "schedule",
                 "max_usd", "max_requests"):  # fmt: skip
        if given[name] is not None:
            layer[name] = given[name]
    return layer


def _weights(config: Any) -> list[str]:
    """The names of every weight file that the configuration's parts need."""

    def of(part: Any) -> list[str]:
        return [*part.component.weights, *(name for nested in part.parts.values() for name in of(nested))]

    parts = [config.source, *config.maps(), *(p for p in (config.student, config.vqa) if p is not None)]
    return list(dict.fromkeys(name for part in parts for name in of(part)))


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
