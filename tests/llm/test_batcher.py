"""Requests go together, come back together, and never go twice, whenever the process dies."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from lskd_toolkit.errors import BudgetReached, Deferred, RequestRejected, Stopped, Unreachable
from lskd_toolkit.llm import Budget, ChatReply, ChatRequest, Door, Ledger, Message
from lskd_toolkit.llm.batcher import Batcher
from lskd_toolkit.llm.messages import BatchSeen
from lskd_toolkit.llm.rate import Rate
from lskd_toolkit.llm.spool import Returned


class Died(BaseException):
    """The process is gone: nothing after it runs."""


class Vendor:
    """A vendor's batches in memory, that outlive the process. ``marks``: its list shows our tag."""

    max_requests, max_bytes, discount, settles = 100, 100_000, 0.5, 0.05

    def __init__(self, marks=True, looks=2, list_delay=0.0):
        self.marks, self.looks, self.list_delay = marks, looks, list_delay
        self.made: dict[str, dict] = {}
        self.die = ""
        self.faults: dict[str, list] = {}
        self.clock, self.tick = 1000.0, 1.0

    def line(self, key, request):
        return json.dumps({"custom_id": key, "text": request.messages[-1].text}).encode()

    async def submit(self, spool, tag):
        if self.die == "before submit":
            raise Died
        fault = self.faults.get("submit", [])
        if fault and fault[0] == "lost on the way":
            fault.pop(0)
            raise Unreachable("cut")
        lines = [json.loads(line) for line in spool.read_text().splitlines()]
        number = f"b{len(self.made)}"
        self.made[number] = {"tag": tag, "lines": lines, "looked": 0, "created": self.clock}
        if fault and fault[0] == "cut after it arrived":
            fault.pop(0)
            raise Unreachable("cut")
        if self.die == "after submit":
            raise Died
        return number

    def _seen(self, number):
        batch = self.made[number]
        ended = batch["looked"] >= self.looks
        tag = batch["tag"] if self.marks else ""
        return BatchSeen(
            number, batch["created"], ended, tag, len(batch["lines"]), 0, batch.get("failed", "")
        )

    async def look(self, number):
        if self.die == "while polling":
            raise Died
        self.made[number]["looked"] += 1
        return self._seen(number)

    async def listed(self, since):
        self.clock += self.tick
        for batch in self.made.values():
            batch["looked"] += 1
        return [
            self._seen(n)
            for n, b in reversed(self.made.items())
            if b["created"] >= since and self.clock - b["created"] >= self.list_delay
        ]

    async def results(self, number):
        for at, line in enumerate(self.made[number]["lines"]):
            if self.die == "while reading" and at == 1:
                raise Died
            outcome = self.faults.get(line["text"])
            if outcome:
                fault = outcome.pop(0)
                if fault is not None:
                    yield line["custom_id"], fault
                    continue
            yield line["custom_id"], ChatReply("re: " + line["text"], usd=0.05, tokens_in=1, tokens_out=1)


class Backend:
    endpoint, model = "e", "m"

    def __init__(self):
        self.live = []

    async def complete(self, request):
        raise AssertionError("nothing is asked one by one")

    def usd(self, tokens_in, tokens_out):
        return 0.1


def process(tmp_path, vendor, budget=None, said=None, ledger=None, **more):
    """A new process on the same folder: a door in batch mode."""
    tmp_path.mkdir(exist_ok=True)
    ledger = ledger or Ledger(tmp_path / "ledger.sqlite")
    backend, budget, rate = Backend(), budget or Budget(), Rate(4)

    async def no_wait(seconds):
        vendor.clock += seconds
        await asyncio.sleep(0)

    batcher = Batcher(
        backend, vendor, ledger, budget, rate, tmp_path / "batches",
        say=[].append if said is None else said.append, sleep=no_wait, now=lambda: vendor.clock, **more,
    )  # fmt: skip
    return Door(backend, ledger, budget, rate, batcher), batcher, ledger


def asked(texts):
    return [ChatRequest((Message("user", text),)) for text in texts]


async def taught(door, batcher, texts, rounds=6):
    """As the runner does: ask, and where it is deferred, settle and ask again."""
    for _ in range(rounds):
        outcomes = await asyncio.gather(*(door.complete(r) for r in asked(texts)), return_exceptions=True)
        if not any(isinstance(o, Deferred) for o in outcomes):
            return outcomes
        assert await batcher.settle()
    raise AssertionError("no end")


