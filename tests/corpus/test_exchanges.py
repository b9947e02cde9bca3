"""A conversation is told once: examples apart, what a request repeats left out, replies in their place."""

from __future__ import annotations

import json

from lskd_toolkit.corpus import open_run
from lskd_toolkit.corpus.exchanges import Exchange, conversation
from lskd_toolkit.llm.messages import ChatReply, ToolCall
from lskd_toolkit.pipeline.running import configure, run

SHOTS = [
    {"role": "user", "text": "an example scene", "sights": []},
    {"role": "assistant", "text": "an example reply", "sights": []},
]
RECIPE = json.dumps({"drawn_by": {"component": "lskd-toolkit:numbered"}, "side": 512, "regions": []})
SCENE = {"role": "user", "text": "the scene", "sights": [["ab" * 32, RECIPE]]}


def said(role, text, **more):
    return {"role": role, "text": text, "sights": [], **more}


def exchange(key, messages, reply, **more):
    request = {
        "model": "m", "system": "be careful", "messages": messages, "schema": {"type": "object"},
        "max_tokens": 100, "temperature": 0.8, "seed": 0, "draw": 0, "options": {}, **more,
    }  # fmt: skip
    return Exchange(key, request, reply)


def test_examples_are_told_apart_from_the_scene():
    (one,) = conversation([exchange("a", [*SHOTS, SCENE], ChatReply("done"))])
    assert [turn.text for turn in one.examples] == ["an example scene", "an example reply"]
    assert [turn.text for turn in one.turns] == ["the scene"]
    assert one.turns[0].pictures == (
        "the picture, its regions drawn by numbered, at most 512 pixels wide and high",
    )
    assert (one.number, one.follows, one.system) == (1, 0, "be careful")


def test_a_repair_goes_on_from_what_it_repairs():
    first = exchange("a", [*SHOTS, SCENE], ChatReply("babble"))
    repair = exchange(
        "b", [*SHOTS, SCENE, said("assistant", "babble"), said("user", "again")], ChatReply("x")
    )
    told = conversation([first, repair])
    assert told[1].follows == 1
    assert [turn.text for turn in told[1].turns] == ["again"]
    assert told[1].examples == ()
    assert told[1].schema is None


def test_an_empty_reply_that_was_repeated_as_nothing_is_seen_as_repeated():
    first = exchange("a", [SCENE], ChatReply(""))
    repair = exchange("b", [SCENE, said("assistant", "(nothing)"), said("user", "again")], ChatReply("x"))
    assert [turn.text for turn in conversation([first, repair])[1].turns] == ["again"]


def test_a_tool_call_stands_with_its_reply_and_the_answer_with_the_next_request():
    call = ToolCall("ask", {"region": 0})
    first = exchange("a", [SCENE], ChatReply("", calls=(call,)), tools=[["ask", "Ask.", {}]])
    calling = said("assistant", "", calls=[["ask", {"region": 0}]])
    second = exchange(
        "b", [SCENE, calling, said("tool", "a dog")], ChatReply("x"), tools=[["ask", "Ask.", {}]]
    )
    told = conversation([first, second])
    assert told[0].reply.calls == (call,)
    assert told[0].tools == (("ask", "Ask.", {}),)
    assert [(turn.role, turn.text) for turn in told[1].turns] == [("tool", "a dog")]
    assert told[1].tools == ()


def test_what_a_model_did_not_say_is_no_reply_of_its():
    first = exchange("a", [SCENE], ChatReply("one thing"))
    second = exchange("b", [SCENE, said("assistant", "another"), said("user", "go on")], ChatReply("x"))
    assert [turn.text for turn in conversation([first, second])[1].turns] == ["another", "go on"]


def test_a_reply_put_into_another_conversation_is_no_example():
    first = exchange("a", [SCENE], ChatReply("babble"))
    second = exchange(
        "b", [said("user", "in short"), said("assistant", "babble"), said("user", "and?")], None
    )
    told = conversation([first, second])[1]
    assert (told.follows, told.examples) == (0, ())
    assert [turn.text for turn in told.turns] == ["in short", "babble", "and?"]


def test_a_second_draw_is_said_to_repeat_the_first():
    told = conversation(
        [exchange("a", [SCENE], ChatReply("x")), exchange("b", [SCENE], ChatReply("y"), draw=1)]
    )
    assert (told[1].follows, told[1].again, told[1].turns) == (1, True, ())
    assert told[1].settings["draw"] == 1


def test_of_several_draws_a_repair_goes_on_from_the_one_whose_reply_it_repeats():
    draws = [exchange(key, [SCENE], ChatReply(f"reply {key}"), draw=n) for n, key in enumerate("abc")]
    messages = [SCENE, said("assistant", "reply b"), said("user", "again")]
    told = conversation([*draws, exchange("d", messages, ChatReply("x"), draw=1)])
    assert [each.follows for each in told] == [0, 1, 1, 2]
    assert [turn.text for turn in told[3].turns] == ["again"]


def test_a_request_of_its_own_has_everything_and_says_that_its_system_is_known():
    told = conversation([
        exchange("a", [*SHOTS, SCENE], ChatReply("x")), exchange("b", [said("user", "check")], ChatReply("y"))
    ])  # fmt: skip
    assert (told[1].follows, told[1].system_again, told[1].schema) == (0, True, {"type": "object"})


def test_what_the_ledger_has_no_longer_is_there_as_a_gap():
    (gone,) = conversation([Exchange("a", {}, None)])
    assert (gone.settings, gone.turns, gone.reply) == ({}, (), None)


def test_a_run_gives_back_every_exchange_of_an_image_and_none_where_no_backend_was_asked(tmp_path):
    flags = {
        "source": {"use": "smallworld", "count": 3}, "proposer": "smallworld", "strategy": "reflect",
        "verbalizer": ["smallworld-local", "smallworld-relation"],
        "teacher": {"use": "llm", "parts": {"backend": {"use": "smallworld", "hallucinated": 0.9}}},
        "critic": [],
    }  # fmt: skip
    run(configure(None, None, flags), tmp_path / "asked")
    with open_run(tmp_path / "asked") as corpus:
        spent = corpus.spending
        told = [corpus.exchanges(entry.scene.image.id) for entry in corpus.entries()]
        statements = [s for entry in corpus.entries() for s in entry.statements]
    assert sum(map(len, told)) == spent.requests["ok"] > 3
    assert sum(each.reply.tokens_in for exchanges in told for each in exchanges) == spent.tokens_in
    assert {s.reply for s in statements} <= {each.key for exchanges in told for each in exchanges}

    run(configure(None, None, {**flags, "teacher": "smallworld", "strategy": ""}), tmp_path / "unasked")
    with open_run(tmp_path / "unasked") as corpus:
        assert corpus.exchanges("000001") == ()
