"""Masks: run lengths, hulls, borders and the place for a number."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lskd_toolkit.geometry import masks
from lskd_toolkit.geometry.rasters import rasterise
from lskd_toolkit.geometry.shapes import region_hull, region_mask

any_mask = st.tuples(st.integers(1, 9), st.integers(1, 9)).flatmap(lambda size: arrays(bool, size))
some_mask = any_mask.filter(lambda mask: mask.any())


@given(any_mask)
def test_run_lengths_give_the_mask_back_in_both_spellings(mask):
    values = masks.encode(mask)
    assert (masks.decode(json.loads(json.dumps(values))) == mask).all()
    assert (masks.decode({**values, "counts": masks.compress(values["counts"])}) == mask).all()


@given(st.lists(st.integers(0, 3_000_000), max_size=30))
def test_compressed_counts_decompress_to_themselves(counts):
    assert masks.decompress(masks.compress(counts)) == counts


def test_run_lengths_go_down_the_columns_and_begin_with_background():
    mask = np.array([[1, 0, 0], [1, 1, 0]], bool)
    assert masks.encode(mask) == {"size": [2, 3], "counts": [0, 2, 1, 1, 2]}


def test_compressed_counts_are_coco_s_characters():
    # Worked by hand: from the fourth count on the difference to the count two before is written, five
    # bits a character from the low end, 32 for "more follows", plus 48.
    assert masks.compress([0, 2, 1, 1, 2]) == "021O1"
    assert masks.compress([100]) == "T3"
    # 15 is the largest that one character holds: with the fifth bit set it would read as negative.
    assert [masks.compress([n]) for n in (15, 16, 31, 32)] == ["?", "`0", "o0", "P1"]
    assert masks.decompress("231N") == [2, 3, 1, 1]
    assert masks.decompress(b"T3") == [100]


@pytest.mark.parametrize(
    ("size", "counts"),
    [((1, 3), [3]), ((1, 3), [0, 3]), ((3, 1), [1, 1, 1]), ((0, 4), []), ((1000, 1000), [16, 999984])],
)
def test_the_extremes_go_round(size, counts):
    values = {"size": list(size), "counts": counts}
    assert masks.encode(masks.decode(values)) == values
    assert masks.decompress(masks.compress(counts)) == counts


@pytest.mark.parametrize(
    "counts", [[1, 2], [7], [-1, 7], "T", "~"], ids=["short", "long", "negative", "cut", "foreign"]
)
def test_counts_that_do_not_fit_are_refused(counts):
    with pytest.raises(ValueError, match="mask"):
        masks.decode({"size": [2, 3], "counts": counts})


@given(some_mask)
def test_the_hull_is_as_tight_as_can_be(mask):
    x1, y1, x2, y2 = (int(v) for v in masks.hull(mask))
    assert mask[y1:y2, x1:x2].sum() == mask.sum()
    for edge in (mask[y1, :], mask[y2 - 1, :], mask[:, x1], mask[:, x2 - 1]):
        assert edge.any()


@given(any_mask)
def test_borders_filled_by_the_even_odd_rule_are_the_mask_again(mask):
    height, width = mask.shape
    filled = np.zeros_like(mask)
    for border in masks.outline(mask):
        filled ^= rasterise([border], width, height)
    assert (filled == mask).all()


@pytest.mark.parametrize("pixels", [[[1, 0], [0, 1]], [[0, 1], [1, 0]]])
def test_pixels_that_touch_only_at_a_corner_have_borders_of_their_own(pixels):
    assert sorted(len(border) for border in masks.outline(np.array(pixels, bool))) == [4, 4]


@given(some_mask)
def test_a_number_is_placed_on_the_mask(mask):
    x, y = masks.interior(mask)
    assert mask[int(y), int(x)]


def test_a_number_is_placed_deep_inside_a_large_mask():
    mask = np.zeros((480, 640), bool)
    mask[100:300, 50:250] = True
    mask[180:190, 250:630] = True  # a thin handle, which draws the centre of mass away
    x, y = masks.interior(mask)
    assert abs(x - 150) <= 15
    assert abs(y - 200) <= 15


@given(some_mask)
def test_a_number_is_placed_at_least_as_far_from_the_border_as_any_pixel(mask):
    # Squared distances to the nearest absent pixel, beyond the edge of the image being absent.
    absent = np.argwhere(~np.pad(mask, 1)) - 1
    away = {tuple(at): ((absent - at) ** 2).sum(axis=1).min() for at in np.argwhere(mask)}
    x, y = masks.interior(mask)
    assert away[int(y), int(x)] == max(away.values())


def test_a_small_mask_in_a_large_image_is_not_lost_between_samples():
    mask = np.zeros((2000, 2000), bool)
    mask[101:110, 103:112] = True
    assert masks.interior(mask) == (107.5, 105.5)


def test_holes_run_against_the_outer_border():
    mask = np.ones((4, 5), bool)
    mask[1:3, 1:3] = False
    assert masks.outline(mask) == [[(0, 0), (5, 0), (5, 4), (0, 4)], [(1, 1), (1, 3), (3, 3), (3, 1)]]


def test_an_empty_mask_has_no_hull_and_no_inside():
    empty = np.zeros((3, 4), bool)
    for ask in (masks.hull, masks.interior, masks.region_from_mask):
        with pytest.raises(ValueError, match="empty"):
            ask(empty)


@given(some_mask)
def test_a_region_made_from_a_mask_has_its_hull_and_its_pixels(mask):
    region = masks.region_from_mask(mask, id=3, label="cup", score=0.5, proposer="p")
    height, width = mask.shape
    assert region.box == region_hull(region) == masks.hull(mask)
    assert (region_mask(region, width, height) == mask).all()
    assert (region.id, region.label, region.score, region.proposer) == (3, "cup", 0.5, "p")