TEXTS = [f"scene {i}" for i in range(7)]


def finished(tmp_path, vendor, texts=TEXTS, **more):
    door, batcher, ledger = process(tmp_path, vendor, **more)
    try:
        return asyncio.run(taught(door, batcher, texts))
    finally:
        ledger.close()


def test_a_round_is_one_batch_and_every_reply_finds_its_request(tmp_path):
    vendor, said = Vendor(), []
    replies = finished(tmp_path, vendor, said=said)
    assert [r.text for r in replies] == [f"re: {t}" for t in TEXTS]
    assert len(vendor.made) == 1
    assert any("submitted" in s for s in said)
    assert any("has brought 7 replies" in s for s in said)
    assert not list((tmp_path / "batches").iterdir())
    assert [r.text for r in finished(tmp_path, vendor)] == [r.text for r in replies]
    assert len(vendor.made) == 1


@pytest.mark.parametrize("bound", [{"max_requests": 3}, {"max_bytes": 320}])
def test_batches_are_packed_by_count_and_by_bytes(tmp_path, bound):
    vendor = Vendor()
    vars(vendor).update(bound)
    assert len(finished(tmp_path, vendor)) == 7
    assert len(vendor.made) == 3
    for batch in vendor.made.values():
        assert len(batch["lines"]) <= vendor.max_requests
        assert sum(len(json.dumps(line)) + 1 for line in batch["lines"]) <= vendor.max_bytes


def test_equal_requests_go_once(tmp_path):
    vendor = Vendor()
    replies = finished(tmp_path, vendor, ["same"] * 9)
    assert len({r.key for r in replies}) == 1
    assert [len(b["lines"]) for b in vendor.made.values()] == [1]


@pytest.mark.parametrize("marks", [True, False], ids=["marks", "times-and-counts"])
@pytest.mark.parametrize("delay", [0.0, 0.04], ids=["", "list-delay"])
@pytest.mark.parametrize("instant", ["before submit", "after submit", "while polling", "while reading"])
def test_a_process_that_dies_never_makes_a_second_batch_of_the_same_work(tmp_path, marks, delay, instant):
    vendor = Vendor(marks=marks, list_delay=delay)
    finished(tmp_path, vendor, ["another run's", *(f"earlier {i}" for i in range(6))])
    vendor.die = instant
    with pytest.raises(Died):
        finished(tmp_path, vendor)
    vendor.die = ""
    replies = finished(tmp_path, vendor)
    assert [r.text for r in replies] == [f"re: {t}" for t in TEXTS]
    sent = [line["text"] for batch in vendor.made.values() for line in batch["lines"]]
    assert len(sent) == len(set(sent)), sent


def test_a_batch_of_somebody_else_of_the_same_size_is_not_taken_for_ours(tmp_path):
    vendor = Vendor(marks=False)
    vendor.die = "before submit"
    with pytest.raises(Died):
        finished(tmp_path, vendor)
    vendor.die = ""
    strangers = [{"custom_id": f"{i:064}", "text": "not ours"} for i in range(7)]
    vendor.made["stranger"] = {"tag": "", "lines": strangers, "looked": 0, "created": vendor.clock}
    replies = finished(tmp_path, vendor)
    assert [r.text for r in replies] == [f"re: {t}" for t in TEXTS]
    assert len(vendor.made) == 2


@pytest.mark.parametrize("fault", ["lost on the way", "cut after it arrived"])
def test_a_submission_whose_answer_was_lost_is_looked_for_before_it_is_made_again(tmp_path, fault):
    vendor = Vendor()
    vendor.faults["submit"] = [fault]
    assert len(finished(tmp_path, vendor)) == 7
    assert len(vendor.made) == 1


def test_expired_requests_go_again_and_refused_ones_do_not(tmp_path):
    vendor = Vendor()
    vendor.faults["scene 2"] = [Unreachable("expired")]
    vendor.faults["scene 4"] = [RequestRejected("too long")]
    outcomes = finished(tmp_path, vendor)
    assert [type(o).__name__ for o in outcomes] == ["ChatReply"] * 4 + ["RequestRejected"] + ["ChatReply"] * 2
    assert [len(b["lines"]) for b in vendor.made.values()] == [7, 1]


