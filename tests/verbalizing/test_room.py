"""Drawn pictures are held in bounds, whoever waits or gives up."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.verbalizing.room import Room


@given(st.lists(st.integers(1, 12), max_size=30))
def test_no_more_is_held_than_there_is_room_for_and_everybody_gets_in_in_turn(sizes):
    held, most, order = 0, 0, []

    async def one(room, number, size):
        nonlocal held, most
        async with room.of(size):
            order.append(number)
            held += min(size, 8)
            most = max(most, held)
            await asyncio.sleep(0)
            held -= min(size, 8)

    async def all_of_them():
        room = Room(8)
        await asyncio.gather(*(one(room, *each) for each in enumerate(sizes)))
        async with room.of(8):
            pass  # all of it is free again

    asyncio.run(all_of_them())
    assert most <= 8
    assert order == sorted(order)


@pytest.mark.parametrize("given_up", [0, 1, 2])
def test_who_gives_up_waiting_holds_up_nobody(given_up):
    async def waits(room, size):
        async with room.of(size):
            await asyncio.sleep(0.001)

    async def all_of_them():
        room = Room(4)
        tasks = [asyncio.create_task(waits(room, size)) for size in (3, 4, 2)]
        await asyncio.sleep(0)
        tasks[given_up].cancel()
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
        await asyncio.wait_for(waits(room, 4), 5)

    asyncio.run(all_of_them())
