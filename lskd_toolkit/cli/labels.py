"""``lskd labels``: what people said of a run's statements: shown, measured, taken elsewhere and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .main import plain
from .output import emit_json

if TYPE_CHECKING:
    from ..labelling import Label, LabelFile, Labelled, Problem

SHOWN = 20
"""Problems that are listed one by one; the counts are over all."""

run_argument = click.argument("run", type=click.Path(path_type=Path, file_okay=False))
labels_option = click.option(
    "--labels", type=click.Path(path_type=Path, dir_okay=False),
    help="The file of labels; RUN/labels.jsonl if not given.",
)  # fmt: skip
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(
    epilog="\b\nExamples:\n  lskd labels show runs/first\n  lskd labels agreement runs/first\n"
    "  lskd labels export runs/first --to label-studio --out studio/"
)
def labels() -> None:
    """Show the labels of a run, measure how far annotators agree, take them elsewhere and back."""


@labels.command("show", epilog="\b\nExample:\n  lskd labels show runs/first --json | jq .problems")
@run_argument
@labels_option
@json_option
def show(run: Path, labels: Path | None, as_json: bool) -> None:
    """Count the labels of RUN, and say what is wrong with those that do not count."""
    with _matched(run, labels) as (file, found, problems, _):
        people = Counter(label.annotator for each in found for label in each.labels)
        told: dict[str, Any] = {
            "lines": file.total,
            "labels": sum(len(each.labels) for each in found),
            "statements": len(found),
            "synthetic": sum(bool(each.labels[0].synthetic) for each in found),
            "annotators": dict(sorted(people.items())),
            "problems": [{"line": p.line, "kind": p.kind, "reason": p.reason} for p in problems],
        }
    if as_json:
        emit_json(told)
        return
    click.echo(
        f"{told['labels']} labels of {told['statements']} statements in {told['lines']} lines"
        + (f"; {told['synthetic']} statements are synthetic" if told["synthetic"] else "")
    )
    for name, count in told["annotators"].items():
        click.echo(f"  {plain(name)}: {count}")
    _tell(problems)


@labels.command("agreement", epilog="\b\nExample:\n  lskd labels agreement runs/first")
@run_argument
@labels_option
@json_option
def agreement(run: Path, labels: Path | None, as_json: bool) -> None:
    """Measure how far the annotators of RUN agree: alpha, kappa, majority, the annotator ceiling."""
    from ..labelling import agreement as measures

    with _matched(run, labels) as (_, found, problems, seed):
        measured = measures.agreement(found, seed)
    if as_json:
        emit_json(measured)
        return
    for line in measures.told(measured):
        click.echo(line)
    _tell(_lost(problems))


@labels.command(
    "export",
    epilog="\b\nExamples:\n  lskd labels export runs/first --to label-studio --out studio/\n"
    "  lskd labels export runs/first --to csv --out labels.csv",
)
@run_argument
@labels_option
@click.option("--to", "form", type=click.Choice(["label-studio", "csv"]), required=True, help="The form.")
@click.option("--out", type=click.Path(path_type=Path), required=True,
              help="A folder for Label Studio (tasks, interface, pictures), a file for CSV.")  # fmt: skip
@click.option("--image-url", default="/data/local-files/?d=images/", show_default=True,
              help="What Label Studio finds images/ under.")  # fmt: skip
def export(run: Path, labels: Path | None, form: str, out: Path, image_url: str) -> None:
    """Write the labels of RUN for other tools; for Label Studio also the statements of the list that nobody
    has labelled yet."""
    from ..corpus import open_run
    from ..labelling import FILE
    from ..store.durable import writing

    path = labels or run / FILE
    with open_run(run) as corpus:
        found, problems = _found(path, corpus, form == "label-studio")
        if form == "csv":
            from ..labelling.spreadsheet import write_csv

            with writing(out) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
                count = write_csv(file, found)
            click.echo(f"{count} labels: {out}")
        else:
            from ..labelling.queue import queue_path, read_queue
            from ..web.studio import write_studio

            listed = queue_path(path)
            drawn = read_queue(listed).drawn if listed.exists() else ()
            count, missing = write_studio(corpus, found, drawn, out, image_url)
            for reason in missing:
                click.echo(plain(reason), err=True)
            click.echo(f"{count} tasks: {out / 'tasks.json'}; the interface for them: {out / 'config.xml'}")
    _tell(_lost(problems))


@labels.command(
    "import",
    epilog="\b\nExamples:\n  lskd labels import runs/first project-1.json\n"
    "  lskd labels import runs/first labels.csv",
)
@run_argument
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@labels_option
@click.option("--from", "form", type=click.Choice(["label-studio", "csv", "jsonl"]),
              help="The form; by the file's ending if not given.")  # fmt: skip
@json_option
def bring_in(run: Path, file: Path, labels: Path | None, form: str | None, as_json: bool) -> None:
    """Add labels from FILE to RUN's: those whose statements the run has, each once."""
    from ..corpus import open_run
    from ..errors import UsageError
    from ..labelling import FILE
    from ..labelling.bringing import bring

    form = form or {".csv": "csv", ".json": "label-studio", ".jsonl": "jsonl"}.get(file.suffix.lower())
    if form is None:
        raise UsageError(f"the ending of {file} says no form; say it with: --from label-studio")
    path = labels or run / FILE
    with open_run(run) as corpus:
        added, there, problems = bring(_read(file, form), corpus, path)
    if as_json:
        told = [{"line": p.line, "kind": p.kind, "reason": p.reason} for p in problems]
        emit_json({"added": added, "there_already": there, "problems": told})
        return
    click.echo(f"{added} labels added to {path}, {there} were there already, {len(problems)} do not fit")
    _tell(problems)


