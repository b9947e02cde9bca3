"""``lskd select``: what is kept of what passed the threshold."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import click

from .output import emit_json, table

FILE, PAGE = "selection.json", "selection.html"
_CLEARED = {"near_duplicates": None, "quota": None, "budget": None, "choose": None, "by": None}


def _quota(ctx: click.Context, param: click.Parameter, value: str | None) -> dict[str, int] | int | None:
    """``200``, or ``cause=200,intent=100``."""
    if value is None:
        return None
    try:
        if "=" not in value:
            return int(value)
        pairs = [word.split("=", 1) for word in value.split(",") if word.strip()]
        return {name.strip(): int(most) for name, most in pairs}
    except ValueError as error:
        raise click.BadParameter("a number, or types with numbers, such as cause=200,intent=100") from error


@click.command(
    epilog="\b\nExamples:\n"
    "  lskd select runs/first --near-duplicates 0.9\n"
    "  lskd select runs/first --quota cause=200,intent=200 --budget 5000 --choose facility\n"
    "  lskd select runs/first --threshold 0.8                    only another threshold\n"
    "  lskd select runs/first --off                              the threshold alone again"
)
@click.argument("run", type=click.Path(path_type=Path, file_okay=False))
@click.option("--threshold", type=click.FloatRange(0, 1),
              help="From which score on statements pass, in place of the run's.")  # fmt: skip
@click.option("--near-duplicates", type=click.FloatRange(0, 1, min_open=True), metavar="COSINE",
              help="Of two statements as near as this only the better is kept, across images.")  # fmt: skip
@click.option("--quota", callback=_quota, metavar="N | TYPE=N,...",
              help="Most statements of an inference type, the best first.")  # fmt: skip
@click.option("--budget", type=click.IntRange(1), help="Most statements in all.")
@click.option("--choose", type=click.Choice(["top", "random", "k-centre", "facility"]),
              help="How a budget is filled: best first (top, the default), by chance, far apart (k-centre), "
              "or standing for all (facility).")  # fmt: skip
@click.option("--by", type=click.Choice(["wording", "encoder"]),
              help="What statements are compared by: counts of words (the default), or the run's "
              "encoder.")  # fmt: skip
@click.option("--off", is_flag=True, help="Take all of this away first.")
@click.option("--report/--no-report", "reported", default=True, show_default=True,
              help="Measure the diversity of what is kept, at every threshold.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def select(run: Path, threshold: float | None, near_duplicates: float | None, quota: Any, budget: int | None,
           choose: str | None, by: str | None, off: bool, reported: bool, as_json: bool) -> None:  # fmt: skip
    """Decide about RUN's statements again: a threshold, then no near-duplicates, quotas, a budget.

    What is not given stays as it is. Each step only takes away; why a statement is left out is its reason.
    RUN/selection.html shows at every threshold how diverse what is left is, beside random statements of the
    same number and types.
    """
    from ..corpus import open_run
    from ..pipeline.selecting import reselect

    given = {
        "near_duplicates": near_duplicates, "quota": quota, "budget": budget, "choose": choose, "by": by
    }  # fmt: skip
    changes = {**(_CLEARED if off else {}), **{k: v for k, v in given.items() if v is not None}}
    counts = reselect(run, threshold=threshold, **changes)
    reasons, kinds, best = Counter[str](), set[str](), 0.0
    with open_run(run) as corpus:
        for entry in corpus.entries():
            kinds |= {statement.inference for statement in entry.statements}
            for verdict in entry.verdicts.values():
                best = max(best, verdict.score)
                if not verdict.accepted:
                    reasons[why(verdict.reason)] += 1
        told: dict[str, Any] = {"counts": counts, "left_out": dict(sorted(reasons.items())), "notes": []}
        if isinstance(quota, dict) and (unknown := sorted(set(quota) - kinds)):
            told["notes"].append(
                f"no statement is of type {', '.join(unknown)}; there are: {', '.join(sorted(kinds))}"
            )
        if counts["statements"] and not counts["accepted"]:
            told["notes"].append(f"nothing passes; the highest score is {best:.3f}")
        if reported and counts["statements"]:
            told |= _measured(run, corpus, told["left_out"])
    if as_json:
        emit_json(told)
        return
    for note in told["notes"]:
        click.echo(f"note: {note}", err=True)
    click.echo(f"{counts['accepted']} of {counts['statements']} statements accepted")
    for reason, count in told["left_out"].items():
        click.echo(f"  {count} left out: {reason}")
    if "page" in told:
        _show(told["diversity"])
        click.echo(f"page: {told['page']}")


def why(reason: str) -> str:
    """A reason without its particulars."""
    for begin, words in (
        ("below", "below the threshold"), ("near-duplicate", "near-duplicate of a better one"),
        ("over the quota", "over the quota of its type"), ("not among the", "outside the budget"),
    ):  # fmt: skip
        if reason.startswith(begin):
            return words
    return reason


def _measured(run: Path, corpus: Any, left_out: dict[str, int]) -> dict[str, Any]:
    from ..critique.diversity import diversity, sampled
    from ..critique.diversity_page import write_diversity
    from ..store.durable import write_text

    figures = diversity(sampled(corpus), seed=corpus.seed)
    write_text(run / FILE, json.dumps({**figures, "left_out": left_out}, indent=2, sort_keys=True) + "\n")
    page = write_diversity(figures, run.resolve().name, run / PAGE, left_out)
    return {"diversity": figures, "page": str(page)}


def _show(figures: dict[str, Any]) -> None:
    from ..critique.diversity import by_chance
    from ..critique.evaluation_page import percent, three

    rows = [("passed the threshold", figures["passed"]), ("selected", figures["selected"])]
    rows += [(f"as many by {way}", row) for way, row in figures["other_ways"].items()]
    table(
        [
            (name, row["statements"], three(row["distinct_2"]), three(by_chance(row, "distinct_2")),
             percent(row["coverage"]), three(row["nearest"]), three(by_chance(row, "nearest")))
            for name, row in rows
        ],
        ("", "statements", "distinct-2", "random", "pairs kept", "nearest", "random"),
    )  # fmt: skip
