"""JSON schemas as the vendor's structured output takes them.

It knows no bounds of lengths and numbers, and wants every object closed. What is left out here the parser
of replies checks anyway.

The vendor writes the schema in front of the prompt, so a schema of its own for each scene would keep the
prompt cache from ever being hit. The *shape* of a schema (fields, types and names to choose from, without
patterns, numbers and bounds) is the same for all scenes of a run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lskd_toolkit import RequestRejected

FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
)
BEYOND = re.compile(r"\(\?(?!:)|\\[bB1-9]")
"""What of regular expressions the vendor does not take: looking around, flags, borders, back-references."""
VARIANTS = ("anyOf", "oneOf", "allOf")


def fitted(schema: Mapping[str, Any], values: bool) -> dict[str, Any]:
    """The schema in the vendor's words; ``values``: with patterns, numbers to choose from, and if a list may
    be empty.

    Raises:
        RequestRejected: a part of the schema has no type.
    """
    made: dict[str, Any] = {name: schema[name] for name in ("title", "description", "$ref") if name in schema}
    for name in ("$defs", "definitions"):
        if name in schema:
            made[name] = {key: fitted(part, values) for key, part in schema[name].items()}
    if "$ref" in schema:
        return made
    if values or all(isinstance(value, str) for value in schema.get("enum", (0,))):
        made |= {name: schema[name] for name in ("enum", "const") if name in schema}
    for name in VARIANTS:
        if name in schema:
            kept = "allOf" if name == "allOf" else "anyOf"
            made[kept] = [fitted(part, values) for part in schema[name]]
            return made
    kind = schema.get("type") or _type_of(schema)
    if kind is None:
        raise RequestRejected("the reply's schema has a part without a type, which Anthropic does not take")
    made["type"] = kind
    if kind == "object":
        made["properties"] = {key: fitted(part, values) for key, part in schema.get("properties", {}).items()}
        made["required"] = list(schema.get("required", ()))
        made["additionalProperties"] = False
    elif kind == "array":
        if "items" in schema:
            made["items"] = fitted(schema["items"], values)
        if values and schema.get("minItems"):
            made["minItems"] = 1
    elif kind == "string":
        if schema.get("format") in FORMATS:
            made["format"] = schema["format"]
        if values and "pattern" in schema and not BEYOND.search(schema["pattern"]):
            made["pattern"] = schema["pattern"]
    return made


def _type_of(schema: Mapping[str, Any]) -> str | None:
    """The type of a part that only lists its values, if they are of one."""
    values = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    names = {bool: "boolean", str: "string", int: "integer", float: "number", type(None): "null"}
    kinds = {names.get(type(value)) for value in values}
    return kinds.pop() if len(kinds) == 1 else None
