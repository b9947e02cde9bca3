"""Visual prompt ``numbered``: every region's id can be read, and is on the right thing."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lskd_toolkit.drawing import draw_numbered
from lskd_toolkit.drawing.badges import badge_size, paint_badge, place_badges, text_size
from lskd_toolkit.drawing.numbered import Numbered
from lskd_toolkit.drawing.options import NumberedOptions
from lskd_toolkit.drawing.palette import colour
from lskd_toolkit.images import open_picture
from lskd_toolkit.records import Region


def photo() -> np.ndarray:
    """Smooth light with some grain: 480 x 480."""
    y, x = np.mgrid[0:480, 0:480]
    grain = np.random.default_rng(5).integers(0, 25, (480, 480, 3))
    return (np.stack([x // 4 + 40, y // 4 + 60, (x + y) // 8 + 30], axis=2) + grain).astype(np.uint8)


def shared(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    tall = min(one[3], other[3]) - max(one[1], other[1])
    return max(0, wide) * max(0, tall)


def scattered(count: int, size: int = 480, seed: int = 0) -> list[Region]:
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, size - 30, (count, 2))
    return [
        Region(id, (float(x), float(y), float(x + rng.integers(4, 200)), float(y + rng.integers(4, 200))))
        for id, (x, y) in enumerate(corners)
    ]


def test_each_badge_is_painted_in_its_regions_colour() -> None:
    regions = [Region(3, (40, 40, 200, 200)), Region(12, (250, 100, 400, 420))]
    drawn = draw_numbered(photo(), regions)
    places = place_badges(regions, text_size(480, 480), 480, 480)
    for index, region in enumerate(regions):
        left, top, right, bottom = places[index]
        badge = drawn[top:bottom, left:right].reshape(-1, 3)
        assert (badge == colour(region.id)).all(axis=1).mean() > 0.4


def test_different_numbers_are_painted_differently() -> None:
    badges = set()
    for number in range(40):
        canvas = np.zeros((30, 40, 3), np.uint8)
        paint_badge(canvas, (0, 0, 40, 30), str(number), (255, 255, 255), 17)
        badges.add(canvas.tobytes())
    assert len(badges) == 40


def test_a_lone_regions_badge_is_in_its_corner() -> None:
    (place,) = place_badges([Region(0, (100, 120, 300, 400))], 17, 480, 480).values()
    assert place[:2] == (100, 120)


def test_a_small_regions_badge_does_not_hide_it() -> None:
    box = (200, 200, 212, 210)
    (place,) = place_badges([Region(0, box)], 17, 480, 480).values()
    assert shared(place, box) == 0
    near = (box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1)
    assert shared(place, near) > 0


@pytest.mark.parametrize("seed", range(4))
def test_fifty_badges_do_not_cover_each_other_and_stay_inside(seed: int) -> None:
    regions = scattered(50, seed=seed)
    places = place_badges(regions, text_size(480, 480), 480, 480)
    assert len(places) == 50
    for place in places.values():
        assert place[0] >= 0
        assert place[1] >= 0
        assert place[2] <= 480
        assert place[3] <= 480
    assert all(shared(*pair) == 0 for pair in combinations(places.values(), 2))


def test_the_same_box_ten_times_has_ten_badges_apart() -> None:
    regions = [Region(id, (100, 100, 130, 130)) for id in range(10)]
    places = place_badges(regions, 17, 480, 480)
    assert len(places) == 10
    assert all(shared(*pair) == 0 for pair in combinations(places.values(), 2))


def test_numbers_grow_with_the_image_and_fit_a_tiny_one() -> None:
    assert text_size(480, 480) == 17
    assert text_size(4000, 3000) > 100
    assert badge_size("7", text_size(20, 20))[1] <= 20
    assert text_size(1, 1) == 0


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (20, 20), (7, 400), (400, 7)])
@pytest.mark.parametrize("count", [0, 1, 50])
def test_odd_images(shape: tuple[int, int], count: int) -> None:
    pixels = np.full((*shape, 3), 128, np.uint8)
    drawn = draw_numbered(pixels, scattered(count, size=60))
    assert drawn.shape == (*shape, 3)
    assert drawn.dtype == np.uint8
    assert (pixels == 128).all()


edges = st.floats(-600, 600) | st.sampled_from([float("nan"), float("inf"), float("-inf")])


@settings(max_examples=40, deadline=None)
@given(
    boxes=st.lists(st.tuples(edges, edges, edges, edges), max_size=8),
    width=st.integers(1, 300),
    height=st.integers(1, 300),
)
def test_any_boxes_on_any_image(boxes: list[tuple[float, ...]], width: int, height: int) -> None:
    regions = [Region(id, box) for id, box in enumerate(boxes)]
    assert draw_numbered(np.zeros((height, width, 3), np.uint8), regions).shape == (height, width, 3)


def test_the_same_input_gives_the_same_bytes() -> None:
    regions = scattered(12)
    assert draw_numbered(photo(), regions).tobytes() == draw_numbered(photo(), regions).tobytes()


def test_the_component_names_every_region_even_one_outside() -> None:
    picture = open_picture(photo())
    regions = [Region(2, (10, 10, 90, 90)), Region(9, (900, 900, 999, 999))]
    pointed = Numbered(NumberedOptions(), None).point(picture, regions)
    assert dict(pointed.names) == {2: "[2]", 9: "[9]"}
    np.testing.assert_array_equal(pointed.images[0], draw_numbered(photo(), regions))
    wide = Numbered(NumberedOptions(line_width=9)).point(picture, regions).images[0]
    assert (wide != pointed.images[0]).any()
    np.testing.assert_array_equal(Numbered().point(picture, []).images[0], picture.pixels)
