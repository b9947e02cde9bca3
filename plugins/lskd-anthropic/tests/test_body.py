"""What is sent for a request, word for word."""

from __future__ import annotations

import base64
import io
import itertools
import json
from dataclasses import replace

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lskd_anthropic.body import body
from lskd_anthropic.options import ClaudeOptions

from lskd_toolkit import ChatRequest, Message, Sight, ToolCall, ToolSpec

OPTIONS = ClaudeOptions(model="claude-opus-4-8")
PLAIN = ChatRequest((Message("user", "What is in [0]?"),), max_tokens=50, temperature=0.3)
LOOK = ToolSpec(
    "look", "Looks at a region.", {"type": "object", "properties": {"region": {"type": "integer"}}}
)
EPHEMERAL = {"type": "ephemeral"}


def sent(request: ChatRequest, options: ClaudeOptions = OPTIONS, sampling: bool = False, **more):
    made = body(request, options, sampling=sampling, **more)
    assert json.loads(json.dumps(made)) == made, "what is sent must be plain JSON"
    return made


def test_a_plain_question():
    assert sent(PLAIN) == {
        "model": "claude-opus-4-8",
        "max_tokens": 50,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "What is in [0]?"}]}],
    }


def test_the_system_text_stands_apart_and_is_cached():
    assert sent(replace(PLAIN, system="Be brief."))["system"] == [
        {"type": "text", "text": "Be brief.", "cache_control": EPHEMERAL}
    ]


def test_stop_texts_are_stop_sequences():
    assert sent(replace(PLAIN, stop=("END", "\n\n")))["stop_sequences"] == ["END", "\n\n"]


def test_a_temperature_goes_only_to_models_that_take_one():
    assert sent(PLAIN, sampling=True)["temperature"] == 0.3
    assert "temperature" not in sent(PLAIN, sampling=False)


def test_a_model_that_thinks_takes_no_temperature():
    thinking = ClaudeOptions(model="claude-opus-4-6", thinking="adaptive")
    made = sent(PLAIN, thinking, sampling=True)
    assert made["thinking"] == {"type": "adaptive"}
    assert "temperature" not in made


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("claude-sonnet-5-5", {"thinking": {"type": "between_tools"}}),
        ("claude-haiku-5-5", {"thinking": {"type": "disabled"}}),
        ("claude-opus-5", {"thinking": {"type": "disabled"}}),
        ("claude-opus-5-20260724", {"thinking": {"type": "disabled"}}),
        ("claude-opus-5-5", {"output_config": {"effort": "low"}}),
        ("claude-fable-5-2", {"output_config": {"effort": "low"}}),
        ("claude-opus-4-8", {}),
        ("claude-haiku-4-5-20251001", {}),
        ("llama-3", {}),
    ],
)
def test_thinking_is_off_as_each_model_wants_it_said(model, said):
    made = sent(PLAIN, ClaudeOptions(model=model))
    assert {name: made[name] for name in ("thinking", "output_config") if name in made} == said


def test_effort_is_passed_on_beside_the_schema():
    made = sent(replace(PLAIN, schema={"type": "object"}), ClaudeOptions(effort="high"))
    assert made["output_config"]["effort"] == "high"
    assert made["output_config"]["format"]["type"] == "json_schema"


def test_low_effort_in_place_of_thinking_does_not_push_out_the_schema():
    made = sent(replace(PLAIN, schema={"type": "object"}), ClaudeOptions(model="claude-opus-5-5"))
    assert sorted(made["output_config"]) == ["effort", "format"]


def test_a_schema_becomes_an_output_format():
    schema = {"type": "object", "properties": {"kind": {"type": "integer", "enum": [1, 2]}}}
    made = sent(replace(PLAIN, schema=schema))
    assert made["output_config"]["format"] == {
        "type": "json_schema",
        "schema": {
            "type": "object", "properties": {"kind": {"type": "integer"}}, "required": [],
            "additionalProperties": False,
        },
    }  # fmt: skip
    full = sent(replace(PLAIN, schema=schema), ClaudeOptions(schema_detail="full"))
    assert full["output_config"]["format"]["schema"]["properties"]["kind"]["enum"] == [1, 2]


def test_a_picture_goes_as_jpeg_before_the_text_that_speaks_of_it():
    pixels = np.full((40, 60, 3), (200, 30, 30), np.uint8)
    sight = Sight("0" * 64, "plain", lambda: pixels)
    content = sent(replace(PLAIN, messages=(Message("user", "See [0].", (sight,)),)))["messages"][0][
        "content"
    ]
    assert [block["type"] for block in content] == ["image", "text"]
    source = content[0]["source"]
    assert (source["type"], source["media_type"]) == ("base64", "image/jpeg")
    with PIL.Image.open(io.BytesIO(base64.b64decode(source["data"]))) as image:
        assert (image.format, image.size) == ("JPEG", (60, 40))
        assert abs(image.getpixel((30, 20))[0] - 200) < 8


