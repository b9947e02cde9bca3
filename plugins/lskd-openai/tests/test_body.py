"""The exact words that are sent."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import PIL.Image
import pytest
from lskd_openai.body import body, encoded
from lskd_openai.models import manner
from lskd_openai.options import ChatGptOptions

from lskd_toolkit import ChatRequest, Message, Sight, ToolCall, ToolSpec

SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string", "pattern": "^\\[(0|2)\\]", "minLength": 3}},
    "required": ["answer"],
    "additionalProperties": False,
}
ASK = ToolSpec(
    "ask", "Ask about a region.", {"type": "object", "properties": {"region": {"type": "integer"}}}
)
LOCAL = {"base_url": "http://127.0.0.1:8000/v1", "model": "Qwen/Qwen3-VL-8B-Instruct"}


def sent(request: ChatRequest, **options) -> dict:
    chosen = ChatGptOptions(**options)
    return body(request, chosen.model, manner(chosen))


def picture(shade: int) -> Sight:
    return Sight(f"{shade:064x}", "numbered", lambda: np.full((8, 12, 3), shade, np.uint8))


def test_text_to_openai():
    request = ChatRequest(
        (Message("user", "Why?"), Message("assistant", "So."), Message("user", "No.")),
        system="Be brief.", max_tokens=99, temperature=0.3, stop=("END",), seed=7, draw=2,
    )  # fmt: skip
    assert sent(request, model="gpt-6-luna") == {
        "model": "gpt-6-luna",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Why?"},
            {"role": "assistant", "content": "So."},
            {"role": "user", "content": "No."},
        ],
        "max_completion_tokens": 99,
        "reasoning_effort": "none",
        "temperature": 0.3,
        "seed": 9,
        "stop": ["END"],
    }


def test_text_to_a_server_of_ones_own():
    assert sent(ChatRequest((Message("user", "Why?"),), max_tokens=99, temperature=0.3), **LOCAL) == {
        "model": LOCAL["model"],
        "messages": [{"role": "user", "content": "Why?"}],
        "max_tokens": 99,
        "temperature": 0.3,
        "seed": 0,
    }


def test_each_draw_is_another_sample():
    request = ChatRequest((Message("user", "Why?"),), seed=5)
    seeds = [sent(ChatRequest(request.messages, seed=5, draw=n), **LOCAL)["seed"] for n in range(3)]
    assert seeds == [5, 6, 7]


def test_a_schema_to_openai_is_strict_and_its_shape():
    form = sent(ChatRequest((Message("user", "Why?"),), schema=SCHEMA))["response_format"]
    assert form == {
        "type": "json_schema",
        "json_schema": {
            "name": "reply",
            "strict": True,
            "schema": {
                "type": "object",
                "properties": {"answer": {"type": "string"}},
                "required": ["answer"],
                "additionalProperties": False,
            },
        },
    }


def test_a_schema_to_others_is_whole():
    form = sent(ChatRequest((Message("user", "Why?"),), schema=SCHEMA), **LOCAL)["response_format"]
    assert form == {"type": "json_schema", "json_schema": {"name": "reply", "schema": SCHEMA}}


@pytest.mark.parametrize(
    ("options", "strict", "kept"),
    [
        ({"schema_detail": "full"}, True, {"type", "pattern"}),
        ({"strict": "no"}, False, {"type", "pattern", "minLength"}),
        ({"strict": "no", "schema_detail": "shape"}, False, {"type"}),
        ({**LOCAL, "strict": "yes"}, True, {"type"}),
        ({**LOCAL, "strict": "yes", "schema_detail": "full"}, True, {"type", "pattern"}),
    ],
)
def test_strictness_and_detail_can_be_set(options, strict, kept):
    form = sent(ChatRequest((Message("user", "Why?"),), schema=SCHEMA), **options)["response_format"][
        "json_schema"
    ]
    assert form.get("strict", False) is strict
    assert set(form["schema"]["properties"]["answer"]) == kept


def test_pictures_are_jpegs_before_the_text_that_speaks_of_them():
    message = sent(ChatRequest((Message("user", "Why?", (picture(40), picture(200))),)))["messages"][0]
    first, second, text = message["content"]
    assert text == {"type": "text", "text": "Why?"}
    for part, shade in ((first, 40), (second, 200)):
        head, _, data = part["image_url"]["url"].partition(",")
        assert (part["type"], head) == ("image_url", "data:image/jpeg;base64")
        shown = PIL.Image.open(io.BytesIO(base64.b64decode(data)))
        assert (shown.format, shown.size) == ("JPEG", (12, 8))
        assert abs(int(np.array(shown).mean()) - shade) <= 2


def test_calls_get_their_ids_from_where_they_stand_and_answers_find_them():
    request = ChatRequest(
        (
            Message("user", "Look."),
            Message("assistant", "", (), (ToolCall("ask", {"region": 0}), ToolCall("ask", {"region": 2}))),
            Message("tool", "a dog"),
            Message("tool", "a ball"),
            Message("assistant", "Again.", (), (ToolCall("ask", {"region": 1}),)),
            Message("tool", "a café"),
        ),
        tools=(ASK,),
    )
    made = sent(request)
    assert made["tools"] == [
        {
            "type": "function",
            "function": {"name": "ask", "description": ASK.description, "parameters": dict(ASK.parameters)},
        }
    ]
    assert made["messages"][1:] == [
        {"role": "assistant", "content": None, "tool_calls": [call("call-1-0", 0), call("call-1-1", 2)]},
        {"role": "tool", "tool_call_id": "call-1-0", "content": "a dog"},
        {"role": "tool", "tool_call_id": "call-1-1", "content": "a ball"},
        {"role": "assistant", "content": "Again.", "tool_calls": [call("call-4-0", 1)]},
        {"role": "tool", "tool_call_id": "call-4-0", "content": "a café"},
    ]


def call(name: str, region: int) -> dict:
    return {
        "id": name, "type": "function",
        "function": {"name": "ask", "arguments": json.dumps({"region": region})},
    }  # fmt: skip


def test_pictures_that_tools_show_come_after_the_last_answer():
    calls = (ToolCall("look", {}), ToolCall("look", {}))
    told = (Message("tool", "here", (picture(9),)), Message("tool", "and here", (picture(99),)))
    messages = sent(ChatRequest((Message("user", "Look."), Message("assistant", "", (), calls), *told)))[
        "messages"
    ]
    assert [m["role"] for m in messages] == ["user", "assistant", "tool", "tool", "user"]
    assert [part["type"] for part in messages[-1]["content"]] == ["image_url", "image_url"]


def test_a_schema_beside_tools_goes_to_openai_alone():
    request = ChatRequest((Message("user", "Look."),), schema=SCHEMA, tools=(ASK,))
    assert "response_format" in sent(request)
    assert "response_format" not in sent(request, **LOCAL), "it would keep the model from calling a tool"


def test_options_of_the_request_go_over_everything():
    request = ChatRequest((Message("user", "Why?"),), options={"top_p": 0.9, "temperature": 0.1, "seed": 1})
    made = sent(request)
    assert (made["top_p"], made["temperature"], made["seed"]) == (0.9, 0.1, 1)


def test_nothing_said_is_said_with_words():
    assert sent(ChatRequest((Message("user", "Why?"), Message("assistant", ""))))["messages"][1]["content"]


def test_broken_letters_do_not_stop_a_request():
    chosen = ChatGptOptions()
    data = encoded(ChatRequest((Message("user", "café \ud800"),)), chosen.model, manner(chosen))
    assert json.loads(data)["messages"][0]["content"] == "café ?"
