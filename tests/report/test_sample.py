"""Which images a report shows: every outcome, the same every time, whatever the order."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.corpus.statistics import OUTCOMES, outcome
from lskd_toolkit.report.sample import choose, shares

from ..corpus.fake import entry, failing


def _entries():
    kept = [entry(f"kept {k}", (0.9,)) for k in range(40)]
    out = [entry(f"out {k}", (0.1,)) for k in range(8)]
    none = [replace(entry(f"none {k}"), statements=(), verdicts={}) for k in range(2)]
    return [*kept, *out, *none, failing("failed")]


def test_every_outcome_is_seen_first_the_accepted():
    entries = _entries()
    by_id = {e.scene.image.id: outcome(e) for e in entries}
    chosen = [by_id[image_id] for image_id in choose(entries, 20, 0)]
    assert len(chosen) == 20
    assert set(chosen) == set(OUTCOMES)
    assert chosen == sorted(chosen, key=OUTCOMES.index)
    assert (chosen.count("no statement"), chosen.count("failed")) == (2, 1)


def test_the_order_of_the_stream_does_not_matter_and_the_seed_does():
    entries = _entries()
    chosen = choose(entries, 20, 0)
    shuffled = random.Random(1).sample(entries, len(entries))
    assert choose(shuffled, 20, 0) == chosen
    assert choose(entries, 20, 1) != chosen


def test_an_image_more_moves_at_most_one_out():
    entries = _entries()
    before = set(choose(entries, 20, 0))
    after = set(choose([*entries, entry("new", (0.9,))], 20, 0))
    assert len(before - after) <= 1


def test_all_are_shown_when_they_fit():
    entries = _entries()
    assert sorted(choose(entries, 200, 0)) == sorted(e.scene.image.id for e in entries)
    assert choose(entries, 0, 0) == []


@given(st.fixed_dictionaries({name: st.integers(0, 300) for name in OUTCOMES}), st.integers(0, 250))
def test_shares_fill_the_sample_and_take_no_more_than_there_is(counts, size):
    quota = shares(counts, size)
    assert sum(quota.values()) == min(size, sum(counts.values()))
    assert all(0 <= quota[name] <= counts[name] for name in counts)
    if size >= 10:
        assert all(quota[name] for name in counts if counts[name])
