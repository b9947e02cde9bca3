"""Answers of the vendor as replies, and what its headers say."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lskd_openai.reading import pace, retry_after, span

from lskd_toolkit import ChatRequest, Message, Pace, ToolCall, ToolSpec, Unreachable
from lskd_toolkit.testing.backends import SCHEMA
from lskd_toolkit.testing.vendors.http import Answer, as_json


def test_a_reply_has_text_tokens_and_the_model_that_gave_it(completed, completion):
    reply = completed(completion(content="Because."))
    assert (reply.text, reply.status, reply.calls) == ("Because.", "ok", ())
    assert (reply.tokens_in, reply.tokens_out, reply.model) == (10, 5, "gpt-6.1-terra-2026-10-26")


def test_a_server_that_calls_a_model_otherwise_does_not_rename_it(completed, completion):
    """llama.cpp answers with the path of its file, which would stand in the corpus."""
    assert completed(completion(content="Because."), model="local").model == "local"


def test_a_refusal_is_told_as_one(completed, completion):
    reply = completed(completion(content=None, refusal="I cannot help with that."))
    assert (reply.status, reply.text) == ("refused", "I cannot help with that.")


def test_what_a_filter_stops_is_refused(completed, completion):
    assert completed(completion(content="", reason="content_filter")).status == "refused"


def test_a_reply_at_its_limit_is_cut_and_calls_nothing(completed, completion):
    half = [{"id": "c", "type": "function", "function": {"name": "ask", "arguments": '{"region": 1}'}}]
    reply = completed(completion(content="Beca", reason="length", tool_calls=half))
    assert (reply.status, reply.text, reply.calls) == ("cut", "Beca", ())


def test_content_in_parts_is_joined(completed, completion):
    parts = [{"type": "text", "text": "Be"}, {"type": "text", "text": "cause."}]
    assert completed(completion(content=parts)).text == "Because."


@pytest.mark.parametrize(
    ("arguments", "read"),
    [('{"region": 2}', {"region": 2}), ("", {}), (None, {}), ({"region": 2}, {"region": 2})],
)
def test_calls_have_a_name_and_arguments(completed, completion, arguments, read):
    told = [{"id": "c1", "type": "function", "function": {"name": "ask", "arguments": arguments}}]
    reply = completed(completion(content=None, tool_calls=told, reason="tool_calls"))
    assert (reply.status, reply.text, reply.calls) == ("ok", "", (ToolCall("ask", read),))


@pytest.mark.parametrize("arguments", ["{region: 2}", "[2]", "2", '"two"'])
def test_calls_that_cannot_be_read_are_text_to_be_mended(completed, completion, arguments):
    good = {"id": "c1", "type": "function", "function": {"name": "ask", "arguments": "{}"}}
    bad = {"id": "c2", "type": "function", "function": {"name": "compare", "arguments": arguments}}
    reply = completed(completion(content="Let me look.", tool_calls=[good, bad], reason="tool_calls"))
    assert (reply.calls, reply.status) == ((), "ok")
    assert reply.text == f"Let me look.\ncompare({arguments})"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"choices": []}',
        b'{"choices": [null]}',
        b'{"choices": [{"message": 3}]}',
    ],
)
def test_what_is_no_completion_may_be_asked_for_again(completed, body):
    with pytest.raises(Unreachable, match="the answer is no"):
        completed(Answer(200, body))


def test_a_reply_without_counts_has_no_price(completed):
    told = {"choices": [{"message": {"content": "So."}, "finish_reason": "stop"}]}
    reply = completed(Answer(200, as_json(told)))
    assert (reply.text, reply.tokens_in, reply.tokens_out, reply.usd) == ("So.", 0, 0, None)


def test_the_pace_is_read_off_the_headers(completed, completion):
    headers = {
        "x-ratelimit-limit-requests": "500", "x-ratelimit-remaining-requests": "250",
        "x-ratelimit-reset-requests": "120ms", "x-ratelimit-limit-tokens": "30000",
        "x-ratelimit-remaining-tokens": "3000", "x-ratelimit-reset-tokens": "6m0s",
    }  # fmt: skip
    assert completed(completion(headers, content="So.")).pace == Pace(0.5, 0.1, 360.0)
    assert completed(completion(content="So.")).pace is None


@pytest.mark.parametrize(
    ("headers", "read"),
    [
        ({}, None),
        ({"x-ratelimit-limit-requests": "0", "x-ratelimit-remaining-requests": "0"}, None),
        ({"x-ratelimit-limit-requests": "many", "x-ratelimit-remaining-requests": "1"}, None),
        ({"x-ratelimit-limit-requests": "10", "x-ratelimit-remaining-requests": "20"}, Pace(1.0, None, None)),
        ({"x-ratelimit-limit-tokens": "10", "x-ratelimit-remaining-tokens": "-1"}, Pace(None, 0.0, None)),
    ],
)
def test_odd_headers_do_no_harm(headers, read):
    assert pace(headers) == read


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("6m0s", 360), ("1h2m3.5s", 3723.5), ("20ms", 0.02), ("1.5s", 1.5), ("30", 30), ("1d", 86400),
     ("", None), ("soon", None), ("6m soon", None), ("-3", None), ("inf", None), ("nan", None)],
)  # fmt: skip
def test_spans_of_time(text, seconds):
    assert span(text) == (None if seconds is None else pytest.approx(seconds))


@given(st.text(alphabet="0123456789.hmsd -einfa", max_size=12))
def test_no_span_of_time_is_odd(text):
    seconds = span(text)
    assert seconds is None or 0 <= seconds < float("inf")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "Mon, 23 Nov 2026 10:00:30 GMT", "date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 30),
        ({"retry-after": "Mon, 23 Nov 2026 09:00:00 GMT", "date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({}, None),
    ],
)
def test_when_to_come_back(headers, seconds):
    assert retry_after(headers) == seconds


@pytest.mark.parametrize("model", ["gpt-6.1-terra", "llama3"])
def test_a_talk_with_tools_goes_on_until_the_answer(with_vendor, model):
    tool = ToolSpec(
        "ask", "Ask.", {"type": "object", "properties": {"region": {"type": "integer", "enum": [0, 1]}}}
    )

    async def work(backend, vendor):
        talk, turns = [Message("user", "[0] a dog\n[1] a ball\nLook, then answer as JSON.")], 0
        while True:
            reply = await backend.complete(ChatRequest(tuple(talk), schema=SCHEMA, tools=(tool,)))
            if not reply.calls:
                break
            assert all(call.name == "ask" for call in reply.calls)
            talk.append(Message("assistant", reply.text, (), reply.calls))
            talk += [Message("tool", "a brown one")] * len(reply.calls)
            turns += 1
        assert (turns, reply.status) == (2, "ok")
        assert json.loads(reply.text)["statements"]

    with_vendor(work, vendor={"tool_calls": 2}, model=model)


ODD = ["12", None, [], {}, -5, 1.5, 2**80, True, "x"]


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize("name", ["prompt_tokens", "completion_tokens", "prompt_tokens_details"])
def test_a_reply_is_paid_for_however_oddly_its_tokens_are_counted(completed, completion, name, value):
    usage = {"prompt_tokens": 10, "completion_tokens": 5, name: value}
    reply = completed(completion(content="Because.", usage=usage))
    assert (reply.text, reply.status) == ("Because.", "ok")
    assert 0 <= reply.tokens_in < 2**63
    assert 0 <= reply.tokens_out < 2**63
    assert reply.usd is None or reply.usd >= 0


@pytest.mark.parametrize("written", ['{"a":' * 3000, '{"region": NaN}', '{"region": 1e999}'])
def test_arguments_that_no_tool_could_take_are_text(completed, completion, written):
    call = [{"id": "c", "type": "function", "function": {"name": "ask", "arguments": written}}]
    reply = completed(completion(content=None, tool_calls=call))
    assert (reply.calls, reply.text) == ((), f"ask({written})")
