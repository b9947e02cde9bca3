"""Against the fake vendor: every fault that it can put in the way, its prompt cache, and its batches."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace

import numpy as np
import pytest
from lskd_anthropic.claude import Claude
from lskd_anthropic.options import ClaudeOptions

from lskd_toolkit import (
    Busy,
    ChatReply,
    ChatRequest,
    KeyMissing,
    Message,
    RequestRejected,
    Sight,
    ToolCall,
    ToolSpec,
    Unreachable,
    UsageError,
)
from lskd_toolkit.testing.vendors import fake_vendors

SCHEMA = {
    "type": "object",
    "properties": {"colour": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 9}},
    "required": ["colour"],
}
REQUEST = ChatRequest((Message("user", "What colour is [0]?"),), max_tokens=200, schema=SCHEMA)
LOOK = ToolSpec(
    "look", "Looks at a region.",
    {"type": "object", "properties": {"region": {"type": "integer"}}, "required": ["region"]},
)  # fmt: skip


@pytest.fixture
def spool(tmp_path):
    return tmp_path / "spool.jsonl"


def backend(vendors, **options) -> Claude:
    return Claude(ClaudeOptions(base_url=vendors.anthropic_url, **options))


def ask(claude: Claude, request: ChatRequest = REQUEST) -> ChatReply:
    return asyncio.run(claude.complete(request))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("400", RequestRejected), ("401", KeyMissing), ("403", KeyMissing), ("404", UsageError),
        ("413", RequestRejected), ("429", Busy), ("503", Busy), ("529", Busy), ("500", Unreachable),
        ("502", Unreachable), ("cut", Unreachable), ("cut_body", Unreachable), ("malformed", Unreachable),
    ],
)  # fmt: skip
def test_a_fault_is_told_by_its_kind_and_the_next_request_gets_through(fault, kind):
    with fake_vendors(script=[{"match": {"nth": 1}, "fault": fault}]) as vendors:
        claude = backend(vendors)
        with pytest.raises(kind):
            ask(claude)
        assert ask(claude).status == "ok"
        assert all(call.retry == 0 for call in vendors.calls), "the SDK sends nothing again by itself"


@pytest.mark.parametrize("fault", ["hang", "trickle"])
def test_what_takes_too_long_is_given_up(fault):
    with fake_vendors(script=[{"fault": {"kind": fault, "seconds": 60}}]) as vendors:
        begun = time.monotonic()
        with pytest.raises(Unreachable, match=r"in 0\.5 s"):
            ask(backend(vendors, timeout=0.5))
        assert time.monotonic() - begun < 30


@pytest.mark.parametrize("date", [False, True])
def test_the_wait_that_the_vendor_asks_for(date):
    rule = {"fault": {"kind": "429", "retry_after": 20, "date": date}}
    with fake_vendors(script=[rule]) as vendors, pytest.raises(Busy) as busy:
        ask(backend(vendors))
    assert busy.value.retry_after == pytest.approx(20, abs=3)


@pytest.mark.parametrize(
    ("fault", "status"),
    [("refusal", "refused"), ("token_limit", "cut"), ("empty", "ok"), ("wrong_schema", "ok")],
)
def test_a_reply_that_is_no_use_is_paid_for_and_says_what_it_is(fault, status):
    with fake_vendors(script=[{"fault": fault}]) as vendors:
        told = ask(backend(vendors))
        assert told.status == status
        assert (told.text == "") is (fault in ("refusal", "empty"))
        [call] = vendors.calls
        assert (told.tokens_in, told.tokens_out) == (call.tokens_in, call.tokens_out)
        assert told.usd == pytest.approx((2 * call.tokens_in + 10 * call.tokens_out) / 1e6)


def test_limits_are_seen_before_they_are_hit():
    with fake_vendors(requests_per_window=4, window=60.0) as vendors:
        claude = backend(vendors)
        told = [ask(claude, replace(REQUEST, draw=n)).pace for n in range(4)]
        assert [pace.requests for pace in told] == [0.75, 0.5, 0.25, 0.0]
        assert 0 < told[-1].reset <= 61
        with pytest.raises(Busy) as busy:
            ask(claude)
        assert 0 < busy.value.retry_after <= 61


def test_a_picture_and_a_schema_pass_the_vendors_own_checks():
    sight = Sight("0" * 64, "plain", lambda: np.zeros((300, 400, 3), np.uint8))
    with fake_vendors() as vendors:
        seen = ask(backend(vendors), replace(REQUEST, messages=(Message("user", "What colour?", (sight,)),)))
        blind = ask(backend(vendors), replace(REQUEST, messages=(Message("user", "What colour?"),)))
    assert list(json.loads(seen.text)) == ["colour"]
    assert seen.tokens_in - blind.tokens_in == 300 * 400 // 750


def test_a_talk_with_tools_goes_on_until_the_answer():
    with fake_vendors(tool_turns=2, tool_calls=2) as vendors:
        claude = backend(vendors)
        talk = [Message("user", "[0] a dog\n[1] a cat\nWhich is larger?")]
        for _ in range(2):
            told = ask(claude, ChatRequest(tuple(talk), tools=(LOOK,), schema=SCHEMA))
            assert [call.name for call in told.calls] == ["look", "look"]
            assert all(
                isinstance(call, ToolCall) and call.arguments["region"] in (0, 1) for call in told.calls
            )
            talk.append(Message("assistant", told.text, calls=told.calls))
            talk += [Message("tool", f"seen {call.arguments}") for call in told.calls]
        told = ask(claude, ChatRequest(tuple(talk), tools=(LOOK,), schema=SCHEMA))
    assert not told.calls
    assert list(json.loads(told.text)) == ["colour"]


def test_what_is_shared_is_written_to_the_cache_once_and_read_after():
    system, shot = "Be fair. " * 400, Message("user", "An example. " * 400)
    requests = [
        replace(REQUEST, system=system, shared=2, draw=n,
                messages=(shot, Message("assistant", "An answer."), Message("user", f"Scene {n}")))
        for n in range(2)
    ]  # fmt: skip
    with fake_vendors() as vendors:
        first, second = (ask(backend(vendors), each) for each in requests)
        without = ask(backend(vendors, cache=False), requests[0])
    assert (first.cached, without.cached) == (0, 0)
    assert second.cached > 0.99 * (second.tokens_in - 20)
    assert second.usd < without.usd < first.usd


def test_a_batch_brings_its_replies_by_their_keys_and_costs_half(spool):
    requests = {
        f"{n:064x}": replace(REQUEST, draw=n, messages=(Message("user", f"Scene {n}"),)) for n in range(5)
    }
    script = [
        {"match": {"route": "batches.item", "contains": "Scene 1"}, "fault": "errored"},
        {"match": {"route": "batches.item", "contains": "Scene 2"}, "fault": "expired"},
        {"match": {"route": "batches.item", "contains": "Scene 3"}, "fault": "400"},
    ]

    async def whole(claude, spool):
        before = time.time() - 5
        spool.write_bytes(b"\n".join(claude.batches.line(*each) for each in requests.items()))
        batch = await claude.batches.submit(spool, "tag")
        [listed] = await claude.batches.listed(before)
        assert (listed.id, listed.requests, listed.ended, listed.done) == (batch, 5, False, 0)
        for _ in range(500):
            if (seen := await claude.batches.look(batch)).ended:
                break
            await asyncio.sleep(0.02)
        assert (seen.requests, seen.done) == (5, 5)
        return {key: told async for key, told in claude.batches.results(batch)}

    with fake_vendors(script=script, batch_seconds=0.3) as vendors:
        got = asyncio.run(whole(backend(vendors), spool))
        live = ask(backend(vendors), requests[f"{0:064x}"])
    kinds = [type(got[key]) for key in requests]
    assert kinds == [ChatReply, Unreachable, Unreachable, RequestRejected, ChatReply]
    told = got[f"{0:064x}"]
    assert (told.text, told.tokens_in) == (live.text, live.tokens_in)
    assert told.usd == pytest.approx(live.usd / 2)


def test_a_batch_that_is_hidden_at_first_comes_into_the_list(spool):
    async def whole(claude, spool):
        spool.write_bytes(claude.batches.line("a" * 64, REQUEST))
        batch = await claude.batches.submit(spool, "tag")
        assert await claude.batches.listed(0.0) == []
        for _ in range(100):
            if [each.id for each in await claude.batches.listed(0.0)] == [batch]:
                return True
            await asyncio.sleep(0.05)
        return False

    with fake_vendors(list_delay=0.5) as vendors:
        assert asyncio.run(whole(backend(vendors), spool))


def test_the_list_of_many_batches_is_read_to_its_end(monkeypatch, spool):
    monkeypatch.setattr("lskd_anthropic.batches.PAGE", 2)

    async def whole(claude, spool):
        made = []
        for n in range(5):
            spool.write_bytes(claude.batches.line(f"{n:064x}", REQUEST))
            made.append(await claude.batches.submit(spool, "tag"))
        return made, [each.id for each in await claude.batches.listed(0.0)]

    with fake_vendors() as vendors:
        made, listed = asyncio.run(whole(backend(vendors), spool))
    assert listed == made[::-1]
