"""Refiners: nothing vanishes without a reason, and the order given changes nothing."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.geometry.masks import region_from_mask
from lskd_toolkit.geometry.merging import Merge
from lskd_toolkit.geometry.options import FilterOptions, MergeOptions, TopOptions
from lskd_toolkit.geometry.refiners import Filter, Top
from lskd_toolkit.records import Image, Region

PICTURE = SimpleNamespace(image=Image("i", "i", "0", 100, 80))  # no pixels: a refiner that looks fails
side = st.integers(1, 40)
box = st.tuples(st.integers(0, 50), st.integers(0, 40), side, side).map(
    lambda v: (float(v[0]), float(v[1]), float(v[0] + v[2]), float(v[1] + v[3]))
)
drawn = st.lists(
    st.tuples(box, st.sampled_from(["person", "cup", "dog", ""]), st.integers(0, 10)), max_size=8
).map(lambda some: [Region(i, b, None, label, score / 10) for i, (b, label, score) in enumerate(some)])
refiner = st.sampled_from(
    [
        Filter(FilterOptions(least_score=0.4, least_area=0.01, most_area=0.2, without=("dog",))),
        Merge(MergeOptions(iou=0.3, complete=False)),
        Merge(MergeOptions(iou=0.9, own=0.5, complete=False)),
        Merge(MergeOptions(iou=0.3, containment=0.8, same_label=True, complete=False)),
        Top(TopOptions(count=3)),
        Top(TopOptions(count=2, by="area", people_first=True)),
        Top(TopOptions(count=3, per_label=1)),
    ]
)


@given(refiner, drawn)
def test_every_region_is_kept_or_dropped_with_a_reason_and_keeps_its_id(part, regions):
    refined = part.refine([PICTURE], [regions])[0]
    seen = [*refined.kept, *(dropped.region for dropped in refined.dropped)]
    assert sorted(seen, key=lambda r: r.id) == regions
    for dropped in refined.dropped:
        assert any(mark.isdigit() for mark in dropped.reason) or "label" in dropped.reason


@given(refiner, drawn, st.randoms(use_true_random=False))
def test_the_order_of_the_regions_does_not_decide_what_stays(part, regions, random):
    shuffled = random.sample(regions, len(regions))
    one, other = part.refine([PICTURE, PICTURE], [regions, shuffled])
    assert set(one.kept) == set(other.kept)


@given(drawn)
def test_merging_what_was_merged_drops_nothing_more(regions):
    merge = Merge(MergeOptions(iou=0.3))
    once = merge.refine([PICTURE], [regions])[0].kept
    assert merge.refine([PICTURE], [once])[0].kept == once


def one(part, *regions):
    return part.refine([PICTURE], [regions])[0]


def test_the_better_of_two_that_overlap_stays_and_the_other_names_it():
    good, bad = Region(4, (0, 0, 20, 20), label="cup", score=0.9), Region(1, (0, 0, 20, 19), score=0.4)
    refined = one(Merge(MergeOptions()), bad, good)
    assert refined.kept == (good,)
    assert "4" in refined.dropped[0].reason
    assert "0.95" in refined.dropped[0].reason


def test_different_labels_are_joined_only_where_that_is_allowed():
    first, second = Region(0, (0, 0, 20, 20), label="cup"), Region(1, (0, 0, 20, 20), label="dog")
    assert len(one(Merge(MergeOptions()), first, second).kept) == 1
    assert len(one(Merge(MergeOptions(same_label=True)), first, second).kept) == 2


def test_what_stands_in_front_of_a_thing_is_not_merged_into_it_by_default():
    parent, child = Region(0, (0, 0, 60, 80), label="person"), Region(1, (20, 40, 40, 80), label="person")
    assert len(one(Merge(MergeOptions()), parent, child).kept) == 2
    assert one(Merge(MergeOptions(containment=0.9)), parent, child).kept == (parent,)


def test_a_part_that_is_surer_than_its_whole_still_lies_in_it():
    whole = Region(0, (0, 0, 60, 80), label="person", score=0.6)
    part = Region(1, (20, 40, 40, 80), label="person", score=0.9)
    refined = one(Merge(MergeOptions(containment=0.9)), part, whole)
    assert refined.kept == (whole,)
    assert refined.dropped[0].reason == "lies in region 0 by 1"


def test_people_come_first_only_when_asked():
    cup, man = (
        Region(0, (0, 0, 9, 9), label="cup", score=0.9),
        Region(1, (0, 0, 9, 9), label="Man", score=0.1),
    )
    assert one(Top(TopOptions(count=1)), cup, man).kept == (cup,)
    assert one(Top(TopOptions(count=1, people_first=True)), cup, man).kept == (man,)


@pytest.mark.parametrize(
    ("options", "number"),
    [
        ({"least_score": 0.3}, "0.2999"),
        ({"least_area": 0.5}, "50%"),
        ({"most_area": 0.01}, "1%"),
        ({"without": ("cup",)}, "'cup'"),
        ({"labels": ("dog",)}, "'cup'"),
        ({"only": "people"}, "'cup'"),
    ],
)
def test_a_filter_says_the_numbers_even_where_they_are_close(options, number):
    refined = one(Filter(FilterOptions(**options)), Region(0, (0, 0, 20, 20), label="cup", score=0.2999))
    assert number in refined.dropped[0].reason


def test_people_and_objects_are_the_regions_that_have_a_label():
    man, area = Region(0, (0, 0, 20, 20), label="Man"), Region(1, (30, 0, 50, 20))
    cup = Region(2, (60, 0, 80, 20), label="cup")
    assert one(Filter(FilterOptions()), man, area, cup).kept == (man, area, cup)
    assert one(Filter(FilterOptions(only="labelled")), man, area, cup).kept == (man, cup)
    assert one(Filter(FilterOptions(only="people")), man, area, cup).kept == (man,)


def test_labels_are_asked_for_in_any_case():
    cup = Region(0, (0, 0, 20, 20), label="Cup")
    assert one(Filter(FilterOptions(labels=("cup",))), cup).kept == (cup,)
    assert one(Filter(FilterOptions(without=("CUP",))), cup).kept == ()


def test_an_area_is_the_box_s_or_the_pixels():
    mask = np.zeros((80, 100), bool)
    mask[np.arange(40), np.arange(40)] = True  # a diagonal line: 20% of the image as a box, 0.5% as pixels
    line, cup = region_from_mask(mask, id=0), Region(1, (60, 0, 80, 20), label="cup")
    assert len(one(Filter(FilterOptions(least_area=0.01)), line, cup).kept) == 2
    refined = one(Filter(FilterOptions(least_area=0.01, measure="shape")), line, cup)
    assert (refined.kept, refined.dropped[0].reason) == ((cup,), "0.5% of the image, less than 1%")
    assert one(Top(TopOptions(count=1, by="area")), line, cup).kept == (line,)
    assert one(Top(TopOptions(count=1, by="area", measure="shape")), line, cup).kept == (cup,)


def test_a_crowd_leaves_room_for_other_things():
    crowd = [Region(i, (10.0 * i, 0, 10.0 * i + 9, 9), label="person", score=0.9) for i in range(4)]
    cup = Region(9, (0, 20, 9, 29), label="cup", score=0.3)
    refined = one(Top(TopOptions(count=3, per_label=2)), *crowd, cup)
    assert [region.id for region in refined.kept] == [0, 1, 9]
    assert "'person'" in refined.dropped[0].reason


def test_no_region_at_all_may_be_asked_for():
    assert one(Top(TopOptions(count=0)), Region(0, (0, 0, 9, 9))).kept == ()
