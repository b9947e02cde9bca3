"""The critic ``clip``: the library's own cosine of words without ids and the pointed-at picture."""

from __future__ import annotations

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lskd_transformers.clip.idfree import idfree
from lskd_transformers.clip.views import around
from lskd_transformers.critics.clip import ClipCritic
from lskd_transformers.options_similarity import ClipCriticOptions
from lskd_transformers.squares import Outlines, colour_statement, picture_of, scene_of
from PIL import Image

from lskd_toolkit import Statement, mentions
from lskd_toolkit.testing import SimpleContext, contracts

from . import tiny_clip

FAMILIES = ("clip", "siglip", "siglip2", "altclip", "chinese_clip")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place, made = tmp_path_factory.mktemp("clips"), {}

    def of(name):
        if name not in made:
            made[name] = str(getattr(tiny_clip, name)(place / name))
        return made[name]

    return of


def critic(model, prompt=None, **options):
    context = SimpleContext(parts={"visual_prompt": prompt or Outlines()})
    return ClipCritic(ClipCriticOptions(model=model, **options), context)


def judged(part, scene, *statements):
    return part.judge([picture_of(scene)], [scene], [list(statements)])[0]


SCENE = scene_of("red", "green", "blue")
STATEMENTS = [colour_statement(SCENE, k, k).statement for k in range(3)]
SHORT = Statement(0, "What is [0]?", "a dog", "", (0,))


# --- words without ids --------------------------------------------------------------------------------

LABELS = {0: "man", 1: "dog", 2: "", 3: "traffic light", 4: "man"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[0] greets [1].", "the man greets the dog."),
        ("Why is [0]'s hand on [1]?", "Why is the man's hand on the dog?"),
        ("The man [0] waits.", "The man waits."),
        ("The [3] is red.", "The traffic light is red."),
        ("traffic light [3], light [3]", "traffic light, light the traffic light"),
        ("[0, 1] play.", "the man and the dog play."),
        ("[0, 4] play.", "the man play."),
        ("A [0, 3] stand.", "A man and the traffic light stand."),
        ("[2] falls.", "it falls."),
        ("[2, 1] fall.", "it and the dog fall."),
        ("Nobody is here.", "Nobody is here."),
    ],
)
def test_a_mention_is_said_by_its_label(text, said):
    assert idfree(text, LABELS) == said


def test_an_unknown_region_is_not_silently_dropped():
    with pytest.raises(KeyError):
        idfree("[8] runs.", LABELS)


@given(
    st.lists(
        st.one_of(st.sampled_from(["[0]", "[1, 3]", "[2]", "the", "man", "dog", ",", "runs"])), max_size=12
    )
)
def test_no_id_is_left_and_no_word_is_lost(words):
    text = " ".join(words)
    said = idfree(text, LABELS)
    assert not mentions.find(said)
    kept = [word for word in words if word.isalpha()]
    left = iter(said.replace(",", " ").split())
    assert all(word in left for word in kept), "the words stand in their order"


# --- the cosine ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FAMILIES)
def test_parts_are_the_librarys_own_cosines(name, folder):
    prompt = Outlines()
    part = critic(folder(name), prompt, batch=2, text="answer", weight=0.5)
    words = ("a dog", "the red", "the green is blue", "it rains", "a sad man")
    said = [replace(SHORT, id=n, answer=answer) for n, answer in enumerate(words)]
    found = judged(part, SCENE, *said)
    net, processor = part._towers.loaded.net, part._towers.loaded.processor
    drawn = Image.fromarray(prompt.point(picture_of(SCENE), SCENE.regions[:1]).images[0])
    square = around(picture_of(SCENE), SCENE.regions[0], 0.15)[1]()
    # SigLIP 2's processor has numbers of its own, which go before those of its folder.
    own = {"patch_size": 8, "max_num_patches": 16} if name == "siglip2" else {}
    inputs = processor(
        images=[drawn, square], text=list(words), return_tensors="pt", truncation=True, max_length=64,
        padding="max_length" if "siglip" in name else True, **own,
    )  # fmt: skip
    with torch.inference_mode():
        made = net(**inputs)
        cosines = (made.image_embeds @ made.text_embeds.T).numpy()
    for judgement, (drawing, region) in zip(found, cosines.T, strict=True):
        parts = {"drawing": max(0.0, drawing), "regions": max(0.0, region)}
        assert judgement.parts == pytest.approx(parts, abs=1e-5)
        mean = (drawing + region) / 2
        if "siglip" in name:
            logit = net.logit_scale.exp().item() * mean + net.logit_bias.item()
            assert judgement.score == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-5)
        else:
            assert judgement.score == pytest.approx(max(0.0, 0.5 * mean), abs=1e-5)
    assert np.ptp([j.score for j in found]) > 1e-3, "scores that are all alike would pass whatever was set"


