"""Shared pixels of packed masks are those that two arrays of pixels share, whatever the masks look like."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.geometry import masks, overlaps
from lskd_toolkit.geometry.canvas import Canvas, drawn
from lskd_toolkit.geometry.packing import pack


@st.composite
def scenes(draw):
    """Masks of one image: speckle, blocks, rings, full and empty ones, of heights around a word's 64."""
    height, width = draw(st.sampled_from([1, 5, 63, 64, 65, 130])), draw(st.integers(1, 9))
    some = []
    for _ in range(draw(st.integers(0, 5))):
        mask = np.zeros((height, width), bool)
        y, x = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
        mask[y : y + draw(st.integers(1, height)), x : x + draw(st.integers(1, width))] = True
        share = draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]))
        mask &= np.random.default_rng(draw(st.integers(0, 9))).random((height, width)) < share
        some.append(mask)
    return some


def reference(some):
    both = np.array([[np.sum(a & b) for b in some] for a in some], float).reshape(len(some), len(some))
    either = np.array([[np.sum(a | b) for b in some] for a in some], float).reshape(both.shape)
    return both, np.divide(both, either, out=np.zeros_like(both), where=either > 0)


@given(scenes())
def test_shared_pixels_areas_and_hulls_are_exact(some):
    packed = pack([masks.encode(mask) for mask in some])
    first, second = np.indices((len(some),) * 2).reshape(2, -1)
    assert np.array_equal(overlaps.shared(packed, first, second), reference(some)[0].ravel())
    assert packed.areas.tolist() == [int(mask.sum()) for mask in some]
    for mask, box in zip(some, packed.boxes.tolist(), strict=True):
        assert tuple(box) == (masks.hull(mask) if mask.any() else (0, 0, 0, 0))


@given(scenes())
def test_the_matrix_is_intersection_over_union(some):
    found = overlaps.iou(pack([masks.encode(mask) for mask in some]))
    assert np.array_equal(found, reference(some)[1])


@given(scenes(), st.sampled_from([0.0, 0.1, 0.5, 0.9]))
def test_pairs_above_a_threshold_are_those_of_the_matrix(some, least):
    first, second, values = overlaps.iou_above(pack([masks.encode(m) for m in some]), least)
    matrix = reference(some)[1]
    expected = [(i, j) for i in range(len(some)) for j in range(i + 1, len(some)) if matrix[i, j] > least]
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == expected
    assert values.tolist() == [matrix[pair] for pair in expected]


@given(scenes())
def test_a_mask_s_bits_are_its_pixels(some):
    packed = pack([masks.encode(mask) for mask in some])
    bits = drawn(packed, range(0, len(some), 2))
    for i, mask in list(enumerate(some))[::2]:
        left, top, words = bits[i]
        unpacked = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little").astype(bool).T
        again = np.zeros((256, mask.shape[1]), bool)
        again[64 * top : 64 * top + len(unpacked), left : left + len(words)] = unpacked
        assert np.array_equal(again[: len(mask)], mask)
        assert not again[len(mask) :].any()


@given(scenes())
def test_what_masks_cover_together_is_their_union(some):
    packed = pack([masks.encode(mask) for mask in some])
    bits = drawn(packed, range(len(some)))
    canvas, union = Canvas(bits.values()), np.zeros((1, 1), bool)
    for i, mask in enumerate(some):
        assert canvas.covered(bits[i]) == (mask & union).sum()
        canvas.add(bits[i])
        union = union | mask
        assert canvas.pixels == union.sum()


def test_coco_s_string_is_read_as_its_runs():
    mask = np.zeros((30, 20), bool)
    mask[3:20, 4:9] = True
    stored = masks.encode(mask)
    packed = pack([stored, {**stored, "counts": masks.compress(stored["counts"])}])
    assert overlaps.iou(packed).tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([{"size": [2, 2], "counts": [4]}, {"size": [2, 3], "counts": [6]}], "different sizes"),
        ([{"size": [2, 2], "counts": [1, 2]}], "do not cover"),
        ([{"size": [2, 2], "counts": [5, -1]}], "do not cover"),
    ],
)
def test_masks_that_cannot_be_compared_are_refused(values, words):
    with pytest.raises(ValueError, match=words):
        pack(values)


def test_many_masks_of_a_real_size_agree_with_pycocotools():
    coco = pytest.importorskip("pycocotools.mask")
    random = np.random.default_rng(0)
    y, x = np.mgrid[0:120, 0:160]
    some = [
        np.hypot((x - random.uniform(0, 160)) / random.uniform(5, 60), (y - random.uniform(0, 120)) / 30) < 1
        for _ in range(60)
    ]
    some = [mask & (random.random(mask.shape) < random.choice([0.5, 1.0])) for mask in some]
    theirs = [coco.encode(np.asfortranarray(mask.astype(np.uint8))) for mask in some]
    ours = overlaps.iou(pack([masks.encode(mask) for mask in some]))
    assert np.array_equal(ours, np.asarray(coco.iou(theirs, theirs, [0] * len(theirs))))
