"""Ranking and calibration, weighted, against scikit-learn where it has the same measure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.critique.measures import (
    average_precision,
    band,
    brier,
    calibration_error,
    curve,
    interval,
    reliability,
    resampled,
)

sklearn = pytest.importorskip("sklearn.metrics")

rows = st.lists(
    st.tuples(st.integers(0, 12).map(lambda k: k / 12), st.booleans(), st.floats(0.1, 9)),
    min_size=1, max_size=50,
)  # fmt: skip


def columns(found: list[tuple[float, bool, float]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    scores, accept, weights = (np.array(column) for column in zip(*found, strict=True))
    return scores, accept, weights


@given(rows)
def test_average_precision_is_scikit_learns(found: list[tuple[float, bool, float]]) -> None:
    scores, accept, weights = columns(found)
    own = average_precision(scores, accept, weights)
    if not accept.any():
        assert np.isnan(own)
    else:
        theirs = sklearn.average_precision_score(accept, scores, sample_weight=weights)
        assert own == pytest.approx(theirs, abs=1e-9)


@given(rows)
def test_every_point_of_the_curve_is_what_passes_there(found: list[tuple[float, bool, float]]) -> None:
    scores, accept, weights = columns(found)
    line = curve(scores, accept, weights)
    assert (np.diff(line.threshold) < 0).all()
    for limit, precision, recall in zip(line.threshold, line.precision, line.recall, strict=True):
        passing = scores >= limit
        assert precision == pytest.approx(np.average(accept[passing], weights=weights[passing]))
        if accept.any():
            assert recall == pytest.approx((weights * accept)[passing].sum() / (weights * accept).sum())


@given(rows)
def test_bins_hold_every_statement_once(found: list[tuple[float, bool, float]]) -> None:
    scores, accept, weights = columns(found)
    bins = reliability(scores, accept, weights)
    assert bins.weight.sum() == pytest.approx(weights.sum())
    assert (bins.weight * bins.accepted).sum() == pytest.approx((weights * accept).sum())
    assert (bins.weight * bins.score).sum() == pytest.approx((weights * scores).sum())
    assert len(bins.weight) <= 10
    assert 0 <= calibration_error(scores, accept, weights) <= 1


def test_true_probabilities_have_no_calibration_error_and_the_least_brier() -> None:
    random = np.random.default_rng(0)
    scores = random.random(20_000)
    accept, ones = random.random(20_000) < scores, np.ones(20_000)
    assert calibration_error(scores, accept, ones) < 0.02
    assert calibration_error(scores**3, accept, ones) > 0.1
    assert brier(scores, accept, ones) == pytest.approx(1 / 6, abs=0.01)
    assert brier(scores, accept, ones) < brier(scores**2, accept, ones)


def test_images_are_drawn_with_all_their_statements() -> None:
    images = np.array(["a", "a", "b", "c", "c", "c"])
    times = resampled(images, 50, seed=1)
    assert times.shape == (50, 6)
    assert (times[:, 0] == times[:, 1]).all()
    assert (times[:, 3] == times[:, 5]).all()
    assert (times[:, 0] + times[:, 2] + times[:, 3] == 3).all()
    assert (resampled(images, 50, seed=1) == times).all()


def test_statements_that_stand_together_widen_the_interval() -> None:
    accept = np.repeat(np.arange(40) % 4 != 0, 5).astype(float)
    share = lambda weights: float(np.average(accept, weights=weights))  # noqa: E731
    _, low, high = interval(share, np.ones(200), resampled(np.arange(200)))
    _, lower, higher = interval(share, np.ones(200), resampled(np.repeat(np.arange(40), 5)))
    assert lower < low < 0.75 < high < higher


def test_a_measure_that_often_does_not_exist_has_no_interval() -> None:
    accept = np.array([True] + [False] * 9)
    _, low, high = interval(
        lambda w: average_precision(np.linspace(0, 1, 10), accept, w), np.ones(10), resampled(np.arange(10))
    )
    assert np.isnan(low)
    assert np.isnan(high)


def test_the_band_lies_about_the_curve() -> None:
    random = np.random.default_rng(3)
    scores = random.random(300)
    accept = random.random(300) < scores
    value, low, high = band(
        scores, accept, np.ones(300), resampled(np.arange(300), 200), np.array([0.2, 0.5, 0.9])
    )
    assert ((low <= value) & (value <= high)).all()
    assert (high - low > 0.01).all()
