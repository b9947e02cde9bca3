"""Augmentations: pixels, regions and words stay one picture of one thing."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.augmentation import Refused, Sample, crop, flip, renumber, scale
from lskd_toolkit.geometry.masks import region_from_mask
from lskd_toolkit.geometry.relations import relations
from lskd_toolkit.geometry.shapes import region_mask
from lskd_toolkit.mentions import find
from lskd_toolkit.records import Region

from .scenes import same, samples


def painted(sample, region):
    """The picture with the region's pixels inverted: where the region is, as pixels."""
    return np.where(
        region_mask(region, sample.width, sample.height)[..., None], 255 - sample.pixels, sample.pixels
    )


@given(samples())
def test_flipped_twice_is_the_sample(sample):
    assert same(flip(flip(sample)), sample)


@given(samples(masks_only=True))
def test_a_mark_flips_with_the_pixels(sample):
    flipped = flip(sample)
    for before, after in zip(sample.regions, flipped.regions, strict=True):
        assert np.array_equal(painted(flipped, after), painted(sample, before)[:, ::-1])


@given(samples(), st.data())
def test_a_mark_crops_with_the_pixels(sample, data):
    x1, y1, x2, y2 = window = data.draw(windows(sample))
    cropped = crop(Sample(sample.pixels, sample.regions), window, least=0)
    assert np.array_equal(cropped.pixels, sample.pixels[y1:y2, x1:x2])
    before = {region.id: region for region in sample.regions}
    for region in cropped.regions:
        if region.shape is not None and region.shape.type == "mask":
            assert np.array_equal(painted(cropped, region), painted(sample, before[region.id])[y1:y2, x1:x2])


def windows(sample):
    xs = st.lists(st.integers(0, sample.width), min_size=2, max_size=2, unique=True).map(sorted)
    ys = st.lists(st.integers(0, sample.height), min_size=2, max_size=2, unique=True).map(sorted)
    return st.tuples(xs, ys).map(lambda v: (v[0][0], v[1][0], v[0][1], v[1][1]))


@given(samples(exact=True), st.data())
def test_a_crop_of_a_crop_is_a_crop(sample, data):
    sample = Sample(sample.pixels, sample.regions)
    first = data.draw(windows(sample))
    inner = crop(sample, first, least=0)
    second = data.draw(windows(inner))
    x, y = first[:2]
    at_once = (x + second[0], y + second[1], x + second[2], y + second[3])
    twice, once = crop(inner, second, least=0), crop(sample, at_once, least=0)
    assert np.array_equal(twice.pixels, once.pixels)
    assert {d.region.id for d in twice.dropped} == {d.region.id for d in once.dropped}
    assert [masked(twice, region) for region in twice.regions] == [masked(once, r) for r in once.regions]


def masked(sample, region):
    return region.id, region.box, region_mask(region, sample.width, sample.height).tobytes()


@given(samples(exact=True), st.data())
def test_crop_and_flip_commute(sample, data):
    x1, y1, x2, y2 = data.draw(windows(sample))
    one = crop(flip(sample), (sample.width - x2, y1, sample.width - x1, y2))
    other = crop(sample, (x1, y1, x2, y2))
    if isinstance(other, Refused):
        assert isinstance(one, Refused)
    else:
        assert same(one, flip(other))


@given(samples(), st.integers(2, 4), st.integers(2, 4))
def test_scaled_there_and_back_is_the_sample(sample, across, down):
    large = scale(sample, across * sample.width, down * sample.height, "nearest")
    back = scale(large, sample.width, sample.height, "nearest")
    assert np.array_equal(back.pixels, sample.pixels)
    assert back.texts == sample.texts
    for before, after in zip(sample.regions, back.regions, strict=True):
        assert after.box == pytest.approx(before.box)
        if before.shape is not None and before.shape.type == "mask":
            assert after == before


@given(samples(masks_only=True), st.integers(1, 40), st.integers(1, 40))
def test_a_mask_scales_as_the_nearest_pixels_do(sample, width, height):
    scaled = scale(sample, width, height, "nearest")
    sure = clear(height, sample.height)[:, None] & clear(width, sample.width)
    for before, after in zip(sample.regions, scaled.regions, strict=True):
        mask = region_mask(before, sample.width, sample.height)
        shown = scale(Sample(np.repeat(mask[..., None], 3, 2).astype(np.uint8)), width, height, "nearest")
        pixels = shown.pixels[..., 0].astype(bool)
        if pixels.any():  # one that would vanish keeps the pixels that it touches
            assert np.array_equal(region_mask(after, width, height)[sure], pixels[sure])


def clear(new, old):
    """Which pixels of a side have their centre within a pixel of the old side, not between two."""
    return (2 * np.arange(new) + 1) * old % (2 * new) != 0


