"""What is gathered for a batch, and which request is held back to warm the vendor's cache."""

from __future__ import annotations

import io
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.llm import ChatRequest, Message
from lskd_toolkit.llm.spool import Line, Spool


def line(key, beginning):
    said = (Message("user", beginning), Message("user", key))
    return Line(key, {}, key.encode(), 1.0, ChatRequest(said, shared=1 if beginning else 0))


def gathered(lines, warms=True):
    spool = Spool(Path("spool"), io.BytesIO())
    for each in lines:
        spool.add(each, warms)
    return spool


LINES = st.lists(
    st.tuples(st.text("0123456789abcdef", min_size=8, max_size=8), st.sampled_from(["", "one", "two"])),
    unique_by=lambda pair: pair[0], max_size=20,
)  # fmt: skip


@given(LINES, st.randoms())
def test_which_request_is_held_back_does_not_depend_on_who_came_first(pairs, random):
    lines = [line(*pair) for pair in pairs]
    shuffled = random.sample(lines, len(lines))
    one, other = gathered(lines), gathered(shuffled)
    assert {each.key for each in one.held.values()} == {each.key for each in other.held.values()}
    assert sorted(one.keys) == sorted(other.keys)


@given(LINES)
def test_every_request_is_either_written_or_held_back_once(pairs):
    spool = gathered([line(*pair) for pair in pairs])
    assert sorted([*spool.keys, *(each.key for each in spool.held.values())]) == sorted(k for k, _ in pairs)
    assert len(spool.held) == len({beginning for _, beginning in pairs if beginning})
    assert spool.bound == len(spool.keys)


def test_nothing_is_held_back_for_a_vendor_whose_cache_cannot_be_warmed():
    assert gathered([line("a", "one"), line("b", "one")], warms=False).keys == ["a", "b"]
