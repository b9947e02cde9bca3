"""Statements to views and tokens, corpora to batches."""

from collections import Counter
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lskd_transformers.data.album import Album
from lskd_transformers.data.deal import deal
from lskd_transformers.data.fingerprint import fingerprint
from lskd_transformers.data.pixels import normalise
from lskd_transformers.data.split import hold_out
from lskd_transformers.data.tokens import tokenize
from lskd_transformers.data.views import (
    Recipe,
    compose,
    show,
    shown_at_scoring,
    training_view,
    usable,
)  # fmt: skip
from lskd_transformers.data.words import build
from lskd_transformers.squares import Outlines, corpus, picture_of, scene_of

from lskd_toolkit import Example, LskdError, Statement

SCENE = scene_of("red", "green", "blue", "yellow")


def example(question="Is [3] left of [1]?", answer="No, [1] is.", rationale="[2] shows it."):
    return Example(SCENE, Statement(0, question, answer, rationale))


def views(recipe, count=40, of=None):
    prompt = Outlines()
    made = [
        training_view(of or example(), picture_of(SCENE), prompt, recipe, np.random.default_rng(seed))
        for seed in range(count)
    ]
    return made, prompt.asked


# --- pointing -------------------------------------------------------------------------------------


def test_a_number_in_the_text_is_the_number_drawn_on_that_region():
    made, asked = views(Recipe(64))
    seen = set()
    for view, regions in zip(made, asked, strict=True):
        boxes = {region.id: region.box for region in regions}
        third, first = (int(k) for k in view.text.split("?")[0].replace("]", "[").split("[")[1::2])
        assert boxes[third] == SCENE.regions[3].box
        assert boxes[first] == SCENE.regions[1].box
        assert sorted(boxes) == list(range(len(regions)))
        seen.add((third, first))
    assert len(seen) > 3  # the numbers are dealt anew, so none can be learned by heart


def test_every_region_that_the_text_mentions_is_shown():
    made, asked = views(Recipe(64, with_rationale=1.0, mentioned_only=1.0, max_regions=1))
    assert all({region.label for region in regions} == {"yellow", "green", "blue"} for regions in asked)
    assert all(view.text.count("[") == 4 for view in made)


def test_without_rationale_only_what_is_still_mentioned_is_shown():
    made, asked = views(Recipe(64, with_rationale=0.0, mentioned_only=1.0))
    assert all("rationale" not in view.text for view in made)
    assert all({region.label for region in regions} == {"yellow", "green"} for regions in asked)


def test_half_show_all_regions_and_half_hold_the_rationale():
    made, asked = views(Recipe(64), count=200)
    assert 60 < sum(len(regions) == 4 for regions in asked) < 140
    assert 60 < sum("rationale:" in view.text for view in made) < 140


def test_texts_are_lower_case_and_in_the_order_of_the_paper():
    made, _ = views(Recipe(64, with_rationale=1.0))
    text = made[0].text
    assert text == text.lower()
    assert text.index("?") < text.index(" answer: ") < text.index(" rationale: ")


def test_nothing_is_mirrored():
    # Of a scene that is red on the left alone, every view is red on the left alone.
    scene = scene_of("red")
    for seed in range(20):
        view = training_view(
            Example(scene, Statement(0, "What is [0]?", "Red.", "")), picture_of(scene), Outlines(0),
            Recipe(32), np.random.default_rng(seed),
        )  # fmt: skip
        assert view.pixels[:16, :16, 0].mean() > 100
        assert view.pixels[:, 16:].max() == 0


def test_a_mention_of_no_region_makes_a_statement_unusable_and_is_refused_in_a_text():
    assert usable(example())
    assert not usable(example(rationale="[4] shows it."))
    with pytest.raises(LskdError, match=r"\[4\]"):
        show(SCENE, picture_of(SCENE), Outlines(), [4], 32)


def test_scoring_shows_what_is_mentioned_in_the_order_of_ids_or_all():
    text = "Is [3] left of [1]?"
    assert shown_at_scoring(text, SCENE, "mentioned", 16) == (1, 3)
    assert shown_at_scoring(text, SCENE, "all", 16) == (0, 1, 2, 3)
    assert shown_at_scoring(text, SCENE, "all", 3) == (0, 1, 3)
    assert shown_at_scoring("No one?", SCENE, "mentioned", 16) == ()
    assert show(SCENE, picture_of(SCENE), Outlines(), (1, 3), 32).view(text).text == "is [1] left of [0]?"


def test_mentions_of_several_regions_at_once_are_renumbered_too():
    shown = show(SCENE, picture_of(SCENE), Outlines(), (1, 3), 32)
    text = "Why don't [3, 1] like [1]'s half-open (odd) shape?"
    assert shown.view(text).text == "why don't [1], [0] like [0]'s half-open (odd) shape?"


