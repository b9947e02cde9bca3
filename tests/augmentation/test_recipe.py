"""Random augmentation: seeded, true to the words, and light that never touches a mark."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.augmentation import Recipe, Refused, Sample, augment, photometric
from lskd_toolkit.drawing.paper_overlay import draw_overlay
from lskd_toolkit.mentions import find
from lskd_toolkit.records import Region

from .scenes import same, samples

recipes = st.builds(
    Recipe,
    flip=st.sampled_from([0.0, 0.5, 1.0]),
    crop=st.sampled_from([(1.0, 1.0), (0.3, 0.9)]),
    size=st.sampled_from([None, (12, 8)]),
    shuffle=st.booleans(),
)


@given(samples(), recipes, st.integers(0, 9))
def test_what_comes_out_is_whole_and_numbered_as_drawn(sample, recipe, seed):
    done = augment(sample, recipe, np.random.default_rng(seed)).sample
    assert [region.id for region in done.regions] == list(range(len(done.regions)))
    assert len(done.regions) + len(done.dropped) == len(sample.regions)
    assert all(dropped.reason for dropped in done.dropped)
    assert [len(find(text)) for text in done.texts] == [len(find(text)) for text in sample.texts]
    assert recipe.size in (None, (done.width, done.height))
    for region in done.regions:
        x1, y1, x2, y2 = region.box
        if region.shape is None or region.shape.type != "points":  # a disc may reach past the edge
            assert -0.01 <= x1 < x2 <= done.width + 0.01
            assert -0.01 <= y1 < y2 <= done.height + 0.01


@given(samples(), recipes, st.integers(0, 9))
def test_one_seed_gives_one_result(sample, recipe, seed):
    one, other = (augment(sample, recipe, np.random.default_rng(seed)) for _ in range(2))
    assert same(one.sample, other.sample)
    assert one.refused == other.refused


@given(samples(), recipes, st.integers(0, 9))
def test_the_next_sample_does_not_depend_on_what_was_refused_before(sample, recipe, seed):
    quiet, loud = np.random.default_rng(seed), np.random.default_rng(seed)
    augment(sample, recipe, quiet)
    augment(Sample(sample.pixels, sample.regions, ("He left at once, alone, at the top.",)), recipe, loud)
    assert quiet.random() == loud.random()


def test_what_is_refused_leaves_the_sample_as_it_was_and_says_so():
    sample = Sample(np.zeros((8, 8, 3), np.uint8), texts=("They left.",))
    done = augment(sample, Recipe(flip=1, crop=(1, 1)), np.random.default_rng(0))
    assert same(done.sample, sample)
    assert len(done.refused) == 1
    assert "They left." in done.refused[0]


@pytest.mark.parametrize(("id", "size"), [(0, (10, 10)), (1, (10, 14))])
def test_a_crop_holds_every_region_that_is_mentioned(id, size):
    regions = (Region(0, (2.0, 2.0, 12.0, 12.0)), Region(1, (50.0, 30.0, 60.0, 44.0)))
    sample = Sample(np.zeros((48, 64, 3), np.uint8), regions, (f"[{id}] waits.",))
    for seed in range(30):
        done = augment(sample, Recipe(flip=0, crop=(0.3, 0.4)), np.random.default_rng(seed))
        assert done.refused == ()
        assert done.sample.width < 64
        (box,) = (done.sample.regions[id].box for id in find(done.sample.texts[0]))
        assert (box[2] - box[0], box[3] - box[1]) == size
    both = Sample(sample.pixels, regions, ("[0] waits for [1].",))
    refused = augment(both, Recipe(flip=0, crop=(0.3, 0.4)), np.random.default_rng(0)).refused
    assert "holds every region" in refused[0]


@pytest.mark.parametrize("wrong", [{"flip": 1.5}, {"crop": (0.0, 1.0)}, {"crop": (0.9, 0.5)}, {"least": -1}])
def test_a_recipe_of_impossible_shares_is_refused(wrong):
    with pytest.raises(ValueError, match="between 0 and 1"):
        Recipe(**wrong)


# --- light -----------------------------------------------------------------------------------------------


def test_a_mark_drawn_after_the_light_has_its_own_colour():
    """Trap: augmentation after drawing changes the colours that say which region is which."""
    region = Region(0, (4.0, 4.0, 16.0, 16.0))
    sample = Sample(np.full((20, 20, 3), 120, np.uint8), (region,), ("[0] shines.",))
    bare = draw_overlay(sample.pixels, [region])
    lit = photometric(sample, brightness=1.4, contrast=1.2, saturation=0.7)
    drawn = draw_overlay(lit.pixels, lit.regions)
    assert not np.array_equal(sample.pixels, lit.pixels)
    assert lit.regions == sample.regions
    assert np.array_equal(drawn[4, 4], bare[4, 4])  # the outline is opaque


def test_no_change_of_light_is_none():
    sample = Sample(np.random.default_rng(0).integers(0, 256, (9, 9, 3), np.uint8))
    assert same(photometric(sample), sample)


@pytest.mark.parametrize(
    ("text", "factors", "words"),
    [
        ("The red cup.", {"saturation": 0.2}, "red"),
        ("It is dark.", {"brightness": 2}, "dark"),
        ("It is night.", {"brightness": 0.3}, "night"),
    ],
)
def test_a_light_that_makes_words_false_is_refused(text, factors, words):
    sample = Sample(np.zeros((4, 4, 3), np.uint8), texts=(text,))
    refused = photometric(sample, **factors)
    assert isinstance(refused, Refused)
    assert words in refused.reason
    assert isinstance(photometric(Sample(sample.pixels, texts=("A cup.",)), **factors), Sample)


def test_factors_are_not_negative():
    with pytest.raises(ValueError, match="from 0 up"):
        photometric(Sample(np.zeros((4, 4, 3), np.uint8)), contrast=-1)
