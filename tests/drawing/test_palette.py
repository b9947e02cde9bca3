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


@pytest.mark.parametrize("blindness", ["protan", "deutan"])
def test_the_first_twenty_ids_are_told_apart_without_red_or_green(blindness: str) -> None:
    for one, other in combinations(range(20), 2):
        assert palette.distance(palette.colour(one), palette.colour(other), blindness) >= 10, (one, other)
    assert palette.distance((200, 60, 40), (110, 110, 30), blindness) < palette.distance(
        (200, 60, 40), (110, 110, 30)
    )


def test_the_papers_outlines_are_far_apart_past_its_five() -> None:
    # Its own code gives ids 5 to 15 one grey, and fills 1 as 3 and 2 as 4: only outlines tell ids apart.
    outlines = [palette.paper_colours(id)[1] for id in range(20)]
    for one, other in combinations(outlines, 2):
        assert palette.distance(one, other) >= 30


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