def test_what_never_comes_back_is_given_up(tmp_path):
    vendor = Vendor()
    vendor.faults["scene 2"] = [Unreachable("expired")] * 9
    outcomes = finished(tmp_path, vendor)
    assert isinstance(outcomes[2], Unreachable)
    assert "3 batches" in str(outcomes[2])
    assert len(vendor.made) == 3


def test_a_batch_that_fails_whole_is_made_again(tmp_path):
    vendor = Vendor()
    plain = vendor.submit

    async def submit(spool, tag):
        number = await plain(spool, tag)
        if number == "b0":
            vendor.made[number]["failed"] = "token limit of the queue"
        return number

    vendor.submit = submit
    assert len(finished(tmp_path, vendor)) == 7
    assert len(vendor.made) == 2


def test_half_the_price_is_reserved_also_by_the_next_process(tmp_path):
    vendor = Vendor()
    outcomes = finished(tmp_path / "capped", vendor, budget=Budget(max_usd=0.3))  # 7 x 0.1 x 0.5 = 0.35
    assert [isinstance(o, BudgetReached) for o in outcomes] == [False] * 6 + [True]
    vendor.die = "while polling"
    with pytest.raises(Died):
        finished(tmp_path, vendor, budget=Budget(max_usd=0.36))
    vendor.die = ""
    budget = Budget(max_usd=0.36)
    _, batcher, ledger = process(tmp_path, vendor, budget=budget)
    batcher._recover()
    assert budget.reserved == pytest.approx(0.35)
    assert budget.requests == 7
    ledger.close()


def test_the_users_stop_is_heard_while_waiting_and_the_batch_is_collected_later(tmp_path):
    vendor = Vendor(looks=50)
    door, batcher, ledger = process(tmp_path, vendor)
    stop = []

    async def work():
        await asyncio.gather(*(door.complete(r) for r in asked(TEXTS)), return_exceptions=True)
        batcher._patience.stopped = lambda: Stopped("by you") if vendor.made["b0"]["looked"] > 2 else None
        await batcher.settle()

    with pytest.raises(Stopped):
        asyncio.run(work())
    ledger.close()
    assert len(finished(tmp_path, vendor)) == 7
    assert len(vendor.made) == 1
    assert stop == []


class Warmed(Vendor):
    """A vendor whose cache has to be warmed."""

    def __init__(self):
        super().__init__()
        self.warmed = []

    async def warm(self, request):
        self.warmed.append(request.messages[-1].text)
        return ChatReply("re: " + request.messages[-1].text, usd=0.1)


def shared(texts, beginning):
    return [ChatRequest((Message("user", beginning), Message("user", t)), shared=1) for t in texts]


def test_the_first_of_many_with_one_beginning_warms_the_cache_and_is_not_asked_again(tmp_path):
    vendor = Warmed()
    door, batcher, ledger = process(tmp_path, vendor)
    requests = [*shared([f"a{i}" for i in range(12)], "A"), *shared(["b0", "b1"], "B")]

    async def work():
        for _ in range(3):
            outcomes = await asyncio.gather(*map(door.complete, requests), return_exceptions=True)
            if not any(isinstance(o, Deferred) for o in outcomes):
                return outcomes
            await batcher.settle()

    replies = asyncio.run(work())
    ledger.close()
    assert [r.text for r in replies] == [f"re: {r.messages[-1].text}" for r in requests]
    assert len(vendor.warmed) == 1
    assert vendor.warmed[0].startswith("a")
    assert [len(b["lines"]) for b in vendor.made.values()] == [13]


def test_the_shared_beginning_is_no_part_of_the_key():
    from lskd_toolkit.llm.keys import request_key

    (request,) = shared(["x"], "A")
    assert request_key(request, "e", "m") == request_key(replace(request, shared=0), "e", "m")


def sharing(count, budget=None, vendor=None):
    """Requests with one beginning in a batch of a vendor whose cache is warmed: what came of them."""

    def run(tmp_path):
        there = vendor or Warmed()
        spent = budget or Budget()
        door, batcher, ledger = process(tmp_path, there, budget=spent)
        requests = shared([f"a{i}" for i in range(count)], "A")

        async def work():
            for _ in range(3):
                outcomes = await asyncio.gather(*map(door.complete, requests), return_exceptions=True)
                if not any(isinstance(o, Deferred) for o in outcomes):
                    return outcomes
                assert await batcher.settle()

        try:
            return asyncio.run(work()), there, ledger.totals()
        finally:
            ledger.close()

    return run


