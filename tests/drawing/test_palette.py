"""Colours that stand for ids must be told apart."""

from __future__ import annotations

import math
from itertools import combinations

import pytest

from lskd_toolkit.drawing import palette

LAB = {  # CIELAB under D65, as tabulated for the sRGB primaries
    (255, 0, 0): (53.24, 80.09, 67.20),
    (0, 255, 0): (87.73, -86.18, 83.18),
    (0, 0, 255): (32.30, 79.19, -107.86),
    (255, 255, 255): (100.0, 0.0, 0.0),
}


def test_distance_is_that_of_cielab() -> None:
    for one, other in combinations(LAB, 2):
        assert palette.distance(one, other) == pytest.approx(math.dist(LAB[one], LAB[other]), abs=0.05)


def test_the_first_twenty_ids_are_far_apart() -> None:
    for one, other in combinations(range(20), 2):
        assert palette.distance(palette.colour(one), palette.colour(other)) >= 30, (one, other)


@pytest.mark.parametrize(("blindness", "least"), [("protan", 10), ("deutan", 10), ("tritan", 9)])
def test_the_first_twenty_ids_are_told_apart_by_the_colour_blind(blindness: str, least: float) -> None:
    for one, other in combinations(range(20), 2):
        assert palette.distance(palette.colour(one), palette.colour(other), blindness) >= least, (one, other)


@pytest.mark.parametrize(
    ("blindness", "one", "other"),
    [
        ("protan", (200, 60, 40), (110, 110, 30)),
        ("deutan", (200, 60, 40), (110, 110, 30)),
        ("tritan", (70, 120, 200), (40, 140, 120)),
    ],
)
def test_the_colour_blind_see_less_of_a_difference(
    blindness: str, one: palette.Rgb, other: palette.Rgb
) -> None:
    assert palette.distance(one, other, blindness) < 0.7 * palette.distance(one, other)
    assert palette.distance((20, 20, 20), (230, 230, 230), blindness) == pytest.approx(
        palette.distance((20, 20, 20), (230, 230, 230)), abs=0.5
    )


# --- trap: from 5 on the paper's own code gives every id one grey ---------------------------------------

SEEN = [("", 30), ("protan", 10), ("deutan", 10), ("tritan", 10)]
"""Eyes, and how far apart two colours must be for them."""


@pytest.mark.parametrize(("eyes", "least"), SEEN)
def test_outlines_past_the_papers_five_differ_from_each_other_and_from_the_five(
    eyes: str, least: float
) -> None:
    outlines = [palette.paper_colours(id)[1] for id in range(24)]
    for one, other in combinations(range(24), 2):
        if other >= 5:
            assert palette.distance(outlines[one], outlines[other], eyes) >= least, (one, other)


@pytest.mark.parametrize(("eyes", "least"), SEEN)
def test_so_do_fills(eyes: str, least: float) -> None:
    fills = [palette.paper_colours(id)[0][:3] for id in range(24)]
    for one, other in combinations(range(24), 2):
        if other >= 5:
            assert palette.distance(fills[one], fills[other], eyes) >= least, (one, other)


# --- trap: of the paper's five, fills repeat ------------------------------------------------------------


def test_of_the_papers_five_ids_that_share_a_fill_have_outlines_far_apart() -> None:
    five = [palette.paper_colours(id) for id in range(5)]
    shared = [(a, b) for a, b in combinations(range(5), 2) if five[a][0] == five[b][0]]
    assert shared == [(1, 3), (2, 4)]
    for one, other in combinations(range(5), 2):
        assert palette.distance(five[one][1], five[other][1]) >= 30


def test_the_papers_first_five_are_as_published() -> None:
    assert [palette.paper_colours(id) for id in range(5)] == [
        ((255, 5, 205, 32), (5, 255, 55)),
        ((255, 128, 0, 32), (153, 204, 255)),
        ((134, 45, 45, 32), (204, 153, 255)),
        ((255, 128, 0, 32), (245, 173, 66)),
        ((134, 45, 45, 32), (245, 93, 66)),
    ]


def test_every_id_has_a_colour() -> None:
    assert palette.colour(24) == palette.colour(0)
    assert palette.paper_colours(24) == palette.paper_colours(5)
    assert palette.rgb(palette.css(1000)) == palette.colour(1000)


def test_ink_is_the_one_that_is_read_better() -> None:
    assert palette.ink((255, 214, 10)) == (0, 0, 0)
    assert palette.ink((20, 20, 120)) == (255, 255, 255)
