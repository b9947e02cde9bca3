"""Shapes: hull, pixels and border of every built-in type, and of a type from outside."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.errors import UsageError
from lskd_toolkit.geometry import masks, shapes
from lskd_toolkit.geometry.rasters import rasterise
from lskd_toolkit.records import Region, Shape

WIDTH, HEIGHT = 24, 18
inside_x = st.integers(8, 4 * WIDTH - 8).map(lambda n: n / 4)
inside_y = st.integers(8, 4 * HEIGHT - 8).map(lambda n: n / 4)
point = st.tuples(inside_x, inside_y)
polygon = st.lists(point, min_size=3, max_size=6)
values = st.one_of(
    st.tuples(point, point).map(
        lambda c: ("box", {"box": [*np.minimum(*c).tolist(), *np.maximum(*c).tolist()]})
    ),
    st.lists(polygon, min_size=1, max_size=3).map(lambda p: ("polygon", {"polygons": p})),
    st.lists(point, min_size=1, max_size=3).map(lambda p: ("points", {"points": p, "radius": 1.5})),
    st.tuples(point, st.integers(1, 8), st.integers(1, 8), st.integers(-180, 180)).map(
        lambda v: ("rotated box", {"centre": v[0], "size": [v[1], v[2]], "angle": v[3]})
    ),
)


def region_of(shape):
    bare = Region(0, (0, 0, 0, 0), Shape(*shape))
    return Region(0, shapes.region_hull(bare), bare.shape)


@given(values)
def test_no_pixel_of_a_shape_lies_outside_its_hull(shape):
    region = region_of(shape)
    mask = shapes.region_mask(region, WIDTH, HEIGHT)
    assert mask.shape == (HEIGHT, WIDTH)
    assert mask.dtype == bool
    if mask.any():
        x1, y1, x2, y2 = masks.hull(mask)
        box = region.box
        assert x1 >= math.floor(box[0]) and y1 >= math.floor(box[1])  # noqa: PT018
        assert x2 <= max(math.ceil(box[2]), x1 + 1) and y2 <= max(math.ceil(box[3]), y1 + 1)  # noqa: PT018


@given(values)
def test_the_hull_of_the_border_is_the_hull_of_the_shape(shape):
    region = region_of(shape)
    corners = [corner for part in shapes.region_outline(region) for corner in part]
    xs, ys = zip(*corners, strict=True)
    assert np.allclose((min(xs), min(ys), max(xs), max(ys)), region.box)


def test_parts_of_a_polygon_stay_apart():
    """The released code joined all parts into one polygon and filled what lay between."""
    left, right = [[1, 1], [4, 1], [4, 4], [1, 4]], [[10, 1], [13, 1], [13, 4], [10, 4]]
    region = region_of(("polygon", {"polygons": [left, right]}))
    mask = shapes.region_mask(region, WIDTH, HEIGHT)
    assert mask.sum() == 18
    assert not mask[:, 4:10].any()
    assert len(shapes.region_outline(region)) == 2


@given(st.integers(0, 20), st.integers(0, 15), st.integers(1, 9), st.integers(1, 9))
def test_a_polygon_along_pixel_edges_is_exactly_its_pixels(x, y, width, height):
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    expected = np.zeros((HEIGHT, WIDTH), bool)
    expected[y : y + height, x : x + width] = True
    assert (rasterise([corners], WIDTH, HEIGHT) == expected).all()


@pytest.mark.parametrize("box", [(-9, 2, -4, 6), (2, -9, 6, -4), (30, 2, 40, 6), (2, 30, 6, 40)])
def test_a_box_outside_the_image_has_no_pixels(box):
    assert not shapes.region_mask(Region(0, box), WIDTH, HEIGHT).any()


def test_a_region_without_a_shape_is_its_box():
    region = Region(0, (2, 3, 6, 5))
    assert shapes.region_hull(region) == region.box
    assert shapes.region_mask(region, WIDTH, HEIGHT).sum() == 8
    assert shapes.region_outline(region) == [[(2, 3), (6, 3), (6, 5), (2, 5)]]


def test_a_type_that_nobody_knows_keeps_its_box_and_says_so_when_asked_for_pixels():
    region = Region(7, (2, 3, 6, 5), Shape("spline", {"knots": []}))
    assert shapes.region_hull(region) == region.box
    with pytest.raises(UsageError, match=r"region 7 .*'spline'"):
        shapes.region_mask(region, WIDTH, HEIGHT)


def test_a_registered_type_is_used(monkeypatch):
    monkeypatch.setattr(shapes, "_TYPES", dict(shapes._TYPES))
    shapes.register(
        "everything",
        shapes.ShapeFunctions(
            lambda v: (0.0, 0.0, v["w"], v["h"]),
            lambda v, width, height: np.ones((height, width), bool),
            lambda v: [[(0.0, 0.0), (v["w"], 0.0), (v["w"], v["h"])]],
        ),
    )
    region = Region(0, (0, 0, 5, 4), Shape("everything", {"w": 5.0, "h": 4.0}))
    assert "everything" in shapes.shape_types()
    assert shapes.region_hull(region) == (0, 0, 5, 4)
    assert shapes.region_mask(region, 3, 2).all()


@given(st.integers(4, 60), st.integers(4, 60), st.integers(-180, 180))
def test_turning_a_box_keeps_its_area(width, height, angle):
    region = region_of(("rotated box", {"centre": [50, 50], "size": [width, height], "angle": angle}))
    pixels = shapes.region_mask(region, 100, 100).sum()
    assert abs(pixels - width * height) <= width + height + 2


def test_angles_turn_clockwise_on_the_screen():
    region = region_of(("rotated box", {"centre": [10, 10], "size": [8, 2], "angle": 45}))
    mask = shapes.region_mask(region, WIDTH, HEIGHT)
    assert mask[12, 12]
    assert not mask[7, 12]


def test_a_part_thinner_than_a_pixel_does_not_vanish():
    mask = rasterise([[(2.1, 3.6), (9.0, 3.6), (9.0, 3.9), (2.1, 3.9)]], WIDTH, HEIGHT)
    assert mask[3, 2:9].all()
    assert mask.sum() == 7
    assert not rasterise([[(30, 3), (40, 3)]], WIDTH, HEIGHT).any()


def test_a_coordinate_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="not finite"):
        rasterise([[(0, 0), (float("nan"), 1), (2, 2)]], WIDTH, HEIGHT)
