"""Every fault that a script can bring about, seen by the real SDKs, and if it is billed."""

from __future__ import annotations

import asyncio
import json
import time

import anthropic
import openai
import pytest

from lskd_toolkit.testing.vendors import FakeVendors
from lskd_toolkit.testing.vendors.faults import BILLED, Script

TEXT = "Regions:\n[0] person (centre, large)\nWrite at most 2 statements."


def hello(client, text=TEXT, model="m"):
    """One request, on the client of either vendor."""
    messages = [{"role": "user", "content": text}]
    if isinstance(client, anthropic.AsyncAnthropic):
        return client.messages.create(model=model, max_tokens=2000, messages=messages)
    return client.chat.completions.create(model=model, messages=messages)


def text_of(reply):
    return reply.content[0].text if hasattr(reply, "content") else reply.choices[0].message.content


@pytest.fixture(params=["claude", "chatgpt"])
def vendor(request):
    """``vendor(vendors)``: a client of each vendor in turn, and its SDK as ``vendor.sdk``."""
    make = request.getfixturevalue(request.param)

    def client(vendors, **more):
        return make(vendors, **more)

    client.sdk = anthropic if request.param == "claude" else openai
    return client


def with_fault(fault, vendor, then, match=None, **client):
    """What ``then(client)`` gives where the rule strikes, and the bill."""

    async def run():
        rules = [{"match": match or {}, "fault": fault}]
        async with FakeVendors(script=rules) as vendors, vendor(vendors, **client) as made:
            return await then(made), vendors.calls

    return asyncio.run(run())


def raised(kind):
    """A step that expects the error and gives it."""

    async def then(client):
        with pytest.raises(kind) as caught:
            await hello(client)
        return caught.value

    return then


STATUS = {
    "400": "BadRequestError", "401": "AuthenticationError", "403": "PermissionDeniedError",
    "404": "NotFoundError", "429": "RateLimitError",
    **dict.fromkeys(("500", "502", "503", "529"), "InternalServerError"),
}  # fmt: skip


@pytest.mark.parametrize("kind", STATUS)
def test_a_status_is_the_error_that_the_sdk_knows_and_costs_nothing(vendor, kind):
    error, calls = with_fault(kind, vendor, raised(getattr(vendor.sdk, STATUS[kind])))
    assert error.status_code == int(kind)
    assert calls == []


def test_anthropic_says_overloaded(claude):
    error, _ = with_fault("529", claude, raised(anthropic.InternalServerError))
    assert error.body["error"]["type"] == "overloaded_error"
    assert type(error).__name__ == "OverloadedError"


def test_retry_after_comes_as_seconds_as_a_date_or_not_at_all(vendor):
    limit = raised(vendor.sdk.RateLimitError)
    seconds, _ = with_fault({"kind": "429", "retry_after": 7}, vendor, limit)
    date, _ = with_fault({"kind": "429", "retry_after": 7, "date": True}, vendor, limit)
    none, _ = with_fault("429", vendor, limit)
    assert seconds.response.headers["retry-after"] == "7"
    assert date.response.headers["retry-after"].endswith("GMT")
    assert "retry-after" not in none.response.headers


def test_the_sdk_repeats_by_itself_and_the_bill_says_so(vendor):
    fault = {"kind": "429", "retry_after": 0.01}
    _, calls = with_fault(fault, vendor, hello, match={"nth": [1, 2]}, max_retries=2)
    assert [call.retry for call in calls] == [2]


def test_a_connection_cut_before_the_answer_costs_nothing(vendor):
    _, calls = with_fault("cut", vendor, raised(vendor.sdk.APIConnectionError))
    assert calls == []


def test_a_connection_cut_within_the_answer_is_billed(vendor, transport):
    _, calls = with_fault("cut_body", vendor, raised(vendor.sdk.APIConnectionError), **transport(vendor.sdk))
    assert [call.fault for call in calls] == ["cut_body"]
    assert calls[0].tokens_out > 0


def test_a_server_that_hangs_runs_into_the_clients_time_out(vendor):
    _, calls = with_fault("hang", vendor, raised(vendor.sdk.APITimeoutError), timeout=0.2)
    assert calls == []
    _, calls = with_fault(
        {"kind": "hang", "billed": True}, vendor, raised(vendor.sdk.APITimeoutError), timeout=0.2
    )
    assert [call.fault for call in calls] == ["hang"]


def test_a_hang_ends_after_its_seconds(vendor):
    with_fault({"kind": "hang", "seconds": 0.05}, vendor, raised(vendor.sdk.APIConnectionError))


def test_a_malformed_body_is_billed_and_cannot_be_read(vendor):
    async def then(client):
        with pytest.raises((ValueError, anthropic.APIError, openai.APIError)):
            text_of(await hello(client))

    _, calls = with_fault("malformed", vendor, then)
    assert [call.fault for call in calls] == ["malformed"]


