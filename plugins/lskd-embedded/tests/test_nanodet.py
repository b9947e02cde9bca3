"""NanoDet: its decoding on heads made by hand, and the real weights on real photos."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lskd_embedded.coco import CLASSES
from lskd_embedded.nanodet import SIDE, NanoDet, decode, letterbox, suppress
from lskd_embedded.options_vision import NanoDetOptions
from pydantic import ValidationError

from lskd_toolkit import InvalidOptions, create


@pytest.fixture
def nanodet(need):
    """Makes the proposer with its real weights."""
    need("nanodet.json", "nanodet.bin")
    return functools.partial(create, "proposer", "nanodet")


def heads(
    stride: int, cell: tuple[int, int], label: int, score: float, reach: tuple[int, int, int, int]
) -> list:
    """The three grids, silent but for one cell (column, row) whose sides lie ``reach`` strides away."""
    made = []
    for each in (8, 16, 32):
        side = SIDE // each
        scores, distances = np.zeros((side * side, 80), np.float32), np.zeros((side * side, 44), np.float32)
        if each == stride:
            at = cell[1] * side + cell[0]
            scores[at, label] = score
            for edge, bin_ in enumerate(reach):
                distances[at, edge * 11 + bin_] = 50.0
        made.append((each, scores, distances))
    return made


@pytest.mark.parametrize("stride", [8, 16, 32])
def test_a_box_lies_its_distances_away_from_the_middle_of_its_cell(stride):
    boxes, scores, labels = decode(heads(stride, (3, 5), 16, 0.9, (1, 2, 3, 4)), 0.5)
    x, y = 3.5 * stride, 5.5 * stride
    assert boxes.tolist() == [pytest.approx([x - stride, y - 2 * stride, x + 3 * stride, y + 4 * stride])]
    assert scores.tolist() == pytest.approx([0.9])
    assert [CLASSES[label] for label in labels] == ["dog"]


def test_a_distance_between_two_bins_is_their_mean():
    grids = heads(8, (10, 10), 0, 0.9, (2, 2, 2, 2))
    grids[0][2][10 * 52 + 10, 3] = 50.0  # the left side: bins 2 and 3 alike
    boxes, _, _ = decode(grids, 0.5)
    assert boxes[0, 0] == pytest.approx(84 - 2.5 * 8)


def test_what_is_below_the_threshold_or_not_asked_for_is_not_found():
    grids = heads(8, (1, 1), 16, 0.4, (1, 1, 1, 1))
    assert len(decode(grids, 0.41)[0]) == 0
    assert len(decode(grids, 0.4)[0]) == 1
    assert len(decode(grids, 0.3, classes=[15])[0]) == 0
    assert len(decode(grids, 0.3, classes=[15, 16])[0]) == 1


def test_suppression_keeps_the_best_of_a_class_and_all_of_another():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [0, 0, 10, 10], [30, 30, 40, 40]], float)
    assert suppress(boxes, np.array([0.5, 0.9, 0.6, 0.4]), np.array([0, 0, 1, 0]), 0.5) == [1, 2, 3]


@given(st.lists(st.tuples(*[st.integers(0, 30)] * 4, st.integers(0, 2), st.integers(1, 9)), max_size=20))
def test_no_two_kept_boxes_of_a_class_overlap_more_than_allowed(rows):
    boxes = np.array([[x, y, x + w + 1, y + h + 1] for x, y, w, h, _, _ in rows], float).reshape(-1, 4)
    scores, labels = np.array([row[5] / 10 for row in rows]), np.array([row[4] for row in rows], int)
    kept = suppress(boxes, scores, labels, 0.5)
    assert [scores[i] for i in kept] == sorted((scores[i] for i in kept), reverse=True)
    assert {labels[i] for i in kept} == set(labels.tolist())
    for i in kept:
        for k in kept:
            if i < k and labels[i] == labels[k]:
                both = np.clip(
                    np.minimum(boxes[i, 2:], boxes[k, 2:]) - np.maximum(boxes[i, :2], boxes[k, :2]), 0, None
                ).prod()
                areas = (boxes[[i, k], 2:] - boxes[[i, k], :2]).prod(1).sum()
                assert both / (areas - both) <= 0.5


@given(st.integers(1, 900), st.integers(1, 900))
def test_the_letterbox_holds_the_whole_image_undistorted(width, height):
    square, scale, left, top = letterbox(np.full((height, width, 3), 255, np.uint8))
    assert square.shape == (3, SIDE, SIDE)
    white = square[0] == square[0].max()
    rows, columns = np.flatnonzero(white.any(1)), np.flatnonzero(white.any(0))
    assert (rows[0], columns[0]) == (top, left)
    assert len(rows) == max(1, round(height * scale))
    assert len(columns) == max(1, round(width * scale))
    assert SIDE in (len(rows), len(columns))


def test_the_channels_are_blue_green_red():
    red = np.zeros((10, 10, 3), np.uint8)
    red[..., 0] = 255
    square, *_ = letterbox(red)
    assert square[:, SIDE // 2, SIDE // 2].tolist() == pytest.approx([-1.8044, -2.0357, 2.2497], abs=1e-3)


def test_a_class_that_coco_lacks_is_refused_with_the_ones_there_are():
    with pytest.raises(InvalidOptions, match=r"no class 'unicorn'.*giraffe"):
        NanoDet(NanoDetOptions(classes=("unicorn",)), None)
    with pytest.raises(ValidationError):
        NanoDetOptions(threshold=1.5)


@pytest.mark.parametrize(
    ("photo", "label", "about"),
    [
        ("astronaut.png", "person", (10, 10, 370, 510)),
        ("camera.png", "person", (5, 70, 320, 510)),
        ("chelsea.png", "cat", (0, 0, 440, 300)),
        ("motorcycle_left.png", "motorcycle", (100, 70, 690, 455)),
    ],
)
def test_the_best_box_is_on_the_right_thing(nanodet, sample, photo, label, about):
    best = nanodet().propose([sample(photo)])[0][0]
    assert best.label == label
    assert np.abs(np.array(best.box) - about).max() < 25


def test_a_batch_of_many_is_bit_equal_to_batches_of_one(nanodet, sample):
    pictures = [sample(name) for name in ("astronaut.png", "chelsea.png", "coffee.png")]
    proposer = nanodet(threshold=0.2)
    many = proposer.propose(pictures)
    assert many == [proposer.propose([each])[0] for each in pictures]
    assert sum(map(len, many)) > 5


def test_regions_are_numbered_best_first_inside_the_image(nanodet, sample):
    regions = nanodet(threshold=0.05, most=30).propose([sample("astronaut.png")])[0]
    assert [region.id for region in regions] == list(range(30))
    scores = [region.score for region in regions]
    assert scores == sorted(scores, reverse=True)
    for region in regions:
        x1, y1, x2, y2 = region.box
        assert 0 <= x1 < x2 <= 512
        assert 0 <= y1 < y2 <= 512
        assert region.label in CLASSES
        assert region.proposer == "nanodet"


def test_only_the_classes_asked_for_are_found(nanodet, sample):
    regions = nanodet(threshold=0.2, classes=["chair"]).propose([sample("astronaut.png")])
    assert {region.label for region in regions[0]} == {"chair"}


@pytest.mark.parametrize("shape", [(1, 1), (3, 2000), (2000, 3)])
def test_odd_images_do_no_harm(nanodet, picture, shape):
    odd = picture(np.full((*shape, 3), 90, np.uint8))
    for region in nanodet().propose([odd])[0]:
        assert region.box[2] <= shape[1]
        assert region.box[3] <= shape[0]
