"""Every way of pointing: what a model is shown and told."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lskd_toolkit.config.resolving import resolve_part
from lskd_toolkit.drawing.alpha import with_alpha
from lskd_toolkit.drawing.blurring import blur_background
from lskd_toolkit.drawing.coordinates import OUTSIDE, place_in_words
from lskd_toolkit.drawing.crops import cut_out, focal_crop
from lskd_toolkit.drawing.palette import colour, paper_colours
from lskd_toolkit.drawing.shown_masks import draw_contours, draw_masks
from lskd_toolkit.geometry.masks import region_from_mask
from lskd_toolkit.pipeline.context import Workshop
from lskd_toolkit.plugins import plugins
from lskd_toolkit.records import Region, Shape

WIDTH, HEIGHT = 320, 240
NAMES = [a.record.name for a in plugins().announced("lskd_visual_prompts")]
BOX = Region(0, (40.0, 50.0, 100.0, 110.0))


def photo(light: int = 0) -> np.ndarray:
    noise = np.random.default_rng(3).integers(60, 160, (HEIGHT, WIDTH, 3))
    return np.clip(noise + light, 0, 255).astype(np.uint8)


def ring() -> tuple[np.ndarray, Region]:
    """Two parts, one with a hole."""
    y, x = np.ogrid[:HEIGHT, :WIDTH]
    away = (y - 120) ** 2 + (x - 110) ** 2
    mask = (away < 70**2) & (away > 30**2)
    mask[20:60, 240:300] = True
    return mask, region_from_mask(mask, id=2)


def pointed(name: str, regions, pixels=None, **options):
    part = resolve_part("visual_prompt", {"use": name, **options}, plugins())
    instance = Workshop().host(part).instance()
    return instance.point(SimpleNamespace(pixels=photo() if pixels is None else pixels), regions)


def told(name: str, region: int, count: int = 7):
    """All that a model is given of which one it is: the pictures with the place of the region's own, the
    words."""
    spots = [(10.0 + 44 * k, 40.0, 40.0 + 44 * k, 90.0) for k in range(count)]
    order = [Region(k, spots[k]) for k in range(count)]
    order[region] = Region(region, (150.0, 150.0, 190.0, 200.0))
    made = pointed(name, order)
    return [image.tobytes() for image in made.images], made.text


# --- all of them ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_no_region_is_left_out_however_many_there_are(name):
    """The paper's critic looked at the first five regions alone, and its loader left tags out in silence
    where there was no box to draw."""
    assert all(told(name, region) != told(name, 0) for region in range(1, 7))


@pytest.mark.parametrize("name", NAMES)
def test_any_two_ids_are_told_apart(name):
    """In the paper's code every id from 5 on looks the same."""
    looks = {}
    for id in range(12):
        made = pointed(name, [Region(id, BOX.box)])
        looks[id] = (tuple(image.tobytes() for image in made.images), made.text)
    own_picture = len(made.images) > 1
    assert own_picture or len(set(looks.values())) == 12


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "box", [(-50.0, -50.0, -10.0, -10.0), (500.0, 10.0, 600.0, 40.0), (5.0, 5.0, 5.0, 5.0)]
)
def test_a_region_outside_the_picture_does_no_harm(name, box):
    made = pointed(name, [Region(4, box), BOX])
    assert set(made.names) == {4, 0}
    assert all(image.size for image in made.images)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (200, 2)])
def test_pictures_of_any_shape_can_be_pointed_at(name, shape):
    pixels = np.full((*shape, 3), 90, np.uint8)
    made = pointed(name, [Region(0, (0.0, 0.0, shape[1], shape[0])), Region(1, (0.0, 0.0, 1.0, 1.0))], pixels)
    assert made.images[0].shape[:2] == shape


# --- marks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options"),
    [("mask", {"strength": 1.0}), ("contour", {}), ("paper-overlay", {}), ("numbered", {})],
)
def test_marks_keep_their_colour_whatever_the_light(name, options):
    """Marks are drawn on what light has been changed of, never changed with it: their colours are ids."""
    dark, light = (pointed(name, [BOX], photo(change), **options).images[0] for change in (-60, 90))
    mark = paper_colours(0)[1] if name == "paper-overlay" else colour(0)
    ours = (light == mark).all(axis=2)
    assert ours.any()
    np.testing.assert_array_equal(dark[ours], light[ours])


def test_a_mask_fills_its_pixels_and_no_others():
    mask, region = ring()
    drawn = draw_masks(photo(), [region])
    np.testing.assert_array_equal((drawn != photo()).any(axis=2), mask)


def test_a_contour_runs_along_every_border_of_a_mask():
    _, region = ring()
    drawn = draw_contours(photo(), [region], width=2)
    changed = (drawn != photo()).any(axis=2)
    assert changed[120, 109 - 30 : 112 - 30].any()  # the hole's
    assert changed[120, 109 - 70 : 112 - 70].any()  # the rim's
    assert changed[40, 239:242].any()  # the second part's
    assert not changed[120, 60]  # within the ring
    assert not changed[120, 110]  # within the hole


