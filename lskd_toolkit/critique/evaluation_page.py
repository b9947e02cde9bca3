"""What `lskd critic eval` measured as one page that loads nothing and runs nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from ..report.clean import clean
from ..store.durable import write_text
from .planes import Line, plane


def write_evaluation(
    told: Mapping[str, Any], name: str, path: Path, *, notes: Sequence[str] = (),
    certified: Mapping[str, Any] | None = None, rounds: Sequence[Mapping[str, Any]] = (),
) -> Path:  # fmt: skip
    """Write the page of the run of that name; gives the path.

    ``told`` is of `evaluation.evaluated`, ``notes`` are said first, ``certified`` is what threshold.json
    holds, and ``rounds`` those of mining.
    """
    write_text(path, render(told, name, notes, certified, rounds))
    return path


def render(
    told: Mapping[str, Any], name: str, notes: Sequence[str],
    certified: Mapping[str, Any] | None, rounds: Sequence[Mapping[str, Any]],
) -> str:  # fmt: skip
    return paged(
        "evaluation.html", told=told, name=name, notes=notes, certified=certified,
        plots=drawings(told, rounds), rounds=rounds,
    )  # fmt: skip


def paged(template: str, **values: Any) -> str:
    """The page of that template. It loads nothing and runs nothing."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("lskd_toolkit.critique"), autoescape=True,
        undefined=jinja2.StrictUndefined, finalize=clean, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"percent": percent, "three": three, "spread": spread}
    style = (files("lskd_toolkit.report") / "templates" / "style.css").read_text(encoding="utf-8")
    style += (files(__package__) / "templates" / "planes.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page: str = environment.get_template(template).render(
        **values,
        style=Markup(style),  # noqa: S704 - our own files
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
    )
    return page


def drawings(told: Mapping[str, Any], rounds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Every plot of the page."""
    critics, margins = told["critics"], told["margins"]
    plots = {
        "curves": plane(
            [
                Line(
                    name,
                    list(zip(own["curve"]["recall"], own["curve"]["precision"], strict=True)),
                    list(zip(own["band"]["recall"], own["band"]["low"], own["band"]["high"], strict=True))
                    if at == 0 else (),
                )
                for at, (name, own) in enumerate(critics.items())
            ],
            across="recall", up="precision", level=told["prevalence"]["value"],
        ),
        "reliability": plane(
            [
                Line(name, list(zip(bins["score"], bins["accepted"], strict=True)), dots=True)
                for name, bins in ((name, own["reliability"]) for name, own in critics.items())
            ],
            across="score", up="share that people accept", diagonal=True,
        ),
        "margins": plane(
            [
                Line(word, list(zip(margins.get("threshold", ()), margins.get(column, ()), strict=True)))
                for word, column in (
                    ("precision", "precision"), ("surely at least", "lower"), ("kept", "kept")
                )
            ],
            across="threshold", up="share", mark=told["threshold"],
        ),
    }  # fmt: skip
    if rounds:
        most = max(each["labels"] for each in rounds) or 1
        plots["rounds"] = plane(
            [
                Line(
                    "average precision",
                    [(each["labels"] / most, each["average_precision"]["value"]) for each in rounds],
                    [
                        (each["labels"] / most, each["average_precision"]["low"],
                         each["average_precision"]["high"])
                        for each in rounds
                    ],
                    dots=True,
                )
            ],
            across=f"labels learned from, of {most}", up="average precision",
            level=rounds[-1]["prevalence"],
        )  # fmt: skip
    return plots


def percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def three(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def spread(found: Mapping[str, Any], form: str = "three") -> str:
    """A value with its interval."""
    said = percent if form == "percent" else three
    if found["value"] is None or found["low"] is None:
        return said(found["value"])
    return f"{said(found['value'])} ({said(found['low'])} to {said(found['high'])})"
