"""Whether two ways of pointing differ is asked of the same held-out scenes."""

from __future__ import annotations

import numpy as np
import pytest

from lskd_toolkit.ablation import Arm, not_told_apart, pairs


def arm(name: str, *right: list[int]) -> Arm:
    return Arm(name, "", tuple(tuple(each) for each in right))


def test_scenes_are_held_against_each_other_one_by_one():
    """Two that are right as often in all, but the one is better in every scene but a few."""
    one = arm("one", [3] * 30 + [4] * 10)
    other = arm("other", [4] * 30 + [0] * 10)
    (pair,) = pairs([other, one])
    assert (pair.one, pair.other) == ("one", "other")
    assert (pair.better, pair.worse) == (30, 10)
    assert pair.difference == pytest.approx(other.accuracy - one.accuracy)
    assert pair.low < pair.difference < pair.high
    assert pair.p == pytest.approx(0.0022, abs=0.0002)  # of 40 throws at most 10, both sides


def test_a_scene_counts_once_however_many_students_were_asked_about_it():
    one, other = [4] * 10, [3] * 10
    (alone,) = pairs([arm("a", one), arm("b", other)])
    (thrice,) = pairs([arm("a", one, one, one), arm("b", other, other, other)])
    assert alone == thrice
    assert alone.worse == 10


def test_p_values_are_corrected_for_how_many_pairs_there_are():
    rows = [arm(str(k), [4 - (s < 3 * k) for s in range(40)]) for k in range(4)]
    found = pairs(rows)
    assert len(found) == 6
    assert all(pair.p <= pair.p_holm <= 1 for pair in found)
    smallest = min(found, key=lambda pair: pair.p)
    assert smallest.p_holm == pytest.approx(6 * smallest.p)


def test_alike_is_not_told_apart_and_controls_and_failures_are_in_no_pair():
    rows = [
        arm("a", [4] * 40), arm("b", [4] * 39 + [3]), arm("c", [1] * 40), arm("no marks", [1] * 40),
        Arm("broken", reason="why"),
    ]  # fmt: skip
    found = pairs(rows)
    assert {name for pair in found for name in (pair.one, pair.other)} == {"a", "b", "c"}
    assert not_told_apart(found, "a") == ["b"]
    assert not_told_apart(found, "b") == ["a"]
    assert not_told_apart(found, "c") == []


def test_where_the_difference_is_the_same_in_every_scene_there_is_no_interval():
    (pair,) = pairs([arm("a", [4] * 9), arm("b", [2] * 9)])
    assert (pair.low, pair.high) == (None, None)
    assert np.isclose(pair.difference, -0.5)
