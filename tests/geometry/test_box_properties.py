"""Boxes: what holds for any of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.geometry import boxes

numbers = st.integers(-400, 400).map(lambda n: n / 4)
box = st.tuples(numbers, numbers, numbers, numbers).map(
    lambda v: (min(v[0], v[2]), min(v[1], v[3]), max(v[0], v[2]), max(v[1], v[3]))
)
several = st.lists(box, min_size=1, max_size=6)


@given(several, several)
def test_iou_is_symmetric_and_between_zero_and_one(first, second):
    a, b = boxes.as_boxes(first), boxes.as_boxes(second)
    overlap = boxes.iou(a, b)
    assert overlap.shape == (len(a), len(b))
    assert ((overlap >= 0) & (overlap <= 1)).all()
    assert (overlap == boxes.iou(b, a).T).all()


@given(several)
def test_a_box_overlaps_itself_wholly_unless_it_has_no_area(some):
    array = boxes.as_boxes(some)
    assert (np.diag(boxes.iou(array, array)) == (boxes.areas(array) > 0)).all()


@given(several)
def test_the_hull_holds_every_box_and_touches_them(some):
    x1, y1, x2, y2 = boxes.hull(some)
    assert all(x1 <= a and y1 <= b and x2 >= c and y2 >= d for a, b, c, d in some)
    assert (x1, y1) == (min(b[0] for b in some), min(b[1] for b in some))
    assert (x2, y2) == (max(b[2] for b in some), max(b[3] for b in some))


@given(several)
def test_every_box_with_area_lies_wholly_in_the_hull(some):
    array = boxes.as_boxes(some)
    share = boxes.containment(array, boxes.as_boxes([boxes.hull(some)]))[:, 0]
    assert (share == (boxes.areas(array) > 0)).all()


@given(box)
def test_xywh_and_back_is_the_same_box(one):
    assert boxes.from_xywh(boxes.to_xywh(one)) == one


@given(box, st.integers(1, 60), st.integers(1, 60))
def test_a_clipped_box_lies_in_the_image_and_stays_clipped(one, width, height):
    clipped = boxes.clip(one, width, height)
    assert 0 <= clipped[0] <= clipped[2] <= width
    assert 0 <= clipped[1] <= clipped[3] <= height
    assert boxes.clip(clipped, width, height) == clipped
    image = boxes.as_boxes([(0, 0, width, height)])
    assert boxes.area(clipped) == boxes.intersections(boxes.as_boxes([one]), image)[0, 0]


@pytest.mark.parametrize(
    "bad", [(0, 0, float("nan"), 1), (0, 0, float("inf"), 1), (5, 0, 1, 1), (0, 5, 1, 1)]
)
def test_numbers_that_are_no_box_are_refused(bad):
    with pytest.raises(ValueError, match=r"not finite|swapped"):
        boxes.as_boxes([(0, 0, 1, 1), bad])


def test_no_boxes_give_empty_tables_and_no_hull():
    none = boxes.as_boxes([])
    assert boxes.iou(none, boxes.as_boxes([(0, 0, 1, 1)])).shape == (0, 1)
    with pytest.raises(ValueError, match="no boxes"):
        boxes.hull([])
