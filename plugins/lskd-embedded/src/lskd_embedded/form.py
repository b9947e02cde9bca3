"""The form of a statement: whether it reads as one, whatever it says."""

from __future__ import annotations

import re

from lskd_toolkit import Statement

CAPTION_SPEAK = re.compile(
    r"\b(?:according to the|(?:the|this) (?:description|caption|text|list|detections?)"
    r"|(?:it|which) is (?:mentioned|stated|described|listed)"
    r"|as (?:described|mentioned|stated|listed)|descriptors?)\b",
    re.IGNORECASE,
)
"""Words about what the teacher was given to read; a reader of the corpus sees only the picture."""
CLOSED = re.compile(r"^(?:is|are|was|were|do|does|did|can|could|will|would|has|have|should)\b", re.IGNORECASE)
LONGEST = 70
SHORTEST = {"question": 4, "answer": 2, "rationale": 5}
"""Words that each field has at least."""


def form(statement: Statement) -> tuple[float, str]:
    """The form's value in [0, 1] and its faults in words: a product over the faults found."""
    fields = {
        "question": statement.question, "answer": statement.answer, "rationale": statement.rationale,
    }  # fmt: skip
    words = {name: _words(text) for name, text in fields.items()}
    faults: list[tuple[float, str]] = []
    for name, least in SHORTEST.items():
        if len(words[name]) < least:
            faults.append((len(words[name]) / least, f"the {name} is too short"))
        elif len(words[name]) > LONGEST:
            faults.append((0.3, f"the {name} is too long"))
        if _rambles(words[name]):
            faults.append((0.3, f"the {name} repeats itself"))
    if CAPTION_SPEAK.search(" ".join(fields.values())):
        faults.append((0.0, "speaks of the description, not of the picture"))
    if CLOSED.search(statement.question.strip()):
        faults.append((0.5, "asks for yes or no"))
    if not statement.question.strip().endswith("?"):
        faults.append((0.7, "the question is none"))
    answer, rationale = words["answer"], words["rationale"]
    if answer and answer == rationale:
        faults.append((0.0, "the rationale is the answer again"))
    elif answer and _share(answer, rationale) > 0.85 and len(rationale) < 1.5 * len(answer):
        faults.append((0.4, "the rationale adds nothing to the answer"))
    if answer and answer == words["question"]:
        faults.append((0.0, "the answer is the question again"))
    value = 1.0
    for factor, _ in faults:
        value *= factor
    return value, ", ".join(fault for _, fault in faults)


def _words(text: str) -> list[str]:
    return re.findall(r"\[\d+\]|[^\W_]+(?:['’-][^\W_]+)*", text.casefold())


def _share(words: list[str], of: list[str]) -> float:
    """The share of the words that is found in the others too."""
    return sum(word in of for word in words) / len(words)


def _rambles(words: list[str]) -> bool:
    """Whether three words in a row come again: what a small model does when it loops."""
    triples = list(zip(words, words[1:], words[2:], strict=False))
    return len(set(triples)) < len(triples)
