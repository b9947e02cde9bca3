"""The card of an exported corpus, ``README.md``: every number in it is counted from the corpus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ..store.durable import write_text
from .statistics import statistics
from .sums import adds_up

if TYPE_CHECKING:
    from .options import ExportOptions
    from .view import CorpusView


def write_card(corpus: CorpusView, folder: Path, options: ExportOptions) -> Path:
    """Write ``README.md`` beside the data files that are in ``folder``."""
    path = folder / "README.md"
    sharded = [name for name in options.splits if any(folder.glob(f"data/{name}-*.parquet"))]
    write_text(path, card(corpus, statistics(corpus), options, sharded=sharded))
    return path


def card(
    corpus: CorpusView, stats: Mapping[str, Any], options: ExportOptions, *, sharded: Sequence[str] = ()
) -> str:
    """The card as Markdown. ``sharded`` names the splits that have Parquet shards: the front
    matter by which they are found. A split that got no rows has none."""
    sections = [
        _front(sharded) if sharded else "",
        "# Localized visual commonsense, distilled\n\n"
        "Question, answer and rationale about numbered regions of images, written by a teacher model and "
        "scored by critics. Made with LSKD Toolkit. Everything below is counted from the run.",
        _section("Counts", _table(("", "number"), _counts(stats))),
        _section("What was left out", _table(("", "reason", "number"), _losses(stats))),
        _section("Text", _table(("", "mean", "95 % at most"), _lengths(stats)) + "\n\n" + _shares(stats)),
        _section("Inference types", _table(("type", "read", "accepted"), _types(stats))),
        _section("How it was made", _made(corpus, options)
                 + "\n\n" + _table(("stage", "component", "distribution"), _stages(corpus))),
        _section("Weights", _weights(corpus)),
        _section("Cost", _table(("", ""), _cost(stats))),
        _section("Sums", _sums(stats)),
        _section("Licence", "The images keep their own licences, and texts written by a model are subject to "
                 "that model's terms. Neither is known to the toolkit: state them here before you publish."),
    ]  # fmt: skip
    return "\n\n".join(section for section in sections if section) + "\n"


def _front(splits: Sequence[str]) -> str:
    files = [{"split": name, "path": f"data/{name}-*.parquet"} for name in splits]
    return f"---\n{yaml.safe_dump({'configs': [{'config_name': 'default', 'data_files': files}]})}---"


def _counts(stats: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
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


def _losses(stats: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    groups = (
        ("image refused", stats["images"]["refused_by_reason"]),
        ("region dropped", stats["regions"]["dropped_by_reason"]),
        ("teacher's output rejected", stats["rejected"]["by_reason"]),
        ("statement left out", stats["statements"]["left_out_by_reason"]),
        *((f"{stage} has no result", by) for stage, by in stats["failures"].items()),
    )
    for what, by_reason in groups:
        for reason, count in by_reason.items():
            yield what, reason, count


def _lengths(stats: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    statements = stats["statements"]
    rows = {
        "statements an image": statements["per_image"],
        "regions a statement": statements["regions_mentioned"],
    }
    rows |= {f"words of the {part}": spread for part, spread in statements["words"].items()}
    for what, spread in rows.items():
        yield what, f"{spread['mean']:.2f}", spread["p95"]


def _shares(stats: Mapping[str, Any]) -> str:
    s = stats["statements"]
    return (
        f"Of the statements read, {s['multi_region_share']:.1%} mention several regions, in "
        f"{s['rationale_introduces_region_share']:.1%} the rationale brings in a region that question and "
        f"answer do not mention, and {s['caption_speak_share']:.1%} speak of the description instead of the "
        f"picture. Distinct words {s['distinct_1']:.3f}, distinct pairs {s['distinct_2']:.3f} of all; the "
        f"openings of questions carry {s['question_opening_entropy_bits']:.2f} bits."
    )


def _types(stats: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for name, of_type in stats["statements"]["by_type"].items():
        yield name, of_type["read"], of_type["accepted"]


def _made(corpus: CorpusView, options: ExportOptions) -> str:
    source = _use(corpus.config.get("source", "folder"))
    teacher = corpus.config.get("teacher")
    shares = ", ".join(f"{name} {share:g}" for name, share in options.splits.items())
    prompt = teacher.get("prompt") if isinstance(teacher, Mapping) else None
    return "\n".join((
        f"- Images: source `{source}`.",
        f"- Teacher: {f'`{_use(teacher)}`' if teacher else 'none'}"
        + (f", prompt `{prompt}`." if prompt else "."),
        f"- Statements written here: {options.statements}; accepted from a score of "
        f"{corpus.config.get('threshold', 0.5)}.",
        f"- Seed {corpus.seed}. Splits by the bytes of the image, seed {options.split_seed}: {shares}.",
    ))  # fmt: skip


def _use(spec: Any) -> str:
    return str(spec.get("use", "")) if isinstance(spec, Mapping) else str(spec)


def _stages(corpus: CorpusView) -> Iterator[tuple[Any, ...]]:
    for stage in corpus.stages:
        # No seconds: a card is a function of the rows, and the same run took longer elsewhere.
        yield stage.name, stage.component, f"{stage.distribution} {stage.version}"


def _weights(corpus: CorpusView) -> str:
    """Licences of the weights behind the run's components, as the installed plugins state them."""
    from ..plugins import plugins

    used = {stage.component for stage in corpus.stages} | set(_uses(corpus.config))
    names = {w for each in plugins().components() if each.record.name in used for w in each.record.weights}
    known = {each.record.name: each.record for each in plugins().announced("lskd_weights")}
    if not names:
        return "None that an installed plugin announces."
    return _table(
        ("weights", "licence", "source"),
        (
            (name, known[name].licence, known[name].source) if name in known else (name, "not known here", "")
            for name in sorted(names)
        ),
    )


def _uses(spec: Any) -> Iterator[str]:
    """Every component that a configuration names, however deep."""
    if isinstance(spec, Mapping):
        if isinstance(spec.get("use"), str):
            yield spec["use"]
        for value in spec.values():
            yield from _uses(value)
    elif isinstance(spec, list | tuple):
        for value in spec:
            yield from _uses(value)


def _cost(stats: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    spending = stats["spending"]
    for status, count in spending["requests"].items():
        yield f"requests {status}", count
    yield "tokens in", spending["tokens_in"]
    yield "tokens out", spending["tokens_out"]
    yield "US dollars", _money(spending["usd"])
    yield "US dollars an accepted statement", _money(spending["usd_per_accepted"])


def _money(usd: float | None) -> str:
    return "not known" if usd is None else f"{usd:.4f}"


def _sums(stats: Mapping[str, Any]) -> str:
    wrong = adds_up(stats)
    if not wrong:
        return "All sums above agree: what came in is what was kept and what was left out with a reason."
    return "These sums do not agree:\n\n" + "\n".join(f"- {_cell(line)}" for line in wrong)


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}" if body else ""


def _table(head: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> str:
    lines = [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows]
    if not lines:
        return "Nothing."
    return "\n".join((f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *lines))


def _cell(value: Any) -> str:
    """A value as text that cannot leave its cell: reasons may hold what a model or a file says."""
    text = "".join(c if c.isprintable() else " " for c in str(value))
    text = text.replace("\\", "\\\\").replace("&", "&amp;")
    for mark in "|`*_[]<>":
        text = text.replace(mark, "&lt;" if mark == "<" else "&gt;" if mark == ">" else f"\\{mark}")
    return text
