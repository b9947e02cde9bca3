"""Why a statement that a teacher wrote is not taken: what can be told from its words alone."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Sequence

from .prompt import Prompt

MAX_WORDS = 70
"""Longer parts are the mark of rambling; the original loader cut at 70 words without saying so."""
CAPTION_SPEAK = re.compile(
    r"\b(according to the (description|caption|text|notes)"
    r"|the (description|caption|notes?) (says?|states?|mentions?)"
    r"|it is (mentioned|stated|described)|as (described|mentioned|stated)"
    r"|in the (description|caption|provided text|notes)"
    r"|the (image|picture|photo) shows)\b"
)
"""Words (in small letters) that show that the statement is about the teacher's input."""
HINTS = ("descri", "caption", "note", "state", "mention", " text", " shows")
"""One of them is in all that `CAPTION_SPEAK` finds; looking for them is ten times as fast."""
YES_NO = re.compile(
    r"(is|are|was|were|do|does|did|can|could|will|would|has|have|had|should|may|might)\b(?!.*\bor\b)"
)
"""How a question begins (in small letters) that yes or no answers; a choice (``… or …``) is none."""
INSIDE_A_WORD = re.compile(r"\w\[\d{1,3}\]|\[\d{1,3}\]\w")
_ID = re.compile(r"\[[\d, ]+\]")
_WORD = re.compile(r"[\w'’]+")


def reason(
    texts: Sequence[str],
    mentioned: Sequence[int],
    ids: Collection[int],
    labels: Collection[str],
    prompt: Prompt,
) -> str:
    """Why a statement is not taken, or ''.

    Arguments:
        texts: question, answer and rationale, each on one line.
        mentioned: the region ids in them.
        ids: the regions that there are.
        labels: what they are labelled as, in small letters.
    """
    question, answer, rationale = (text.casefold() for text in texts)
    for text in (question, answer, rationale):
        if any(hint in text for hint in HINTS) and CAPTION_SPEAK.search(text):
            return "speaks of the description, not of the picture"
        if "[" in text and INSIDE_A_WORD.search(text):
            return "has a region's id inside a word"
    unknown = [i for i in mentioned if i not in ids]
    if unknown:
        return f"mentions {', '.join(f'[{i}]' for i in unknown)}, which is no region of the image"
    if prompt.style == "id" and not mentioned:
        return "mentions no region"
    if prompt.style == "description" and mentioned:
        return "uses a region's id where it should describe the region"
    if YES_NO.match(question):
        return "a question that yes or no answers"
    if answer.rstrip(".") in labels:
        return "the answer only repeats a label"
    examples, run = _example_grams(prompt), prompt.copied_words
    if not (examples.isdisjoint(_grams(answer, run)) and examples.isdisjoint(_grams(rationale, run))):
        return "copies an example of the prompt"
    return ""


@functools.lru_cache(maxsize=16)
def _example_grams(prompt: Prompt) -> frozenset[tuple[str, ...]]:
    """Every run of ``copied_words`` words in the answers and rationales of the prompt's examples."""
    grams: set[tuple[str, ...]] = set()
    for example in prompt.all_examples():
        for statement in example.statements:
            wording = getattr(statement, prompt.style)
            for text in (wording.answer, wording.rationale):
                grams.update(_grams(text.casefold(), prompt.copied_words))
    return frozenset(grams)


def _grams(text: str, run: int) -> list[tuple[str, ...]]:
    """Runs of so many words, ids and marks aside; a shorter text is one run with its beginning and end."""
    words = _WORD.findall(_ID.sub(" ", text))
    if len(words) < run:
        return [("", *words, "")] if len(words) >= run // 2 else []
    return [tuple(words[i : i + run]) for i in range(len(words) - run + 1)]
