"""What the vendor says, read: replies, their price, how fast to go on."""

from __future__ import annotations

from datetime import date

import pytest
from lskd_anthropic.money import cost, most, price
from lskd_anthropic.options import ClaudeOptions
from lskd_anthropic.reading import decoded, pace, reply, retry_after

from lskd_toolkit import Price, ToolCall, Unreachable, price_of

LINE = Price(
    "claude-x", 2.0, 10.0, date(2026, 10, 24), "a page", cache_read=0.1, cache_write=2.5, cache_write_hour=4.0
)
NOW = {"date": "Mon, 23 Nov 2026 10:00:00 GMT"}


def message(text="Hello.", **more):
    return {
        "type": "message", "model": "claude-sonnet-5-5", "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn", "usage": {"input_tokens": 100, "output_tokens": 20}, **more,
    }  # fmt: skip


def read(told):
    return reply(told, "claude-sonnet-5-5", LINE)


def test_text_and_tokens():
    told = read(message("A dog."))
    assert (told.text, told.status, told.tokens_in, told.tokens_out) == ("A dog.", "ok", 100, 20)
    assert told.usd == pytest.approx((100 * 2 + 20 * 10) / 1e6)


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("end_turn", "ok"), ("stop_sequence", "ok"), ("tool_use", "ok"), ("something new", "ok"),
        ("max_tokens", "cut"), ("model_context_window_exceeded", "cut"), ("pause_turn", "cut"),
        ("refusal", "refused"),
    ],
)  # fmt: skip
def test_why_it_stopped_is_the_status(reason, status):
    assert read(message(stop_reason=reason)).status == status


def test_a_refusal_without_text_says_what_the_vendor_explains():
    told = message(stop_reason="refusal", content=[], stop_details={"type": "refusal", "explanation": "No."})
    assert (read(told).text, read(told).status) == ("No.", "refused")
    assert read({**told, "stop_details": None}).text == ""


def test_thinking_is_left_out_and_pieces_of_text_are_joined():
    content = [
        {"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": "A "},
        {"type": "redacted_thinking", "data": "x"}, {"type": "text", "text": "dog."},
    ]  # fmt: skip
    assert read(message(content=content)).text == "A dog."


def test_an_empty_reply_is_empty_and_was_paid_for():
    told = read(message(content=[]))
    assert (told.text, told.status) == ("", "ok")
    assert told.usd is not None
    assert told.usd > 0


def test_calls_come_in_the_order_they_were_made():
    content = [
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "toolu_9", "name": "look", "input": {"region": 1}},
        {"type": "tool_use", "id": "toolu_1", "name": "read", "input": {}},
    ]
    told = read(message(content=content, stop_reason="tool_use"))
    assert told.calls == (ToolCall("look", {"region": 1}), ToolCall("read", {}))
    assert read(message(content=content, stop_reason="max_tokens")).calls == (), "the last may be half"


def test_the_model_is_the_version_that_answered_but_no_path_of_a_servers():
    assert reply(message(model="claude-haiku-4-5-20251001"), "claude-haiku-4-5", None).model.endswith("1001")
    assert reply(message(model="/home/me/smollm2.gguf"), "smollm2", None).model == "smollm2"


@pytest.mark.parametrize("data", [b"", b'{"a": 1', b"[1]", b"<html>"])
def test_a_body_that_is_no_object_may_be_asked_for_again(data):
    with pytest.raises(Unreachable, match="no JSON"):
        decoded(data)


@pytest.mark.parametrize(
    "told", [{}, {"content": "text"}, {"type": "error", "error": {}}, {"content": [], "usage": 3}]
)
def test_an_object_that_is_no_message_may_be_asked_for_again(told):
    with pytest.raises(Unreachable, match="no message"):
        read(told)


# --- money ------------------------------------------------------------------------------------------


def test_each_kind_of_token_has_its_price():
    usage = {
        "input_tokens": 1000, "cache_read_input_tokens": 4000, "cache_creation_input_tokens": 3000,
        "cache_creation": {"ephemeral_5m_input_tokens": 2000, "ephemeral_1h_input_tokens": 1000},
        "output_tokens": 500,
    }  # fmt: skip
    # 1000 at 2, 4000 at 0.1, 2000 at 2.5, 1000 at 4 and 500 at 10 dollars a million
    assert cost(LINE, usage) == pytest.approx((2000 + 400 + 5000 + 4000 + 5000) / 1e6)
    assert cost(LINE, usage, batch=True) == pytest.approx(16400 / 2e6)
    told = read(message(usage=usage))
    assert (told.tokens_in, told.cached) == (8000, 4000)


def test_no_reply_costs_more_than_what_was_reserved_for_it():
    for kind in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"):
        usage = {kind: 5000, "output_tokens": 100, "cache_creation": {"ephemeral_1h_input_tokens": 5000}}
        if kind != "cache_creation_input_tokens":
            usage["cache_creation"] = None
        assert cost(LINE, usage) <= most(LINE, 5000, 100) + 1e-12


