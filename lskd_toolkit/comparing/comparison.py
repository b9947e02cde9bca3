"""Comparing runs: from run folders to one table of numbers, as plain JSON values."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

from ..corpus.statistics import statistics
from ..errors import UsageError
from .cautions import cautions
from .intervals import holm
from .measured import Measured
from .names import differences as settings_that_differ
from .names import run_names, teacher_name
from .paired import Alike, differences, said
from .scenes import Key, Part, Seen, decided, seen, shared, threshold

if TYPE_CHECKING:
    from ..corpus.view import CorpusView

MOST = 8
"""Runs that are compared at once: more do not fit side by side."""


def compare(corpora: Sequence[CorpusView]) -> dict[str, Any]:
    """What two to eight runs gave on the scenes they share.

    Scenes are shared by the bytes of their image (sha256) and count when they are taught and judged in
    every run; money counts over a whole run. Intervals are of 95 %, by a seeded bootstrap over images.

    Raises:
        UsageError: too few or too many runs, one given twice, or no scene in common.
    """
    _check(corpora)
    names = run_names([corpus.folder for corpus in corpora])
    runs = [seen(corpus) for corpus in corpora]
    keys = shared(runs)
    if not keys:
        raise UsageError(_nothing_shared(names, corpora, runs))
    stats = [
        statistics(cast("CorpusView", Part(corpus, frozenset(run[key].id for key in keys))))
        for corpus, run in zip(corpora, runs, strict=True)
    ]
    measured, alike = _walk(corpora, runs, keys, min(filter(None, map(_words, stats)), default=0))
    return {
        "scenes": len(keys),
        "warnings": cautions(names, corpora, runs, keys),
        "differences": {
            setting: dict(zip(names, values, strict=True))
            for setting, values in settings_that_differ(corpora).items()
        },
        "runs": [
            _run(name, corpus, run, own, one)
            for name, corpus, run, own, one in zip(names, corpora, runs, stats, measured, strict=True)
        ],
        "pairs": _pairs(names, measured, alike),
    }  # fmt: skip


def dealt(corpora: Sequence[CorpusView], count: int, seed: int = 0) -> list[list[str]]:
    """The ids, run by run, of ``count`` shared scenes, dealt by their bytes and ``seed``."""
    runs = [seen(corpus) for corpus in corpora]

    def place(key: Key) -> bytes:
        return hashlib.blake2b(f"{seed}:{key[0]}:{key[1]}".encode(), digest_size=8).digest()

    return [[run[key].id for run in runs] for key in sorted(shared(runs), key=place)[:count]]


def _check(corpora: Sequence[CorpusView]) -> None:
    folders = [corpus.folder.resolve() for corpus in corpora]
    twice = next((f for f in folders if folders.count(f) > 1), None)
    if twice is not None:
        raise UsageError(f"{twice.name} is given twice; name each run once: lskd compare RUN OTHER")
    if not 2 <= len(folders) <= MOST:
        raise UsageError(f"{len(folders)} run given, two to {MOST} can be compared: lskd compare RUN OTHER")


def _nothing_shared(
    names: Sequence[str], corpora: Sequence[CorpusView], runs: Sequence[Mapping[Key, Seen]]
) -> str:
    for name, corpus, run in zip(names, corpora, runs, strict=True):
        if not any(each.state == "done" for each in run.values()):
            return (
                f"{name} has no scene that is taught and judged yet ({len(run)} wait); finish it with: "
                f"lskd run --out {corpus.folder}"
            )
    if set.intersection(*(set(run) for run in runs)):
        return (
            "no scene is taught and judged in all of these runs yet; finish each with: "
            f"lskd run --out {corpora[0].folder}"
        )
    return (
        "these runs have no image in common (images are told by their bytes); teach the same images twice: "
        f"lskd run --config {corpora[0].folder / 'run.yaml'} --teacher OTHER --out RUN"
    )


def _words(stats: Mapping[str, Any]) -> int:
    """How many words the statements have."""
    means: float = sum(spread["mean"] for spread in stats["statements"]["words"].values())
    return round(means * int(stats["statements"]["read"]))


def _walk(
    corpora: Sequence[CorpusView], runs: Sequence[Mapping[Key, Seen]], keys: Sequence[Key], budget: int
) -> tuple[list[Measured], dict[tuple[int, int], Alike]]:
    """All runs' counts, one scene after the other in all of them."""
    measured = [Measured(budget) for _ in corpora]
    alike = {pair: Alike() for pair in combinations(range(len(corpora)), 2)}
    limits = [threshold(corpus) for corpus in corpora]
    for key in keys:
        entries = [
            decided(corpus.entry(run[key].id), limit)
            for corpus, run, limit in zip(corpora, runs, limits, strict=True)
        ]
        for one, entry in zip(measured, entries, strict=True):
            one.add(entry)
        told = [said(entry) for entry in entries]
        for (a, b), counts in alike.items():
            counts.add(told[a], told[b])
    return measured, alike


