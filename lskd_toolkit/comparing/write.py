"""Writing a comparison as one page that holds all it shows, pictures too."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from ..drawing.palette import css
from ..errors import StoreError
from ..report.cards import card
from ..report.clean import clean
from ..report.thumbnails import write_thumbnail
from ..store.durable import reported, write_text
from . import plots
from .comparison import dealt
from .measured import PARTS
from .scenes import decided, given, threshold
from .wording import chance, money, number, percent, points, signed, with_interval

if TYPE_CHECKING:
    from ..corpus.view import CorpusView

THUMBNAIL = 60_000
"""Most bytes of a picture: 200 scenes stay below 20 MB."""


def write_comparison(
    found: Mapping[str, Any], corpora: Sequence[CorpusView], path: Path, *, scenes: int = 12, seed: int = 0
) -> Path:
    """Write what `compare` found of these runs as static HTML; gives the path.

    At most ``scenes`` shared scenes are shown side by side, dealt by ``seed``. The same runs give the
    same page.

    Raises:
        StoreError: the page cannot be written there.
    """
    cards = list(_side_by_side(found, corpora, scenes, seed))
    try:
        with reported(path.parent):
            write_text(path, render(found, cards, seed))
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}; choose another file with --html") from error
    return path


def _side_by_side(
    found: Mapping[str, Any], corpora: Sequence[CorpusView], scenes: int, seed: int
) -> Iterator[dict[str, Any]]:
    limits = [threshold(corpus) for corpus in corpora]
    with TemporaryDirectory() as folder:
        for ids in dealt(corpora, scenes, seed) if scenes else ():
            entries = [
                decided(corpus.entry(image_id), limit)
                for corpus, image_id, limit in zip(corpora, ids, limits, strict=True)
            ]
            first = given(entries[0].scene)
            image = entries[0].scene.image
            thumbnail = write_thumbnail(corpora[0], image, Path(folder), THUMBNAIL)
            shown = [card(entry, thumbnail, limit) for entry, limit in zip(entries, limits, strict=True)]
            data = (Path(folder) / thumbnail.name).read_bytes() if thumbnail.name else b""
            yield {
                **shown[0],
                "picture": f"data:image/jpeg;base64,{base64.b64encode(data).decode()}" if data else "",
                "runs": [
                    {
                        **each,
                        "name": run["name"],
                        "at": at,
                        "other_regions": given(entry.scene)[0] != first[0],
                        "other_notes": given(entry.scene)[1] != first[1],
                    }
                    for at, (each, run, entry) in enumerate(zip(shown, found["runs"], entries, strict=True))
                ],
            }


def drawings(found: Mapping[str, Any]) -> dict[str, Any]:
    """Every plot of the page."""
    runs, pairs = found["runs"], found["pairs"]
    binned = {part: plots.words_binned({run["name"]: run["lengths"][part] for run in runs}) for part in PARTS}

    def estimates(name: str, form: Any, **more: Any) -> dict[str, Any]:
        rows = [(r["name"], r[name], with_interval(r[name], form)) for r in runs]
        return plots.dots(rows, percent if form is percent else _short, **more)

    def against(name: str, form: Any, scale: int = 1) -> dict[str, Any]:
        return plots.dots(
            [(f"{p['other']} − {p['one']}", p["difference"][name], signed(p["difference"][name], form))
             for p in pairs],
            lambda value: signed({"value": round(value, 9), "low": None}, lambda v: f"{v * scale:g}"),
        )  # fmt: skip

    return {
        "accept": estimates("accept_rate", percent, span=(0.0, 1.0)),
        "yields": estimates("accepted_a_scene", number),
        "types": plots.stacks([
            (r["name"], {k: v["accepted"] for k, v in r["statements"]["by_type"].items() if v["accepted"]})
            for r in runs
        ]),
        "cost": plots.bars([
            (r["name"], r["spending"]["usd_per_accepted"], plots.cost_words(r["spending"], r["finished"]))
            for r in runs
        ]),
        "scores": plots.ridges([
            (r["name"], [*map(sum, zip(r["scores"]["accepted"], r["scores"]["left_out"], strict=True))],
             "" if r["mean_score"] is None else f"mean {number(r['mean_score']['value'])}")
            for r in runs
        ], 0.0, 1.0, _short),
        "lengths": {
            part: plots.ridges([
                (r["name"], bins[r["name"]], f"mean {number(r['statements']['words'][part]['mean'])}")
                for r in runs
            ], 0.0, float(most), _short)
            for part, (bins, most) in binned.items()
        },
        "gained": against("accept_rate", points, 100),
        "more": against("accepted_a_scene", number),
        "better": against("score", number),
    }  # fmt: skip


def render(found: Mapping[str, Any], cards: Sequence[Mapping[str, Any]], seed: int) -> str:
    """The page. It loads nothing and runs nothing."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: _own(__package__, name)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=clean,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "share": percent, "money": money, "interval": with_interval,
                            "signed": signed, "chance": chance}  # fmt: skip
    environment.globals |= {"percent": percent}
    used = sorted({k for each in cards for run in each["runs"] for k in run["used"]})
    style = _own("lskd_toolkit.report", "style.css") + _own(__package__, "compare.css")
    style += "".join(f".r{k}{{--c:{css(k)}}}\n" for k in used)
    page: str = environment.get_template("compare.html").render(
        **found, cards=cards, seed=seed, plots=drawings(found), parts=PARTS, losses=_losses(found["runs"]),
        style=Markup(style),  # noqa: S704 - our own files
        policy=f"default-src 'none'; img-src data:; style-src '{_sha(style)}'; base-uri 'none'; "
        "form-action 'none'",
    )  # fmt: skip
    return page


def _short(value: float) -> str:
    return f"{value:g}"


def _losses(runs: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Reasons and statuses that any run has, each once."""
    found = {
        "left_out": [run["left_out_by_reason"] for run in runs],
        "rejected": [run["rejected"]["by_reason"] for run in runs],
        "status": [run["spending"]["by_status"] for run in runs],
    }
    return {name: list(dict.fromkeys(key for each in some for key in each)) for name, some in found.items()}


def _own(package: str, name: str) -> str:
    return (files(package) / "templates" / name).read_text(encoding="utf-8")


def _sha(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
