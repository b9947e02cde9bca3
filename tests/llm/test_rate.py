"""Requests in flight: more while it goes well, fewer when the vendor objects, none while it is down."""

from __future__ import annotations

import asyncio
import heapq

import pytest

from lskd_toolkit.errors import BackendUnavailable, BudgetReached, Busy, RequestRejected, Stopped, Unreachable
from lskd_toolkit.llm.messages import ChatReply, Pace
from lskd_toolkit.llm.rate import BREAKER, TRIES, Rate


class Clock:
    """Time that passes only when everybody sleeps."""

    def __init__(self):
        self.time = 0.0
        self._sleepers: list = []
        self._count = 0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (self.time + seconds, self._count, future))
        await future

    async def drive(self, work):
        """Run ``work``, moving time to the next sleeper whenever nothing else can go on."""
        task = asyncio.ensure_future(work)
        while not task.done():
            for _ in range(50):
                await asyncio.sleep(0)
            if not task.done() and self._sleepers:
                self.time, _, future = heapq.heappop(self._sleepers)
                if not future.done():
                    future.set_result(None)
        return await task


class Vendor:
    """Takes ``capacity`` requests at once for a second each; what ``faults`` hold comes first."""

    def __init__(self, clock, capacity=10**6, faults=(), down_until=-1.0, retry_after=None):
        self.clock, self.capacity, self.faults = clock, capacity, list(faults)
        self.down_until, self.retry_after = down_until, retry_after
        self.flying = self.most = self.sent = self.turned_away = 0
        self.times: list[float] = []

    async def send(self) -> ChatReply:
        self.sent += 1
        self.times.append(self.clock.time)
        if self.clock.time < self.down_until:
            raise Unreachable("503")
        if self.faults:
            fault = self.faults.pop(0)
            await self.clock.sleep(0.1)
            raise fault
        if self.flying >= self.capacity:
            self.turned_away += 1
            raise Busy("429", self.retry_after)
        self.flying += 1
        self.most = max(self.most, self.flying)
        try:
            await self.clock.sleep(1.0)
        finally:
            self.flying -= 1
        return ChatReply("fine")


def through(rate, vendor, count):
    async def all_of_them():
        return await asyncio.gather(
            *(rate.through(vendor.send) for _ in range(count)), return_exceptions=True
        )

    return vendor.clock.drive(all_of_them())


def made(clock, most=100, **more):
    said: list[str] = []
    return Rate(most, name="m", now=clock.now, sleep=clock.sleep, say=said.append, **more), said


def test_it_doubles_up_to_what_it_may_and_no_farther():
    clock = Clock()
    vendor, (rate, _) = Vendor(clock), made(clock, most=100)
    replies = asyncio.run(through(rate, vendor, 1000))
    assert all(isinstance(r, ChatReply) for r in replies)
    assert vendor.most == 100
    assert clock.time <= 1000 / 100 + 3


def test_it_settles_near_what_the_vendor_takes_and_nothing_is_lost():
    clock = Clock()
    vendor, (rate, said) = Vendor(clock, capacity=40), made(clock, most=200)
    replies = asyncio.run(through(rate, vendor, 2000))
    assert all(isinstance(r, ChatReply) for r in replies)
    assert vendor.most == 40
    assert vendor.turned_away < 200  # without a pace it would be thousands
    assert clock.time < 2000 / 40 * 2
    assert [s for s in said if "slow down" in s] == said[:1]


def test_retry_after_holds_everybody():
    clock = Clock()
    vendor, (rate, _) = Vendor(clock, faults=[Busy("429", 30.0)]), made(clock)
    asyncio.run(through(rate, vendor, 5))
    assert all(at == 0 or at >= 30.0 for at in vendor.times)


def test_those_in_flight_together_cut_once():
    clock = Clock()
    vendor, (rate, _) = Vendor(clock, faults=[Busy("429", 1.0)] * 8), made(clock, most=32)
    asyncio.run(through(rate, vendor, 32))
    assert rate.limit >= 16