@labels.command(
    "negatives",
    epilog="\b\nExample:\n  lskd labels negatives runs/first --way swapped-ids --way swapped-images",
)
@run_argument
@labels_option
@click.option("--way", "ways", multiple=True,
              type=click.Choice(["swapped-ids", "swapped-images", "contradicted-rationale"]),
              help="How statements are spoiled; every way if not given.")  # fmt: skip
@click.option("--of", "of", type=click.Choice(["labels", "run"]),
              help="Spoil what annotators accept, or the run (if there are no labels).")  # fmt: skip
@click.option("--seed", type=int, help="The run's if not given.")
def negatives(
    run: Path, labels: Path | None, ways: tuple[str, ...], of: str | None, seed: int | None
) -> None:
    """Spoil true statements of RUN, and add them to its labels, marked as synthetic.

    They help to train a critic when labels are few. They are never labels to test one by.
    """
    from ..corpus import open_run
    from ..labelling import FILE, append_labels
    from ..labelling.agreement import majority
    from ..labelling.negatives import Truth, spoil

    path = labels or run / FILE
    with open_run(run) as corpus:
        found, _ = _found(path, corpus, absent_is_none=True)
        held = [
            Truth(each.scene, each.statement)
            for each in found
            if not each.labels[0].synthetic and majority(each.labels)
        ]
        of = of or ("labels" if held else "run")
        truths = held if of == "labels" else [Truth(each.scene, each.statement) for each in corpus.accepted()]
        images = {truth.scene.image.id for truth in truths}
        known = (
            Truth(entry.scene, statement)
            for entry in corpus.entries()
            if entry.scene.image.id in images
            for statement in entry.statements
        )
        made = list(spoil(truths, known, ways=ways or None, seed=corpus.seed if seed is None else seed))
    there = {(each.labels[0].image, each.labels[0].sha256) for each in found if each.labels[0].synthetic}
    added = append_labels(path, [each for each in made if (each.image, each.sha256) not in there])
    accepting = "annotators accept" if of == "labels" else "the run accepts"
    click.echo(f"{added} negatives added to {path}, made of {len(truths)} that {accepting}")


def _read(file: Path, form: str) -> Iterator[Label | Problem]:
    """The labels of a file of another tool."""
    import json

    from ..errors import UsageError
    from ..labelling import read_labels
    from ..labelling.label_studio import labels_of
    from ..labelling.spreadsheet import read_csv

    if form == "jsonl":
        found = read_labels(file)
        yield from (problem for problem in found.problems if problem.kind in ("torn", "broken"))
        yield from found.labels
        return
    try:
        if form == "csv":
            with file.open(encoding="utf-8-sig", newline="") as opened:
                yield from read_csv(opened)
        else:
            yield from labels_of(json.loads(file.read_bytes()))
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file} cannot be read as {form}: {' '.join(str(error).split())[:160]}") from error


@contextmanager
def _matched(
    run: Path, labels: Path | None
) -> Iterator[tuple[LabelFile, list[Labelled], list[Problem], int]]:
    """The labels of a run beside their statements, all problems, and the run's seed."""
    from ..corpus import open_run
    from ..labelling import FILE, matched, read_labels

    with open_run(run) as corpus:
        file = read_labels(labels or run / FILE)
        found, unknown = matched(file, corpus)
        yield file, found, sorted([*file.problems, *unknown], key=lambda p: p.line), corpus.seed


def _found(path: Path, corpus: Any, absent_is_none: bool) -> tuple[list[Labelled], list[Problem]]:
    from ..labelling import matched, read_labels

    if absent_is_none and not path.exists():
        return [], []
    file = read_labels(path)
    found, unknown = matched(file, corpus)
    return found, sorted([*file.problems, *unknown], key=lambda p: p.line)


def _lost(problems: Iterable[Problem]) -> list[Problem]:
    """Those of lines from which nothing counts, and no later line replaces them."""
    return [problem for problem in problems if problem.kind in ("torn", "broken", "unknown")]


def _tell(problems: Iterable[Problem]) -> None:
    """Problems by kind, the first of them one by one."""
    all_of_them = list(problems)
    if not all_of_them:
        return
    counts = Counter(problem.kind for problem in all_of_them)
    click.echo("problems: " + ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())))
    for problem in all_of_them[:SHOWN]:
        click.echo(f"  line {problem.line}, {problem.kind}: {plain(problem.reason)}")
    if len(all_of_them) > SHOWN:
        click.echo(f"  and {len(all_of_them) - SHOWN} more; see all with --json")