def test_what_was_reserved_is_given_back_once(tmp_path):
    budget = Budget()
    sharing(12, budget)(tmp_path)
    assert budget.reserved == pytest.approx(0.0)
    assert budget.spent == pytest.approx(0.1 + 11 * 0.05)


def test_the_cache_is_not_warmed_where_the_full_price_could_pass_the_cap(tmp_path):
    replies, vendor, _ = sharing(12, Budget(max_usd=12 * 0.05 + 0.01))(tmp_path)
    assert all(isinstance(r, ChatReply) for r in replies)
    assert vendor.warmed == []


def test_what_cannot_be_sent_to_warm_the_cache_goes_with_the_others(tmp_path):
    class Cold(Warmed):
        async def warm(self, request):
            raise Unreachable("500", retry_after=0.0)

    replies, vendor, _ = sharing(12, vendor=Cold())(tmp_path)
    assert all(isinstance(r, ChatReply) for r in replies)
    assert [len(b["lines"]) for b in vendor.made.values()] == [12]


def test_a_request_that_is_refused_when_it_warms_leaves_no_intent(tmp_path):
    class Picky(Warmed):
        async def warm(self, request):
            raise RequestRejected("too long")

    outcomes, _, totals = sharing(12, vendor=Picky())(tmp_path)
    assert sum(isinstance(o, RequestRejected) for o in outcomes) == 1
    assert totals[-1] == 0


def test_not_every_beginning_is_held_in_memory(tmp_path):
    door, batcher, ledger = process(tmp_path, Warmed())
    requests = [r for i in range(90) for r in shared(["x"], f"beginning {i}")]

    async def work():
        await asyncio.gather(*map(door.complete, requests), return_exceptions=True)

    asyncio.run(work())
    assert len(batcher._spool.held) <= 64
    ledger.close()


def test_what_is_in_a_batch_is_not_asked_for_one_by_one(tmp_path):
    """A run with batches is gone on with without: what is on its way is waited for, the rest is asked."""
    vendor = Vendor()
    vendor.die = "while polling"
    with pytest.raises(Died):
        finished(tmp_path, vendor)
    vendor.die = ""
    door, batcher, ledger = process(tmp_path, vendor, gathers=False)

    async def alone(request):
        return ChatReply("alone: " + request.messages[-1].text)

    door.backend.complete = alone
    replies = asyncio.run(taught(door, batcher, [*TEXTS, "one more"]))
    assert [r.text for r in replies] == [*(f"re: {t}" for t in TEXTS), "alone: one more"]
    ledger.close()


def test_what_waited_in_a_spool_when_its_process_died_is_asked_one_by_one(tmp_path):
    vendor = Vendor()
    door, _, ledger = process(tmp_path, vendor)

    async def spooled():
        await asyncio.gather(*map(door.complete, asked(TEXTS)), return_exceptions=True)

    asyncio.run(spooled())
    ledger.close()
    door, batcher, ledger = process(tmp_path, vendor, gathers=False)

    async def alone(request):
        return ChatReply("alone")

    door.backend.complete = alone
    assert {r.text for r in asyncio.run(taught(door, batcher, TEXTS))} == {"alone"}
    assert vendor.made == {}
    ledger.close()


def test_a_batch_that_the_vendor_refuses_is_a_reason_for_each_of_its_requests(tmp_path):
    vendor = Vendor()
    vendor.max_requests = 4

    async def submit(spool, tag):
        raise RequestRejected("a request is malformed")

    vendor.submit = submit
    budget = Budget()
    outcomes = finished(tmp_path, vendor, budget=budget)
    assert all(isinstance(o, RequestRejected) and "malformed" in str(o) for o in outcomes)
    assert budget.reserved == pytest.approx(0.0)
    del vendor.submit
    assert len(finished(tmp_path, vendor)) == 7
    assert [len(b["lines"]) for b in vendor.made.values()] == [4, 3]


def test_a_refused_batch_of_a_process_that_died_is_no_dead_end(tmp_path):
    vendor = Vendor()
    vendor.die = "before submit"
    with pytest.raises(Died):
        finished(tmp_path, vendor)
    vendor.die = ""

    async def submit(spool, tag):
        raise RequestRejected("a request is malformed")

    vendor.submit = submit
    assert all(isinstance(o, RequestRejected) for o in finished(tmp_path, vendor))


