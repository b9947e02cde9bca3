"""Schemas as the vendor takes them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lskd_anthropic.schema import fitted

from lskd_toolkit import RequestRejected

NOT_TAKEN = {
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
    "maxItems", "uniqueItems", "oneOf", "patternProperties",
}  # fmt: skip


def statements(ids: list[int], inference: list[str], least: int) -> dict[str, Any]:
    """A schema as the teacher makes one for a scene with these regions."""
    fields = {
        "question": {"type": "string", "pattern": f"\\[({'|'.join(map(str, ids))})\\]", "maxLength": 200},
        "inference": {"type": "string", "enum": inference},
        "evidence": {"type": "array", "items": {"type": "integer", "minimum": 0}},
    }
    item = {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
    return {
        "type": "object",
        "properties": {"statements": {"type": "array", "minItems": least, "maxItems": 4, "items": item}},
        "required": ["statements"],
    }


def test_the_shape_of_a_schema_is_the_same_for_every_scene():
    one, other = statements([0, 1], ["intent"], 0), statements([0, 1, 2, 7], ["intent"], 1)
    assert one != other
    assert fitted(one, values=False) == fitted(other, values=False)


def test_in_full_the_values_of_the_scene_are_kept_and_only_bounds_go():
    made = fitted(statements([0, 1], ["intent"], 1), values=True)["properties"]["statements"]
    assert made["minItems"] == 1
    assert made["items"]["properties"] == {
        "question": {"type": "string", "pattern": "\\[(0|1)\\]"},
        "inference": {"type": "string", "enum": ["intent"]},
        "evidence": {"type": "array", "items": {"type": "integer"}},
    }


@pytest.mark.parametrize("pattern", ["^(?!no)", "(?<=a)b", "a\\b", "(a)\\1", "(?i)a"])
def test_patterns_that_the_vendor_cannot_follow_are_left_out(pattern):
    assert "pattern" not in fitted({"type": "string", "pattern": pattern}, values=True)


def test_a_group_without_a_name_is_no_reason_to_leave_a_pattern_out():
    assert "pattern" in fitted({"type": "string", "pattern": "(?:a|b)+"}, values=True)


def test_references_and_variants_are_kept():
    schema = {
        "$defs": {"box": {"type": "object", "properties": {"x": {"type": "number", "minimum": 0}}}},
        "oneOf": [{"$ref": "#/$defs/box"}, {"type": "null"}],
    }
    assert fitted(schema, values=False) == {
        "$defs": {
            "box": {
                "type": "object", "properties": {"x": {"type": "number"}}, "required": [],
                "additionalProperties": False,
            }
        },
        "anyOf": [{"$ref": "#/$defs/box"}, {"type": "null"}],
    }  # fmt: skip


def test_a_list_of_values_says_its_type():
    assert fitted({"enum": ["low", "high"]}, values=False) == {"enum": ["low", "high"], "type": "string"}
    assert fitted({"type": "integer", "enum": [0, 3]}, values=False) == {"type": "integer"}
    assert fitted({"const": 3}, values=True) == {"const": 3, "type": "integer"}


def test_a_part_without_a_type_is_refused_before_it_is_sent():
    with pytest.raises(RequestRejected, match="without a type"):
        fitted({"type": "array", "items": {}}, values=False)


leaves = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", "integer", "number", "boolean"])},
    optional={
        "minimum": st.integers(), "maxLength": st.integers(0, 9), "pattern": st.sampled_from(["a+", "^x$"]),
        "description": st.text(max_size=4), "multipleOf": st.integers(1, 5),
    },
)  # fmt: skip
schemas = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.fixed_dictionaries(
            {"type": st.just("array"), "items": inner},
            optional={
                "maxItems": st.integers(0, 4),
                "minItems": st.integers(0, 4),
                "uniqueItems": st.booleans(),
            },
        ),
        st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.dictionaries(st.text("abc"), inner)}
        ),
        st.fixed_dictionaries({"oneOf": st.lists(inner, min_size=1, max_size=2)}),
    ),
    max_leaves=8,
)


@given(schemas, st.booleans())
def test_nothing_that_the_vendor_refuses_is_left(schema, values):
    before = json.dumps(schema)
    for part in _parts(fitted(schema, values)):
        assert not NOT_TAKEN & part.keys()
        assert part.get("minItems", 0) <= 1
        if part.get("type") == "object":
            assert part["additionalProperties"] is False
    assert json.dumps(schema) == before, "the request's own schema is left as it is"


def _parts(schema: Any):
    yield schema
    for inner in schema.get("properties", {}).values():
        yield from _parts(inner)
    for inner in schema.get("anyOf", ()):
        yield from _parts(inner)
    if "items" in schema:
        yield from _parts(schema["items"])
