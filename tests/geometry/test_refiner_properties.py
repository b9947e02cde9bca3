"""Refiners: nothing vanishes without a reason, and the order given changes nothing."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.geometry.options import FilterOptions, MergeOptions, TopOptions
from lskd_toolkit.geometry.refiners import Filter, Merge, Top
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
        Merge(MergeOptions(iou=0.3)),
        Merge(MergeOptions(iou=0.3, containment=0.8, same_label=True)),
        Top(TopOptions(count=3)),
        Top(TopOptions(count=2, by="area", people_first=True)),
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
    ],
)
def test_a_filter_says_the_numbers_even_where_they_are_close(options, number):
    refined = one(Filter(FilterOptions(**options)), Region(0, (0, 0, 20, 20), label="cup", score=0.2999))
    assert number in refined.dropped[0].reason