@pytest.mark.parametrize("lost", ["*.jsonl", "*"])
def test_a_batch_whose_file_is_gone_and_that_never_arrived_is_gathered_again(tmp_path, lost):
    vendor = Vendor()
    vendor.die = "before submit"
    with pytest.raises(Died):
        finished(tmp_path, vendor)
    vendor.die = ""
    for file in (tmp_path / "batches").glob(lost):
        file.unlink()
    assert [r.text for r in finished(tmp_path, vendor)] == [f"re: {t}" for t in TEXTS]
    assert len(vendor.made) == 1


@pytest.mark.parametrize("marks", [True, False], ids=["marks", "times-and-counts"])
def test_a_second_process_that_dies_long_after_the_first_makes_no_second_batch(tmp_path, marks):
    """What it submitted is not in the list yet, though the batch was intended long ago."""
    vendor = Vendor(marks=marks, list_delay=0.04)
    for instant in ("before submit", "after submit"):
        vendor.die = instant
        with pytest.raises(Died):
            finished(tmp_path, vendor)
        if instant == "before submit":
            vendor.clock += 3600.0
    vendor.die = ""
    vendor.tick = 0.01
    assert len(finished(tmp_path, vendor)) == 7
    assert len(vendor.made) == 1


def test_a_clock_that_is_wrong_by_minutes_makes_no_second_batch(tmp_path):
    vendor = Vendor()
    vendor.die = "after submit"
    with pytest.raises(Died):
        finished(tmp_path, vendor)
    vendor.die = ""
    for batch in vendor.made.values():
        batch["created"] -= 600.0
    assert len(finished(tmp_path, vendor)) == 7
    assert len(vendor.made) == 1


@pytest.mark.parametrize("restarted", [False, True])
def test_results_that_are_read_again_are_counted_once(tmp_path, restarted, monkeypatch):
    monkeypatch.setattr("lskd_toolkit.llm.batcher.TOGETHER", 2)
    vendor, budget = Vendor(), Budget()
    plain, cut = vendor.results, [True]

    async def results(number):
        async for at in _counted(plain(number)):
            if at[0] == 5 and cut:
                cut.clear()
                raise (Died if restarted else Unreachable("cut"))
            yield at[1]

    vendor.results = results
    if restarted:
        with pytest.raises(Died):
            finished(tmp_path, vendor)
        ledger = Ledger(tmp_path / "ledger.sqlite")
        budget = Budget(spent=ledger.totals()[3], requests=ledger.bought())
        ledger.close()
    assert len(finished(tmp_path, vendor, budget=budget)) == 7
    assert budget.spent == pytest.approx(7 * 0.05)
    assert budget.reserved == pytest.approx(0.0)
    assert budget.requests == 7


async def _counted(lines):
    at = 0
    async for line in lines:
        yield at, line
        at += 1


def test_two_parts_that_ask_in_batches_do_not_disturb_each_other(tmp_path):
    vendor, returned = Vendor(), Returned()
    vendor.faults["b 1"] = [RequestRejected("too long")] * 9
    first, one, ledger = process(tmp_path, vendor, returned=returned)
    second, two, _ = process(tmp_path, vendor, returned=returned, ledger=ledger)

    async def work():
        for _ in range(4):
            outcomes = [
                await asyncio.gather(*map(door.complete, asked(texts)), return_exceptions=True)
                for door, texts in ((first, ["a 0", "a 1"]), (second, ["b 0", "b 1"]))
            ]
            if not any(isinstance(o, Deferred) for some in outcomes for o in some):
                return outcomes
            await one.settle()
            await two.settle()
        raise AssertionError("no end")

    (a, b) = asyncio.run(work())
    assert [o.text for o in a] == ["re: a 0", "re: a 1"]
    assert b[0].text == "re: b 0"
    assert isinstance(b[1], RequestRejected)
    ledger.close()


def test_equal_requests_of_which_none_can_be_spooled_are_all_told_why(tmp_path):
    outcomes = finished(tmp_path, Vendor(), ["same"] * 3, budget=Budget(max_usd=0.01))
    assert all(isinstance(o, BudgetReached) for o in outcomes)
