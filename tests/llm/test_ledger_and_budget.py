"""Replies are bought once, durable before use, and never past the cap."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from lskd_toolkit.errors import BudgetReached, UsageError
from lskd_toolkit.llm import Budget, ChatReply, ChatRequest, Door, Ledger, Message, Sight
from lskd_toolkit.llm.keys import request_key

REQUEST = ChatRequest((Message("user", "What is [0] doing?"),), system="You see.")


class Scripted:
    """A backend that counts."""

    endpoint, model = "test", "m1"

    def __init__(self, price: float | None = 0.0, fail: bool = False):
        self.calls, self.price, self.fail = 0, price, fail

    async def complete(self, request):
        self.calls += 1
        await asyncio.sleep(0)
        if self.fail:
            raise ConnectionError("gone")
        return ChatReply(f"reply {self.calls}", usd=self.price, tokens_in=10, tokens_out=5)

    def usd(self, tokens_in, tokens_out):
        return self.price


def test_the_same_request_is_paid_for_once_across_processes(tmp_path):
    backend = Scripted()

    async def ask():
        ledger = Ledger(tmp_path / "ledger.sqlite")
        reply = await Door(backend, ledger, Budget()).complete(REQUEST)
        ledger.close()
        return reply

    first, second = asyncio.run(ask()), asyncio.run(ask())
    assert first == second
    assert backend.calls == 1


def test_equal_requests_at_once_fly_once():
    backend = Scripted()

    async def ask():
        door = Door(backend, Ledger.in_memory(), Budget())
        return await asyncio.gather(*(door.complete(REQUEST) for _ in range(20)))

    assert len(set(asyncio.run(ask()))) == 1
    assert backend.calls == 1


def test_a_failure_is_not_stored_and_leaves_its_intent():
    ledger = Ledger.in_memory()
    with pytest.raises(ConnectionError):
        asyncio.run(Door(Scripted(fail=True), ledger, Budget()).complete(REQUEST))
    assert ledger.totals()[0] == {}
    assert ledger.totals()[4] == 1


@pytest.mark.parametrize(
    "change",
    [
        {"system": "Other."},
        {"draw": 1},
        {"schema": {"type": "object"}},
        {"temperature": 0.1},
        {"max_tokens": 5},
        {"messages": (Message("user", "Else?"),)},
        {"messages": (Message("user", "What is [0] doing?", (Sight("ab", "numbered", lambda: None),)),)},
    ],
)
def test_everything_that_decides_a_reply_is_in_its_key(change):
    assert request_key(replace(REQUEST, **change), "e", "m") != request_key(REQUEST, "e", "m")


def test_endpoint_and_model_are_in_the_key_and_how_a_picture_is_rendered_is_not():
    base = request_key(REQUEST, "e", "m")
    assert request_key(REQUEST, "e2", "m") != base
    assert request_key(REQUEST, "e", "m2") != base
    seen = [Sight("ab", "numbered", render) for render in (lambda: 1, lambda: 2)]
    keys = {request_key(replace(REQUEST, messages=(Message("user", "", (s,)),)), "e", "m") for s in seen}
    assert len(keys) == 1


def test_a_request_that_could_pass_the_cap_is_not_sent():
    backend = Scripted(price=0.4)

    async def spend():
        door = Door(backend, Ledger.in_memory(), Budget(max_usd=1.0))
        for draw in range(5):
            await door.complete(replace(REQUEST, draw=draw))

    with pytest.raises(BudgetReached, match="max-usd 1"):
        asyncio.run(spend())
    assert backend.calls == 2


def test_reservations_count_while_requests_are_in_flight():
    backend = Scripted(price=0.4)

    async def spend():
        door = Door(backend, Ledger.in_memory(), Budget(max_usd=1.0))
        asked = (door.complete(replace(REQUEST, draw=draw)) for draw in range(5))
        return await asyncio.gather(*asked, return_exceptions=True)

    outcomes = asyncio.run(spend())
    assert sum(isinstance(o, ChatReply) for o in outcomes) == backend.calls == 2


def test_a_money_cap_without_a_price_is_refused():
    with pytest.raises(UsageError, match="--max-requests"):
        asyncio.run(Door(Scripted(price=None), Ledger.in_memory(), Budget(max_usd=1.0)).complete(REQUEST))


def test_a_cap_on_requests_counts_what_was_paid_before():
    backend = Scripted()
    with pytest.raises(BudgetReached):
        asyncio.run(Door(backend, Ledger.in_memory(), Budget(max_requests=3, requests=3)).complete(REQUEST))
    assert backend.calls == 0


def test_a_cap_on_requests_counts_what_a_retry_has_set_aside(tmp_path):
    ledger = Ledger(tmp_path / "ledger.sqlite")

    async def send():
        return ChatReply("x", status="refused", usd=0.1)

    for key in "ab":
        asyncio.run(ledger.once(key, send, {}))
    ledger.retire(["a"])
    assert ledger.bought() == 2
    ledger.close()
