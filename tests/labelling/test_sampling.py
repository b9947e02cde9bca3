"""Drawing statements for labelling: every kind is seen, and every probability is known."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lskd_toolkit.errors import UsageError
from lskd_toolkit.labelling.labels import words_sha256
from lskd_toolkit.labelling.sampling import AXES, deciles, draw, draw_sample, inclusion, natural

from ..corpus.fake import corpus, entry

kinds = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyzw")), min_size=1, max_size=60)


@given(kinds, st.integers(1, 70), st.integers(0, 5))
@settings(deadline=None)
def test_the_sample_has_its_size_and_holds_nothing_twice(strata: list, count: int, seed: int) -> None:
    chosen, probabilities = draw(strata, count, seed)
    n = min(count, len(strata))
    assert len(set(chosen.tolist())) == len(chosen) == n
    assert probabilities.sum() == pytest.approx(n)
    assert ((probabilities > 0) & (probabilities <= 1)).all()


@given(kinds, st.integers(1, 70))
@settings(deadline=None)
def test_rare_values_are_seen_and_no_weight_is_large(strata: list, count: int) -> None:
    probabilities = inclusion(strata, count)
    n, axes = min(count, len(strata)), 2
    assert (1 / probabilities <= (axes + 1) * len(strata) / n + 1e-9).all()
    for axis in range(axes):
        sizes = Counter(each[axis] for each in strata)
        for value, size in sizes.items():
            expected = sum(p for p, each in zip(probabilities, strata, strict=True) if each[axis] == value)
            assert expected >= min(size, n / (axes + 1) / len(sizes)) - 1e-9


@given(kinds, st.integers(1, 70), st.integers(0, 5))
@settings(deadline=None)
def test_a_stratum_is_drawn_as_often_as_expected_give_or_take_one(
    strata: list, count: int, seed: int
) -> None:
    chosen, probabilities = draw(strata, count, seed)
    drawn = Counter(strata[k] for k in chosen)
    for stratum in set(strata):
        expected = sum(p for p, each in zip(probabilities, strata, strict=True) if each == stratum)
        assert abs(drawn[stratum] - expected) < 1 + 1e-6


def test_the_probabilities_are_those_with_which_things_are_drawn() -> None:
    """4,000 draws of 12 from 60: each frequency within five standard errors of its probability."""
    random = np.random.default_rng(7)
    strata = [("common" if k > 6 else "rare", str(random.integers(3))) for k in range(60)]
    draws = 4000
    times = np.zeros(60)
    for seed in range(draws):
        chosen, probabilities = draw(strata, 12, seed)
        times[chosen] += 1
    error = np.sqrt(probabilities * (1 - probabilities) / draws)
    assert (np.abs(times / draws - probabilities) <= 5 * error + 1e-12).all()
    assert probabilities[0] > 2 * probabilities[-1]


def test_weighted_labels_speak_for_the_whole_run_where_plain_ones_do_not() -> None:
    """1,000 statements, a rare kind mostly wrong: the weighted mean over many samples is the truth."""
    random = np.random.default_rng(3)
    rare = random.random(1000) < 0.05
    right = np.where(rare, random.random(1000) < 0.2, random.random(1000) < 0.9).astype(float)
    strata = [("rare" if each else "common",) for each in rare]
    weighted, plain = [], []
    for seed in range(400):
        chosen, probabilities = draw(strata, 100, seed)
        weighted.append(natural(right[chosen], 1 / probabilities[chosen]))
        plain.append(right[chosen].mean())
    assert abs(np.mean(weighted) - right.mean()) < 4 * np.std(weighted) / np.sqrt(400)
    assert np.mean(plain) < right.mean() - 0.1


def test_deciles_are_of_the_scores_there_are() -> None:
    assert deciles([None, None]) == ["unjudged", "unjudged"]
    assert deciles([k / 100 for k in range(100)])[::10] == [str(k) for k in range(10)]
    assert deciles([1.0, 1.0, None, 1.0]) == ["9", "9", "unjudged", "9"]


def test_a_runs_sample_names_statements_by_their_words() -> None:
    run = corpus(*(entry(f"{k}.jpg", (0.1 * k, 0.9)) for k in range(10)))
    sample = draw_sample(run, 6, seed=1)
    assert (len(sample.drawn), sample.population, sample.axes) == (6, 20, AXES)
    assert sample == draw_sample(run, 6, seed=1)
    assert sample.drawn != draw_sample(run, 6, seed=2).drawn
    one = sample.drawn[0]
    assert one.sha256 == words_sha256(run.entry(one.image).statements[one.statement])
    assert one.strata["proposer"] == "nanodet, segments"
    assert one.strata["inference"] in ("intent", "spatial")
    assert one.weight >= 1
    assert [each.weight for each in draw_sample(run, 5, axes=()).drawn] == pytest.approx([4.0] * 5)
    everything = draw_sample(run, 100)
    assert {each.weight for each in everything.drawn} == {1.0}
    assert len(everything.drawn) == 20


def test_what_cannot_be_drawn_is_said() -> None:
    with pytest.raises(UsageError, match="there are: inference"):
        draw_sample(corpus(), 5, axes=("colour",))
    with pytest.raises(UsageError, match="no statements"):
        draw_sample(corpus(replace(entry(), statements=())), 5)


def test_what_was_picked_and_not_drawn_speaks_for_no_other():
    assert natural([1.0, 0.0, 0.0], [2.0, 2.0, 0.0]) == 0.5
    assert natural([1.0, 0.0], [0.0, 0.0]) is None
