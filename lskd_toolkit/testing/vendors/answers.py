"""An instance of any JSON schema, worked out from a request's digest: the same request, the same answer."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .patterns import matching
from .statements import INFERENCES, Seen, seen, write

Schema = Mapping[str, Any]
MAX_DEPTH = 12
ARRAY = 3
"""How many items an array has at most whose schema and prompt do not say."""
WORDS = ("near", "the", "window", "a", "quiet", "thing", "stands", "between", "others", "and", "waits")
STATEMENT: Schema = {
    "type": "object",
    "properties": {
        "question": {"type": "string"}, "answer": {"type": "string"}, "rationale": {"type": "string"},
        "inference": {"type": "string", "enum": list(INFERENCES)},
        "evidence": {"type": "array", "items": {"type": "integer"}},
        "confidence": {"type": "string", "enum": ["low", "medium", "high"]},
    },
}  # fmt: skip
STATEMENTS: Schema = {
    "type": "object",
    "properties": {"statements": {"type": "array", "minItems": 1, "items": STATEMENT}},
}
CHECKS: Schema = {
    "type": "object",
    "properties": {
        "checks": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "statement": {"type": "integer"}, "supported": {"type": "boolean"},
                    "problem": {"type": "string"},
                },
            },
        }
    },
}  # fmt: skip


class Choices(random.Random):
    """Cheaper to choose with, and no less even for lists as short as ours."""

    def choice(self, seq: Any) -> Any:
        return seq[int(self.random() * len(seq))]


@dataclass(frozen=True, slots=True)
class Ask:
    """A request in words that both vendors share. ``texts`` are ``(role, text)``; ``tools`` map a name to
    the schema of its arguments; ``turns`` counts the turns so far that called tools; ``choice`` is
    ``auto``, ``none``, ``any`` or a tool's name; ``sample`` numbers the choices asked for at once."""

    digest: str
    texts: Sequence[tuple[str, str]]
    schema: Schema | None = None
    tools: Mapping[str, Schema] | None = None
    turns: int = 0
    choice: str = "auto"
    sample: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """What the model says: a text, or calls as ``(name, arguments)``."""

    text: str = ""
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()


def answer(ask: Ask, style: str = "auto", tool_turns: int = 2, tool_calls: int = 1) -> Said:
    """The answer to a request: tool calls while there are turns left for them, then what was asked for."""
    choose = Choices(int(ask.digest[:16], 16) + ask.sample)
    sight = seen(ask.texts, style)
    if ask.tools and ask.choice != "none":
        final = next((name for name in ask.tools if _holds_statements(ask.tools[name])), "")
        lookers = [name for name in ask.tools if name != final]
        forced = ask.choice if ask.choice in ask.tools else ""
        if lookers and (ask.turns < tool_turns or (ask.choice == "any" and not final)):
            names = [forced or choose.choice(lookers) for _ in range(max(1, tool_calls))]
            return Said(calls=tuple((n, arguments(ask.tools[n], choose, sight)) for n in names))
        if forced or final:
            name = forced or final
            return Said(calls=((name, arguments(ask.tools[name], choose, sight)),))
    schema = ask.schema
    if schema is None:
        wants_checks = bool(ask.texts) and '"checks"' in ask.texts[-1][1]
        schema = CHECKS if wants_checks else STATEMENTS
    return Said(json.dumps(instance(schema, choose, sight), ensure_ascii=False))


def arguments(schema: Schema, choose: random.Random, sight: Seen) -> dict[str, Any]:
    made = instance(schema, choose, sight)
    return made if isinstance(made, dict) else {}


def _holds_statements(schema: Schema) -> bool:
    """If a tool is the form that the final answer comes in."""
    return "statements" in schema.get("properties", {})


def instance(schema: Schema, choose: random.Random, sight: Seen | None = None) -> Any:
    """An instance of the schema.

    Raises:
        ValueError: the schema asks for what this does not know.
    """
    return _Writer(schema, choose, sight or Seen()).value(schema, "", 0)


