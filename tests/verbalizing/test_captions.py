"""Captions, narratives and region captions of the small world, whose truth is known."""

from __future__ import annotations

import pytest

from lskd_toolkit.corpus import open_run
from lskd_toolkit.errors import ConfigError
from lskd_toolkit.records import Said
from lskd_toolkit.smallworld.grammar import tell_local
from lskd_toolkit.smallworld.truth import known, matched, world_of
from lskd_toolkit.testing import check_verbalizer, check_vlm
from lskd_toolkit.verbalizing.captions import different
from lskd_toolkit.verbalizing.said import told

from . import models
from .worlds import entries, words


def truth(entry):
    return matched(world_of(entry.scene.image), entry.scene.regions)


def things(entry):
    return {tell_local(known(thing)) for thing in truth(entry).values()}


@pytest.mark.parametrize("name", ["caption", "narrative", "region-caption"])
def test_contracts(name):
    check_verbalizer(name)


def test_the_small_worlds_model_keeps_the_contract_of_its_kind():
    check_vlm("smallworld")


def test_each_region_is_told_as_what_it_is(tmp_path):
    """The number that is painted over a thing hides some of it, as it would from any model: so of crops."""
    for entry in entries(tmp_path, visual_prompt="focal-crop"):
        told = {i: tell_local(known(thing)) for i, thing in truth(entry).items()}
        assert words(entry, "region-caption") == [f"[{i}] {text}" for i, text in told.items()]


@pytest.mark.parametrize("visual_prompt", ["numbered", "contour", "crop", "blur-background", "coordinates"])
def test_every_way_of_pointing_reaches_a_model_that_is_given_one_picture(tmp_path, noted, visual_prompt):
    """Its colours are never mistaken, whatever was drawn over its shape."""
    told = 0
    for entry in entries(tmp_path, vlm="single", visual_prompt=visual_prompt):
        for descriptor in entry.scene.descriptors:
            if descriptor.verbalizer == "region-caption":
                (region,) = descriptor.regions
                assert truth(entry)[region].colour in descriptor.text
                told += 1
    assert told >= 8  # a painted number hides a thing of twelve pixels wholly
    assert all(len(shown.images) == 1 for batch in noted for shown, _ in batch)


def test_a_model_that_looks_at_several_pictures_is_given_the_whole_one_too(tmp_path, noted):
    entries(tmp_path, vlm="several", visual_prompt="crop", verbalizer="region-caption")
    shown = [shown for batch in noted for shown, _ in batch]
    assert {len(each.images) for each in shown} == {2}
    assert {each.images[0].shape for each in shown} == {(96, 96, 3)}


def test_a_region_is_placed_in_the_first_picture_and_nowhere_in_its_own(tmp_path, noted):
    """A model that is told places in tokens is told them in the picture that it is shown."""
    entries(tmp_path / "a", vlm="single", visual_prompt="crop", verbalizer="region-caption")
    assert {ask.box for batch in noted for _, ask in batch} == {None}
    noted.clear()
    told = entries(tmp_path / "b", vlm="single", visual_prompt="blur-background", verbalizer="region-caption")
    boxes = {region.box for entry in told for region in entry.scene.regions}
    assert {ask.box for batch in noted for _, ask in batch} == boxes


def test_the_regions_of_a_chunk_reach_the_model_in_few_batches(tmp_path, noted, monkeypatch):
    monkeypatch.setattr(models.Noting, "pause", 0.05)
    entries(tmp_path, "source.objects=8", "source.size=192", vlm="single", verbalizer="region-caption")
    sizes = [len(batch) for batch in noted]
    assert sum(sizes) == 32
    assert len(sizes) <= 4, sizes


def test_the_caption_names_what_is_there_and_nothing_else(tmp_path):
    for entry in entries(tmp_path):
        (caption,) = words(entry, "caption")
        assert set(caption.removeprefix("a picture of ").split(", ")) == things(entry)


def test_both_schedules_and_all_chunks_tell_the_same(tmp_path):
    names = ["caption", "narrative", "region-caption"]
    streamed = entries(tmp_path / "a", verbalizer=names, schedule="streamed", chunk=4)
    phased = entries(tmp_path / "b", verbalizer=names, schedule="phased", chunk=1)
    assert streamed == phased
    assert any(words(entry, "narrative") for entry in streamed)


def test_narratives_are_drawn_by_the_seed_and_the_picture(tmp_path):
    three = {"verbalizer": [{"use": "narrative", "samples": 3}]}
    one, same, other = (
        [words(entry, "narrative") for entry in entries(tmp_path / str(i), seed=seed, **three)]
        for i, seed in enumerate((1, 1, 2))
    )
    assert one == same != other
    assert all(len(set(told)) == len(told) for told in one)


def test_what_is_told_twice_is_told_once_with_the_surer_score():
    texts = [Said("A dog.", 0.5), Said(" a  dog. ", 0.9), Said("", 1.0), Said("A cat.", 0.2)]
    assert [(d.text, d.score) for d in different(texts)] == [("a dog.", 0.9), ("A cat.", 0.2)]


@pytest.mark.parametrize("text", ["", "  \n ", "\x00"])
def test_no_words_make_no_descriptor(text):
    assert told(Said(text), "local", "region-caption", 3) is None


def test_a_score_that_is_no_number_is_no_confidence():
    assert told(Said("a dog", float("nan")), "global", "caption").score == 0.0
    assert told(Said("a dog", 1.7), "global", "caption").score == 1.0
    assert told(Said("two\nlines\x07", 0.5), "local", "region-caption", 3).text == "[3] two lines"


@pytest.mark.parametrize("text", ["[3] a dog", "[3]: a dog", "a dog"])
def test_a_region_is_named_once(text):
    assert told(Said(text), "local", "region-caption", 3).text == "[3] a dog"
    assert told(Said("[1] a dog"), "local", "region-caption", 3).text == "[3] [1] a dog"


def test_large_pictures_are_shrunk_before_anything_is_drawn_on_them(tmp_path):
    """The small world's things are not known by colours that were mixed in shrinking."""
    small = entries(tmp_path, "region-caption.picture_side=32", "caption.picture_side=32")
    assert not any(words(entry, "caption") for entry in small)


def test_a_model_that_cannot_be_shown_what_the_visual_prompt_gives_is_refused_before_the_run(tmp_path):
    with pytest.raises(ConfigError, match=r"'region-caption' takes .* 'alpha' gives .*numbered"):
        entries(tmp_path, visual_prompt="alpha")


def test_without_a_model_the_mend_is_named(tmp_path):
    with pytest.raises(ConfigError, match="needs a vlm; name one with --vlm NAME"):
        entries(tmp_path, vlm="none")
    with open_run(tmp_path) as corpus:
        assert not any(stage.rows for stage in corpus.stages)  # before the free stages