def _run(
    name: str, corpus: CorpusView, run: Mapping[Key, Seen], stats: Mapping[str, Any], measured: Measured
) -> dict[str, Any]:
    text = stats["statements"]
    waiting = sum(each.state == "waiting" for each in run.values())
    return {
        "name": name,
        "folder": str(corpus.folder),
        "teacher": teacher_name(corpus),
        "scenes": {
            "of_run": len(run),
            "waiting": waiting,
            "untaught": sum(each.state == "untaught" for each in run.values()),
        },
        "finished": not waiting,
        "statements": {
            name: text[name]
            for name in (
                "read", "accepted", "left_out", "by_type", "regions_mentioned",
                "multi_region_share", "caption_speak_share", "words",
            )
        },
        "left_out_by_reason": _by_critic(text["left_out_by_reason"]),
        **measured.result(),
        "rejected": stats["rejected"],
        "failures": stats["failures"].get("teacher", {}),
        "scores": stats["scores"],
        "spending": spending(corpus, sum(each.accepted for each in run.values()), finished=not waiting),
    }  # fmt: skip


def _by_critic(reasons: Mapping[str, int]) -> dict[str, int]:
    """Reasons without what the critic notes of the single statement, so that runs have them in common."""
    found: dict[str, int] = {}
    for reason, count in reasons.items():
        short = re.sub(r"^(below N \([^:()]+):.*$", r"\1)", reason)
        found[short] = found.get(short, 0) + count
    return found


def spending(corpus: CorpusView, accepted: int, *, finished: bool) -> dict[str, Any]:
    """Requests, tokens and money of the whole run, and money for each statement accepted in it.

    Money is None when it is not known: no backend was asked, a price is missing, or the backend has none
    (a model on one's own machine costs something too). Of a run that is not finished, what an accepted
    statement costs is not known either: some of what was paid for is not judged.
    """
    found = corpus.spending
    usd = found.usd or None
    return {
        "requests": sum(found.requests.values()),
        "by_status": dict(sorted(found.requests.items())),
        "tokens_in": found.tokens_in,
        "tokens_out": found.tokens_out,
        "usd": usd,
        "accepted": accepted,
        "usd_per_accepted": usd / accepted if usd and accepted and finished else None,
        "tokens_per_accepted": (found.tokens_in + found.tokens_out) / accepted
        if found.requests and accepted and finished
        else None,
    }


def _pairs(
    names: Sequence[str], measured: Sequence[Measured], alike: Mapping[tuple[int, int], Alike]
) -> list[dict[str, Any]]:
    pairs = [
        {
            "one": names[a],
            "other": names[b],
            "difference": differences(measured[a].per_image, measured[b].per_image),
            "agreement": counts.result(),
        }
        for (a, b), counts in alike.items()
    ]
    for measure in ("accept_rate", "accepted_a_scene", "score"):
        told = [found for pair in pairs if (found := cast("Any", pair["difference"])[measure])]
        for found, corrected in zip(told, holm([each["p"] for each in told]), strict=True):
            found["p_holm"] = corrected
    return pairs
