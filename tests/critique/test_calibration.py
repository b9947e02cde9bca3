"""From scores to probabilities: the map rises, tells the truth, and says when it cannot be made."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lskd_toolkit.critique.calibration import EDGE, Calibration, fit, log_odds
from lskd_toolkit.errors import UsageError

from .columns import draws

METHODS = ("temperature", "platt", "isotonic")


def fitted(count: int = 400, method: str = "auto", seed: int = 0, **how: float) -> Calibration:
    scores, accept, images = draws(np.random.default_rng(seed), count, **how)
    return fit(scores[:, None], accept, np.ones(count), images, critics=("critic",), method=method)


maps = {method: fitted(method=method, slope=1.5) for method in METHODS}


@given(st.sampled_from(METHODS), st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_probability_never_falls_where_one_critics_score_rises(method: str, scores: list[float]) -> None:
    found = maps[method].probabilities(np.sort(scores)[:, None])
    assert (np.diff(found) >= 0).all()
    assert ((found > 0) & (found < 1)).all()


@given(st.integers(0, 10**6), st.sampled_from(METHODS), st.integers(20, 60))
@settings(deadline=None, max_examples=25)
def test_it_rises_whatever_the_labels_are(seed: int, method: str, count: int) -> None:
    random = np.random.default_rng(seed)
    scores, accept = random.random(count), random.random(count).round(1)
    weights = random.exponential(size=count)
    made = fit(scores[:, None], accept, weights, np.arange(count), critics=("a",), method=method)
    found = made.probabilities(np.linspace(0, 1, 101)[:, None])
    assert (np.diff(found) >= 0).all()


@given(st.sampled_from(METHODS), st.floats(0.01, 0.99), st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_shifting_there_and_back_changes_nothing(method: str, prior: float, scores: list[float]) -> None:
    made, columns = maps[method], np.array(scores)[:, None]
    there = made.shifted(prior)
    assert there.prior == prior
    back = there.shifted(made.prior)
    assert back.probabilities(columns) == pytest.approx(made.probabilities(columns), abs=1e-9)
    assert (made.shifted(made.prior).probabilities(columns) == made.probabilities(columns)).all()
    moved = log_odds(there.probabilities(columns)) - log_odds(made.probabilities(columns))
    expected = log_odds(prior) - log_odds(made.prior)
    both = log_odds(np.stack([there.probabilities(columns), made.probabilities(columns)]))
    inside = (np.abs(both) < -log_odds(EDGE) - 1e-3).all(axis=0)
    assert moved[inside] == pytest.approx(np.full(inside.sum(), expected), abs=1e-6)


@pytest.mark.parametrize(("method", "lift"), [("temperature", 0.0), ("platt", 1.0)])
def test_it_finds_the_map_that_made_the_labels(method: str, lift: float) -> None:
    made = fitted(20_000, method, slope=0.6, lift=lift)
    assert made.slopes[0] == pytest.approx(0.6, abs=0.03)
    assert made.intercept == pytest.approx(lift, abs=0.06)


def test_isotonic_follows_any_rising_shape() -> None:
    random = np.random.default_rng(3)
    scores = random.random(20_000)
    accept = random.random(20_000) < np.where(scores < 0.5, 0.2, 0.9)  # a step, which no logistic has
    made = fit(scores[:, None], accept, np.ones(20_000), np.arange(20_000), critics=("a",))
    assert made.method == "isotonic"
    assert made.probabilities(np.array([[0.1], [0.4], [0.6], [0.9]])) == pytest.approx(
        [0.2, 0.2, 0.9, 0.9], abs=0.05
    )


def test_the_number_of_labels_chooses_the_method() -> None:
    assert [fitted(n).method for n in (99, 100, 999, 1000)] == ["temperature", "platt", "platt", "isotonic"]


def test_weights_make_up_for_what_was_drawn_too_often() -> None:
    """Accepted ones labelled four times as often: with one over that as weight the map is as without."""
    random = np.random.default_rng(5)
    scores, accept, images = draws(random, 40_000, lift=-1.0)
    drawn = accept | (random.random(len(accept)) < 0.25)
    weights = np.where(accept, 1.0, 4.0)[drawn]
    columns = (scores[drawn][:, None], accept[drawn])
    made = fit(*columns, weights, images[drawn], critics=("a",), method="platt")
    naive = fit(*columns, np.ones(drawn.sum()), images[drawn], critics=("a",), method="platt")
    assert made.intercept == pytest.approx(-1.0, abs=0.1)
    assert made.prior == pytest.approx(accept.mean(), abs=0.01)
    assert made.labels_prior == pytest.approx(accept[drawn].mean())
    assert naive.intercept > -0.5
    # Where the mix of the labels is known otherwise, shifting the naive map comes to the same.
    assert naive.shifted(accept.mean()).intercept + naive.shifted(accept.mean()).shift == pytest.approx(
        -1.0, abs=0.25
    )


@pytest.mark.parametrize("method", METHODS)
def test_half_an_acceptance_is_one_of_two_votes(method: str) -> None:
    random = np.random.default_rng(6)
    scores, first, images = draws(random, 300)
    second = random.random(300) < scores
    soft = fit(
        scores[:, None], (first * 1.0 + second) / 2, np.full(300, 2.0), images, critics=("a",), method=method
    )
    twice = fit(
        np.tile(scores, 2)[:, None], np.concatenate([first, second]), np.ones(600), np.tile(images, 2),
        critics=("a",), method=method,
    )  # fmt: skip
    grid = np.linspace(0.05, 0.95, 19)[:, None]
    # The penalty and the succession rule count rows, so they are felt a little less with twice as many.
    assert soft.probabilities(grid) == pytest.approx(twice.probabilities(grid), abs=0.01)
    assert (soft.images, twice.images) == (300, 300)


def test_of_several_critics_the_one_that_knows_decides_and_a_missing_score_is_borne() -> None:
    random = np.random.default_rng(7)
    knows, accept, images = draws(random, 4000, slope=1.0)
    guesses = random.random(4000)
    columns = np.stack([knows, guesses], axis=1)
    columns[random.random(4000) < 0.3, 0] = np.nan
    made = fit(columns, accept, np.ones(4000), images, critics=("knows", "guesses"))
    assert made.method == "logistic"
    assert made.slopes[0] == pytest.approx(1.0, abs=0.1)
    assert made.slopes[1] == pytest.approx(0.0, abs=0.1)
    found = made.probabilities(np.array([[0.9, 0.5], [np.nan, 0.5], [np.nan, np.nan]]))
    assert found[0] == pytest.approx(0.9, abs=0.03)
    assert found[1] == pytest.approx(0.5, abs=0.05)
    assert np.isnan(found[2])


def test_a_missing_score_that_means_something_is_learned() -> None:
    """A critic that is silent on what is bad: its silence lowers the probability."""
    random = np.random.default_rng(8)
    one, accept, images = draws(random, 2000)
    other = np.where(~accept & (random.random(2000) < 0.8), np.nan, random.random(2000))
    made = fit(np.stack([one, other], 1), accept, np.ones(2000), images, critics=("one", "other"))
    silent, spoke = made.probabilities(np.array([[0.5, np.nan], [0.5, 0.5]]))
    assert silent < 0.1
    assert spoke > 0.5


def test_a_critic_with_no_word_on_any_label_adds_nothing() -> None:
    scores, accept, images = draws(np.random.default_rng(9), 200)
    made = fit(np.stack([scores, np.full(200, np.nan)], 1), accept, np.ones(200), images, critics=("a", "b"))
    silent, spoke = made.probabilities(np.array([[0.7, np.nan], [0.7, 0.9]]))
    assert silent == pytest.approx(spoke, abs=0.02)


def test_rows_that_cannot_be_used_are_left_out_and_counted() -> None:
    scores, accept, images = draws(np.random.default_rng(10), 300)
    weights, accept, scores = np.ones(300), accept.astype(float), scores[:, None].copy()
    scores[:3], accept[3:5], weights[5:9] = np.nan, np.nan, 0.0
    made = fit(scores, accept, weights, images, critics=("a",))
    assert made.labels == made.images == 291
    assert made.notes == (
        "3 left out (no score)",
        "2 left out (no label)",
        "4 left out (no weight: picked, not drawn)",
    )
    clean = fit(scores[9:], accept[9:], weights[9:], images[9:], critics=("a",))
    assert replace(made, notes=()) == clean


@pytest.mark.parametrize("method", METHODS)
def test_a_critic_that_is_wrong_about_everything_gets_the_prior_and_a_note(method: str) -> None:
    scores, accept, images = draws(np.random.default_rng(11), 500, slope=-2.0)
    made = fit(scores[:, None], accept, np.ones(500), images, critics=("upside-down",), method=method)
    found = made.probabilities(np.linspace(0.01, 0.99, 9)[:, None])
    assert found == pytest.approx(np.full(9, accept.mean()), abs=0.06)
    assert "upside-down does not score higher what people accept" in made.notes[-1]


def test_temperature_corrects_for_what_the_critic_was_trained_on() -> None:
    """A critic trained on as many accepted as rejected, and a run where one in five is accepted."""
    random = np.random.default_rng(12)
    scores, accept, images = draws(random, 20_000)
    rarer = ~accept | (random.random(20_000) < 0.25)
    scores, accept, images = scores[rarer], accept[rarer], images[rarer]
    assert accept.mean() == pytest.approx(0.2, abs=0.01)
    known, unknown = (
        fit(scores[:, None], accept, np.ones(len(accept)), images, critics=("a",), method="temperature",
            trained_prior=prior)
        for prior in (0.5, None)
    )  # fmt: skip
    assert known.probabilities(scores[:, None]).mean() == pytest.approx(accept.mean(), abs=0.04)
    assert abs(unknown.probabilities(scores[:, None]).mean() - accept.mean()) > 0.08


@pytest.mark.parametrize(
    ("scores", "accept", "why"),
    [
        ([], [], "no labels to calibrate with"),
        ([0.2, 0.9], [1, 1], "all 2 labels to calibrate with are accepted"),
        ([0.2, 0.9], [0, 0], "all 2 labels to calibrate with are rejected"),
        ([0.4, 0.4], [0, 1], "the same score"),
        ([np.nan, np.nan], [0, 1], "no labels to calibrate with"),
    ],
)
def test_what_cannot_be_calibrated_is_refused_in_words(scores: list, accept: list, why: str) -> None:
    n = len(scores)
    with pytest.raises(UsageError, match=why):
        fit(np.array(scores, float).reshape(n, 1), np.array(accept), np.ones(n), np.arange(n), critics=("a",))


def test_methods_that_do_not_fit_the_critics_are_refused() -> None:
    scores, accept, images = draws(np.random.default_rng(13), 50)
    pair = np.stack([scores, scores], 1)
    with pytest.raises(UsageError, match="platt maps the scores of one critic"):
        fit(pair, accept, np.ones(50), images, critics=("a", "b"), method="platt")
    with pytest.raises(UsageError, match="not 50 rows of 1 critics"):
        fit(pair, accept, np.ones(50), images, critics=("a",))
    with pytest.raises(UsageError, match="do not fit; calibrate again"):
        maps["platt"].probabilities(pair)
    with pytest.raises(UsageError, match="between 0 and 1"):
        maps["platt"].shifted(1.0)


@pytest.mark.parametrize("method", [*METHODS, "logistic"])
def test_a_record_is_read_back_as_it_was(method: str) -> None:
    made = maps.get(method) or fit(
        np.random.default_rng(1).random((80, 2)),
        np.arange(80) % 2,
        np.ones(80),
        np.arange(80),
        critics=("a", "b"),
    )
    assert Calibration.from_json(made.to_json()) == made


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"format": 1}', maps["platt"].to_json().replace('"platt"', '"magic"'),
     json.dumps({**json.loads(maps["platt"].to_json()), "slopes": [1.0, 2.0]}),
     json.dumps({**json.loads(maps["isotonic"].to_json()), "knots": []}),
     maps["platt"].to_json().replace('"prior": 0', '"prior": 1')],
)  # fmt: skip
def test_what_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="lskd critic calibrate"):
        Calibration.from_json(text)


def test_a_newer_record_says_that_it_is_newer() -> None:
    with pytest.raises(UsageError, match="newer lskd-toolkit"):
        Calibration.from_json(maps["platt"].to_json().replace('"format": 1', '"format": 2'))


def test_separable_labels_give_finite_numbers() -> None:
    scores = np.array([0.0] * 60 + [1.0] * 60)
    for method in METHODS:
        made = fit(scores[:, None], scores > 0.5, np.ones(120), np.arange(120), critics=("a",), method=method)
        found = made.probabilities(np.array([[0.0], [1.0]]))
        assert np.isfinite(found).all()
        assert found[0] < 0.05
        assert found[1] > 0.95
        assert ((found > 0) & (found < 1)).all()