@given(samples(), st.data())
def test_mentions_stay_with_their_regions(sample, data):
    order = data.draw(st.permutations([region.id for region in sample.regions]))
    numbered = renumber(sample, order)
    assert [region.id for region in numbered.regions] == list(range(len(order)))
    by_id = {region.id: region for region in sample.regions}
    for before, after in zip(sample.texts, numbered.texts, strict=True):
        was = [by_id[id].box for id in find(before)]
        assert [numbered.regions[id].box for id in find(after)] == was
    again = renumber(numbered, [order.index(region.id) for region in sample.regions])
    assert [region.box for region in again.regions] == [region.box for region in sample.regions]


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.integers(0, 30), st.integers(1, 20), st.integers(1, 20)),
        min_size=2, max_size=4,
    )
)  # fmt: skip
def test_what_is_said_of_places_is_true_after_a_flip(boxes):
    regions = [
        Region(i, (float(x), float(y), float(x + w), float(y + h))) for i, (x, y, w, h) in enumerate(boxes)
    ]

    def said(some):
        return {
            f"[{r.subject}] is {r.name} [{r.object}]" for r in relations(some, 64, 48) if r.name != "overlaps"
        }

    before = sorted(said(regions))
    flipped = flip(Sample(np.zeros((48, 64, 3), np.uint8), tuple(regions), tuple(before)))
    assert set(flipped.texts) == said(flipped.regions)


# --- what is refused, and why ---------------------------------------------------------------------------

LEFT = Region(0, (0.0, 0.0, 10.0, 10.0), label="left shoe")
RIGHT = Region(1, (20.0, 0.0, 30.0, 10.0), label="cup")
PIXELS = np.zeros((20, 40, 3), np.uint8)


def test_a_region_that_leaves_is_dropped_with_its_reason_unless_somebody_speaks_of_it():
    silent = crop(Sample(PIXELS, (LEFT, RIGHT), ("[1] is full.",)), (6, 0, 40, 20))
    assert [region.id for region in silent.regions] == [1]
    assert [(d.region.id, d.reason) for d in silent.dropped] == [
        (0, "40% of it is in the crop, less than 50%")
    ]
    spoken = crop(Sample(PIXELS, (LEFT, RIGHT), ("[0] is old.",)), (6, 0, 40, 20))
    assert spoken == Refused("a text mentions region 0: 40% of it is in the crop, less than 50%")
    assert len(crop(Sample(PIXELS, (LEFT, RIGHT), ("[0] is old.",)), (6, 0, 40, 20), least=0.4).regions) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1] is in the left corner of the photo.", "left corner"),
        ("[1] is on the right.", "on the right"),
        ("[1] is in the middle of the picture.", "in the middle"),
        ("[1] is at the bottom.", "at the bottom"),
        ("There are two of them.", "two"),
        ("[1] is alone.", "alone"),
    ],
)
def test_a_crop_that_may_make_words_false_is_refused(text, words):
    refused = crop(Sample(PIXELS, (LEFT, RIGHT), (text,)), (15, 0, 40, 20))
    assert isinstance(refused, Refused)
    assert words in refused.reason


@pytest.mark.parametrize(
    "text", ["[1] is on the left of [0].", "[1] sits on the edge of the table.", "[1] is in her left hand."]
)
def test_places_among_things_are_as_true_in_a_crop(text):
    assert isinstance(crop(Sample(PIXELS, (LEFT, RIGHT), (text,)), (0, 0, 38, 20)), Sample)


def test_what_is_counted_may_be_cropped_as_long_as_no_region_is_lost():
    assert isinstance(crop(Sample(PIXELS, (LEFT, RIGHT), ("Two things.",)), (0, 0, 35, 20)), Sample)


def test_labels_are_mirrored_too():
    assert flip(Sample(PIXELS, (LEFT,))).regions[0].label == "right shoe"
    refused = flip(Sample(PIXELS, (Region(4, LEFT.box, label="stop sign"),)))
    assert "the label of region 4" in refused.reason


@pytest.mark.parametrize("box", [(0, 0, 41, 20), (-1, 0, 5, 5), (5, 5, 5, 9), (9, 0, 5, 5)])
def test_a_crop_lies_in_the_picture(box):
    with pytest.raises(ValueError, match="40x20"):
        crop(Sample(PIXELS), box)


def test_a_picture_has_a_size():
    with pytest.raises(ValueError, match="0x5"):
        scale(Sample(PIXELS), 0, 5)


def test_an_order_names_each_region_once_and_all_that_are_mentioned():
    sample = Sample(PIXELS, (LEFT, RIGHT), ("[1] is full.",))
    assert renumber(sample, [1]).texts == ("[0] is full.",)
    assert [d.reason for d in renumber(sample, [1]).dropped] == ["it is not drawn"]
    assert renumber(sample, [0]) == Refused("a text mentions region 1, which would not be drawn")
    for order in ([0, 1, 7], [0, 1, 1]):
        with pytest.raises(ValueError, match=r"region"):
            renumber(sample, order)


@pytest.mark.parametrize(
    ("pixels", "regions", "texts", "words"),
    [
        (np.zeros((4, 4), np.uint8), (), (), "uint8"),
        (np.zeros((4, 4, 3)), (), (), "float64"),
        (PIXELS, (LEFT, LEFT), (), "ids of their own"),
        (PIXELS, (LEFT,), ("[3] waves.",), "region 3"),
    ],
)
def test_a_sample_that_does_not_fit_together_is_none(pixels, regions, texts, words):
    with pytest.raises(ValueError, match=words):
        Sample(pixels, regions, texts)


def test_regions_of_one_thing_stay_apart_in_every_pair():
    masks = [np.zeros((20, 40), bool) for _ in range(2)]
    masks[0][:, :20], masks[1][:, 20:] = True, True
    flipped = flip(Sample(PIXELS, tuple(region_from_mask(m, id=i) for i, m in enumerate(masks))))
    for a, b in itertools.combinations(flipped.regions, 2):
        assert not (region_mask(a, 40, 20) & region_mask(b, 40, 20)).any()
