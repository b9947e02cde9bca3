"""Regions move with their pixels: the moved region's mask is the mask, moved."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.geometry import masks
from lskd_toolkit.geometry.moving import crop_region, flip_region, scale_region
from lskd_toolkit.geometry.shapes import region_hull, region_mask
from lskd_toolkit.records import Region, Shape

WIDTH, HEIGHT = 24, 18
x = st.integers(0, 4 * WIDTH).map(lambda n: n / 4)
y = st.integers(0, 4 * HEIGHT).map(lambda n: n / 4)
point = st.tuples(x, y)
bits = st.lists(st.booleans(), min_size=WIDTH * HEIGHT, max_size=WIDTH * HEIGHT).filter(any)
box = st.tuples(
    st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1), st.integers(1, WIDTH), st.integers(1, HEIGHT)
).map(lambda v: [v[0], v[1], min(WIDTH, v[0] + v[2]), min(HEIGHT, v[1] + v[3])])
shape = st.one_of(
    box.map(lambda b: Shape("box", {"box": b})),
    st.builds(
        lambda seed, share: Shape(
            "mask", masks.encode(np.random.default_rng(seed).random((HEIGHT, WIDTH)) < share)
        ),
        st.integers(0, 99),
        st.sampled_from([0.05, 0.5, 1.0]),
    ),
    st.lists(st.lists(point, min_size=3, max_size=7), min_size=1, max_size=2).map(
        lambda p: Shape("polygon", {"polygons": p})
    ),
    st.lists(point, min_size=1, max_size=3).map(lambda p: Shape("points", {"points": p, "radius": 1.5})),
    st.tuples(point, st.integers(1, 8), st.integers(1, 8), st.integers(-180, 180)).map(
        lambda v: Shape("rotated box", {"centre": v[0], "size": [v[1], v[2]], "angle": v[3]})
    ),
    st.just(Shape("spline", {"knots": [1]})),
    st.none(),
)
SPLINE_BOX = (3.0, 2.0, 9.0, 11.0)


@st.composite
def regions(draw, shapes=shape):
    bare = Region(3, SPLINE_BOX, draw(shapes), "cup", 0.5, "p")
    return Region(3, region_hull(bare), bare.shape, "cup", 0.5, "p")


windows = st.tuples(
    st.integers(0, WIDTH - 2), st.integers(0, HEIGHT - 2), st.integers(2, WIDTH), st.integers(2, HEIGHT)
).map(lambda v: (v[0], v[1], min(WIDTH, v[0] + v[2]), min(HEIGHT, v[1] + v[3])))


def pixels(region, width=WIDTH, height=HEIGHT):
    if region.shape and region.shape.type == "spline":
        region = Region(region.id, region.box)
    return region_mask(region, width, height)


@given(regions(), st.sampled_from(["flip", "crop", "scale"]), windows)
def test_a_moved_region_is_itself_and_its_box_the_hull_of_its_shape(region, how, window):
    moved = {
        "flip": lambda: flip_region(region, WIDTH),
        "crop": lambda: crop_region(region, window),
        "scale": lambda: scale_region(region, 1.5, 0.75),
    }[how]()
    if moved is None:
        return
    assert (moved.id, moved.label, moved.score, moved.proposer) == (3, "cup", 0.5, "p")
    assert moved.box == pytest.approx(region_hull(moved))
    assert moved.shape is None or moved.shape.type != "spline"


@given(regions())
def test_flipping_twice_gives_the_region_again(region):
    twice = flip_region(flip_region(region, WIDTH), WIDTH)
    assert twice.box == pytest.approx(region.box)
    assert (pixels(twice) == pixels(region)).all()


@given(regions(st.one_of(shape.filter(lambda s: s is None or s.type in ("box", "mask", "spline")))))
def test_the_pixels_of_a_flipped_region_are_its_pixels_flipped(region):
    assert (pixels(flip_region(region, WIDTH)) == pixels(region)[:, ::-1]).all()


def filled(parts, width, height):
    """The pixels whose centre is inside any of the parts, each by the even-odd rule, one by one."""
    centres_y, centres_x = np.mgrid[0:height, 0:width] + 0.5
    inside = np.zeros((height, width), bool)
    for part in parts:
        odd = np.zeros((height, width), bool)
        for (x1, y1), (x2, y2) in zip(part, [*part[1:], part[0]], strict=True):
            if y1 != y2:
                between = (y1 <= centres_y) != (y2 <= centres_y)
                odd ^= between & (x1 + (centres_y - y1) / (y2 - y1) * (x2 - x1) <= centres_x)
        inside |= odd
    return inside


# Off the pixels' centres: which side a border that runs through one puts it on is nobody's promise.
off_centre = st.lists(st.lists(point, min_size=3, max_size=7), min_size=1, max_size=2).map(
    lambda parts: [[(a + 0.0371, b + 0.0613) for a, b in part] for part in parts]
)


@given(off_centre, windows)
def test_what_a_cropped_polygon_fills_is_what_it_filled_there(parts, window):
    left, top, right, bottom = window
    bare = Region(0, SPLINE_BOX, Shape("polygon", {"polygons": parts}))
    cropped = crop_region(Region(0, region_hull(bare), bare.shape), window)
    left_over = cropped.shape.values["polygons"] if cropped else []
    expected = filled(parts, WIDTH, HEIGHT)[top:bottom, left:right]
    assert (filled(left_over, right - left, bottom - top) == expected).all()


@given(regions(st.one_of(shape.filter(lambda s: s is None or s.type in ("box", "mask", "spline")))), windows)
def test_the_pixels_of_a_cropped_region_are_its_pixels_cropped(region, window):
    left, top, right, bottom = window
    expected = pixels(region)[top:bottom, left:right]
    cropped = crop_region(region, window)
    assert (cropped is None) == (not expected.any())
    if cropped is not None:
        assert (pixels(cropped, right - left, bottom - top) == expected).all()


@given(regions(), windows)
def test_a_crop_stays_within_the_window(region, window):
    cropped = crop_region(region, window)
    if cropped is None or (cropped.shape and cropped.shape.type == "points"):
        return
    assert min(cropped.box) >= -1e-9
    assert cropped.box[2] <= window[2] - window[0] + 1e-9
    assert cropped.box[3] <= window[3] - window[1] + 1e-9


@given(regions(), st.integers(2, 3))
def test_pixels_grow_with_a_whole_factor(region, factor):
    if region.shape and region.shape.type not in ("box", "mask", "spline"):
        return
    grown = np.kron(pixels(region), np.ones((factor, factor), bool))
    assert (pixels(scale_region(region, factor, factor), factor * WIDTH, factor * HEIGHT) == grown).all()


def test_a_mask_that_scaling_would_lose_keeps_what_it_touches():
    mask = np.zeros((40, 40), bool)
    mask[11, 23] = True
    region = masks.region_from_mask(mask)
    small = scale_region(region, 0.1, 0.1)
    assert small.box == (2, 1, 3, 2)


def test_scaling_to_the_size_of_the_image_gives_masks_of_exactly_that_size():
    region = masks.region_from_mask(np.ones((333, 1001), bool))
    scaled = scale_region(region, 640 / 1001, 480 / 333)
    assert scaled.shape.values["size"] == [480, 640]


def test_a_border_that_leaves_and_comes_back_leaves_parts_of_its_own():
    """Clipped one edge at a time, a U would keep a seam along the border between its arms."""
    u = [(2, 2), (6, 2), (6, 10), (12, 10), (12, 2), (16, 2), (16, 14), (2, 14)]
    region = Region(0, (2, 2, 16, 14), Shape("polygon", {"polygons": [u]}))
    cropped = crop_region(region, (0, 0, 20, 8))
    assert len(cropped.shape.values["polygons"]) == 2
    assert cropped.box == (2, 2, 16, 8)
    corner = crop_region(region, (7, 0, 20, 9))
    assert corner.box == (5, 2, 9, 9)


def test_a_rotated_box_stays_one_until_it_is_cut_or_sheared():
    values = {"centre": [10, 9], "size": [8, 4], "angle": 30}
    bare = Region(0, (0, 0, 1, 1), Shape("rotated box", values))
    region = Region(0, region_hull(bare), bare.shape)
    assert flip_region(region, 24).shape.values["angle"] == -30
    assert crop_region(region, (2, 1, 20, 16)).shape.type == "rotated box"
    assert crop_region(region, (10, 1, 20, 16)).shape.type == "polygon"
    assert scale_region(region, 2, 2).shape.type == "rotated box"
    sheared = scale_region(region, 2, 1)
    assert sheared.shape.type == "polygon"
    assert sheared.box == pytest.approx((2 * region.box[0], region.box[1], 2 * region.box[2], region.box[3]))


def test_of_points_those_outside_the_crop_are_gone():
    region = Region(0, (0, 0, 13, 13), Shape("points", {"points": [[3, 3], [10, 10]], "radius": 3}))
    assert crop_region(region, (5, 5, 20, 18)).shape.values["points"] == [[5, 5]]
    assert crop_region(region, (15, 15, 20, 18)) is None


@pytest.mark.parametrize("factor", [0, -1, float("nan"), float("inf")])
def test_a_factor_that_leaves_no_image_is_refused(factor):
    with pytest.raises(ValueError, match="positive factors"):
        scale_region(Region(0, (0, 0, 1, 1)), factor, 1)
