"""Replies to statements; what is rejected keeps its reason."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.records import Image, Region, Scene
from lskd_toolkit.teaching.parsing import parse
from lskd_toolkit.teaching.prompt import ExampleStatement, Prompt, PromptExample, Wording

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
PROMPT = Prompt(
    name="small", version=1, instruction="{{ scene }}", inference_types=("intent", "cause"),
    examples=(
        PromptExample(
            scene="[0] child", ids=(0, 1),
            statements=(
                ExampleStatement(
                    inference="intent",
                    id=Wording(
                        question="What is [0] about to do?",
                        answer="[0] is going to blow out the candles on [1].",
                        rationale="The candles on [1] are still lit, and [0] bends towards them.",
                    ),
                ),
            ),
        ),
    ),
)  # fmt: skip


def one(**changes):
    return parse(json.dumps({"statements": [{**GOOD, **changes}]}), SCENE, PROMPT)


def test_a_good_reply_becomes_a_statement_with_its_regions_in_order_of_mention():
    (statement,), rejected = one()
    assert (statement.question, statement.regions, statement.inference) == (
        GOOD["question"],
        (0, 3),
        "intent",
    )
    assert statement.prompt == "small@1"
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
    example = PROMPT.examples[0].statements[0].id
    for copied in (
        {"answer": example.answer.replace("[1]", "[3]")},
        {"rationale": "Surely the candles on [3] are still lit, and so on."},
    ):
        _, (rejected,) = one(question="What will [0] do to [3]?", **copied)
        assert rejected.reason == "copies an example of the prompt"
    assert one(answer="[0] is about to blow at the lamp.")[1] == []


def test_a_question_for_yes_or_no_is_rejected_and_a_choice_is_not():
    _, (rejected,) = one(question="Is [0] tired?")
    assert rejected.reason == "a question that yes or no answers"
    assert one(question="Is [0] tired or bored?")[1] == []


def test_an_id_inside_a_word_is_rejected():
    _, (rejected,) = one(answer="The dog[0]s want it.")
    assert rejected.reason == "has a region's id inside a word"


def test_evidence_and_confidence_are_kept_where_they_make_sense():
    (statement,), _ = one(evidence=[3, "x", True, 5], confidence="high")
    assert (statement.evidence, statement.confidence) == ((3, 5), "high")
    (statement,), _ = one(evidence="n3", confidence="sure")
    assert (statement.evidence, statement.confidence) == ((), "")


def test_an_inference_type_that_nobody_asked_for_is_not_taken_over():
    assert one(inference="Intent")[0][0].inference == "intent"
    assert one(inference="prophecy")[0][0].inference == ""
    assert one(inference=3)[0][0].inference == ""


def test_of_a_cut_reply_the_whole_statements_are_kept():
    text = json.dumps({"statements": [GOOD, {**GOOD, "question": "What does [0] want?"}]})
    statements, rejected = parse(text[:-20], SCENE, PROMPT)
    assert [s.question for s in statements] == [GOOD["question"]]
    assert rejected == []


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


@pytest.mark.parametrize(
    "text", ['{"a":' * 3000, '{"statements": ' + "[" * 5000, '{"statements": [{"a": ' * 2000]
)
def test_a_reply_that_nests_without_end_is_unparsable(text):
    statements, (rejected,) = parse(text, SCENE, PROMPT)
    assert statements == []
    assert rejected.reason.startswith("unparsable")
