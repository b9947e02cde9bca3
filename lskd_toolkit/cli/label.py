"""``lskd label``: judge the statements of a run by hand, in the browser."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..labelling.sampling import Sample


def _axes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Completion: what is not yet in the list of axes, after the last comma."""
    from ..labelling.sampling import AXES

    before, comma, begun = incomplete.rpartition(",")
    return [
        before + comma + axis for axis in AXES if axis.startswith(begun) and axis not in before.split(",")
    ]


@click.command(
    epilog="\b\nExamples:\n  lskd label runs/first --as ann\n"
    "  lskd label runs/first --as bo --votes 3 --no-browser\n"
    "  lskd label runs/first --as ann --count 500 --stratify inference,score"
)
@click.argument("run", type=click.Path(path_type=Path, file_okay=False))
@click.option("--as", "annotator", required=True, metavar="NAME", help="Who labels; kept with every label.")
@click.option("--count", type=click.IntRange(min=1), help="How many statements are drawn; 300 if not given.")
@click.option("--stratify", metavar="AXES", shell_complete=_axes,
              help="What is drawn evenly: inference, source, teacher, proposer, regions, score; or none. "
              "All if not given.")  # fmt: skip
@click.option("--seed", type=int, help="Of the draw and its order; the run's if not given.")
@click.option("--votes", type=click.IntRange(min=0), default=0, show_default=True,
              help="Show no more what so many others have labelled; 0: everyone sees all.")  # fmt: skip
@click.option("--labels", type=click.Path(path_type=Path, dir_okay=False),
              help="The file of labels; RUN/labels.jsonl if not given.")  # fmt: skip
@click.option("--queue", type=click.Path(path_type=Path, dir_okay=False),
              help="Label this list instead of a draw, such as `lskd critic mine` writes.")  # fmt: skip
@click.option(
    "--scores", is_flag=True, help="Show what the critics said. Not for labels that shall test them."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Of the page; a free one if not given."
)
@click.option("--no-browser", is_flag=True, help="Print the address, open nothing.")
def label(
    run: Path,
    annotator: str,
    count: int | None,
    stratify: str | None,
    seed: int | None,
    votes: int,
    labels: Path | None,
    queue: Path | None,
    scores: bool,
    port: int,
    no_browser: bool,
) -> None:
    """Judge statements of RUN by hand: a page in the browser, driven by keys, on this machine alone.

    The first call draws the statements and keeps the list beside the labels; everyone goes through the
    same list. Stop with Ctrl+C whenever you like: every label is on disk, and the same command goes on.
    """
    from ..corpus import open_run
    from ..labelling import FILE
    from ..labelling.queue import read_queue
    from ..labelling.session import Session
    from ..web.label_pages import label_routes
    from ..web.server import Server

    file = labels or run / FILE
    with open_run(run) as corpus:
        # Drawn here, with its messages; what the pages read is opened again in the thread that serves them.
        sample = read_queue(queue) if queue else _list(corpus, file, count, stratify, seed)
    opened: list[Any] = []

    def start() -> Any:
        corpus = open_run(run)
        session = Session(corpus, sample, file, annotator, votes)
        opened.extend((corpus, session))
        return label_routes(corpus, session, scores=scores)

    server = Server(start, port)
    click.echo(f"{len(sample.drawn)} of {sample.population} statements; labels go to {file}")
    click.echo(f"open: {server.url}")
    click.echo("stop with Ctrl+C", err=True)
    if not no_browser:
        import webbrowser

        webbrowser.open(server.url)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server.serve()
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
        server.close(opened[0].close)
    said, gone = opened[1].said, len(opened[1].gone)
    if gone:
        click.echo(
            f"{gone} of the list are gone from the run, which was taught anew; draw another list for a file "
            f"of its own: --labels {file.with_name('more-labels.jsonl')}"
        )
    click.echo(f"{said} label{'s' * (said != 1)} more in {file}; go on with the same command")


def _list(corpus: Any, file: Path, count: int | None, stratify: str | None, seed: int | None) -> Sample:
    """The list beside the labels, drawn when there is none."""
    from ..errors import UsageError
    from ..labelling.queue import queue_path, read_queue, write_queue
    from ..labelling.sampling import AXES, draw_sample

    axes = None
    if stratify is not None:
        axes = (
            () if stratify == "none" else tuple(each.strip() for each in stratify.split(",") if each.strip())
        )
    path = queue_path(file)
    if not path.exists():
        sample = draw_sample(
            corpus,
            count or 300,
            axes=AXES if axes is None else axes,
            seed=corpus.seed if seed is None else seed,
        )
        write_queue(path, sample)
        return sample
    sample = read_queue(path)
    wanted = min(count, sample.population) if count else len(sample.drawn)
    if wanted != len(sample.drawn) or axes not in (None, sample.axes) or seed not in (None, sample.seed):
        raise UsageError(
            f"{len(sample.drawn)} statements were drawn by {', '.join(sample.axes) or 'nothing'} with seed "
            f"{sample.seed}, and their weights hold for that draw; label those without --count, --stratify "
            "and --seed, or draw others for a file of their own: "
            f"--labels {file.with_name('more-labels.jsonl')}"
        )
    return sample