def test_small_regions_lie_over_large_ones():
    large = Region(1, (0.0, 0.0, 300.0, 200.0))
    drawn = draw_masks(photo(), [BOX, large], strength=1.0)
    assert tuple(drawn[80, 70]) == colour(0)
    assert tuple(drawn[150, 200]) == colour(1)


# --- pictures of their own ----------------------------------------------------------------------------


def test_a_crop_is_the_box():
    np.testing.assert_array_equal(cut_out(photo(), BOX), photo()[50:110, 40:100])
    np.testing.assert_array_equal(cut_out(photo(), BOX, margin=0.5), photo()[20:140, 10:130])


def test_of_a_shape_the_rest_can_be_grey():
    mask, region = ring()
    part = cut_out(photo(), region, shape_only=True)
    x1, y1, x2, y2 = (int(v) for v in region.box)
    inside = mask[y1:y2, x1:x2]
    np.testing.assert_array_equal(part[inside], photo()[y1:y2, x1:x2][inside])
    assert (part[~inside] == 127).all()


def test_a_focal_crop_is_three_boxes_wide():
    crop = focal_crop(photo(), Region(0, (120.0, 100.0, 150.0, 120.0)), outlined=False)
    np.testing.assert_array_equal(crop, photo()[80:140, 90:180])


boxes = st.tuples(*(st.floats(-20, 340, width=32) for _ in range(4))).map(
    lambda v: (min(v[0], v[2]), min(v[1], v[3]), max(v[0], v[2]) + 1, max(v[1], v[3]) + 1)
)


@given(boxes, st.integers(1, 90))
@settings(deadline=None, max_examples=80)
def test_a_focal_crop_has_its_least_size_and_holds_the_box(box, least):
    crop = focal_crop(photo(), Region(0, box), 3.0, least, outlined=False)
    x1, x2 = max(0.0, box[0]), min(WIDTH, box[2])
    y1, y2 = max(0.0, box[1]), min(HEIGHT, box[3])
    if x1 >= x2 or y1 >= y2:
        assert crop.shape == (1, 1, 3)
        return
    height, width = crop.shape[:2]
    assert min(least, HEIGHT) <= height <= HEIGHT
    assert min(least, WIDTH) <= width <= WIDTH
    assert (height, width) >= (y2 - y1, x2 - x1)


def test_a_focal_crop_marks_its_region_in_its_colour():
    inside = focal_crop(photo(), Region(3, (120.0, 100.0, 150.0, 120.0)))
    assert (inside == colour(3)).all(axis=2).sum() > 60


def test_what_is_blurred_is_all_but_the_region():
    mask, region = ring()
    drawn = blur_background(photo(), region, radius=4)
    np.testing.assert_array_equal(drawn[mask], photo()[mask])
    assert drawn[~mask].std() < 0.4 * photo()[~mask].std()


def test_a_fourth_channel_says_where_to_look_and_leaves_the_colours():
    mask, region = ring()
    drawn = with_alpha(photo(), region)
    np.testing.assert_array_equal(drawn[..., 3] == 255, mask)
    np.testing.assert_array_equal(drawn[..., :3], photo())
    assert (with_alpha(photo())[..., 3] == 255).all()


# --- words --------------------------------------------------------------------------------------------


def test_places_are_written_in_three_ways():
    region = Region(0, (64.0, 60.0, 320.0, 240.0))
    assert place_in_words(region, WIDTH, HEIGHT, "fraction") == "(0.200, 0.250, 1.000, 1.000)"
    assert place_in_words(region, WIDTH, HEIGHT) == "(200, 250, 1000, 1000)"
    assert place_in_words(region, WIDTH, HEIGHT, "location") == "<loc_200><loc_250><loc_999><loc_999>"
    assert place_in_words(region, WIDTH, HEIGHT, order="yxyx") == "(250, 200, 1000, 1000)"


@given(boxes)
def test_a_place_in_words_never_leaves_the_picture(box):
    place = place_in_words(Region(0, box), WIDTH, HEIGHT)
    if place == OUTSIDE:
        assert box[0] >= WIDTH or box[1] >= HEIGHT or box[2] <= 0 or box[3] <= 0
        return
    numbers = [int(v) for v in place.strip("()").split(",")]
    assert all(0 <= v <= 1000 for v in numbers)
    assert numbers[0] <= numbers[2]
    assert numbers[1] <= numbers[3]


def test_the_words_say_which_region_is_where_and_what_the_numbers_mean():
    made = pointed("coordinates", [BOX, Region(7, (0.0, 0.0, 32.0, 24.0), shape=Shape("box", {}))])
    assert made.text == (
        "Where the regions are (left, top, right, bottom; the picture's far edges are 1000): "
        "[0] (125, 208, 312, 458); [7] (0, 0, 100, 100)."
    )
