"""What components may hand back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lskd_toolkit.records import Descriptor, Dropped, Image, Judgement, Refined, Region, Statement, Taught
from lskd_toolkit.validation import (
    valid_descriptors,
    valid_judgements,
    valid_refined,
    valid_regions,
    valid_taught,
)

IMAGE = Image("a", "a", "", 10, 8)
GOOD = Region(0, (0.0, 0.0, 10.0, 8.0))
NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("region", "reason"),
    [
        (replace(GOOD, box=(5.0, 0.0, 5.0, 8.0)), "no area"),
        (replace(GOOD, box=(0.0, 0.0, NAN, 8.0)), "no area"),
        (replace(GOOD, box=(0.0, 0.0, INF, 8.0)), "leaves the image"),
        (replace(GOOD, box=(-1.0, 0.0, 5.0, 8.0)), "leaves the image"),
        (replace(GOOD, box=(0.0, 0.0, 5.0)), "not four numbers"),
        (replace(GOOD, score=1.5), "score 1.5"),
        (replace(GOOD, score=NAN), "score nan"),
        (replace(GOOD, id=-1), "id -1"),
        ("a box", "expected Region"),
    ],
)
def test_regions_that_break_their_promise_are_named(region, reason):
    assert reason in valid_regions(IMAGE, [region])


def test_good_regions_pass_and_an_id_twice_does_not():
    assert valid_regions(IMAGE, [GOOD, replace(GOOD, id=1)]) == ""
    assert "id 0" in valid_regions(IMAGE, [GOOD, GOOD])


def test_a_refiner_may_lose_nothing():
    other = replace(GOOD, id=1)
    assert valid_refined(IMAGE, Refined((GOOD,), (Dropped(other, "small"),)), [GOOD, other]) == ""
    assert "[1] were neither kept nor dropped" in valid_refined(IMAGE, Refined((GOOD,)), [GOOD, other])
    assert "without a reason" in valid_refined(IMAGE, Refined((), (Dropped(GOOD, ""),)), [GOOD])


def test_descriptors_speak_of_regions_that_exist():
    assert valid_descriptors([Descriptor("local", "red", (0,))], [GOOD]) == ""
    assert "region 4" in valid_descriptors([Descriptor("local", "red", (4,))], [GOOD])
    assert "names no region" in valid_descriptors([Descriptor("local", "red")], [GOOD])
    assert "without words" in valid_descriptors([Descriptor("global", " ")], [GOOD])


def test_statements_are_numbered_and_complete():
    statement = Statement(0, "Why [0]?", "So.", "Because.", (0,))
    assert valid_taught(Taught((statement,)), [GOOD]) == ""
    assert "has the id 3" in valid_taught(Taught((replace(statement, id=3),)), [GOOD])
    assert "region 9" in valid_taught(Taught((replace(statement, regions=(9,)),)), [GOOD])
    assert "mentions [0] and lists []" in valid_taught(Taught((replace(statement, regions=()),)), [GOOD])


def test_every_statement_is_judged_once():
    statement = Statement(0, "q", "a", "r")
    assert valid_judgements([Judgement(0, 0.5)], [statement]) == ""
    assert "one by one" in valid_judgements([], [statement])
    assert "not in [0, 1]" in valid_judgements([Judgement(0, 0.5, parts={"ids": 2.0})], [statement])
