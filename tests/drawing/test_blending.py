"""Colours are laid over a picture by one rule, whatever is drawn: the plain rule, pixel by pixel, agrees."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lskd_toolkit.drawing.alpha import with_alpha
from lskd_toolkit.drawing.badges import middle, place_badges
from lskd_toolkit.drawing.blurring import blur_background, blurred
from lskd_toolkit.drawing.shown_masks import draw_contours, draw_masks
from lskd_toolkit.drawing.strokes import blend, fill, raster, stroke
from lskd_toolkit.geometry.masks import region_from_mask
from lskd_toolkit.records import Region

colours = st.tuples(*[st.integers(0, 255)] * 3)
y, x = np.ogrid[:60, :90]
RING = (np.hypot(x - 40, y - 30) < 25) & (np.hypot(x - 44, y - 28) > 9)
NOISE = np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)


def laid_over(pixels: np.ndarray, colour: tuple[int, ...], alpha: np.ndarray | int) -> np.ndarray:
    part = np.broadcast_to(alpha, pixels.shape[:2]).astype(int)[..., None]
    return ((pixels.astype(int) * (255 - part) + np.array(colour) * part + 127) // 255).astype(np.uint8)


@settings(max_examples=60, deadline=None)
@given(colours, st.integers(0, 255), st.integers(0, 2**32 - 1))
def test_a_colour_is_laid_over_by_its_share_and_rounded(colour, alpha, seed):
    draw = np.random.default_rng(seed)
    canvas = draw.integers(0, 256, (5, 7, 3), np.uint8)
    each = draw.integers(0, 256, (5, 7), np.uint8)
    whole, part = canvas.copy(), canvas.copy()
    blend(whole, colour, alpha)
    blend(part, colour, each)
    np.testing.assert_array_equal(whole, laid_over(canvas, colour, alpha))
    np.testing.assert_array_equal(part, laid_over(canvas, colour, each))


@pytest.mark.parametrize("alpha", [1, 32, 51, 128, 254, 255])
def test_a_mask_is_filled_by_the_same_rule_and_nothing_beside_it(alpha):
    canvas = NOISE.copy()
    fill(canvas, region_from_mask(RING), (200, 0, 77), alpha)
    wanted = np.where(RING[..., None], laid_over(NOISE, (200, 0, 77), alpha), NOISE)
    np.testing.assert_array_equal(canvas, wanted)


def test_what_is_at_hand_of_a_region_changes_nothing():
    region, other = region_from_mask(RING, id=2), Region(3, (5.0, 5.0, 30.0, 40.0))
    inside, one, two = raster(region, 90, 60), NOISE.copy(), NOISE.copy()
    fill(one, region, (9, 8, 7), 100)
    stroke(one, region, (1, 250, 3), 3, 2)
    fill(two, region, (9, 8, 7), 100, inside)
    stroke(two, region, (1, 250, 3), 3, 2, inside)
    np.testing.assert_array_equal(one, two)
    sought = place_badges([region, other], 11, 90, 60)
    assert place_badges([region, other], 11, 90, 60, {0: middle(region, inside)}) == sought


@pytest.mark.parametrize("draw", [draw_masks, draw_contours])
def test_how_a_picture_lies_in_memory_changes_nothing(draw):
    regions = [region_from_mask(RING), Region(1, (50.0, 2.0, 88.0, 40.0))]
    turned = np.asfortranarray(NOISE)
    np.testing.assert_array_equal(draw(turned, regions), draw(NOISE, regions))
    np.testing.assert_array_equal(turned, NOISE)


def test_what_is_not_the_region_is_blurred_or_has_no_alpha():
    region = region_from_mask(RING)
    wanted = np.where(RING[..., None], NOISE, blurred(NOISE, 3))
    np.testing.assert_array_equal(blur_background(NOISE, region, 3), wanted)
    np.testing.assert_array_equal(with_alpha(NOISE, region), np.dstack([NOISE, RING * np.uint8(255)]))
