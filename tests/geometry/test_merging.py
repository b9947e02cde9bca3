"""Merging regions of several proposers: boxes and masks, parts and wholes, labels and their absence."""

import itertools
from types import SimpleNamespace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.geometry import extents
from lskd_toolkit.geometry.boxes import iou
from lskd_toolkit.geometry.masks import decode, region_from_mask
from lskd_toolkit.geometry.merging import Merge
from lskd_toolkit.geometry.options import MergeOptions
from lskd_toolkit.geometry.shapes import region_hull, region_mask
from lskd_toolkit.records import Image, Region, Shape

WIDTH, HEIGHT = 40, 30
PICTURE = SimpleNamespace(image=Image("i", "i", "0", WIDTH, HEIGHT))  # no pixels: who looks fails


def merged(*regions, **options):
    return Merge(MergeOptions(**options)).refine([PICTURE], [regions])[0]


def block(id, x1, y1, x2, y2, label="", score=1.0):
    """A region whose mask is a rectangle."""
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[y1:y2, x1:x2] = True
    return region_from_mask(mask, id=id, label=label, score=score)


def triangle(id, upper, score):
    """Half of a square of 20 x 20, above or below its diagonal."""
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[5:25, 5:25] = np.triu(np.ones((20, 20), bool)) if upper else np.tril(np.ones((20, 20), bool), -1)
    return region_from_mask(mask, id=id, score=score)


shapes = st.one_of(
    st.none(),
    st.integers(0, 99).map(lambda seed: ("mask", seed)),
    st.just(("polygon", 0)),
    st.just(("points", 0)),
)


@st.composite
def found(draw):
    """Regions of several proposers: boxes, masks, polygons and points, close enough to overlap."""
    regions = []
    for id in range(draw(st.integers(0, 7))):
        x, y = draw(st.integers(0, 20)), draw(st.integers(0, 15))
        w, h = draw(st.integers(2, 18)), draw(st.integers(2, 14))
        label, score = draw(st.sampled_from(["", "cup"])), draw(st.integers(0, 4)) / 4
        bare = Region(id, (float(x), float(y), float(x + w), float(y + h)), None, label, score)
        shape = draw(shapes)
        if shape is None:
            regions.append(bare)
        elif shape[0] == "mask":
            mask = np.zeros((HEIGHT, WIDTH), bool)
            mask[y : y + h, x : x + w] = np.random.default_rng(shape[1]).random((h, w)) < 0.8
            mask[y, x] = True
            regions.append(region_from_mask(mask, id=id, label=label, score=score))
        else:
            values = (
                {"polygons": [[[x, y], [x + w, y], [x, y + h]]]}
                if shape[0] == "polygon"
                else {"points": [[x + 1, y + 1]], "radius": 1}
            )
            whole = Region(id, bare.box, Shape(shape[0], values), label, score)
            regions.append(Region(id, region_hull(whole), whole.shape, label, score))
    return regions


def overlap(a, b):
    """By pixels where both have them, else by boxes: slowly."""
    if all(r.shape is not None and r.shape.type in extents.FILLED for r in (a, b)):
        one, other = (region_mask(r, WIDTH, HEIGHT) for r in (a, b))
        either = np.sum(one | other)
        return np.sum(one & other) / either if either else 0.0
    return iou(np.array([a.box]), np.array([b.box]))[0, 0]


@given(found(), st.sampled_from([0.2, 0.5, 0.7]))
def test_one_stays_of_all_that_overlap_it_and_is_the_best(regions, least):
    refined = merged(*regions, iou=least, union=1, complete=False)
    for a, b in itertools.combinations(refined.kept, 2):
        assert overlap(a, b) <= least
    for dropped in refined.dropped:
        better = [k for k in refined.kept if overlap(k, dropped.region) > least]
        assert better
        assert max(k.score for k in better) >= dropped.region.score


options = st.fixed_dictionaries(
    {},
    optional={
        "iou": st.sampled_from([0.3, 0.9]),
        "containment": st.sampled_from([0.5, 0.8]),
        "union": st.sampled_from([0.5, 0.8, 1.0]),
        "own": st.sampled_from([0.3, 0.6]),
        "by": st.sampled_from(["box", "shape"]),
        "same_label": st.booleans(),
    },
)


@given(found(), options, st.randoms(use_true_random=False))
def test_what_stays_depends_on_no_order_and_on_no_batch(regions, asked, random):
    part = Merge(MergeOptions(**asked))
    shuffled = random.sample(regions, len(regions))
    alone = part.refine([PICTURE], [regions])[0]
    batch = part.refine([PICTURE] * 3, [[], shuffled, regions])
    assert batch[1] == batch[2] == alone
    ids = [r.id for r in alone.kept] + [d.region.id for d in alone.dropped]
    assert sorted(ids) == [r.id for r in regions]
    assert all(d.reason for d in alone.dropped)


@given(found(), options)
def test_all_boxes_are_the_hulls_of_their_shapes_still(regions, asked):
    for region in merged(*regions, **asked).kept:
        assert region.box == (region_hull(region) if region.shape else region.box)