def test_a_request_that_fails_alone_is_given_up_and_the_others_get_through():
    clock = Clock()
    vendor, (rate, _) = Vendor(clock), made(clock)
    sent = 0

    async def bad():
        nonlocal sent
        sent += 1
        raise Unreachable("cut")

    async def work():
        alone = asyncio.ensure_future(rate.through(bad))
        replies = [await rate.through(vendor.send) for _ in range(60)]
        return replies, await asyncio.gather(alone, return_exceptions=True)

    replies, (error,) = asyncio.run(clock.drive(work()))
    assert len(replies) == 60
    assert isinstance(error, Unreachable)
    assert sent == TRIES


def test_an_outage_opens_the_circuit_says_so_and_loses_nothing():
    clock = Clock()
    vendor, (rate, said) = Vendor(clock, down_until=100.0), made(clock)
    replies = asyncio.run(through(rate, vendor, 50))
    assert all(isinstance(r, ChatReply) for r in replies)
    assert any("in a row failed" in s and "pausing" in s for s in said)
    assert said[-1] == "m: answers again"
    during = [at for at in vendor.times if 0 < at < 100]
    assert len(during) < 2 * BREAKER + 20  # a few that were on their way, then one probe a pause


def test_after_the_patience_it_stops_resumably():
    clock = Clock()
    vendor, (rate, _) = Vendor(clock, down_until=10**9), made(clock, patience=300.0)
    outcomes = asyncio.run(through(rate, vendor, 30))
    assert all(isinstance(o, BackendUnavailable) for o in outcomes)
    assert "the same command goes on" in str(outcomes[0])


@pytest.mark.parametrize("error", [RequestRejected("too long"), BudgetReached("cap")])
def test_what_sending_again_cannot_mend_is_not_sent_again(error):
    clock = Clock()
    vendor, (rate, _) = Vendor(clock, faults=[error]), made(clock)
    outcomes = asyncio.run(through(rate, vendor, 1))
    assert outcomes == [error]
    assert vendor.sent == 1
    assert rate.flying == 0


def test_headers_that_say_nothing_is_left_hold_the_next_requests():
    clock = Clock()
    vendor, (rate, _) = Vendor(clock), made(clock, most=2)

    async def last():
        await vendor.send()
        return ChatReply("fine", pace=Pace(requests=0.0, reset=20.0))

    async def work():
        await rate.through(last)
        await rate.through(vendor.send)

    asyncio.run(clock.drive(work()))
    assert vendor.times[-1] >= 21.0


def test_whoever_waits_and_is_cancelled_gives_the_room_to_the_next():
    clock = Clock()
    vendor, (rate, _) = Vendor(clock), made(clock, most=1)

    async def work():
        tasks = [asyncio.ensure_future(rate.through(vendor.send)) for _ in range(4)]
        for _ in range(10):
            await asyncio.sleep(0)
        tasks[1].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    outcomes = asyncio.run(clock.drive(work()))
    assert [isinstance(o, ChatReply) for o in outcomes] == [True, False, True, True]


def test_once_stopped_what_has_not_been_sent_is_not_sent():
    clock = Clock()
    vendor, stop = Vendor(clock, capacity=2), []
    rate, _ = made(clock, 2, stopped=lambda: stop[0] if stop else None)

    async def work():
        asked = [asyncio.ensure_future(rate.through(vendor.send)) for _ in range(40)]
        await clock.sleep(2.5)
        stop.append(Stopped("by you"))
        return await asyncio.gather(*asked, return_exceptions=True)

    outcomes = asyncio.run(clock.drive(work()))
    assert vendor.sent == sum(isinstance(o, ChatReply) for o in outcomes) <= 6
    assert {str(o) for o in outcomes if not isinstance(o, ChatReply)} == {"by you"}


def test_the_users_stop_is_heard_while_the_vendor_makes_everybody_wait():
    clock = Clock()
    vendor, stop = Vendor(clock, faults=[Busy("slow down", retry_after=7200.0)]), []
    rate, _ = made(clock, 2, stopped=lambda: stop[0] if stop else None)

    async def work():
        asked = [asyncio.ensure_future(rate.through(vendor.send)) for _ in range(4)]
        await clock.sleep(60.0)
        stop.append(Stopped("by you"))
        return await asyncio.gather(*asked, return_exceptions=True)

    outcomes = asyncio.run(clock.drive(work()))
    assert sum(isinstance(o, Stopped) for o in outcomes) >= 2
    assert clock.time < 70.0
