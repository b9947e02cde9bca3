"""Writing the report: ``index.html`` and ``thumbs/``, a function of the corpus and nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import yaml
from markupsafe import Markup

from ..config import SETTINGS
from ..corpus.statistics import OUTCOMES, statistics
from ..corpus.sums import adds_up
from ..drawing.palette import css
from ..store.durable import write_text
from .asked import Shared, asked
from .cards import card
from .charts import curves, histogram
from .clean import clean
from .sample import choose
from .thumbnails import write_thumbnail

if TYPE_CHECKING:
    from ..corpus.corpus import ImageRow
    from ..corpus.view import CorpusView

MOST_ASKED = 24_000
"""Bytes of the page for the conversation about one image; with many images, a share of the page."""
LISTED = 500
"""Refused and duplicate images that are listed by name; the counts above are over all of them."""


def write_report(
    corpus: CorpusView,
    folder: Path,
    *,
    sample: int = 200,
    seed: int = 0,
    max_mb: float = 30,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the report into ``folder`` and give the path of its page.

    Counts are over the whole corpus; at most ``sample`` images are shown, dealt by ``seed``, and fewer
    where page and thumbnails would pass ``max_mb`` megabytes. ``progress`` is told images done and all.
    The same corpus gives the same page.
    """
    stats = statistics(corpus)
    threshold = float(corpus.config.get("threshold") or SETTINGS["threshold"][1])
    chosen = choose(corpus.entries(), sample, seed)
    room = max_mb * 1_000_000
    thumbs = folder / "thumbs"
    thumbs.mkdir(parents=True, exist_ok=True)
    shared = Shared(int(room * 0.03))
    cards = []
    for done, image_id in enumerate(chosen, start=1):
        entry = corpus.entry(image_id)
        # A fifth is left for the page; what remains over is checked when the page is there.
        thumbnail = write_thumbnail(corpus, entry.scene.image, thumbs, int(room * 0.8 / len(chosen)))
        said = asked(corpus.exchanges(image_id), shared, min(MOST_ASKED, int(room * 0.12 / len(chosen))))
        cards.append(card(entry, thumbnail, threshold, said))
        if progress is not None:
            progress(done, len(chosen))
    frame = _frame(corpus, stats, threshold, seed)
    page = render(frame, cards, shared)
    while cards and len(page.encode()) + sum(each["thumbnail"].size for each in cards) > room:
        cards = cards[: len(cards) * 4 // 5]
        page = render(frame, cards, shared)
    kept = {each["thumbnail"].name for each in cards}
    for stale in sorted(thumbs.glob("*.jpg")):
        if stale.name not in kept:
            stale.unlink()
    write_text(folder / "index.html", page)
    return folder / "index.html"


def _frame(corpus: CorpusView, stats: Mapping[str, Any], threshold: float, seed: int) -> dict[str, Any]:
    """All of the page but its images."""
    student = corpus.student
    return {
        "name": corpus.folder.resolve().name,
        "stats": stats,
        "wrong": adds_up(stats),
        "flow": flow(stats),
        "histogram": histogram(stats["scores"], threshold),
        "threshold": threshold,
        "slowest": max((stage.seconds for stage in corpus.stages), default=0.0),
        "stages": corpus.stages,
        "student": student,
        "curves": curves(_student_folder(corpus, student) / "metrics.jsonl") if student else [],
        "refused": list(islice(_rows(corpus, "refused"), LISTED)),
        "duplicates": list(islice(_rows(corpus, "duplicate"), LISTED)),
        "config": yaml.safe_dump(_plain(corpus.config), sort_keys=False, allow_unicode=True),
        "seed": seed,
        "outcomes": OUTCOMES,
    }


def flow(stats: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The stations from images to accepted statements: what came in, what went on, what was lost."""
    images, regions, statements = stats["images"], stats["regions"], stats["statements"]
    rejected, descriptors = stats["rejected"], stats["descriptors"]

    def lost(by_reason: Mapping[str, int]) -> list[tuple[str, int]]:
        return list(by_reason.items())

    return [
        {"name": "images", "verb": "found", "total": images["found"], "kept": images["ok"], "keeps": "used",
         "lost": [*lost(images["refused_by_reason"]),
                  *([("same bytes as another", images["duplicate"])] if images["duplicate"] else [])]},
        {"name": "regions", "verb": "proposed", "total": regions["proposed"], "kept": regions["kept"],
         "keeps": "kept", "lost": lost(regions["dropped_by_reason"])},
        {"name": "descriptors", "verb": "written", "total": descriptors["total"], "kept": None,
         "parts": list(descriptors["by_verbalizer"].items()), "lost": []},
        {"name": "statements", "verb": "from the teacher", "total": statements["read"] + rejected["total"],
         "kept": statements["read"], "keeps": "read", "lost": lost(rejected["by_reason"])},
        {"name": "accepted", "verb": "in the corpus", "total": statements["accepted"],
         "of": statements["read"], "kept": statements["accepted"], "keeps": "accepted",
         "lost": lost(statements["left_out_by_reason"])},
    ]  # fmt: skip


def _rows(corpus: CorpusView, status: str) -> Iterator[ImageRow]:
    return (row for row in corpus.images() if row.status == status)


def _student_folder(corpus: CorpusView, student: Mapping[str, Any]) -> Path:
    """Where the student lies: under the run's folder unless its path is absolute."""
    return corpus.folder / str(student.get("folder") or "student")


def _plain(value: Any) -> Any:
    """Mappings and sequences as YAML writes them, anything else that it does not know as words."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


# --- the page -------------------------------------------------------------------------------------


def render(frame: Mapping[str, Any], cards: list[dict[str, Any]], shared: Shared) -> str:
    """The page. It loads nothing but its thumbnails, and its policy lets it run no script but ours."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_template),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=clean,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": _number, "seconds": _seconds, "money": _money, "share": _percent}
    used = sorted({k for each in cards for k in each["used"]})
    style = _template("style.css") + "".join(f".r{k}{{--c:{css(k)}}}\n" for k in used)
    script = _template("script.js")
    page: str = environment.get_template("report.html").render(
        **frame, cards=cards, texts=shared.named(cards), style=Markup(style), script=Markup(script),  # noqa: S704 - our own files
        policy=f"default-src 'none'; img-src 'self' file: data:; style-src '{_sha(style)}'; "
        f"script-src '{_sha(script)}'; base-uri 'none'; form-action 'none'",
    )  # fmt: skip
    return page


def _template(name: str) -> str:
    return (files(__package__) / "templates" / name).read_text(encoding="utf-8")


def _sha(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _number(value: float) -> str:
    """A count with thin spaces between thousands, a fraction with the digits that matter."""
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\u202f")
    return f"{value:.4g}"


def _seconds(value: float) -> str:
    if value >= 3600:
        return f"{int(value // 3600)} h {int(value % 3600 // 60):02} min"
    if value >= 60:
        return f"{int(value // 60)} min {int(value % 60):02} s"
    return f"{value:.1f} s" if value >= 0.1 or not value else f"{value * 1000:.0f} ms"


def _money(usd: float | None) -> str:
    if usd is None:
        return "not known"
    if 0 < usd < 0.0001:
        return "under $0.0001"
    return f"${usd:,.2f}" if usd >= 1 or usd == 0 else f"${usd:.4f}"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %" if 0 < value < 0.1 else f"{100 * value:.0f} %"