@pytest.mark.parametrize(("look", "parts"), [("drawing", {"drawing"}), ("regions", {"regions"})])
def test_one_way_of_looking_makes_one_part(look, parts, folder):
    found = judged(critic(folder("clip"), look=look, weight=1.0), SCENE, SHORT)[0]
    assert set(found.parts) == parts
    assert found.score == pytest.approx(next(iter(found.parts.values())))


def test_the_weight_stretches_the_cosine_and_stops_at_one(folder):
    one, more, most = (
        judged(critic(folder("clip"), look="regions", text="answer", weight=w), SCENE, SHORT)[0].score
        for w in (0.5, 1.0, 1e6)
    )
    assert 0 < one == pytest.approx(more / 2)
    assert most == 1.0


@pytest.mark.parametrize("look", ["drawing", "regions"])
def test_pointing_elsewhere_changes_the_score(look, folder):
    """With the same label on both, the words are the same; only what is pointed at tells the two apart."""
    alike = replace(SCENE, regions=tuple(replace(region, label="thing") for region in SCENE.regions))
    part = critic(folder("clip"), look=look)
    there = [Statement(0, f"What is [{k}]?", f"[{k}] is red.", "", (k,)) for k in range(2)]
    picture = picture_of(SCENE)
    found = part.judge([picture], [alike], [there])[0]
    assert found[0].parts[look] != pytest.approx(found[1].parts[look], abs=1e-6)


def test_a_statement_of_no_region_is_set_against_the_whole_picture(folder):
    said = Statement(0, "Where is it?", "a dog", "")
    found = judged(critic(folder("clip"), text="answer"), SCENE, said)[0]
    assert 0 < found.parts["drawing"] == pytest.approx(found.parts["regions"], abs=1e-6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("answer", "the red is red."),
        ("question-answer", "What colour is the red? the red is red."),
        ("whole", "What colour is the red? the red is red. The square the red is filled with red."),
    ],
)
def test_what_is_read(text, words, folder):
    assert critic(folder("clip"), text=text)._text(STATEMENTS[0], SCENE) == words


def test_scores_do_not_depend_on_what_is_judged_beside(folder):
    part, other = critic(folder("clip"), batch=3), scene_of("cyan", "white", name="other")
    together = part.judge(
        [picture_of(SCENE), picture_of(other)], [SCENE, other], [STATEMENTS, [replace(SHORT, id=4)]]
    )
    alone = [judged(critic(folder("clip")), SCENE, s)[0] for s in STATEMENTS]
    assert [j.score for j in together[0]] == pytest.approx([j.score for j in alone], abs=1e-5)
    assert together[1][0].statement == 4


# --- what cannot be judged ----------------------------------------------------------------------------


def test_an_unknown_region_scores_nothing_and_says_which(folder):
    lost = Statement(5, "Who is [9]?", "nobody", "", (9,))
    found = judged(critic(folder("clip")), SCENE, STATEMENTS[0], lost, STATEMENTS[1])
    assert [j.statement for j in found] == [0, 5, 1]
    assert (found[1].score, found[1].note) == (0.0, "mentions [9], which the scene does not have")


@pytest.mark.parametrize("name", ["clip", "siglip"])
def test_a_text_that_is_cut_says_so(name, folder):
    """A letter is a token here; two begin and end a text, 64 are read."""
    part = critic(folder(name), text="answer")
    fits, long = (replace(SHORT, answer="a" * length) for length in (62, 63))
    assert [j.note for j in judged(part, SCENE, fits, long)] == ["", "read to its first 64 tokens"]


def test_nothing_said_nothing_judged(folder):
    assert critic(folder("clip")).judge([picture_of(SCENE)], [SCENE], [[]]) == [[]]


def test_contracts(folder):
    for check in contracts("critic", "clip", model=folder("clip")):
        check()
