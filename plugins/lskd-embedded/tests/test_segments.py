"""Segments: the areas of images whose areas are known, and the promises of its masks."""

from __future__ import annotations

import numpy as np
import pytest
from lskd_embedded.segments import WORKING_SIDE, areas, choose, contrast

from lskd_toolkit import create
from lskd_toolkit.geometry.masks import decode


def scene(height: int = 120, width: int = 160) -> np.ndarray:
    """Grey ground, a red square at (20..60, 30..70) and a blue bar at (80..100, 90..150)."""
    pixels = np.full((height, width, 3), 128, np.uint8)
    pixels[20:60, 30:70] = (220, 30, 30)
    pixels[80:100, 90:150] = (30, 30, 220)
    return pixels


@pytest.fixture
def propose(picture):
    def regions(pixels: np.ndarray, **options) -> list:
        return create("proposer", "segments", **options).propose([picture(pixels)])[0]

    return regions


def test_flat_patches_are_found_where_they_are_and_the_ground_is_not(propose):
    regions = propose(scene())
    assert {tuple(np.round(region.box, -1)) for region in regions} == {(30, 20, 70, 60), (90, 80, 150, 100)}
    masks = [decode(region.shape.values) for region in regions]
    truth = {(30, 20): np.s_[20:60, 30:70], (90, 80): np.s_[80:100, 90:150]}
    for region, mask in zip(regions, masks, strict=True):
        expected = np.zeros((120, 160), bool)
        expected[truth[tuple(np.round(region.box[:2], -1))]] = True
        assert (mask & expected).sum() / (mask | expected).sum() > 0.9


def test_nothing_is_claimed_to_be_known(propose):
    for region in propose(scene()):
        assert region.label == ""
        assert region.proposer == "segments"
        assert region.shape.type == "mask"
        assert region.shape.values["size"] == [120, 160]


def test_areas_are_bounded(propose):
    assert len(propose(scene(), least_area=0.07)) == 1  # the bar covers 0.0625, the square 0.083
    assert len(propose(scene(), most_area=0.07)) == 1
    assert len(propose(scene(), most=1)) == 1


def test_neighbours_nearer_in_colour_than_asked_are_one(propose):
    pixels = scene()
    pixels[20:60, 50:70] = (190, 30, 30)  # half of the square a little darker
    assert len(propose(pixels, join=2.0)) == 3
    assert len(propose(pixels, join=30.0)) == 2


def test_an_even_image_has_nothing_to_point_at(propose):
    assert propose(np.full((50, 70, 3), 200, np.uint8)) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 2), (3, 3)])
def test_odd_images_do_no_harm(propose, shape):
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    for region in propose(noise):
        assert 0 <= region.box[0] < region.box[2] <= shape[1]
        assert 0 <= region.box[1] < region.box[3] <= shape[0]


def test_labels_cover_the_image_and_are_dense():
    from skimage.color import rgb2lab

    labels = areas(rgb2lab(scene()), join=14.0)
    assert labels.shape == (120, 160)
    assert sorted(np.unique(labels)) == list(range(labels.max() + 1))


def test_an_area_along_three_sides_is_ground():
    labels = np.zeros((30, 30), int)
    labels[:10] = 1  # runs along the left, the top and the right
    labels[15:20, 10:20] = 2
    lab = np.zeros((30, 30, 3)) + labels[..., None] * 20.0
    kept = choose(lab, labels, 0.01, 0.9)
    assert [mask.sum() for _, mask in kept] == [50]


def test_contrast_is_one_for_even_on_even_and_falls_with_noise():
    mask = np.zeros((40, 40), bool)
    mask[10:30, 10:30] = True
    even = np.where(mask[..., None], 60.0, 20.0).repeat(3, axis=2)
    noise = np.random.default_rng(0).normal(size=even.shape)
    assert contrast(even, mask) == pytest.approx(1.0)
    assert contrast(np.zeros_like(even), mask) == 0.0
    slight, strong = contrast(even + noise * 10, mask), contrast(even + noise * 40, mask)
    assert 1.0 > slight > strong > 0.0
    assert contrast(noise, mask) < 0.05


def test_a_photo_is_cut_alike_each_time_into_a_modest_number_of_masks(sample):
    photo = sample("coffee.png")
    proposer = create("proposer", "segments")
    regions = proposer.propose([photo])[0]
    assert proposer.propose([sample("chelsea.png"), photo])[1] == regions
    assert 3 <= len(regions) <= 12
    assert max(photo.pixels.shape) > WORKING_SIDE
    assert [region.id for region in regions] == list(range(len(regions)))
    for region in regions:
        mask = decode(region.shape.values)
        assert mask.shape == photo.pixels.shape[:2]
        assert 0.005 < mask.mean() < 0.45
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        assert region.box == (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
        assert 0.0 <= region.score <= 1.0
