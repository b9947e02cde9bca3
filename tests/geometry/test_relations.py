"""Relations: what they say of two regions, and that they say it of both sides alike."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.errors import UsageError
from lskd_toolkit.geometry.relations import NAMES, holds, place, relations
from lskd_toolkit.records import Region

WIDTH, HEIGHT = 400, 300
x, y = st.integers(0, WIDTH * 4), st.integers(0, HEIGHT * 4)
box = st.tuples(x, y, x, y).map(
    lambda v: tuple(n / 4 for n in (min(v[0], v[2]), min(v[1], v[3]), max(v[0], v[2]), max(v[1], v[3])))
)
region = box.map(lambda b: Region(0, b))
OPPOSITES = [("left of", "right of"), ("above", "below"), ("bigger than", "smaller than")]


def hold(name, a, b):
    return holds(name, a, b, WIDTH, HEIGHT)


@given(region, region, st.sampled_from(NAMES))
def test_every_score_is_between_zero_and_one(a, b, name):
    assert 0 <= hold(name, a, b) <= 1


@given(region, region, st.sampled_from(OPPOSITES))
def test_opposites_say_the_same_from_the_other_side_and_never_both(a, b, pair):
    one, other = pair
    assert hold(one, a, b) == hold(other, b, a)
    assert hold(one, a, b) + hold(one, b, a) == pytest.approx(1)


@given(region, region, st.sampled_from(["overlaps", "next to", "far from"]))
def test_what_is_mutual_is_symmetric(a, b, name):
    assert hold(name, a, b) == hold(name, b, a)


@given(region, region)
def test_nothing_is_near_and_far_nor_inside_both_ways(a, b):
    assert hold("next to", a, b) + hold("far from", a, b) <= 1
    assert min(hold("inside", a, b), hold("inside", b, a)) == 0


@given(region, region, st.sampled_from(NAMES), st.sampled_from([(1, 0), (-1, 0), (0, 1), (0, -1)]))
def test_a_step_aside_never_turns_a_yes_into_a_no(a, b, name, step):
    a, b = (Region(0, (p[0], p[1], p[2] + 20, p[3] + 20)) for p in (a.box, b.box))
    moved = Region(0, tuple(v + d / 4 for v, d in zip(a.box, step * 2, strict=True)))
    assert abs(hold(name, moved, b) - hold(name, a, b)) < 0.1


@given(region)
def test_a_region_is_level_with_itself(a):
    assert {hold(name, a, a) for pair in OPPOSITES for name in pair} == {0.5}
    assert hold("inside", a, a) == 0
    assert hold("far from", a, a) == 0


CUP, TABLE, LAMP = Region(0, (40, 100, 60, 120)), Region(1, (20, 80, 220, 280)), Region(2, (360, 10, 390, 40))


@pytest.mark.parametrize(
    ("name", "a", "b"),
    [
        ("inside", CUP, TABLE), ("overlaps", CUP, TABLE), ("next to", CUP, TABLE),
        ("smaller than", CUP, TABLE), ("bigger than", TABLE, CUP), ("left of", CUP, LAMP),
        ("right of", LAMP, TABLE), ("above", LAMP, TABLE), ("below", TABLE, LAMP), ("far from", LAMP, CUP),
    ],
)  # fmt: skip
def test_plain_cases_hold_wholly_and_their_reverse_does_not(name, a, b):
    assert hold(name, a, b) == 1
    if name not in ("overlaps", "next to", "far from"):
        assert hold(name, b, a) == 0


def test_relations_lists_what_holds_whatever_the_order_of_the_regions():
    found = relations([LAMP, CUP, TABLE], WIDTH, HEIGHT)
    assert found == relations([CUP, TABLE, LAMP], WIDTH, HEIGHT)
    of_cup = {(r.object, r.name) for r in found if r.subject == 0}
    assert {(1, "inside"), (1, "smaller than"), (2, "left of"), (2, "far from")} <= of_cup
    assert all(r.score > 0.5 and r.subject != r.object for r in found)
    assert relations([CUP, TABLE, LAMP], WIDTH, HEIGHT, least=1.0) == []


def test_regions_of_different_frames_have_no_relation():
    assert relations([Region(0, CUP.box, frame=0), Region(1, TABLE.box, frame=1)], WIDTH, HEIGHT) == []


def test_an_unknown_relation_is_named():
    with pytest.raises(UsageError, match="behind"):
        hold("behind", CUP, TABLE)


def test_places_are_the_nine_fields():
    words = [
        place(Region(0, (x - 2, y - 2, x + 2, y + 2)), 300, 300)
        for y, x in itertools.product((50, 150, 250), repeat=2)
    ]
    assert words == [
        "top left", "top", "top right", "left", "centre", "right", "bottom left", "bottom", "bottom right",
    ]  # fmt: skip