def test_a_text_off_the_schema(vendor):
    reply, calls = with_fault("wrong_schema", vendor, hello)
    assert "statements" not in text_of(reply)
    assert len(calls) == 1


def test_refusals_in_each_vendors_words(claude, chatgpt):
    message, calls = with_fault("refusal", claude, hello)
    assert (message.stop_reason, message.content) == ("refusal", [])
    assert message.stop_details.type == "refusal"
    completion, more = with_fault("refusal", chatgpt, hello)
    assert completion.choices[0].message.content is None
    assert "can't help" in completion.choices[0].message.refusal
    filtered, _ = with_fault({"kind": "refusal", "style": "content_filter"}, chatgpt, hello)
    assert filtered.choices[0].finish_reason == "content_filter"
    assert len(calls + more) == 2


def test_the_token_limit(claude, chatgpt):
    message, _ = with_fault("token_limit", claude, hello)
    completion, _ = with_fault("token_limit", chatgpt, hello)
    assert message.stop_reason == "max_tokens"
    assert completion.choices[0].finish_reason == "length"
    for reply in (message, completion):
        with pytest.raises(ValueError):
            json.loads(text_of(reply))


def test_what_a_rule_says_is_free_is_not_billed(vendor):
    _, calls = with_fault({"kind": "wrong_schema", "billed": False}, vendor, hello)
    assert calls == []


def test_an_empty_answer(claude, chatgpt):
    assert with_fault("empty", claude, hello)[0].content == []
    assert with_fault("empty", chatgpt, hello)[0].choices[0].message.content == ""


def test_a_trickle_arrives_whole_and_late(vendor, transport):
    began = time.monotonic()
    reply, calls = with_fault({"kind": "trickle", "seconds": 0.4}, vendor, hello, **transport(vendor.sdk))
    assert time.monotonic() - began >= 0.35
    assert json.loads(text_of(reply))["statements"]
    assert len(calls) == 1


def test_slow_is_late(vendor):
    began = time.monotonic()
    with_fault({"kind": "slow", "seconds": 0.3}, vendor, hello)
    assert time.monotonic() - began >= 0.3


def test_a_connection_lives_on_after_a_fault_that_leaves_it_whole(claude):
    async def run():
        rules = [{"match": {"nth": 1}, "fault": "500"}, {"match": {"nth": 2}, "fault": "malformed"}]
        async with FakeVendors(script=rules) as vendors, claude(vendors) as client:
            for _ in range(2):
                with pytest.raises((anthropic.APIError, ValueError)):
                    text_of(await hello(client))
            return text_of(await hello(client))

    assert json.loads(asyncio.run(run()))


# Rules, as pure functions.


def strikes(match, events, **rule):
    script = Script([{"match": match, "fault": "500", **rule}])
    return [
        at
        for at, event in enumerate(events)
        if script.fault(**{"vendor": "openai", "route": "chat", **event})
    ]


def test_a_rule_strikes_the_nth_or_every_so_many():
    events = [{}] * 6
    assert strikes({"nth": 2}, events) == [1]
    assert strikes({"nth": [1, 6]}, events) == [0, 5]
    assert strikes({"every": 3}, events) == [2, 5]
    assert strikes({}, events, times=2) == [0, 1]


def test_a_rule_meets_chats_unless_it_names_a_route():
    events = [{"route": r} for r in ("chat", "messages", "batches.create", "files.get", "batches.item")]
    assert strikes({}, events) == [0, 1]
    assert strikes({"route": "batches.*"}, events) == [2, 4]


def test_a_rule_tells_vendors_models_and_bodies_apart():
    events = [{"vendor": "anthropic"}, {"model": "big"}, {"body": "a dog"}]
    assert strikes({"vendor": "anthropic"}, events) == [0]
    assert strikes({"model": "big"}, events) == [1]
    assert strikes({"contains": "dog"}, events) == [2]


def test_an_attempt_is_counted_for_equal_bodies():
    events = [{"sha256": s} for s in ("a", "b", "a", "b", "a")]
    assert strikes({"attempt": 1}, events) == [0, 1]
    assert strikes({"attempt": [2, 3]}, events) == [2, 3, 4]


def test_a_rate_does_not_mind_the_order_of_arrival():
    events = [{"sha256": f"{i}"} for i in range(400)]
    struck = set(strikes({"rate": 0.25}, events))
    turned = {399 - at for at in strikes({"rate": 0.25}, events[::-1])}
    assert struck == turned
    assert 60 < len(struck) < 140


def test_a_rule_that_says_nothing_known_is_refused():
    with pytest.raises(ValueError, match="no fault is called 'flood'; there are 400"):
        Script([{"fault": "flood"}])
    with pytest.raises(ValueError, match="cannot match modle"):
        Script([{"match": {"modle": "x"}, "fault": "500"}])


def test_a_fault_may_say_that_it_is_billed():
    script = Script([{"fault": {"kind": "500", "billed": True}}])
    assert script.fault("openai", "chat").billed
    assert not BILLED["500"]