def test_long_prompts_of_haiku_cost_five_times_as_much():
    line = price(ClaudeOptions(model="claude-haiku-5-5"))
    assert cost(line, {"input_tokens": 100_000}) == pytest.approx(0.01)
    assert cost(line, {"input_tokens": 60_000, "cache_read_input_tokens": 60_000}) == pytest.approx(0.033)
    assert most(line, 100_001, 0) == pytest.approx(100_001 * 0.2 * 5 / 1e6)


def test_a_model_without_a_price_has_none():
    assert price(ClaudeOptions(model="claude-of-tomorrow")) is None
    assert cost(None, {"input_tokens": 1}) is None
    assert most(None, 1, 1) is None


def test_prices_can_be_given():
    line = price(ClaudeOptions(model="mine", usd_per_million_in=1.0, usd_per_million_out=3.0))
    assert cost(line, {"input_tokens": 1000, "output_tokens": 1000}) == pytest.approx(0.004)
    assert cost(line, {"cache_creation_input_tokens": 1000}) == pytest.approx(0.00125)
    free = price(ClaudeOptions(model="mine", usd_per_million_in=0.0, usd_per_million_out=0.0))
    assert most(free, 10**6, 10**6) == 0.0


@pytest.mark.parametrize(
    ("model", "usd_in"),
    [("claude-sonnet-5-5", 2), ("claude-haiku-4-5-20251001", 1), ("claude-opus-5-5-20260922", 4)],
)
def test_models_are_in_the_price_table_by_name_and_by_dated_name(model, usd_in):
    assert price_of(model).usd_in == usd_in


def test_a_newer_model_does_not_pass_for_an_older_one():
    assert price_of("claude-fable-5-2") is None, "5-2 is another model than 5, not its date"


def test_a_cache_read_is_cheaper_and_a_write_dearer_than_a_plain_token():
    for name in (
        "claude-sonnet-5-5",
        "claude-opus-5-5",
        "claude-haiku-5-5",
        "claude-fable-5-1",
        "claude-sonnet-4-6",
    ):
        line = price_of(name)
        assert line.cache_read < line.usd_in < line.cache_write < line.cache_write_hour < line.usd_out


# --- pace -------------------------------------------------------------------------------------------


def test_what_is_left_is_a_share_of_the_limit_and_the_tightest_counts():
    told = pace(
        {
            **NOW,
            "anthropic-ratelimit-requests-limit": "1000", "anthropic-ratelimit-requests-remaining": "250",
            "anthropic-ratelimit-requests-reset": "2026-11-23T10:00:05Z",
            "anthropic-ratelimit-input-tokens-limit": "80000",
            "anthropic-ratelimit-input-tokens-remaining": "8000",
            "anthropic-ratelimit-output-tokens-limit": "16000",
            "anthropic-ratelimit-output-tokens-remaining": "16000",
            "anthropic-ratelimit-output-tokens-reset": "2026-11-23T10:00:20+00:00",
        }
    )  # fmt: skip
    assert (told.requests, told.tokens, told.reset) == (0.25, 0.1, 20.0)


@pytest.mark.parametrize(
    "headers",
    [{}, NOW, {"anthropic-ratelimit-requests-limit": "0", "anthropic-ratelimit-requests-remaining": "0"},
     {"anthropic-ratelimit-requests-limit": "many", "anthropic-ratelimit-requests-reset": "soon"}],
)  # fmt: skip
def test_headers_that_say_nothing_give_no_pace(headers):
    assert pace(headers) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0), ({"retry-after": "0.5"}, 0.5), ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "200", "retry-after": "9"}, 0.2),
        ({"retry-after": "Mon, 23 Nov 2026 10:00:30 GMT"}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 09:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None), ({"retry-after": "-3"}, None), ({"retry-after": "inf"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_milliseconds_or_a_date(headers, seconds):
    assert retry_after({**NOW, **headers}) == seconds


@pytest.mark.parametrize("value", ["12", None, [], {}, -5, 1.5, 2**80, True, "x"])
@pytest.mark.parametrize(
    "name", ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation"]
)
def test_a_reply_is_paid_for_however_oddly_its_tokens_are_counted(name, value):
    told = read(message("A dog.", usage={"input_tokens": 100, "output_tokens": 20, name: value}))
    assert (told.text, told.status) == ("A dog.", "ok")
    assert 0 <= told.tokens_in < 2**63
    assert 0 <= told.tokens_out < 2**63
    assert told.usd >= 0


@pytest.mark.parametrize("reason", [None, 5, [], {}])
def test_an_odd_reason_to_stop_is_none(reason):
    assert read(message("A dog.", stop_reason=reason)).status == "ok"
    assert read(message("", content=[], stop_reason="refusal", stop_details=["no"])).status == "refused"
