"""JSON schemas as strict mode takes them: every object closed, every field required, a part of the keywords.

The vendor compiles a schema when it first sees it, which takes seconds, and puts it in front of the prompt:
a schema of its own for each scene would be slow and keep the prompt cache from being hit. The *shape* of a
schema (fields, types, lengths of lists, names to choose from, but no patterns and numbers) is the same for
all scenes of a run. What is left out here, the parser of replies checks anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SHAPE = ("title", "description", "type", "$ref", "minItems", "maxItems")
VALUES = (
    "enum", "const", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "multipleOf",
)  # fmt: skip
"""What strict mode knows of values. It refuses the rest, ``minLength`` and ``uniqueItems`` among it."""
NULL = {"type": "null"}


def fitted(schema: Mapping[str, Any], shape: bool) -> dict[str, Any]:
    """The schema as strict mode takes it; ``shape``: without what one scene decides."""
    made = {name: schema[name] for name in SHAPE if name in schema}
    if shape and all(isinstance(value, str) for value in schema.get("enum", ())):
        made |= {name: schema[name] for name in ("enum",) if name in schema}
    if not shape:
        made |= {name: schema[name] for name in VALUES if name in schema}
    if "type" not in schema and (kind := _type_of(schema)):
        made["type"] = kind
    for name in ("$defs", "definitions"):
        if name in schema:
            made[name] = {key: fitted(part, shape) for key, part in schema[name].items()}
    for name in ("anyOf", "oneOf"):
        if name in schema:
            made["anyOf"] = [fitted(part, shape) for part in schema[name]]
    if "properties" in schema:
        needed = schema.get("required", ())
        made["properties"] = {
            key: fitted(part, shape) if key in needed else _optional(fitted(part, shape))
            for key, part in schema["properties"].items()
        }
        made["required"] = list(schema["properties"])
        made["additionalProperties"] = False
    if "items" in schema:
        made["items"] = fitted(schema["items"], shape)
    return made


def _optional(part: dict[str, Any]) -> dict[str, Any]:
    """A field that may be left out becomes one that may be null: strict mode requires them all."""
    return {"anyOf": [*part["anyOf"], NULL]} if set(part) == {"anyOf"} else {"anyOf": [part, NULL]}


def _type_of(schema: Mapping[str, Any]) -> str:
    """The type of a part that only lists its values, if they are of one."""
    values = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    names = {bool: "boolean", str: "string", int: "integer", float: "number", type(None): "null"}
    kinds = {names.get(type(value), "") for value in values}
    return kinds.pop() if len(kinds) == 1 else ""
