"""Intervals and tests: they hold what is known of them, whatever the numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lskd_toolkit.comparing.intervals import bootstrap, holm, share, share_difference, sign_test

counts = st.integers(0, 6).flatmap(lambda read: st.tuples(st.integers(0, read), st.just(read)))


@settings(deadline=None, max_examples=40)
@given(st.lists(counts, min_size=1, max_size=30))
def test_an_interval_lies_between_the_extremes_of_the_images(images):
    found = bootstrap(np.array(images, float), share, draws=200)
    rates = [a / n for a, n in images if n]
    if not rates:
        assert found is None
    elif found.low is None:
        assert len(set(rates)) == 1
    else:
        assert min(rates) - 1e-9 <= found.low <= found.high <= max(rates) + 1e-9
        assert found.value == pytest.approx(sum(a for a, _ in images) / sum(n for _, n in images))


def test_the_interval_of_a_mean_is_as_wide_as_theory_says():
    values = np.random.default_rng(1).normal(3.0, 2.0, 400)
    found = bootstrap(np.stack([values, np.ones(400)], axis=1), share)
    assert found.low == pytest.approx(values.mean() - 1.96 * values.std() / 20, abs=0.03)
    assert found.high == pytest.approx(values.mean() + 1.96 * values.std() / 20, abs=0.03)


def test_statements_of_one_image_stand_or_fall_together():
    apart = np.array([[1, 1], [0, 1]] * 50, float)
    together = np.array([[10, 10], [0, 10]] * 5, float)
    width = [(e.high - e.low) for e in (bootstrap(apart, share), bootstrap(together, share))]
    assert width[1] > 2.5 * width[0]


def test_a_difference_on_the_same_images_is_surer_than_two_rates_apart():
    random = np.random.default_rng(2)
    hard = random.random(200) < 0.5
    one = np.stack([np.where(hard, 0, 4), np.full(200, 4)], axis=1)
    other = np.stack([np.where(hard, 1, 4), np.full(200, 4)], axis=1)
    paired = bootstrap(np.hstack([one, other]).astype(float), share_difference)
    assert paired.low > 0
    alone = bootstrap(one.astype(float), share)
    assert paired.high - paired.low < alone.high - alone.low


def test_the_same_images_give_the_same_interval_in_any_order():
    images = np.array([[1, 2], [0, 3], [4, 4], [2, 5]] * 7, float)
    assert bootstrap(images, share) == bootstrap(images[::-1].copy(), share)


def test_images_that_are_all_alike_say_nothing_of_how_sure_it_is():
    found = bootstrap(np.array([[2, 4]] * 9, float), share)
    assert (found.value, found.low, found.high) == (0.5, None, None)


def test_no_image_and_no_value_give_no_interval():
    assert bootstrap(np.zeros((0, 2)), share) is None
    assert bootstrap(np.zeros((3, 2)), share) is None


@given(st.integers(0, 200), st.integers(0, 200))
def test_the_sign_test_is_the_binomial_tail(better, worse):
    n, k = better + worse, min(better, worse)
    exact = min(1.0, 2 * sum(math.comb(n, i) for i in range(k + 1)) / 2**n)
    assert sign_test(better, worse) == pytest.approx(exact, rel=1e-9)


def test_the_sign_test_takes_many_scenes():
    assert sign_test(125_500, 124_500) == pytest.approx(math.erfc(999 / math.sqrt(2 * 250_000)), rel=0.01)


@given(st.lists(st.floats(0, 1), max_size=8))
def test_correction_never_makes_a_p_value_smaller_and_keeps_their_order(values):
    corrected = holm(values)
    assert all(value <= after <= 1 for value, after in zip(values, corrected, strict=True))
    assert sorted(corrected) == [after for _, after in sorted(zip(values, corrected, strict=True))]


def test_holm_by_hand():
    assert holm([0.03, 0.01, 0.04]) == pytest.approx([0.06, 0.03, 0.06])