def test_names_of_the_visual_prompt_take_the_place_of_numbers():
    class Named(Outlines):
        def point(self, picture, regions):
            pointed = super().point(picture, regions)
            return type(pointed)(pointed.images, {k: f"the box [{1 - k}]" for k in pointed.names})

    shown = show(SCENE, picture_of(SCENE), Named(), (1, 3), 32)
    assert shown.view("[1] and [3]").text == "the box [1] and the box [0]"


def test_ways_of_pointing_are_told_apart():
    assert fingerprint(Outlines()) == fingerprint(Outlines())
    assert fingerprint(Outlines()) != fingerprint(Outlines(thickness=4))


def test_pixels_are_centred_on_the_eye_s_mean():
    grey = np.full((8, 8, 3), 0, np.uint8)
    grey[:] = (123, 117, 104)
    assert normalise([grey]).shape == (1, 3, 8, 8)
    assert normalise([grey]).abs().max() < 0.01


# --- album ----------------------------------------------------------------------------------------


def album(variants, examples=None, seed=0):
    return Album(examples or corpus(3), picture_of, Outlines(), Recipe(32), variants, seed)


def test_an_album_shows_the_same_variants_again_without_drawing_them_again():
    book = album(2)
    first = [book.next(0) for _ in range(4)]
    assert first[0] is first[2]
    assert first[1] is first[3]


def test_views_depend_on_the_statement_and_not_on_its_place():
    examples = corpus(6)
    forward, backward = album(0, examples), album(0, examples[::-1])
    for index in range(len(examples)):
        one, two = forward.next(index), backward.next(len(examples) - 1 - index)
        assert one.text == two.text
        assert np.array_equal(one.pixels, two.pixels)


# --- batches and splits -----------------------------------------------------------------------------

identities = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=30)


@settings(deadline=None)
@given(images=identities, batch=st.integers(2, 9), seed=st.integers(0, 9))
def test_every_pass_deals_every_statement_once(images, batch, seed):
    passes = 3
    flat = [i for b in islice(deal(images, batch, seed), -(-passes * len(images) // batch)) for i in b]
    assert all(len(b) == batch for b in islice(deal(images, batch, seed), 5))
    for each in range(passes):
        assert sorted(flat[each * len(images) : (each + 1) * len(images)]) == list(range(len(images)))


def test_a_batch_holds_different_images_where_that_can_be():
    images = [name for name in "abcdefgh" for _ in range(4)]
    for batch in islice(deal(images, 8, 0), 4):
        assert len({images[i] for i in batch}) == 8


@given(images=identities, fraction=st.floats(0, 0.9), seed=st.integers(0, 9))
def test_images_are_held_out_whole_and_two_remain(images, fraction, seed):
    aside = hold_out(images, fraction, seed)
    distinct = set(images)
    assert aside <= distinct
    assert len(distinct - aside) >= min(2, len(distinct))
    assert aside == hold_out(images[::-1], fraction, seed)
    if fraction == 0:
        assert not aside
    elif len(distinct) >= 5:
        assert aside


# --- words ------------------------------------------------------------------------------------------

TEXTS = ["What is [0] doing? Answer: [1] doesn't run.", "A zebra-striped shirt."]


def test_words_of_the_corpus_and_region_numbers_are_one_token_each():
    tokenizer = build(TEXTS, 1000)
    pieces = tokenizer.tokenize("What is [1] doing? [31] run.")
    assert pieces == ["what", "is", "[1]", "doing", "?", "[31]", "run", "."]


def test_unseen_words_are_spelt_and_not_unknown():
    tokenizer = build(TEXTS, 1000)
    assert tokenizer.unk_token not in tokenizer.tokenize("running quickly")


def test_the_same_texts_in_any_order_give_the_same_tokenizer():
    one, two = build(TEXTS, 1000), build(TEXTS[::-1], 1000)
    assert one.get_vocab() == two.get_vocab()
    assert sorted(one.get_vocab().values()) == list(range(len(one)))


def test_the_vocabulary_keeps_the_most_frequent_words():
    texts = [
        " ".join(["often"] * 3 + [f"rare{chr(97 + i)}{chr(97 + j)}" for j in range(26)]) for i in range(26)
    ]
    tokenizer = build(texts, 300)
    assert len(tokenizer) <= 300
    assert tokenizer.tokenize("often") == ["often"]


def test_texts_that_are_too_long_are_cut_on_the_right_and_counted():
    tokenizer = build(TEXTS, 1000)
    texts = ["what is", "what is what is what is what is"]
    tokens = tokenize(tokenizer, texts, limit=6)
    assert tokens.cut == 1
    assert tokens.ids.shape == (2, 6)
    assert Counter(tokens.mask.sum(dim=1).tolist()) == {4: 1, 6: 1}
    assert tokens.ids[1, -1] == tokenizer.sep_token_id
    assert tokenize(tokenizer, texts, limit=20).cut == 0


def test_composition():
    assert compose("Q?", "A.", "R.") == "Q? Answer: A. Rationale: R."
    assert compose("Q?", "A.") == "Q? Answer: A."
