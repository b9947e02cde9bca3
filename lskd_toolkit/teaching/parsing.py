"""A reply's text to statements. Whatever does not become one is kept with the reason."""

from __future__ import annotations

import json
import re
from typing import Any

from .. import mentions
from ..records import Rejected, Scene, Statement
from .prompt import Prompt

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


def parse(text: str, scene: Scene, prompt: Prompt) -> tuple[list[Statement], list[Rejected]]:
    """Statements of a reply, not yet numbered, and what was rejected.

    Takes the first JSON object in the text, so that words or code fences around it do no harm.
    """
    found = _json(text)
    if found is None:
        return [], [Rejected(_short(text), "unparsable: no JSON object in the reply")]
    items = found.get("statements", found if "question" in found else None)
    if isinstance(items, dict):
        items = [items]
    if not isinstance(items, list):
        return [], [Rejected(_short(text), "unparsable: no list of statements in the reply")]
    ids = {region.id for region in scene.regions}
    labels = {region.label.casefold() for region in scene.regions if region.label}
    statements: list[Statement] = []
    rejected: list[Rejected] = []
    seen: set[tuple[str, str]] = set()
    for item in items:
        reason = _reason(item, ids, labels, prompt)
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
                id=-1,
                question=question,
                answer=answer,
                rationale=rationale,
                regions=tuple(mentions.find(f"{question} {answer} {rationale}")),
                inference=_clean(str(item.get("inference", ""))),
                prompt=f"{prompt.name}@{prompt.version}",
            )
        )
    return statements, rejected


def _reason(item: Any, ids: set[int], labels: set[str], prompt: Prompt) -> str:
    """Why an item is no statement, or ''."""
    if not isinstance(item, dict):
        return "not an object"
    for name in ("question", "answer", "rationale"):
        value = item.get(name)
        if not isinstance(value, str) or not value.strip():
            return f"empty {name}"
        if len(value.split()) > MAX_WORDS:
            return f"{name} longer than {MAX_WORDS} words"
    whole = f"{item['question']} {item['answer']} {item['rationale']}"
    if CAPTION_SPEAK.search(whole):
        return "speaks of the description, not of the picture"
    mentioned = mentions.find(whole)
    unknown = [i for i in mentioned if i not in ids]
    if unknown:
        return f"mentions {', '.join(f'[{i}]' for i in unknown)}, which is no region of the image"
    if prompt.style == "id" and not mentioned:
        return "mentions no region"
    if prompt.style == "description" and mentioned:
        return "uses a region's id where it should describe the region"
    if _clean(item["answer"]).rstrip(".").casefold() in labels:
        return "the answer only repeats a label"
    if any(_same(example, item) for example in _examples(prompt)):
        return "copies an example of the prompt"
    return ""


def _examples(prompt: Prompt) -> list[dict[str, Any]]:
    return [s for example in prompt.examples for s in example.reply.get("statements", [])]


def _same(example: dict[str, Any], item: dict[str, Any]) -> bool:
    """Whether the item tells an example's answer and rationale again, ids aside."""
    keys = ("answer", "rationale")
    return all(mentions.without(str(example.get(k, ""))) == mentions.without(item[k]) for k in keys)


def _json(text: str) -> dict[str, Any] | None:
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
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _short(text: str) -> str:
    text = _clean(text)
    return text if len(text) <= 400 else text[:399] + "…"