def test_calls_and_their_answers_are_paired_by_order():
    request = ChatRequest(
        (
            Message("user", "Look."),
            Message("assistant", "I will.", calls=tuple(ToolCall("look", {"region": at}) for at in (0, 1))),
            Message("tool", "a dog"),
            Message("tool", "a cat"),
            Message("user", "And now?"),
        ),
        tools=(LOOK,),
    )  # fmt: skip
    made = sent(request, ClaudeOptions(model="claude-opus-4-8", cache=False))
    assert made["tools"] == [
        {"name": "look", "description": "Looks at a region.", "input_schema": dict(LOOK.parameters)}
    ]
    assert made["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I will."},
                {"type": "tool_use", "id": "call-1-0", "name": "look", "input": {"region": 0}},
                {"type": "tool_use", "id": "call-1-1", "name": "look", "input": {"region": 1}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "call-1-0",
                    "content": [{"type": "text", "text": "a dog"}],
                },
                {
                    "type": "tool_result",
                    "tool_use_id": "call-1-1",
                    "content": [{"type": "text", "text": "a cat"}],
                },
                {"type": "text", "text": "And now?"},
            ],
        },
    ]


def test_a_turn_without_text_says_so_for_the_vendor_refuses_empty_ones():
    made = sent(
        replace(PLAIN, messages=(Message("user", "a"), Message("assistant", " "), Message("user", "b")))
    )
    assert made["messages"][1]["content"] == [{"type": "text", "text": "(nothing)"}]


def test_the_end_of_what_is_shared_is_cached():
    shots = (Message("user", "shot"), Message("assistant", "reply"))
    request = replace(PLAIN, system="Be brief.", messages=(*shots, *PLAIN.messages), shared=2)
    made = sent(request)
    assert marks(made) == ["Be brief.", "reply"]
    assert marks(sent(request, ClaudeOptions(cache=False))) == []


def test_what_a_batch_caches_stays_for_an_hour():
    made = sent(replace(PLAIN, system="Be brief."), hour=True)
    assert made["system"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}


def test_while_tools_are_used_the_talk_so_far_is_cached_for_the_next_step():
    request = replace(PLAIN, system="Be brief.", tools=(LOOK,))
    assert marks(sent(request)) == ["Be brief.", "What is in [0]?"]
    assert marks(sent(request, hour=True)) == ["Be brief."], "in a batch the next step comes too late"


def test_tools_are_cached_where_there_is_no_system_text():
    made = sent(replace(PLAIN, tools=(LOOK,)), hour=True)
    assert made["tools"][-1]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}


def test_the_requests_own_options_go_in_last():
    made = sent(replace(PLAIN, options={"max_tokens": 7, "metadata": {"user_id": "u"}}))
    assert (made["max_tokens"], made["metadata"]) == (7, {"user_id": "u"})


texts = st.text(max_size=5)
calls = st.lists(st.just(ToolCall("look", {"region": 1})), max_size=3).map(tuple)


@st.composite
def talks(draw) -> tuple[Message, ...]:
    """Talks as strategies make them: after an assistant's calls comes an answer to each."""
    talk: list[Message] = [Message("user", draw(texts))]
    for _ in range(draw(st.integers(0, 4))):
        if draw(st.booleans()):
            talk.append(Message("user", draw(texts)))
        else:
            made = draw(calls)
            talk.append(Message("assistant", draw(texts), calls=made))
            talk += [Message("tool", draw(texts)) for _ in made]
    return tuple(talk)


@given(talks(), st.integers(0, 12))
def test_every_talk_is_one_that_the_vendor_takes(talk, shared):
    made = body(ChatRequest(talk, tools=(LOOK,), system="s", shared=shared), OPTIONS, sampling=False)
    roles = [turn["role"] for turn in made["messages"]]
    assert all(a != b for a, b in itertools.pairwise(roles)), "turns alternate"
    asked: list[str] = []
    for turn in made["messages"]:
        results = [b["tool_use_id"] for b in turn["content"] if b["type"] == "tool_result"]
        assert results == asked, "each call is answered in the turn after it, in order"
        assert all(b["text"].strip() for b in turn["content"] if b["type"] == "text")
        asked = [b["id"] for b in turn["content"] if b["type"] == "tool_use"]
    assert len(set(_ids(made))) == len(_ids(made))
    assert len(marks(made)) <= 4, "the vendor takes four marks"


def _ids(made) -> list[str]:
    return [b["id"] for turn in made["messages"] for b in turn["content"] if b["type"] == "tool_use"]


def marks(made) -> list[str]:
    """The texts of the blocks that end what is cached."""
    blocks = [*made.get("system", []), *(b for turn in made["messages"] for b in turn["content"])]
    return [block.get("text", block["type"]) for block in blocks if "cache_control" in block]
