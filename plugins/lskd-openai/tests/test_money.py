"""Money, to the last digit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lskd_openai.chatgpt import ChatGpt
from lskd_openai.money import cost, most, price
from lskd_openai.options import ChatGptOptions

TERRA = price(ChatGptOptions(model="gpt-6.1-terra"))
USAGE = {
    "prompt_tokens": 10_000, "completion_tokens": 2000,
    "prompt_tokens_details": {"cached_tokens": 6000, "cache_write_tokens": 1000},
}  # fmt: skip


def test_cached_and_written_tokens_at_their_price(completed, completion):
    reply = completed(completion(usage=USAGE, content="So."))
    # 3,000 plain at 1, 6,000 cached at 0.05, 1,000 written at 1.25, 2,000 of reply at 5 dollars a million.
    assert reply.usd == pytest.approx((3000 * 1 + 6000 * 0.05 + 1000 * 1.25 + 2000 * 5) / 1e6, abs=1e-12)
    assert (reply.tokens_in, reply.cached, reply.tokens_out) == (10_000, 6000, 2000)


def test_a_batch_is_half_of_it():
    assert cost(TERRA, USAGE, batch=True) == pytest.approx(cost(TERRA, USAGE) / 2)


def test_a_long_prompt_is_dearer_as_a_whole():
    short, long = ({"prompt_tokens": n, "completion_tokens": 1000} for n in (272_000, 272_001))
    assert cost(TERRA, short) == pytest.approx((272_000 * 1 + 1000 * 5) / 1e6)
    assert cost(TERRA, long) == pytest.approx((272_001 * 2 + 1000 * 7.5) / 1e6)
    assert most(TERRA, 272_001, 1000) == pytest.approx((272_001 * 5.0 + 1000 * 7.5) / 1e6)


def test_an_old_model_has_no_such_rule():
    line = price(ChatGptOptions(model="gpt-4.1", usd_per_million_in=2, usd_per_million_out=8))
    assert cost(line, {"prompt_tokens": 500_000, "completion_tokens": 0}) == pytest.approx(1.0)


@given(
    st.integers(0, 1_000_000), st.integers(0, 128_000), st.floats(0, 1), st.floats(0, 1), st.booleans(),
    st.sampled_from(["gpt-6.1-terra", "gpt-6-luna", "gpt-5.6-sol", "gpt-6.2-sol"]),
)  # fmt: skip
def test_no_reply_costs_more_than_was_reserved(tokens_in, tokens_out, cached, written, batch, model):
    read = int(tokens_in * cached)
    details = {"cached_tokens": read, "cache_write_tokens": int((tokens_in - read) * written)}
    usage = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "prompt_tokens_details": details}
    line = price(ChatGptOptions(model=model))
    assert 0 <= cost(line, usage, batch) <= most(line, tokens_in, tokens_out) + 1e-12


def test_a_price_that_is_not_known_is_not_guessed(completed, completion):
    assert ChatGpt(ChatGptOptions(model="gpt-99", base_url="http://127.0.0.1:1/v1")).usd(1000, 1000) is None
    assert completed(completion(usage=USAGE, content="So."), model="llama3").usd is None


def test_ones_own_prices_hold_for_the_whole_prompt(completed, completion):
    own = {"usd_per_million_in": 3, "usd_per_million_out": 4}
    assert completed(completion(usage=USAGE, content="So."), **own).usd == pytest.approx(0.038)
    assert ChatGpt(ChatGptOptions(model="llama3", **own)).usd(1_000_000, 0) == pytest.approx(3 * 1.0)
    free = completed(completion(usage=USAGE, content="So."), usd_per_million_in=0, usd_per_million_out=0)
    assert free.usd == 0


def test_thoughts_are_reserved_for():
    thinking = ChatGpt(ChatGptOptions(reasoning_effort="high"))
    assert thinking.usd(0, 1000) == pytest.approx(26_000 * 5 / 1e6)
