"""The figures of a card as rows of tables and sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .markdown import cell, percent

Rows = Iterator[tuple[Any, ...]]
LISTED = 40
"""Reasons of one kind that are listed; the others are summed up."""


def funnel(stats: Mapping[str, Any]) -> Rows:
    """Filters in their order: what came in, what went on, what stayed behind."""
    images, regions, statements = stats["images"], stats["regions"], stats["statements"]
    rejected = stats["rejected"]["total"]
    yield "images, refused", images["found"], images["found"] - images["refused"], images["refused"]
    yield ("images, equal to another", images["found"] - images["refused"], images["ok"],
           images["duplicate"])  # fmt: skip
    yield "regions, dropped", regions["proposed"], regions["kept"], regions["dropped"]
    yield "teacher's output, rejected", statements["read"] + rejected, statements["read"], rejected
    left = statements["read"]
    for why in _in_order(stats):
        count = statements["left_out_by_cause"][why]
        yield f"statements, {plain(why)}", left, left - count, count
        left -= count


def _in_order(stats: Mapping[str, Any]) -> list[str]:
    """Causes: those of critics in the order of the stages, then the others by name."""
    critics = [stage["name"] for stage in stats["stages"] if stage["name"].startswith("critic")]

    def place(why: str) -> tuple[int, str]:
        # The longest name that occurs: `critic` stands within `critic.grounding`.
        named = max((name for name in critics if name in why), key=len, default="")
        return (critics.index(named) if named else len(critics), why)

    return sorted(stats["statements"]["left_out_by_cause"], key=place)


def plain(why: str) -> str:
    return why.replace("below N", "below the threshold")


def losses(stats: Mapping[str, Any]) -> Rows:
    groups = (
        ("image refused", stats["images"]["refused_by_reason"]),
        ("region dropped", stats["regions"]["dropped_by_reason"]),
        ("teacher's output rejected", stats["rejected"]["by_reason"]),
        ("statement left out", stats["statements"]["left_out_by_cause"]),
        *((f"{stage} has no result", by) for stage, by in stats["failures"].items()),
    )
    for what, by_reason in groups:
        listed = list(by_reason.items())
        for reason, count in listed[:LISTED]:
            yield what, plain(reason) if what == "statement left out" else reason, count
        if rest := listed[LISTED:]:
            yield what, f"{len(rest)} other reasons", sum(count for _, count in rest)


def lengths(stats: Mapping[str, Any]) -> Rows:
    read, accepted = stats["figures"]["read"], stats["figures"]["accepted"]
    yield "statements an image", *_both(stats["statements"]["per_image"]), "", ""
    yield ("regions a statement", *_both(read["regions_mentioned"]), *_both(accepted["regions_mentioned"]))
    for part, spread in read["words"].items():
        yield f"words of the {part}", *_both(spread), *_both(accepted["words"][part])
    yield "WordPieces of all three, about", *_both(read["word_pieces"]), *_both(accepted["word_pieces"])


def _both(spread: Mapping[str, float]) -> tuple[str, Any]:
    return f"{spread['mean']:.2f}", spread["p95"]


def text(stats: Mapping[str, Any]) -> Rows:
    """What is asked of the text, of all statements read and of those accepted."""
    populations = [stats["figures"][name] for name in ("read", "accepted")]
    shares = {
        "multi_region_share": "mention several regions",
        "rationale_introduces_region_share": "bring in, in the rationale, a region not mentioned before",
        "caption_speak_share": "speak of a description instead of the picture",
        "grounded_share": "content words of answer and rationale that a label or descriptor of the scene has",
        "repeated_share": "repeat an earlier statement, but for region numbers, case and punctuation",
        "near_duplicate_share": "nearly repeat an earlier statement",
        "contradiction_share": "contradicted within the image",
    }
    for name, what in shares.items():
        yield what, *(_share(each, each[name]) for each in populations)
    for bound in ("at least", "about"):
        name = f"over_128_{bound.replace(' ', '_')}"
        yield (f"cut off at 128 WordPieces, {bound}",
               *(_share(each, each["word_pieces"][name]) for each in populations))  # fmt: skip
    for n, of in ((1, "words"), (2, "pairs of words"), (3, "runs of three words")):
        yield f"distinct {of}, of all", *(f"{each[f'distinct_{n}']:.3f}" for each in populations)
    entropy = "question_opening_entropy_bits"
    yield "bits in the first four words of questions", *(f"{each[entropy]:.2f}" for each in populations)
    for of in populations[0]["people_words"]:
        yield f"words that speak {of}", *(each["people_words"][of] for each in populations)
    women = [each["women_among_gendered"] for each in populations]
    yield "of women, among those that say a gender", *("none" if w is None else percent(w) for w in women)


def _share(population: Mapping[str, Any], share: float | None) -> str:
    return percent(share) if population["statements"] else "no statement"


HOW = (
    "How it is counted. Distinct words and openings are exact up to 100,000 different ones and estimated "
    "within about 0.3 % beyond. WordPieces: every word and every mark is one at least, so *at least* is a "
    "lower bound for any such vocabulary; *about* splits words of more than nine letters. Content words are "
    "matched by their stems alone, so a paraphrase counts as unsupported, and a word of the answer may be "
    "supported by a descriptor of another region. Repeats are told by MinHash over runs of three words: "
    "99 % of those that share nine runs in ten, about one in five of those that share half; of more than "
    "some two million statements they are not known. Contradictions are found by two exact rules, the "
    "same question with another answer and the same answer but for a negation: others go unseen, and two "
    "right answers to one question are counted. People are told by short lists of English words."
)


def kinds(stats: Mapping[str, Any]) -> Rows:
    for kind in stats["figures"]["kinds"]:
        usd = kind["usd_per_accepted"]
        yield (
            kind["inference"], kind["teacher"] or "unnamed", kind["prompt"] or "unnamed", kind["read"],
            kind["accepted"], percent(kind["accept_rate"]),
            f"{usd:.4f}" if usd is not None else "none accepted" if not kind["accepted"] else "not known",
        )  # fmt: skip


def probed(stats: Mapping[str, Any], selecting: frozenset[str]) -> Iterator[str]:
    """Blind solvability and sensitivity to swapped regions, a line each. ``selecting`` are the critics that
    had a say in what was accepted."""
    figures = stats["figures"]
    if not figures["blind"]:
        yield (
            "- Blind solvability: not measured. A critic that sees no picture measures it: "
            "`lskd critic score RUN --critic text-only`."
        )
    for name, found in figures["blind"].items():
        judged = found["accepted"] + found["left_out"]
        if found["auc"] is None:
            yield (
                f"- Blind solvability by {cell(name)}: not known, since of the statements it judged "
                f"{found['accepted']} were accepted and {found['left_out']} left out, and it takes both."
            )
            continue
        yield (
            f"- Blind solvability by {cell(name)}, which sees no picture: it scores an accepted statement "
            f"above one that was left out with a probability of {found['auc']:.3f} (0.5: text alone tells "
            f"nothing; {judged} statements; mean scores {found['mean_accepted']:.3f} and "
            f"{found['mean_left_out']:.3f})."
            + (" It had a say in what was accepted, so this is higher for that." if name in selecting else "")
        )
    if not figures["swap"]:
        yield (
            "- Swap sensitivity: not measured. The probe that swaps regions measures it: "
            "`lskd critic score RUN --critic swap`."
        )
    for name, found in figures["swap"].items():
        if not found["measured"]:
            yield f"- Swap sensitivity by {cell(name)}: not known, since no statement could be swapped."
            continue
        yield (
            f"- Swap sensitivity by {cell(name)}: with its regions swapped a statement scores lower in "
            f"{percent(found['lower_share'])} of {found['measured']} cases, by {found['mean_fall']:.3f} on "
            f"average; {percent(found['indifferent_share'])} fall by less than 0.05, so that they hardly "
            f"care where they point. {found['not_swappable']} could not be swapped."
        )
