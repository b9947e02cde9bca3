"""Instances of schemas, texts of patterns, statements of prompts: pure functions of a seed."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit import mentions
from lskd_toolkit.testing.vendors.answers import Ask, answer, instance
from lskd_toolkit.testing.vendors.patterns import matching
from lskd_toolkit.testing.vendors.statements import Seen, seen, write

SEEDS = st.integers(0, 1 << 32).map(random.Random)


def simple():
    return st.one_of(
        st.just({"type": "boolean"}),
        st.just({"type": "null"}),
        st.tuples(st.integers(-5, 5), st.integers(0, 9)).map(
            lambda t: {"type": "integer", "minimum": t[0], "maximum": t[0] + t[1]}
        ),
        st.lists(st.text(max_size=5), min_size=1, unique=True).map(lambda v: {"type": "string", "enum": v}),
        st.integers(0, 30).map(lambda n: {"type": "string", "minLength": n, "maxLength": n + 5}),
        st.integers().map(lambda v: {"const": v}),
    )


def compound(inner):
    return st.one_of(
        st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3).map(
            lambda p: {"type": "object", "properties": p, "required": list(p), "additionalProperties": False}
        ),
        st.tuples(inner, st.integers(0, 3), st.integers(0, 3)).map(
            lambda t: {"type": "array", "items": t[0], "minItems": t[1], "maxItems": t[1] + t[2]}
        ),
        st.lists(inner, min_size=1, max_size=3).map(lambda several: {"anyOf": several}),
    )


def fits(schema, value):
    """If a value is an instance of one of the schemas above."""
    if "const" in schema:
        return type(value) is type(schema["const"]) and value == schema["const"]
    if "anyOf" in schema:
        return any(fits(inner, value) for inner in schema["anyOf"])
    kind = schema["type"]
    types = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "boolean": bool,
        "null": type(None),
    }
    if not isinstance(value, types[kind]) or (kind == "integer" and isinstance(value, bool)):
        return False
    if kind == "object":
        fields = schema["properties"]
        return value.keys() == fields.keys() and all(fits(fields[k], v) for k, v in value.items())
    if kind == "array":
        return schema["minItems"] <= len(value) <= schema["maxItems"] and all(
            fits(schema["items"], v) for v in value
        )
    if kind == "string":
        if "enum" in schema:
            return value in schema["enum"]
        return schema["minLength"] <= len(value) <= schema["maxLength"]
    if kind == "integer":
        return schema["minimum"] <= value <= schema["maximum"]
    return True


@given(st.recursive(simple(), compound, max_leaves=8), SEEDS)
def test_an_instance_follows_its_schema(schema, choose):
    assert fits(schema, instance(schema, choose))


def test_references_and_merged_schemas_are_followed():
    schema = {
        "$defs": {"name": {"type": "string", "enum": ["x"]}},
        "allOf": [
            {"type": "object", "properties": {"a": {"$ref": "#/$defs/name"}}},
            {"properties": {"b": {"type": ["null", "integer"], "minimum": 4, "maximum": 4}}},
        ],
    }
    assert instance(schema, random.Random(0)) == {"a": "x", "b": 4}


@pytest.mark.parametrize(
    "pattern",
    [
        r"^(Why|What) is \[(0|3)\] [a-z-]{2,12}( [a-z']{1,12}){3,14}\?$",
        r"^\d{3}-\w+\s?[^a-z]$",
        r"(ab|c+)?x{2,}.",
        r"^([a-c])\1$",
    ],
)
@given(choose=SEEDS)
def test_a_text_matches_its_pattern(pattern, choose):
    assert re.search(pattern, matching(pattern, choose))


def test_a_pattern_that_looks_ahead_is_refused():
    with pytest.raises(ValueError, match="ASSERT"):
        matching("(?=a)b", random.Random(0))


@given(SEEDS, st.lists(st.integers(0, 99), min_size=1, max_size=5, unique=True))
def test_statements_mention_regions_that_are_there(choose, ids):
    made = write(choose, Seen(tuple(ids)))
    assert set(mentions.find(" ".join(made.values()))) <= set(ids)
    assert all(mentions.find(made[part]) for part in ("question", "answer", "rationale"))


def test_regions_are_those_of_the_last_scene_not_of_the_examples():
    texts = [
        ("user", "Regions:\n[7] dog (left, small)"),
        ("assistant", '{"statements": [{"rationale": "[7] is wet."}]}'),
        ("user", "Regions:\n[1] cat (right, small): (n4) a cat\n[2]\nat most 2 statements"),
        ("assistant", "look"),
        ("tool", "[5] is red"),
    ]
    sight = seen(texts)
    assert sight.ids == (1, 2)
    assert (sight.notes, sight.count, sight.by_id) == ((4,), 2, True)
    assert sight.names == {1: "the cat at the right", 2: "the thing"}


def test_a_scene_without_a_list_has_the_regions_that_it_mentions():
    assert seen([("user", "the person [4] is next to the dog [9]")]).ids == (4, 9)


def test_examples_without_numbers_decide_the_style():
    texts = [("assistant", '{"rationale": "The dog is wet."}'), ("user", "[1] cat")]
    assert not seen(texts).by_id
    assert seen(texts, "id").by_id


def test_a_check_of_statements_speaks_of_each_in_turn():
    asked = 'Answer with JSON: {"checks": [{"statement": 0, "supported": true, "problem": ""}]}'
    made = [answer(Ask(f"{i:02x}" * 32, [("user", asked)])).text for i in range(20)]
    assert all('"checks"' in text and '"statement": 0' in text for text in made)
    assert any('"supported": false' in text for text in made)
    assert any('"supported": true' in text for text in made)


def test_a_tool_that_takes_the_statements_is_the_last_one_called():
    final = {"type": "object", "properties": {"statements": {"type": "array", "items": {"type": "string"}}}}
    tools = {"answer": final, "look": {"type": "object", "properties": {}}}
    names = [
        answer(Ask("0" * 64, [("user", "[0]")], tools=tools, turns=n, choice="any")).calls[0][0]
        for n in range(4)
    ]
    assert names == ["look", "look", "answer", "answer"]
