"""Regions that come with an image are put into its pixels; what cannot be keeps its reason."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit import Dropped, Found, Image, Picture, Refined, Region, Shape
from lskd_toolkit.geometry.masks import encode
from lskd_toolkit.geometry.shapes import region_hull, region_mask
from lskd_toolkit.images.given import Given, in_pixels
from lskd_toolkit.validation import valid_proposal


def found(*regions, size=None, dropped=()):
    return Found("a", "a", tuple(regions), size=size, dropped=dropped)


def reasons(refined):
    return [dropped.reason for dropped in refined.dropped]


def test_boxes_are_scaled_from_the_size_that_they_were_annotated_in():
    # Some VCR frames: the file is 720x1280, the annotation speaks of 480x854.
    placed = in_pixels(found(Region(0, (85.4, 48, 427, 240)), size=(854, 480)), 1280, 720)
    assert placed.kept[0].box == pytest.approx((128, 72, 640, 360), abs=0.1)


def test_a_mask_is_scaled_with_its_image_and_stays_in_its_hull():
    mask = np.zeros((40, 60), bool)
    mask[10:30, 20:40] = True
    region = Region(3, (20, 10, 40, 30), Shape("mask", encode(mask)))
    placed = in_pixels(found(region, size=(60, 40)), 120, 80).kept[0]
    assert placed.id == 3
    assert placed.box == region_hull(placed) == (40, 20, 80, 60)
    assert region_mask(placed, 120, 80).sum() == 4 * mask.sum()


def test_a_box_over_the_edge_is_cut_there_and_one_beyond_it_is_left_out():
    placed = in_pixels(found(Region(0, (-5, 10, 20, 30)), Region(1, (200, 10, 250, 30))), 100, 80)
    assert [region.box for region in placed.kept] == [(0, 10, 20, 30)]
    assert reasons(placed) == ["its box (200, 10, 250, 30) lies outside the image"]


@pytest.mark.parametrize(
    "box", [(10, 10, 10, 20), (30, 10, 20, 20), (math.nan, 0, 5, 5), (0, 0, math.nan, 5)]
)
def test_a_box_without_area_is_left_out(box):
    placed = in_pixels(found(Region(0, box)), 100, 80)
    assert not placed.kept
    assert reasons(placed)[0].endswith("has no area")
    assert all(map(math.isfinite, placed.dropped[0].region.box))  # it has to be stored


def test_a_shape_that_cannot_be_read_costs_its_region_alone():
    broken = Region(0, (-1, 0, 5, 5), Shape("mask", {"size": [4, 4], "counts": [3]}))
    placed = in_pixels(found(broken, Region(1, (1, 1, 5, 5))), 100, 80)
    assert [region.id for region in placed.kept] == [1]
    assert reasons(placed) == ["its shape cannot be read: mask runs cover 3 pixels of 4x4"]


def test_an_annotation_of_another_picture_is_not_stretched_over_this_one():
    placed = in_pixels(found(Region(0, (1, 1, 5, 5)), size=(80, 100)), 100, 80)  # turned by the camera
    assert reasons(placed) == ["annotated in an image of 80x100; this one is 100x80"]


def test_what_the_source_left_out_comes_first():
    left = Dropped(Region(7, (0, 0, 0, 0)), "no box")
    assert in_pixels(found(Region(0, (5, 5, 5, 5)), dropped=(left,)), 100, 80).dropped[0] == left


BOXES = st.tuples(*[st.floats(-200, 400, allow_nan=False, width=32)] * 4)


@given(st.lists(BOXES, max_size=5), st.sampled_from([None, (100, 80), (50, 40), (301, 241)]))
def test_every_region_is_a_valid_one_or_left_out_with_a_reason(boxes, size):
    regions = [Region(i, box) for i, box in enumerate(boxes)]
    placed = in_pixels(found(*regions, size=size), 100, 80)
    assert not valid_proposal(Image("a", "a", "0" * 64, 100, 80), placed)
    assert sorted(r.id for r in (*placed.kept, *(d.region for d in placed.dropped))) == list(
        range(len(boxes))
    )


def test_the_proposer_hands_out_what_came_with_each_picture():
    came = Refined((Region(4, (1, 1, 5, 5), label="dog"),), (Dropped(Region(0, (0, 0, 0, 0)), "no box"),))
    image = Image("a", "a", "0" * 64, 100, 80)
    with_regions, without = Picture(image, lambda: pytest.fail("looked"), came), Picture(image, pytest.fail)
    one, other = Given().propose([with_regions, without])
    assert [(r.id, r.label, r.proposer) for r in one.kept] == [(4, "dog", "given")]
    assert one.dropped == came.dropped
    assert other == Refined(())
