"""What the vendors' structured output does not take, as their documentation lists it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

ANTHROPIC_UNKNOWN = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
    "maxItems", "uniqueItems", "minProperties", "maxProperties",
)  # fmt: skip


def _parts(schema: Any) -> Iterator[Mapping[str, Any]]:
    """The schema and every schema in it."""
    left = [schema]
    while left:
        part = left.pop()
        if not isinstance(part, Mapping):
            continue
        yield part
        for key, inner in part.items():
            if key in ("properties", "$defs", "definitions"):
                left += inner.values()
            elif key in ("anyOf", "oneOf", "allOf"):
                left += inner
            elif key == "items":
                left.append(inner)


def anthropic_problem(schema: Mapping[str, Any]) -> str:
    """Why Anthropic refuses a schema, or ''."""
    for part in _parts(schema):
        if part.get("type") == "object" and part.get("additionalProperties") is not False:
            return "For 'object' type, 'additionalProperties' must be explicitly set to false"
        for name in ANTHROPIC_UNKNOWN:
            if name in part:
                return f"For '{part.get('type', 'any')}' type, property '{name}' is not supported"
        if part.get("minItems", 0) > 1:
            return "For 'array' type, 'minItems' values other than 0 or 1 are not supported"
    return ""


def openai_problem(schema: Mapping[str, Any]) -> str:
    """Why OpenAI refuses a strict schema, or ''."""
    if schema.get("type") != "object":
        return "schema must be a JSON Schema of 'type: \"object\"'"
    for part in _parts(schema):
        if part.get("type") != "object":
            continue
        if part.get("additionalProperties") is not False:
            return "'additionalProperties' is required to be supplied and to be false"
        missing = part.get("properties", {}).keys() - set(part.get("required", ()))
        if missing:
            return f"'required' must include every key in properties. Missing {sorted(missing)[0]!r}"
        if {"oneOf", "allOf"} & part.keys():
            return "'oneOf' and 'allOf' are not permitted"
    return ""
