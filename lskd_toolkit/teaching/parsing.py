"""A reply's text to statements. Whatever does not become one is kept with the reason."""

from __future__ import annotations

import functools
import json
import re
from typing import Any

from .. import mentions
from ..records import Rejected, Scene, Statement
from .prompt import Prompt

_ID = re.compile(r"\[[\d, ]+\]")
_WORD = re.compile(r"[\w'’]+")
MAX_WORDS = 70
"""Longer parts are the mark of rambling; the original loader cut at 70 words without saying so."""
CAPTION_SPEAK = re.compile(
    r"\b(according to the (description|caption|text|notes)"
    r"|the (description|caption|notes?) (says?|states?|mentions?)"
    r"|it is (mentioned|stated|described)|as (described|mentioned|stated)"
    r"|in the (description|caption|provided text|notes))\b",
    re.IGNORECASE,
)
"""Words that show that the statement is about the teacher's input, not about the picture."""


YES_NO = re.compile(
    r"^(is|are|was|were|do|does|did|can|could|will|would|has|have|had|should|may|might)\b(?!.*\bor\b)",
    re.IGNORECASE,
)
"""How a question begins that yes or no answers; a choice (``… or …``) is none."""
INSIDE_A_WORD = re.compile(r"\w\[\d{1,3}\]|\[\d{1,3}\]\w")
CONFIDENCES = ("low", "medium", "high")


def parse(
    text: str, scene: Scene, prompt: Prompt, *, teacher: str = "", reply: str = "", draw: int = 0
) -> tuple[list[Statement], list[Rejected]]:
    """Statements of a reply, numbered from 0, and what was rejected.

    Takes the first JSON object in the text, so that words or code fences around it do no harm; of a text
    that was cut the statements that are whole. ``teacher``, ``reply`` and ``draw`` are noted on each.
    """
    items, problem = _items(text)
    if problem:
        return [], [Rejected(_short(text), f"unparsable: {problem}")]
    ids = {region.id for region in scene.regions}
    labels = {region.label.casefold() for region in scene.regions if region.label}
    statements: list[Statement] = []
    rejected: list[Rejected] = []
    seen: set[tuple[str, str]] = set()
    for item in items:
        mentioned, reason = _judged(item, ids, labels, prompt)
        if not reason:
            question, answer, rationale = (_clean(item[k]) for k in ("question", "answer", "rationale"))
            if (question.casefold(), answer.casefold()) in seen:
                reason = "said twice in one reply"
        if reason:
            rejected.append(Rejected(_short(json.dumps(item, ensure_ascii=False)), reason))
            continue
        seen.add((question.casefold(), answer.casefold()))
        statements.append(
            Statement(
                id=len(statements),
                question=question,
                answer=answer,
                rationale=rationale,
                regions=tuple(mentioned),
                inference=_clean(str(item.get("inference", ""))),
                teacher=teacher,
                prompt=f"{prompt.name}@{prompt.version}",
                reply=reply,
                draw=draw,
                evidence=_numbers(item.get("evidence")),
                confidence=item["confidence"] if item.get("confidence") in CONFIDENCES else "",
            )
        )
    return statements, rejected


def _items(text: str) -> tuple[list[Any], str]:
    """The list of statements in a reply, or what is wrong with it."""
    found = first_object(text)
    if found is None:
        whole = _whole_items(text)
        return (whole, "") if whole else ([], "no JSON object in the reply")
    items = found.get("statements", found if "question" in found else None)
    if isinstance(items, dict):
        items = [items]
    if not isinstance(items, list):
        return [], "no list of statements in the reply"
    return items, ""


def _whole_items(text: str) -> list[Any]:
    """The objects of a list that was cut short."""
    at = text.find("[", text.find('"statements"'))
    if '"statements"' not in text or at < 0:
        return []
    decoder, items = json.JSONDecoder(), []
    while (start := text.find("{", at)) >= 0:
        try:
            item, at = decoder.raw_decode(text, start)
        except ValueError:
            break
        items.append(item)
    return items


def _judged(item: Any, ids: set[int], labels: set[str], prompt: Prompt) -> tuple[list[int], str]:
    """The regions that an item mentions, and why it is no statement, or ''."""
    reason = _formless(item)
    if reason:
        return [], reason
    whole = " ".join(_clean(item[name]) for name in ("question", "answer", "rationale"))
    mentioned = mentions.find(whole)
    return mentioned, _reason(item, whole, mentioned, ids, labels, prompt)


def _formless(item: Any) -> str:
    """Why an item has not the form of a statement, or ''."""
    if not isinstance(item, dict):
        return "not an object"
    for name in ("question", "answer", "rationale"):
        value = item.get(name)
        if not isinstance(value, str) or not value.strip():
            return f"empty {name}"
        if len(value.split()) > MAX_WORDS:
            return f"{name} longer than {MAX_WORDS} words"
    return ""


def _reason(
    item: Any, whole: str, mentioned: list[int], ids: set[int], labels: set[str], prompt: Prompt
) -> str:
    """Why a statement is not taken, or ''."""
    if CAPTION_SPEAK.search(whole):
        return "speaks of the description, not of the picture"
    if INSIDE_A_WORD.search(whole):
        return "has a region's id inside a word"
    unknown = [i for i in mentioned if i not in ids]
    if unknown:
        return f"mentions {', '.join(f'[{i}]' for i in unknown)}, which is no region of the image"
    if prompt.style == "id" and not mentioned:
        return "mentions no region"
    if prompt.style == "description" and mentioned:
        return "uses a region's id where it should describe the region"
    if YES_NO.search(item["question"].strip()):
        return "a question that yes or no answers"
    if _clean(item["answer"]).rstrip(".").casefold() in labels:
        return "the answer only repeats a label"
    run = prompt.copied_words
    if any(_grams(item[name], run) & _example_grams(prompt) for name in ("answer", "rationale")):
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
                grams |= _grams(text, prompt.copied_words)
    return frozenset(grams)


def _grams(text: str, run: int) -> set[tuple[str, ...]]:
    """Runs of so many words, ids and marks aside; a shorter text is one run with its beginning and end."""
    words = _WORD.findall(_ID.sub(" ", text.casefold()))
    if len(words) < run:
        return {("", *words, "")} if len(words) >= run // 2 else set()
    return {tuple(words[i : i + run]) for i in range(len(words) - run + 1)}


def _numbers(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(v for v in value if isinstance(v, int) and not isinstance(v, bool))


def first_object(text: str) -> dict[str, Any] | None:
    """The first JSON object in a text, or None."""
    decoder = json.JSONDecoder()
    for start in (match.start() for match in re.finditer(r"\{", text)):
        try:
            value, _ = decoder.raw_decode(text, start)
        except ValueError:
            continue
        return value if isinstance(value, dict) else None
    return None


def _clean(text: str) -> str:
    """One line without control characters."""
    text = " ".join(text.split())
    return (
        text if text.isprintable() else " ".join("".join(c if c.isprintable() else " " for c in text).split())
    )


def _short(text: str) -> str:
    text = _clean(text)
    return text if len(text) <= 400 else text[:399] + "…"