def test_an_overlap_of_just_the_threshold_is_none_too_many():
    one, other = Region(0, (0, 0, 10, 10), score=0.9), Region(1, (0, 0, 10, 5), score=0.8)
    assert len(merged(one, other, iou=0.5).kept) == 2
    assert len(merged(one, other, iou=0.49).kept) == 1


def test_a_region_that_is_dropped_speaks_against_no_other():
    row = [Region(i, (4.0 * i, 0, 4.0 * i + 10, 10), score=0.9 - i / 10) for i in range(3)]
    refined = merged(*row, iou=0.4)  # each overlaps the next by 0.43, the first the last by 0.11
    assert [region.id for region in refined.kept] == [0, 2]


def test_of_two_that_lie_in_each_other_the_larger_is_the_whole():
    large = Region(0, (0, 0, 12, 10), label="cup", score=0.5)
    small = Region(1, (4, 0, 14, 10), label="cup", score=0.9)
    refined = merged(large, small, containment=0.6)
    assert (refined.kept, refined.dropped[0].reason) == ((large,), "lies in region 0 by 0.8")


def test_masks_that_share_no_pixel_are_two_things_though_their_boxes_are_one():
    upper, lower = triangle(0, True, 0.9), triangle(1, False, 0.8)
    assert len(merged(upper, lower).kept) == 2
    assert merged(upper, lower, by="box").kept == (upper,)


def test_a_detector_s_name_and_a_segmenter_s_mask_become_one_region():
    box = Region(0, (5.0, 5.0, 25.0, 25.0), label="dog", score=0.6, proposer="yolo")
    mask = block(1, 6, 5, 25, 25, score=0.9)
    (kept,) = merged(box, mask).kept
    assert (kept.id, kept.label, kept.shape, kept.box) == (1, "dog", mask.shape, mask.box)
    (kept,) = merged(Region(0, box.box, label="dog", score=0.95, proposer="yolo"), mask).kept
    assert (kept.id, kept.label, kept.shape, kept.box) == (0, "dog", mask.shape, mask.box)
    assert merged(box, mask, complete=False).kept == (mask,)


def test_two_things_side_by_side_are_no_third_thing():
    left, right, both = block(0, 2, 2, 10, 20), block(1, 10, 2, 20, 20), block(2, 2, 2, 20, 20)
    refined = merged(left, right, both)
    assert refined.kept == (left, right)
    assert refined.dropped[0].reason == "is regions 0, 1 together by 1"
    assert len(merged(left, right, both, union=1).kept) == 3


def test_what_has_a_name_is_a_thing_however_it_is_made_up():
    left, right, couch = block(0, 2, 2, 10, 20), block(1, 10, 2, 20, 20), block(2, 2, 2, 20, 20, "couch")
    assert len(merged(left, right, couch).kept) == 3


def test_a_whole_of_which_only_some_parts_were_found_stays():
    head, body = block(0, 2, 2, 10, 8), block(1, 2, 2, 20, 20)
    assert len(merged(head, body).kept) == 2


def test_a_part_of_its_own_label_is_dropped_only_if_asked_and_by_its_pixels():
    dog, paw = block(0, 2, 2, 22, 22, "dog", 0.6), block(1, 4, 14, 9, 21, "dog", 0.9)
    assert len(merged(dog, paw).kept) == 2
    refined = merged(dog, paw, containment=0.8)
    assert (refined.kept, refined.dropped[0].reason) == ((dog,), "lies in region 0 by 1")
    # A box of it lies in the other's, but none of the other's pixels are its own.
    upper, lower = triangle(0, True, 0.9), triangle(1, False, 0.8)
    assert len(merged(upper, lower, containment=0.8).kept) == 2
    assert len(merged(upper, lower, containment=0.8, by="box", iou=1).kept) == 1


def test_what_better_regions_cover_together_has_little_of_its_own():
    left, right = block(0, 2, 2, 12, 20, "cup", 0.9), block(1, 12, 2, 22, 20, "dog", 0.8)
    between = block(2, 8, 2, 16, 20, "vase", 0.5)
    assert len(merged(left, right, between).kept) == 3
    refined = merged(left, right, between, own=0.6)
    assert refined.kept == (left, right)
    assert refined.dropped[0].reason == "better regions cover it but for 0 of it"


def test_the_same_place_in_two_frames_is_two_regions():
    one, other = Region(0, (0, 0, 9, 9), frame=0), Region(1, (0, 0, 9, 9), frame=1)
    assert len(merged(one, other, containment=0.5, own=0.5).kept) == 2


@given(
    st.tuples(st.floats(-5, 45), st.floats(-5, 35), st.floats(0, 45), st.floats(0, 35)).map(
        lambda v: (v[0], v[1], v[0] + v[2], v[1] + v[3])
    )
)
def test_a_box_as_runs_is_the_box_s_pixels(box):
    assert np.array_equal(
        decode(extents.box_runs(box, WIDTH, HEIGHT)), region_mask(Region(0, box), WIDTH, HEIGHT)
    )
