"""What is promised of a threshold holds, and takes as many labels as statistics say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("scipy")

from lskd_toolkit.critique.certifying import (
    certify,
    clopper_pearson,
    labels_wanted,
    lower_bound,
    passing_count,
    sequence,
)


def test_the_labels_it_takes_are_those_of_the_books() -> None:
    """For 90 % at 95 %: with no error 29, and so on, as Clopper and Pearson have it."""
    fewest = {errors: next(n for n in range(1, 200) if clopper_pearson(n - errors, n, 0.95) >= 0.9)
              for errors in range(4)}  # fmt: skip
    assert fewest == {0: 29, 1: 46, 2: 61, 3: 76}
    assert labels_wanted(0.9, 0.95, 1.0) == 29
    assert labels_wanted(0.9, 0.95, 1.0, worth=0.5) == 58
    assert labels_wanted(0.9, 0.95, 0.9) is None
    assert 90 < labels_wanted(0.9, 0.95, 0.95) < 110


@given(st.integers(0, 60), st.floats(0.5, 0.99), st.floats(0.8, 0.99))
def test_passing_count_is_the_fewest_that_reach_it(count: int, precision: float, confidence: float) -> None:
    fewest = passing_count(count, precision, confidence)
    assert fewest == count + 1 or clopper_pearson(fewest, count, confidence) >= precision
    assert fewest == 0 or clopper_pearson(fewest - 1, count, confidence) < precision


@given(st.lists(st.booleans(), min_size=1, max_size=80), st.floats(0.6, 0.99))
def test_alike_drawn_statements_one_an_image_have_clopper_and_pearsons_bound(
    accept: list[bool], confidence: float
) -> None:
    found = lower_bound(np.array(accept), np.ones(len(accept)), np.arange(len(accept)), confidence)
    if len(accept) > 1:
        exact = clopper_pearson(sum(accept), len(accept), confidence)
        # The variance between images has n - 1 in its denominator: never a larger number than n.
        assert found.lower <= exact + 1e-9
        assert found.lower == pytest.approx(exact, abs=0.5 / len(accept))
    assert found.lower <= found.precision + 1e-9
    assert (found.labels, found.errors, found.images) == (len(accept), accept.count(False), len(accept))


@given(st.lists(st.tuples(st.booleans(), st.floats(0.1, 10), st.integers(0, 9)), min_size=2, max_size=60))
def test_a_bound_never_takes_more_labels_than_there_are(rows: list[tuple[bool, float, int]]) -> None:
    accept, weights, images = (np.array(column) for column in zip(*rows, strict=True))
    found = lower_bound(accept, weights, images, 0.95)
    assert 0 <= found.lower <= found.precision + 1e-9 <= 1 + 2e-9
    assert found.effective <= len(rows) + 1e-9
    order = np.random.default_rng(0).permutation(len(rows))
    again = lower_bound(accept[order], 7 * weights[order], images[order], 0.95)
    assert again.lower == pytest.approx(found.lower)


def test_the_statements_of_an_image_that_stand_together_count_as_one() -> None:
    accept = np.repeat(np.arange(40) % 10 != 0, 5)  # five statements an image, all right or all wrong
    apart = lower_bound(accept, np.ones(200), np.arange(200), 0.95)
    together = lower_bound(accept, np.ones(200), np.repeat(np.arange(40), 5), 0.95)
    assert together.effective < 41
    assert together.lower < apart.lower - 0.05
    one = lower_bound(np.ones(50, bool), np.ones(50), np.zeros(50), 0.95)
    assert one.effective == 1


def test_nothing_labelled_is_sure_of_nothing() -> None:
    found = lower_bound(np.empty(0, bool), np.empty(0), np.empty(0), 0.95)
    assert (found.lower, found.labels) == (0.0, 0)


def population(random: np.random.Generator, count: int, sharp: float) -> np.ndarray:
    """Scores that are the probabilities themselves."""
    return 1 / (1 + np.exp(-random.normal(0, sharp, count)))


def test_promises_are_kept() -> None:
    """Runs in which the map is right, and runs in which it is much too sure: of all that is promised at
    90 %, no more than a tenth is false."""
    random = np.random.default_rng(0)
    for lift in (0.0, -1.0):
        scores = population(random, 4000, 3.0)
        truth = 1 / (1 + np.exp(-(np.log(scores / (1 - scores)) + lift)))
        false = promised = 0
        for _ in range(150):
            some = random.choice(4000, 160, replace=False)
            accept = random.random(160) < truth[some]
            found = certify(
                scores[some], accept, np.ones(160), some,
                population=scores, precision=0.85, confidence=0.9,
            )  # fmt: skip
            if found.threshold is not None:
                promised += 1
                false += truth[scores >= found.threshold].mean() < 0.85
        assert promised > (100 if lift == 0 else 20)
        assert false / 150 <= 0.1 + 0.04


def test_the_order_is_fixed_before_a_label_is_read() -> None:
    random = np.random.default_rng(1)
    scores = population(random, 500, 2.0)
    grid = np.unique(np.quantile(scores, np.linspace(0, 1, 40, endpoint=False)))
    order = sequence(grid, scores[:80], np.ones(80), scores, 0.8, 0.95)
    assert sorted(order) == grid.tolist()
    # What lies in the middle has both precision and labels; neither end is tried first.
    assert grid[0] < order[0] < grid[-1]


def test_too_few_labels_say_how_many_it_takes() -> None:
    scores = np.linspace(0.5, 1.0, 20)
    found = certify(
        scores, np.ones(20, bool), np.ones(20), np.arange(20),
        population=scores, precision=0.9, confidence=0.95,
    )  # fmt: skip
    assert found.threshold is None
    assert found.wanted == 29


def test_labels_that_were_picked_promise_nothing() -> None:
    scores = np.full(100, 0.95)
    found = certify(
        scores, np.ones(100, bool), np.zeros(100), np.arange(100),
        population=scores, precision=0.9, confidence=0.95,
    )  # fmt: skip
    assert found.threshold is None
    assert found.bound.labels == 0


def test_a_critic_that_is_wrong_gets_no_promise_however_many_labels() -> None:
    random = np.random.default_rng(2)
    scores = random.random(2000)
    found = certify(
        scores, random.random(2000) < 0.5, np.ones(2000), np.arange(2000),
        population=scores, precision=0.9, confidence=0.95,
    )  # fmt: skip
    assert found.threshold is None
    assert found.wanted is None
