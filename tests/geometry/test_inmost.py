"""Where a number is painted on a mask."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lskd_toolkit.geometry.inmost import COARSE, inmost
from lskd_toolkit.geometry.masks import interior


def distances(mask):
    """Of every pixel to the nearest outside the mask, by comparing all with all."""
    padded = np.pad(mask, 1)
    outside = np.argwhere(~padded)
    away = np.zeros(mask.shape)
    for row, column in np.argwhere(mask):
        away[row, column] = np.sqrt(((outside - (row + 1, column + 1)) ** 2).sum(axis=1).min())
    return away


def depth(mask, x, y):
    """How far from all that is not the mask one of its pixels is."""
    outside = np.argwhere(~np.pad(mask, 1)) - 0.5
    return np.sqrt(((outside - (y, x)) ** 2).sum(axis=1).min())


@st.composite
def blobs(draw, most):
    """Discs and bars laid over each other, with holes."""
    height, width = draw(st.integers(1, most)), draw(st.integers(1, most))
    y, x = np.ogrid[:height, :width]
    mask = np.zeros((height, width), bool)
    for _ in range(draw(st.integers(1, 4))):
        row, column = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
        disc = (y - row) ** 2 + (x - column) ** 2 <= draw(st.integers(0, most)) ** 2 / 4
        mask = mask & ~disc if draw(st.integers(0, 3)) == 0 else mask | disc
    return mask


@given(blobs(COARSE).filter(np.any))
@settings(max_examples=60, deadline=None)
def test_of_a_small_mask_it_is_the_peak(mask):
    x, y = inmost(mask)
    away = distances(mask)
    assert away[int(y), int(x)] == away.max()


@given(blobs(110).filter(np.any))
@settings(max_examples=25, deadline=None)
def test_of_a_larger_one_it_is_as_far_inside_but_for_a_cell(mask):
    x, y = inmost(mask)
    away = distances(mask)
    assert mask[int(y), int(x)]
    assert away[int(y), int(x)] >= away.max() - 3


def test_of_a_crescent_it_is_on_the_crescent():
    y, x = np.ogrid[:150, :150]
    moon = ((y - 75) ** 2 + (x - 75) ** 2 < 70**2) & ((y - 75) ** 2 + (x - 95) ** 2 > 60**2)
    at_x, at_y = inmost(moon)
    assert moon[int(at_y), int(at_x)]
    assert at_x < 40
    away = distances(moon)
    assert away[int(at_y), int(at_x)] > 0.93 * away.max()


def test_of_a_bar_it_is_the_middle():
    bar = np.zeros((60, 400), bool)
    bar[20:41, 30:371] = True
    x, y = interior(bar)
    assert (x, y) == (pytest.approx(200.5, abs=12), 30.5)


def test_holes_that_a_coarse_look_misses_are_kept_away_from():
    mask = np.ones((200, 200), bool)
    mask[2::9, :120] = False
    mask[100, 150] = False
    assert depth(mask, *inmost(mask)) >= 40


def test_of_a_mask_of_many_megapixels_it_is_as_far_inside_but_for_its_share():
    y, x = np.ogrid[:1500, :2000]
    ellipse = ((y - 700) / 600) ** 2 + ((x - 1100) / 800) ** 2 < 1
    assert depth(ellipse, *inmost(ellipse)) >= 595


def test_a_line_thinner_than_a_cell_has_one():
    line = np.zeros((500, 500), bool)
    line[np.arange(500), np.arange(500)] = True
    x, y = inmost(line)
    assert line[int(y), int(x)]


def test_an_empty_mask_has_none():
    with pytest.raises(ValueError, match="empty"):
        interior(np.zeros((4, 4), bool))
