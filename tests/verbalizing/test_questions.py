"""Replies to questions: what is read, and what is left out."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.mentions import find
from lskd_toolkit.records import Question
from lskd_toolkit.verbalizing.questions import alike, read

IDS = {0, 2}


def texts(reply, asked=(), words=25):
    found = read(reply, IDS, asked, words)
    return found if found is None else [question.text for question in found]


WHOLE = '{"questions": [{"question": "Is [0] sad?", "regions": [0]}, {"question": "Where?", "regions": []}]}'


@pytest.mark.parametrize(
    "reply",
    [
        WHOLE,
        f"Here they are:\n```json\n{WHOLE}\n```\nI hope it helps.",
        '{"question": "Is [0] sad?"}\n{"question": "Where?"}',
        '[{"question": "Is [0] sad?"}, {"question": "Where?"}]',
        '{"questions": ["Is [0] sad?", "Where?"]}',
        '{"questions": [{"question": "Is [0] sad?"}, {"question": "Where?"}, {"question": "What is',
        "1. Is [0] sad?\n2) Where?\n",
        "- Is [0] sad?\nSome words.\n* Where?",
    ],
)
def test_questions_are_read_in_the_forms_that_models_write(reply):
    assert texts(reply) == ["Is [0] sad?", "Where?"]


@pytest.mark.parametrize("reply", ["", "I cannot say.", "{", '{"answer": 3}', "null", "[1, 2]", "{" * 5000])
def test_a_reply_without_questions_is_none(reply):
    assert texts(reply) is None


def test_nothing_more_to_ask_is_not_unreadable():
    assert texts('{"questions": []}') == []


@pytest.mark.parametrize(
    "question", ["Is [1] there?", "Are [0, 9] friends?", "", "  ", "Why " * 26 + "?", 3, None, ["a"]]
)
def test_what_cannot_be_answered_is_left_out(question):
    assert texts(json.dumps({"questions": [{"question": question}, {"question": "Where?"}]})) == ["Where?"]


def test_regions_are_those_mentioned_and_then_those_listed_that_are_there():
    reply = json.dumps({"questions": [{"question": "Is [2] near?", "regions": [0, 9, True, "2", 2]}]})
    assert read(reply, IDS, (), 25) == [Question("Is [2] near?", (2, 0))]


def test_what_was_asked_before_is_not_asked_again():
    before = [Question("Is [0]  sad", (0,))]
    reply = '{"question": "is [0] sad?"} {"question": "is [2] sad?"} {"question": "Is [2] sad ?"}'
    assert texts(reply, before) == ["is [2] sad?"]


@given(st.text())
def test_any_text_gives_new_answerable_questions_or_none(reply):
    found = read(reply, IDS, (), 25) or []
    assert len({alike(question) for question in found}) == len(found)
    for question in found:
        assert question.text == " ".join(question.text.split()) != ""
        assert IDS.issuperset([*question.regions, *find(question.text)])
