"""Schemas as strict mode takes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lskd_openai.schema import fitted

from lskd_toolkit.testing.vendors.schemas import openai_problem

LEAVES = st.sampled_from(
    [
        {"type": "string", "minLength": 2, "pattern": "^a"},
        {"type": "integer", "minimum": 0, "enum": [1, 2]},
        {"enum": ["low", "high"]},
        {"type": "number", "default": 1.5},
    ]
)


def objects(parts):
    return st.dictionaries(st.sampled_from("abcd"), parts, min_size=1).flatmap(
        lambda fields: st.sets(st.sampled_from(sorted(fields))).map(
            lambda needed: {"type": "object", "properties": fields, "required": sorted(needed)}
        )
    )


PARTS = st.recursive(
    LEAVES,
    lambda parts: (
        objects(parts)
        | parts.map(lambda part: {"type": "array", "items": part, "uniqueItems": True, "maxItems": 3})
        | st.lists(parts, min_size=1, max_size=2).map(lambda several: {"oneOf": several})
    ),
    max_leaves=8,
)


def inside(schema):
    yield schema
    for part in [
        *schema.get("properties", {}).values(),
        *schema.get("anyOf", ()),
        *filter(None, [schema.get("items")]),
    ]:
        yield from inside(part)


@given(objects(PARTS), st.booleans())
def test_what_comes_out_strict_mode_takes(schema, shape):
    made = fitted(schema, shape)
    assert openai_problem(made) == ""
    for part in inside(made):
        assert not {"minLength", "uniqueItems", "default", "oneOf"} & part.keys()
        assert "anyOf" in part or "type" in part
        if shape:
            assert not {"pattern", "minimum"} & part.keys()
            assert all(isinstance(name, str) for name in part.get("enum", ()))


@given(objects(PARTS), st.booleans())
def test_fitting_twice_changes_nothing_more(schema, shape):
    once = fitted(schema, shape)
    assert fitted(once, shape) == once


@given(objects(PARTS))
def test_the_schema_given_is_left_alone(schema):
    before = repr(schema)
    fitted(schema, True)
    assert repr(schema) == before


def test_a_field_that_may_be_left_out_may_be_null_instead():
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
        "required": ["a"],
    }
    assert fitted(schema, False) == {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"anyOf": [{"type": "integer"}, {"type": "null"}]}},
        "required": ["a", "b"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize("ids", ["0|2", "0|1|2|3"])
def test_scenes_that_differ_in_their_numbers_share_a_shape(ids):
    def schema(ids, types):
        item = {
            "type": "object",
            "properties": {
                "answer": {"type": "string", "pattern": f"\\[({ids})\\]"},
                "inference": {"type": "string", "enum": types},
            },
            "required": ["answer", "inference"],
            "additionalProperties": False,
        }
        return {
            "type": "object", "required": ["statements"], "additionalProperties": False,
            "properties": {"statements": {"type": "array", "minItems": 0, "maxItems": 3, "items": item}},
        }  # fmt: skip

    made = fitted(schema(ids, ["cause"]), True)
    assert made == fitted(schema("5", ["cause"]), True)
    assert made["properties"]["statements"]["maxItems"] == 3


def test_definitions_are_fitted_too():
    inner = {"type": "object", "properties": {"x": {"type": "string", "minLength": 1}}, "required": ["x"]}
    schema = {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "required": ["a"]}
    assert fitted({**schema, "$defs": {"A": inner}}, False)["$defs"] == {"A": fitted(inner, False)}
