"""``lskd rank``: point at regions of a picture, and see which text a student thinks fits."""

from __future__ import annotations

from pathlib import Path

import click

from .output import emit_json, table


def boxes(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> list[tuple[float, float, float, float]]:
    """Regions as four numbers with commas each."""
    found = []
    for value in values:
        try:
            x1, y1, x2, y2 = (float(word) for word in value.split(","))
        except ValueError as error:
            raise click.BadParameter(f"{value!r} is not four numbers, as in 10,20,200,300") from error
        found.append((x1, y1, x2, y2))
    return found


@click.command(
    epilog="\b\nExamples:\n"
    '  lskd rank runs/first photo.jpg --region 10,20,200,300 "[0] is waiting." "[0] is about to run."\n'
    "  lskd rank runs/first photo.jpg --region 10,20,200,300 --region 220,30,400,310 \\\n"
    '      --question "What does [0] want from [1]?" "[0] wants to play." "[0] is asking the way."'
)
@click.argument("run", type=click.Path(path_type=Path, file_okay=False))
@click.argument("image", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("texts", nargs=-1, required=True)
@click.option("--region", "regions", multiple=True, callback=boxes, metavar="X1,Y1,X2,Y2",
              help="A region in pixels; the first is [0] in TEXTS. Give several for more.")  # fmt: skip
@click.option("--question", default="", help="What TEXTS answer.")
@click.option("--device", default="auto", help="cpu, cuda, cuda:1; found by itself if not given.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def rank(run: Path, image: Path, texts: tuple[str, ...], regions: list[tuple[float, float, float, float]],
         question: str, device: str, as_json: bool) -> None:  # fmt: skip
    """Rank TEXTS by how well they fit the regions of IMAGE, by the student that RUN trained.

    Scores compare texts about one picture; they are no probabilities.
    """
    from ..pointing import asked, open_student

    said = {asked(question, text): text for text in texts}
    found = open_student(run, device=device).rank(image, regions, list(said))
    if as_json:
        emit_json([{"text": said[each.text], "score": each.score} for each in found])
        return
    table([(f"{each.score:+.3f}", said[each.text]) for each in found], ("score", "text"))
