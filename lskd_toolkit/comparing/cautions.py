"""What makes a comparison of runs less than one of teachers, said with counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from .names import judges
from .scenes import Key, Seen, threshold

if TYPE_CHECKING:
    from ..corpus.view import CorpusView


def cautions(
    names: Sequence[str],
    corpora: Sequence[CorpusView],
    runs: Sequence[Mapping[Key, Seen]],
    keys: Sequence[Key],
) -> list[str]:
    """One sentence each, with the mend where there is one."""
    return [
        *_unfinished(names, corpora, runs),
        *_unshared(names, runs, keys),
        *_other_scenes(names, runs, keys),
        *_other_judges(names, corpora),
        *_one_ledger(names, corpora),
    ]


def _unfinished(
    names: Sequence[str], corpora: Sequence[CorpusView], runs: Sequence[Mapping[Key, Seen]]
) -> Iterator[str]:
    for name, corpus, run in zip(names, corpora, runs, strict=True):
        waiting = sum(each.state == "waiting" for each in run.values())
        if waiting:
            yield (
                f"{name} is not finished: {waiting} of {len(run)} scenes wait; "
                f"go on with: lskd run --out {corpus.folder}"
            )


def _unshared(names: Sequence[str], runs: Sequence[Mapping[Key, Seen]], keys: Sequence[Key]) -> Iterator[str]:
    more = [f"{name} has {len(run) - len(keys)} more" for name, run in zip(names, runs, strict=True)
            if len(run) > len(keys)]  # fmt: skip
    if more:
        yield (
            f"only the {len(keys)} scenes that are taught and judged in every run are compared "
            f"({', '.join(more)}); requests, tokens and money are of whole runs"
        )


def _other_scenes(
    names: Sequence[str], runs: Sequence[Mapping[Key, Seen]], keys: Sequence[Key]
) -> Iterator[str]:
    for name, run in list(zip(names, runs, strict=True))[1:]:
        regions = sum(run[key].regions != runs[0][key].regions for key in keys)
        notes = sum(run[key].notes != runs[0][key].notes for key in keys)
        if regions or notes:
            yield (
                f"{name} gave its teacher other scenes than {names[0]}: other regions in {regions} and other "
                f"descriptors in {notes} of {len(keys)}; what differs is not the teacher alone, run both "
                "with the same proposers, refiners and verbalizers"
            )


def _other_judges(names: Sequence[str], corpora: Sequence[CorpusView]) -> Iterator[str]:
    for name, corpus in list(zip(names, corpora, strict=True))[1:]:
        if judges(corpus) != judges(corpora[0]):
            yield (
                f"{name} was judged by other critics than {names[0]}, so scores and accept rates do not "
                "compare; run both with the same --critic"
            )
        elif threshold(corpus) != threshold(corpora[0]):
            yield (
                f"{name} accepts from a score of {threshold(corpus):g}, {names[0]} from "
                f"{threshold(corpora[0]):g}; run both with the same --threshold"
            )


def _one_ledger(names: Sequence[str], corpora: Sequence[CorpusView]) -> Iterator[str]:
    ledgers: dict[object, str] = {}
    for name, corpus in zip(names, corpora, strict=True):
        path = corpus.folder / "ledger.sqlite"
        if not path.exists():
            continue
        stat = path.stat()
        same = ledgers.setdefault((stat.st_dev, stat.st_ino), name)
        if same != name:
            yield f"{same} and {name} share one ledger: requests, tokens and money are of both together"