class _Writer:
    def __init__(self, root: Schema, choose: random.Random, sight: Seen):
        self.root, self.choose, self.sight = root, choose, sight

    def value(self, schema: Schema, name: str, depth: int, used: Sequence[Any] = ()) -> Any:
        """``used`` are values of fields beside this one: a second region is another one if it can be."""
        if depth > MAX_DEPTH:
            return None
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            fresh = [v for v in schema["enum"] if v not in used] if name != "inference" else schema["enum"]
            return self.choose.choice(fresh or schema["enum"])
        if "$ref" in schema:
            return self.value(self._referred(schema["$ref"]), name, depth + 1, used)
        for several in ("anyOf", "oneOf"):
            if several in schema:
                options = [s for s in schema[several] if s.get("type") != "null"] or schema[several]
                return self.value(self.choose.choice(options), name, depth + 1, used)
        if "allOf" in schema:
            return self.value(_merged(schema["allOf"]), name, depth + 1, used)
        kind = schema.get("type", "object" if "properties" in schema else "string")
        if isinstance(kind, list):
            kind = next((k for k in kind if k != "null"), "null")
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        if kind == "string":
            return self._string(schema, name)
        if kind in ("integer", "number"):
            return self._number(schema, kind, name, used)
        return {"boolean": self.choose.random() < 0.75, "null": None}[kind]

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        fields = schema.get("properties", {})
        written = write(self.choose, self.sight) if "rationale" in fields else {}
        made: dict[str, Any] = {}
        for name, inner in fields.items():
            words = inner.get("type", "string") == "string"
            if name in written and words and not {"pattern", "enum", "const", "$ref"} & inner.keys():
                made[name] = written[name][: inner.get("maxLength")]
            else:
                made[name] = self.value(inner, name, depth + 1, list(made.values()))
        return made

    def _array(self, schema: Schema, name: str, depth: int) -> list[Any]:
        if name == "judgements" and self.sight.listed:
            return [self._judgement(schema.get("items", {}), n, depth) for n in self.sight.listed]
        least = schema.get("minItems", 0)
        most = schema.get("maxItems", self.sight.count or max(least, ARRAY))
        if name == "evidence":
            most = min(most, 2)
        count = self.choose.randint(max(least, min(1, most)), max(least, most))
        items: list[Any] = []
        for at in range(count):
            item = self.value(schema.get("items", {}), name, depth + 1, items)
            # A check of a list of statements speaks of each in turn.
            if isinstance(item, dict) and {"statement", "supported"} <= item.keys():
                item["statement"] = at
            items.append(item)
        if schema.get("uniqueItems") or name == "evidence":
            items = [item for at, item in enumerate(items) if item not in items[:at]]
        return items

    def _judgement(self, schema: Schema, number: int, depth: int) -> dict[str, Any]:
        """The judgement of a statement that is listed; that grades go from 1 to 5 only the prompt may say."""
        made = self._object(schema, depth + 1)
        grades = [name for name, inner in schema.get("properties", {}).items() if inner["type"] == "integer"]
        return {**made, **{name: self.choose.randint(1, 5) for name in grades}, "statement": number}

    def _string(self, schema: Schema, name: str) -> str:
        if "pattern" in schema:
            return matching(schema["pattern"], self.choose)
        if "question" in name:
            asked = self.choose.choice(
                ("What colour is", "What is held by", "What stands behind", "How old is")
            )
            text = f"{asked} [{self.choose.choice(self.sight.ids or (0,))}]?"
        else:
            text = " ".join(self.choose.choice(WORDS) for _ in range(self.choose.randint(3, 7)))
        while len(text) < schema.get("minLength", 0):
            text += " " + self.choose.choice(WORDS)
        return text[: schema.get("maxLength")]

    def _number(self, schema: Schema, kind: str, name: str, used: Sequence[Any]) -> float:
        pointed: Sequence[int] = ()
        if kind == "integer" and "minimum" not in schema and "maximum" not in schema:
            pointed = self.sight.notes if name == "evidence" else self.sight.ids
        if pointed:
            return self.choose.choice([i for i in pointed if i not in used] or list(pointed))
        least = schema.get("minimum", schema.get("exclusiveMinimum", -1) + (kind == "integer"))
        most = schema.get("maximum", schema.get("exclusiveMaximum", least + 11) - (kind == "integer"))
        if kind == "integer":
            return self.choose.randint(int(least), int(max(least, most)))
        return round(self.choose.uniform(least, max(least, most)), 3)

    def _referred(self, path: str) -> Schema:
        found: Any = self.root
        for part in path.removeprefix("#").strip("/").split("/"):
            found = found[part] if part else found
        if not isinstance(found, Mapping):
            raise ValueError(f"{path} is no schema")
        return found


def _merged(schemas: Sequence[Schema]) -> Schema:
    merged: dict[str, Any] = {}
    for schema in schemas:
        merged |= schema
    merged["properties"] = {k: v for s in schemas for k, v in s.get("properties", {}).items()}
    if not merged["properties"]:
        del merged["properties"]
    return merged
