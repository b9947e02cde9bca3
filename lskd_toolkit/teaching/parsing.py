"""A reply's text to statements. Whatever does not become one is kept with the reason."""

from __future__ import annotations

import json
import re
from typing import Any

from .. import mentions
from ..records import Rejected, Scene, Statement
from .prompt import Prompt
from .rejecting import MAX_WORDS, reason

PARTS = ("question", "answer", "rationale")
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
    name = f"{prompt.name}@{prompt.version}"
    statements: list[Statement] = []
    rejected: list[Rejected] = []
    seen: set[tuple[str, str]] = set()
    for item in items:
        why = _formless(item)
        texts = () if why else tuple(_clean(item[name]) for name in PARTS)
        mentioned = mentions.find(" ".join(texts))
        why = why or reason(texts, mentioned, ids, labels, prompt)
        said = (texts[0].casefold(), texts[1].casefold()) if texts else ("", "")
        if not why and said in seen:
            why = "said twice in one reply"
        if why:
            rejected.append(Rejected(_short(json.dumps(item, ensure_ascii=False)), why))
            continue
        seen.add(said)
        statements.append(
            Statement(
                id=len(statements),
                question=texts[0],
                answer=texts[1],
                rationale=texts[2],
                regions=tuple(mentioned),
                inference=_type(item.get("inference"), prompt),
                teacher=teacher,
                prompt=name,
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
        except (ValueError, RecursionError):
            break
        items.append(item)
    return items


def _formless(item: Any) -> str:
    """Why an item has not the form of a statement, or ''."""
    if not isinstance(item, dict):
        return "not an object"
    for name in PARTS:
        value = item.get(name)
        if not isinstance(value, str) or not value.strip():
            return f"empty {name}"
        if len(value.split()) > MAX_WORDS:
            return f"{name} longer than {MAX_WORDS} words"
    return ""


def _type(value: Any, prompt: Prompt) -> str:
    """The inference type, or '' for one that the prompt does not know."""
    named = _clean(value).casefold() if isinstance(value, str) else ""
    return named if named in prompt.inference_types else ""


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
        except (ValueError, RecursionError):  # a model that repeats itself nests without end
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
