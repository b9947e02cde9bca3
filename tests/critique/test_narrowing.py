"""What is taken away beyond the threshold: nothing more than was asked, and never by chance."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("sklearn")

from lskd_toolkit.critique.covering import facility, k_centre, shared_out
from lskd_toolkit.critique.narrowing import BUDGET, KEPT, NEAR, QUOTA, Narrowed, Wanted, narrow
from lskd_toolkit.critique.wordings import wordings

TEXTS = [f"the {colour} {thing} is {place}" for colour in ("red", "blue") for thing in ("cup", "bus", "dog")
         for place in ("outside", "on the table", "under a tree, far away")]  # fmt: skip

rows = st.lists(
    st.tuples(
        st.integers(0, len(TEXTS) - 1), st.integers(0, 10), st.sampled_from(["cause", "intent", "why"])
    ),
    max_size=30,
)
wanted = st.builds(
    Wanted,
    cosine=st.sampled_from([None, 0.5, 0.8, 1.0]),
    quota=st.sampled_from([{}, {"cause": 2}, {"cause": 0, "why": 3}]),
    most=st.sampled_from([None, 4]),
    budget=st.sampled_from([None, 1, 5, 100]),
    choose=st.sampled_from(["top", "random", "k-centre", "facility"]),
)


def narrowed(found: list[tuple[int, int, str]], asked: Wanted, order: np.ndarray | None = None) -> Narrowed:
    count = len(found)
    order = np.arange(count) if order is None else order
    texts, tenths, kinds = zip(*(found[at] for at in order), strict=True) if count else ((), (), ())
    lots = (order * 7919 % 104_729).astype(np.uint64)  # a statement keeps its lot wherever it stands
    vectors = wordings([TEXTS[k] for k in texts]) if count else np.empty((0, 512), np.float32)
    return narrow(np.array(tenths, float) / 10, np.array(kinds, str), lots, vectors, asked)


@settings(deadline=None, max_examples=150)
@given(rows, wanted)
def test_everything_that_is_taken_away_has_its_reason(
    found: list[tuple[int, int, str]], asked: Wanted
) -> None:
    made = narrowed(found, asked)
    kept = np.flatnonzero(made.fate == KEPT)
    kinds = Counter(found[at][2] for at in kept)
    for kind, count in kinds.items():
        most = asked.quota.get(kind, asked.most)
        assert most is None or count <= most
    assert asked.budget is None or len(kept) <= asked.budget
    if asked.budget is not None and (made.fate == BUDGET).any():
        assert len(kept) == asked.budget
    if asked.cosine is None:
        assert not (made.fate == NEAR).any()
    if not asked.quota and asked.most is None:
        assert not (made.fate == QUOTA).any()
    vectors = wordings([TEXTS[k] for k, *_ in found]) if found else None
    for at in np.flatnonzero(made.fate == NEAR):
        twin = made.twin[at]
        assert vectors is not None
        assert asked.cosine is not None
        assert made.fate[twin] != NEAR  # what it repeats was not taken away for repeating something itself
        assert found[twin][1] >= found[at][1]
        assert vectors[at] @ vectors[twin] >= asked.cosine - 1e-5
    if asked.cosine is not None and vectors is not None:
        alike = vectors[made.fate != NEAR] @ vectors[made.fate != NEAR].T
        np.fill_diagonal(alike, 0)
        assert (alike < asked.cosine).all()


@settings(deadline=None, max_examples=80)
@given(rows, wanted, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_is_no_matter(
    found: list[tuple[int, int, str]], asked: Wanted, chance: object
) -> None:
    order = np.arange(len(found))
    chance.shuffle(order)
    there, again = narrowed(found, asked).fate, narrowed(found, asked, order).fate
    assert (there[order] == again).all()


def test_the_best_of_a_type_fill_its_quota() -> None:
    found = [(0, 3, "cause"), (5, 9, "cause"), (9, 6, "cause"), (12, 1, "intent")]
    made = narrowed(found, Wanted(quota={"cause": 2}))
    assert made.fate.tolist() == [QUOTA, KEPT, KEPT, KEPT]


def test_a_budget_by_distance_takes_what_lies_apart() -> None:
    vectors = np.array([[1, 0], [0.999, 0.045], [0.998, 0.06], [0, 1], [0.045, 0.999]], np.float32)
    ones = np.ones(5)
    assert set(k_centre(vectors, ones, 2).tolist()) & {0, 1, 2}
    assert set(k_centre(vectors, ones, 2).tolist()) & {3, 4}
    assert set(facility(vectors, ones, 2).tolist()) & {0, 1, 2}
    assert set(facility(vectors, ones, 2).tolist()) & {3, 4}
    assert facility(vectors, ones, 1)[0] in {0, 1, 2}  # the larger group


@given(st.integers(1, 12), st.integers(0, 12), st.integers(0, 100))
def test_facility_is_the_plain_greedy_one(count: int, budget: int, seed: int) -> None:
    """Lazy evaluation changes how much is computed, not what is chosen."""
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(count, 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = random.random(count)
    alike, served, chosen = np.maximum(vectors @ vectors.T, 0), np.zeros(count), []
    for _ in range(min(budget, count)):
        gains = [(-np.inf if at in chosen else np.maximum(alike[at] - served, 0).sum() * scores[at])
                 for at in range(count)]  # fmt: skip
        chosen.append(int(np.argmax(gains)))
        served = np.maximum(served, alike[chosen[-1]])
    found = facility(vectors, scores, budget).tolist()
    assert len(found) == len(set(found)) == len(chosen)
    gain = lambda places: np.maximum.reduce([alike[at] for at in places]).sum() if places else 0.0  # noqa: E731
    assert gain(found) == pytest.approx(gain(chosen), rel=0.05) or set(found) == set(chosen)


@given(st.lists(st.integers(0, 50), max_size=8), st.integers(0, 200))
def test_a_budget_is_shared_out_to_the_last(sizes: list[int], budget: int) -> None:
    given_out = shared_out(sizes, budget)
    assert sum(given_out) == min(budget, sum(sizes))
    assert all(0 <= own <= size for own, size in zip(given_out, sizes, strict=True))
