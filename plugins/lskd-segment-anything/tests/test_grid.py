"""Where automatic masks are asked for, by hand and beside the library."""

from __future__ import annotations

import numpy as np
import pytest
from lskd_segment_anything.grid import at_an_inner_edge, crops, points


def test_the_grid_lies_in_the_middle_of_its_cells_row_by_row():
    assert points(2).tolist() == [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]]
    assert points(1).tolist() == [[0.5, 0.5]]


def test_crops_cover_the_image_and_overlap():
    places = crops(100, 200, 1, 0.2)
    assert places[0] == ((0, 0, 200, 100), 0)
    assert [layer for _, layer in places[1:]] == [1] * 4
    assert [box for box, _ in places[1:]] == [
        (0, 0, 110, 60), (0, 40, 110, 100), (90, 0, 200, 60), (90, 40, 200, 100),
    ]  # fmt: skip


def test_an_image_of_a_pixel_has_no_empty_crop():
    assert all(box[0] < box[2] and box[1] < box[3] for box, _ in crops(1, 1, 2, 0.34))


def test_what_a_crop_cuts_through_is_told_from_what_ends_with_the_image():
    boxes = np.array([
        [30, 30, 60, 60],  # well inside
        [30, 30, 110, 60],  # to the crop's right edge, which is none of the image
        [0, 30, 60, 60],  # to the left edge, which is the image's too
        [50, 30, 91, 60],  # near the right edge
    ])  # fmt: skip
    assert at_an_inner_edge(boxes, (0, 0, 110, 100), (100, 200)).tolist() == [False, True, False, True]


@pytest.mark.parametrize("size", [(48, 64), (480, 640), (333, 1000), (7, 9)])
def test_points_crops_and_edges_are_those_of_the_library(size):
    pytest.importorskip("segment_anything")
    import torch
    from segment_anything.utils import amg

    assert np.array_equal(points(7), amg.build_point_grid(7))
    boxes, layers = amg.generate_crop_boxes(size, 2, 512 / 1500)
    assert crops(*size, 2, 512 / 1500) == [(tuple(box), n) for box, n in zip(boxes, layers, strict=True)]
    draw = np.random.default_rng(0)
    low = draw.integers(0, 50, (200, 2))
    some = np.concatenate([low, low + draw.integers(0, 60, (200, 2))], 1)
    for box in boxes:
        near = amg.is_box_near_crop_edge(torch.from_numpy(some), box, [0, 0, size[1], size[0]])
        placed = some + np.array([box[0], box[1], box[0], box[1]])
        assert np.array_equal(at_an_inner_edge(placed, tuple(box), size), near.numpy())
