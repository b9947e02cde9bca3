"""Logits enlarged in a window are those of the whole image enlarged by torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from lskd_segment_anything.placing import place
from lskd_segment_anything.upscaling import enlarge, taps, window
from torch.nn.functional import interpolate

sides = st.integers(1, 90)


def smooth(seed: int, n: int, side: int) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    return interpolate(torch.randn(n, 1, 5, 5, generator=draw) * 8, (side, side), mode="bilinear")[:, 0]


def by_torch(low: torch.Tensor, side: int, inner: tuple[int, int], size: tuple[int, int]) -> torch.Tensor:
    """As Segment Anything does: to the square, cut, to the image."""
    square = interpolate(low[:, None], (side, side), mode="bilinear", align_corners=False)
    return interpolate(square[..., : inner[0], : inner[1]], size, mode="bilinear", align_corners=False)[:, 0]


@settings(max_examples=60, deadline=None)
@given(sides, sides, st.sampled_from([3, 16, 40]), st.integers(0, 1000))
def test_two_steps_at_once_are_the_two_steps_of_the_library(height, width, low_side, seed):
    side = 4 * low_side
    inner = place(height, width, side)
    low = smooth(seed, 2, low_side)
    rows = taps(low_side, ((side, inner[0]), (height, height)))
    columns = taps(low_side, ((side, inner[1]), (width, width)))
    ours = enlarge(low, rows, columns, (0, height, 0, width)).transpose(1, 2)
    assert torch.allclose(ours, by_torch(low, side, inner, (height, width)), atol=2e-4)
    by_numpy = enlarge(low.numpy(), rows, columns, (0, height, 0, width))
    assert np.allclose(by_numpy.transpose(0, 2, 1), ours.numpy(), atol=1e-5)


@settings(max_examples=60, deadline=None)
@given(sides, sides, st.sampled_from([3, 16, 40]))
def test_one_step_is_that_of_torch_for_larger_and_for_smaller_images(height, width, low_side):
    low = smooth(1, 2, low_side)
    ours = enlarge(
        low, taps(low_side, ((height, height),)), taps(low_side, ((width, width),)), (0, height, 0, width)
    )
    wanted = interpolate(low[:, None], (height, width), mode="bilinear", align_corners=False)[:, 0]
    assert torch.allclose(ours.transpose(1, 2), wanted, atol=2e-4)


@settings(max_examples=60, deadline=None)
@given(sides, sides, st.integers(0, 1000), st.floats(-3, 3))
def test_nothing_above_the_threshold_lies_outside_the_window(height, width, seed, above):
    low = smooth(seed, 1, 16)
    inner = place(height, width, 64)
    rows = taps(16, ((64, inner[0]), (height, height)))
    columns = taps(16, ((64, inner[1]), (width, width)))
    whole = by_torch(low, 64, inner, (height, width))[0] > above + 1e-3
    where = window(low, above)[0]
    (top, bottom), (left, right) = rows.reach(*where[:2]), columns.reach(*where[2:])
    outside = whole.clone()
    outside[top:bottom, left:right] = False
    assert not outside.any()
    if top < bottom and left < right:
        part = enlarge(low, rows, columns, (top, bottom, left, right))[0].T
        assert torch.equal(part > above + 1e-3, whole[top:bottom, left:right]) or torch.allclose(
            part, by_torch(low, 64, inner, (height, width))[0, top:bottom, left:right], atol=2e-4
        )


def test_the_window_of_a_small_thing_is_small():
    low = torch.full((2, 64, 64), -9.0)
    low[0, 10:14, 20:23] = 5
    side = taps(64, ((256, 256), (512, 512)))
    assert window(low, 0.0).tolist() == [[10, 14, 20, 23], [0, 0, 0, 0]]
    first, end = side.reach(10, 14)
    assert 64 <= first <= 10 * 8
    assert 14 * 8 <= end <= 120


def test_a_decoder_of_two_pixels_is_refused():
    with pytest.raises(ValueError, match="cannot be enlarged"):
        taps(2, ((8, 8),))
    assert np.allclose(taps(3, ((8, 8),)).weights.sum(0), 1)
