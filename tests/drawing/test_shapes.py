"""Regions that are more than a box are drawn as what they are, part by part."""

from __future__ import annotations

import numpy as np
import pytest

from lskd_toolkit.drawing import draw_numbered, draw_overlay
from lskd_toolkit.drawing.badges import place_badges
from lskd_toolkit.drawing.palette import paper_colours
from lskd_toolkit.geometry.masks import region_from_mask
from lskd_toolkit.geometry.shapes import region_hull
from lskd_toolkit.records import Region, Shape

GREY = np.full((200, 300, 3), 128, np.uint8)
y, x = np.mgrid[0:200, 0:300]
DISC = np.hypot(x - 150, y - 100) < 60


def changed(drawn: np.ndarray) -> np.ndarray:
    return (drawn != GREY).any(axis=2)


def polygon(id: int, *polygons: list[tuple[float, float]]) -> Region:
    shape = Shape("polygon", {"polygons": [[list(point) for point in part] for part in polygons]})
    return Region(id, region_hull(Region(id, (0, 0, 0, 0), shape)), shape)


def test_a_mask_is_filled_where_it_is_and_outlined_along_its_border() -> None:
    drawn = draw_overlay(GREY, [region_from_mask(DISC)])
    seen, distance = changed(drawn), np.hypot(x - 150, y - 100)
    assert seen[distance < 58].all()
    assert not seen[distance > 63].any()
    fill, outline = paper_colours(0)
    tinted = (128 * (255 - fill[3]) + np.array(fill[:3]) * fill[3]) / 255
    assert np.abs(drawn[100, 150] - tinted).max() <= 1
    ring = drawn[np.abs(distance - 59.5) < 0.7].astype(int)
    assert np.abs(ring - np.array(outline)).sum(axis=1).mean() < 150  # near the outline's colour all round


def test_the_parts_of_a_polygon_stay_apart() -> None:
    # The paper's code stacks all parts into one polygon, whose lines then cross from part to part.
    left = [(20.0, 20.0), (80.0, 20.0), (80.0, 80.0), (20.0, 80.0)]
    right = [(px + 180, py + 90) for px, py in left]
    both = changed(draw_overlay(GREY, [polygon(0, left, right)]))
    alone = [changed(draw_overlay(GREY, [polygon(0, part)])) for part in (left, right)]
    np.testing.assert_array_equal(both, alone[0] | alone[1])
    assert not both[:, 100:180].any()


def test_a_hole_in_a_mask_is_left_alone() -> None:
    ring = DISC & (np.hypot(x - 150, y - 100) > 30)
    assert not changed(draw_overlay(GREY, [region_from_mask(ring)]))[90:110, 140:160].any()


@pytest.mark.parametrize("draw", [draw_overlay, draw_numbered])
def test_a_shape_that_nobody_knows_is_drawn_as_its_box(draw: object) -> None:
    box = (30.0, 40.0, 200.0, 150.0)
    unknown = Region(2, box, Shape("spline", {"knots": [1, 2]}))
    np.testing.assert_array_equal(draw(GREY, [unknown]), draw(GREY, [Region(2, box)]))  # type: ignore[operator]


def test_a_shape_that_is_a_box_is_drawn_to_the_pixel() -> None:
    box = (30.0, 40.0, 200.0, 150.0)
    same = Region(2, box, Shape("box", {"box": list(box)}))
    np.testing.assert_array_equal(draw_overlay(GREY, [same]), draw_overlay(GREY, [Region(2, box)]))


def test_a_shapes_badge_is_inside_it_and_not_in_a_corner_of_its_hull() -> None:
    moon = DISC & (np.hypot(x - 120, y - 100) > 55)
    region = region_from_mask(moon)
    left, top, right, bottom = place_badges([region], 12, 300, 200)[0]
    assert moon[(top + bottom) // 2, (left + right) // 2]


def test_shapes_partly_or_wholly_outside_are_no_trouble() -> None:
    triangle = [(-80.0, -40.0), (60.0, 90.0), (-30.0, 400.0)]
    far = [(900.0, 900.0), (950.0, 900.0), (950.0, 980.0)]
    for draw in (draw_overlay, draw_numbered):
        assert changed(draw(GREY, [polygon(0, triangle)]))[60:80, :20].any()
        assert not changed(draw(GREY, [polygon(0, far)])).any()
        assert draw(np.zeros((1, 1, 3), np.uint8), [polygon(0, triangle)]).shape == (1, 1, 3)


def test_boxes_are_not_tinted_by_numbers_and_shapes_are() -> None:
    drawn = draw_numbered(GREY, [region_from_mask(DISC, id=0), Region(1, (220, 20, 290, 190))])
    assert changed(drawn)[130, 150]
    assert not changed(drawn)[120, 255]
    assert not changed(draw_numbered(GREY, [region_from_mask(DISC)], tint=0))[130, 150]


def test_points_and_rotated_boxes() -> None:
    points = Shape("points", {"points": [[50, 50], [120, 160]], "radius": 5})
    tilted = Shape("rotated box", {"centre": [200, 100], "size": [80, 40], "angle": 45})
    drawn = draw_overlay(
        GREY, [Region(0, (45, 45, 125, 165), points), Region(1, (157, 57, 243, 143), tilted)]
    )
    seen = changed(drawn)
    assert seen[50, 50]
    assert seen[160, 120]
    assert not seen[100, 85]
    assert seen[100, 200]
    assert not seen[65, 165]
