"""The card of an exported corpus, ``README.md``: every number in it is counted from the corpus."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ..store.durable import write_text
from . import card_figures as figures
from .certified import decided, labelled
from .licences import weights
from .markdown import cell, money, percent, section, table
from .statistics import statistics
from .sums import adds_up

if TYPE_CHECKING:
    from .options import ExportOptions
    from .view import CorpusView

SIZES = {
    "n<1K": 1_000, "1K<n<10K": 10_000, "10K<n<100K": 100_000, "100K<n<1M": 1_000_000,
    "1M<n<10M": 10_000_000, "10M<n<100M": 100_000_000,
}  # fmt: skip


def write_card(
    corpus: CorpusView, folder: Path, options: ExportOptions, *, pairs: Sequence[str] = ()
) -> Path:
    """Write ``README.md`` beside the data files that are in ``folder``; ``pairs`` says what they hold where a
    row is not a statement."""
    path = folder / "README.md"
    sharded = [name for name in options.splits if any(folder.glob(f"data/{name}-*.parquet"))]
    stats = statistics(corpus, figures=True, export=options)
    write_text(path, card(corpus, stats, options, sharded=sharded, pairs=pairs))
    return path


def card(
    corpus: CorpusView, stats: Mapping[str, Any], options: ExportOptions, *,
    sharded: Sequence[str] = (), pairs: Sequence[str] = (),
) -> str:  # fmt: skip
    """The card as Markdown. ``stats`` are those with figures and export; ``sharded`` names the splits that
    have Parquet shards, for the front matter by which they are found: a split that got no rows has none.

    It is a function of the rows, of the run's configuration and of the files of labels, calibration and
    certificate in its folder: the same ones give the same text. No time of day, no path, no duration.
    """
    sections = [
        front(stats["export"]["rows"], sharded),
        "# Localized visual commonsense, distilled\n\n"
        "Questions, answers and rationales about numbered regions of images. Made with LSKD Toolkit. "
        "Everything below is counted from the run or read from its files.",
        section("Pairs", "\n".join(f"- {line}" for line in pairs)) if pairs else "",
        section("Counts", table(("", "number"), _counts(stats, written=not pairs))),
        section("Filters, in order",
                table(("filter", "came in", "went on", "left out"), figures.funnel(stats)),
                "A statement that several critics object to is counted with the one that scores it lowest."),
        section("What was left out", table(("", "reason", "number"), figures.losses(stats))),
        section("Text", table(("", "mean, read", "95 % at most", "mean, accepted", "95 % at most"),
                              figures.lengths(stats)),
                table(("", "of those read", "of those accepted"), figures.text(stats)), figures.HOW),
        section("Inference types and teachers",
                table(("type", "teacher", "prompt", "read", "accepted", "rate", "US dollars an accepted one"),
                      figures.kinds(stats), "No statement was read."), _told(stats)),
        section("Probes", "\n".join(figures.probed(stats, _selecting(corpus)))),
        section("Threshold", table(("", ""), decided(corpus.config, corpus.folder)),
                table(("labels by", "number", "accept"), labelled(corpus.folder), "No labels.")),
        section("How it was made", _made(corpus, stats, options),
                table(("stage", "component", "distribution", "options"), _stages(corpus))),
        section("Cost", table(("", ""), _cost(stats))),
        section("Images", table(("licence", "whose", "images"), _images(stats), "No image was used."),
                "Licences are given as the source states them."),
        section("Weights", table(("weights", "licence", "source"), weights(corpus),
                                 "None that an installed plugin announces.")),
        section("Licence", "Of the corpus as a whole none is known: images keep their own licences, and "
                "texts that a model wrote are subject to that model's terms. State it before publishing."),
        section("Sums", _sums(stats)),
    ]  # fmt: skip
    return "\n\n".join(part for part in sections if part) + "\n"


def front(rows: int, sharded: Sequence[str], *, tags: Sequence[str] = ()) -> str:
    """The front matter as the Hugging Face hub reads it; only what holds for every corpus of this kind."""
    known: dict[str, Any] = {
        "pretty_name": "Localized visual commonsense, distilled",
        "license": "unknown",
        "task_categories": ["visual-question-answering"],
        "annotations_creators": ["machine-generated"],
        "size_categories": [next((name for name, below in SIZES.items() if rows < below), "n>100M")],
        "tags": ["lskd-toolkit", "visual-commonsense", "regions", *tags],
    }
    if sharded:
        files = [{"split": name, "path": f"data/{name}-*.parquet"} for name in sharded]
        known["configs"] = [{"config_name": "default", "data_files": files}]
    return f"---\n{yaml.safe_dump(known, sort_keys=False)}---"


def _counts(stats: Mapping[str, Any], *, written: bool) -> Iterator[tuple[Any, ...]]:
    images, regions, statements = stats["images"], stats["regions"], stats["statements"]
    yield "images found", images["found"]
    yield "images used", images["ok"]
    yield "images refused", images["refused"]
    yield "images equal to another", images["duplicate"]
    yield "regions proposed", regions["proposed"]
    yield "regions kept", regions["kept"]
    yield "descriptors", stats["descriptors"]["total"]
    yield "statements read from the teacher", statements["read"]
    yield "statements accepted", statements["accepted"]
    if not written:
        return
    yield "statements written here", stats["export"]["rows"]
    for name, count in stats["export"]["by_split"].items():
        yield f"in the split {name}", count


def _told(stats: Mapping[str, Any]) -> str:
    found = stats["figures"]
    requests, output = found["refused_request_share"], found["rejected_output_share"]
    return " ".join((
        "No model was asked through a backend that keeps a ledger." if requests is None
        else f"Of the requests to models {percent(requests)} were refused.",
        "The teacher gave no output." if output is None
        else f"Of the teacher's output {percent(output)} could not be read as a statement or broke a rule.",
        "What was spent is shared equally among the statements read.",
    ))  # fmt: skip


def _selecting(corpus: CorpusView) -> frozenset[str]:
    """Names of the critics that had a say: those of the calibration, or all of them without one."""
    critics = frozenset(s.name for s in corpus.stages if s.name.partition(".")[0] == "critic")
    for what, value in decided(corpus.config, corpus.folder):
        if what == "calibration: critics":
            return critics & set(value.split("; "))
    return critics


def _made(corpus: CorpusView, stats: Mapping[str, Any], options: ExportOptions) -> str:
    source = _use(corpus.config.get("source", "folder"))
    teacher = corpus.config.get("teacher")
    shares = ", ".join(f"{name} {share:g}" for name, share in options.splits.items())
    prompts = sorted({kind["prompt"] for kind in stats["figures"]["kinds"] if kind["prompt"]})
    return "\n".join((
        f"- Images: source {cell(source)}.",
        f"- Teacher: {cell(_use(teacher)) if teacher else 'none'}"
        + (f", prompt {cell(', '.join(prompts))}." if prompts else "."),
        f"- Statements written here: {'those accepted' if options.statements == 'accepted' else 'all'}.",
        f"- Seed of the run {corpus.seed}. Splits by the bytes of the image, seed {options.split_seed}: "
        f"{shares}.",
    ))  # fmt: skip


def _use(spec: Any) -> str:
    return str(spec.get("use", "")) if isinstance(spec, Mapping) else str(spec)


def _stages(corpus: CorpusView) -> Iterator[tuple[Any, ...]]:
    for stage in corpus.stages:
        # No seconds: a card is a function of the rows, and the same run took longer elsewhere.
        options = json.dumps(stage.options, sort_keys=True, ensure_ascii=False, default=str)
        if len(options) > 300:
            options = options[:300] + "…"
        yield (
            stage.name,
            stage.component,
            f"{stage.distribution} {stage.version}",
            options if stage.options else "",
        )


def _cost(stats: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    spending = stats["spending"]
    for status, count in spending["requests"].items():
        yield f"requests {status}", count
    yield "tokens in", spending["tokens_in"]
    yield "tokens out", spending["tokens_out"]
    yield "US dollars", money(spending["usd"])
    accepted = stats["statements"]["accepted"]
    yield ("US dollars an accepted statement",
           money(spending["usd_per_accepted"]) if accepted else "none accepted")  # fmt: skip


def _images(stats: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    listed = stats["images"]["licences"]
    for each in listed[: figures.LISTED]:
        yield each["licence"], each["whose"], each["images"]
    if rest := listed[figures.LISTED :]:
        yield f"{len(rest)} others", "", sum(each["images"] for each in rest)


def _sums(stats: Mapping[str, Any]) -> str:
    wrong = adds_up(stats)
    if not wrong:
        return "All sums above agree: what came in is what was kept and what was left out with a reason."
    return "These sums do not agree:\n\n" + "\n".join(f"- {cell(line)}" for line in wrong)
