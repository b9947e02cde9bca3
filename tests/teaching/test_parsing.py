"""Replies to statements; what is rejected keeps its reason."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.records import Image, Region, Scene
from lskd_toolkit.teaching.parsing import parse
from lskd_toolkit.teaching.prompt import load_prompt

SCENE = Scene(
    Image("a", "a", "0" * 64, 64, 64),
    (Region(0, (0, 0, 9, 9), label="dog"), Region(3, (9, 9, 20, 20), label="red ball")),
)
GOOD = {
    "question": "Why does [0] run?",
    "answer": "It wants [3].",
    "rationale": "[3] rolls away.",
    "inference": "intent",
}
PROMPT = load_prompt("qar-id")


def one(**changes):
    return parse(json.dumps({"statements": [{**GOOD, **changes}]}), SCENE, PROMPT)


def test_a_good_reply_becomes_a_statement_with_its_regions_in_order_of_mention():
    (statement,), rejected = one()
    assert (statement.question, statement.regions, statement.inference) == (
        GOOD["question"],
        (0, 3),
        "intent",
    )
    assert statement.prompt == "qar-id@1"
    assert rejected == []


@pytest.mark.parametrize("around", ["{}", "```json\n{}\n```", "Here you are: {} I hope it helps!", "{{\n{}"])
def test_words_and_fences_around_the_object_do_no_harm(around):
    text = (
        around.replace("{}", json.dumps({"statements": [GOOD]})) if around != "{}" else json.dumps([GOOD][0])
    )
    statements, _ = parse(text, SCENE, PROMPT)
    assert len(statements) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"question": "Why does [7] run?"}, "mentions [7], which is no region"),
        ({"question": "Why?", "answer": "So.", "rationale": "It is."}, "mentions no region"),
        ({"rationale": " "}, "empty rationale"),
        ({"answer": None}, "empty answer"),
        ({"answer": "word " * 80}, "longer than 70 words"),
        ({"rationale": "According to the description, [0] is fast."}, "speaks of the description"),
        ({"answer": "Red ball."}, "only repeats a label"),
    ],
)
def test_what_is_no_statement_is_rejected_with_its_reason(changes, reason):
    statements, (rejected,) = one(**changes)
    assert statements == []
    assert reason in rejected.reason
    assert rejected.text


def test_an_example_told_again_is_rejected():
    example = PROMPT.examples[0].reply["statements"][0]
    told = {
        **example,
        "answer": example["answer"].replace("[1]", "[3]"),
        "rationale": example["rationale"].replace("[1]", "[3]"),
    }
    _, (rejected,) = parse(
        json.dumps({"statements": [{**told, "question": "What will [0] do to [3]?"}]}), SCENE, PROMPT
    )
    assert rejected.reason == "copies an example of the prompt"


def test_saying_it_twice_counts_once():
    statements, (rejected,) = parse(json.dumps({"statements": [GOOD, GOOD]}), SCENE, PROMPT)
    assert len(statements) == 1
    assert rejected.reason == "said twice in one reply"


def test_the_description_style_refuses_ids():
    style = PROMPT.model_copy(update={"style": "description"})
    _, (rejected,) = parse(json.dumps({"statements": [GOOD]}), SCENE, style)
    assert "uses a region's id" in rejected.reason


def test_control_characters_do_not_survive():
    (statement,), _ = one(answer="It \x1b[31mwants\x00 [3].\n")
    assert statement.answer == "It [31mwants [3]."


@given(st.text(max_size=200) | st.recursive(st.none() | st.booleans() | st.text(), st.lists).map(json.dumps))
def test_no_reply_whatever_crashes_the_parser(text):
    statements, rejected = parse(text, SCENE, PROMPT)
    assert statements or rejected


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda t: st.lists(t) | st.dictionaries(st.text(), t))
)
def test_no_item_whatever_crashes_the_parser(item):
    statements, rejected = parse(json.dumps({"statements": [item]}), SCENE, PROMPT)
    assert len(statements) + len(rejected) == 1
