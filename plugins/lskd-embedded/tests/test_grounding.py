"""The critic: what cannot be so, by ids, names, geometry and words, scores lower and is named."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lskd_embedded.claims import Claim, claims, holds, marked
from lskd_embedded.form import form
from lskd_embedded.grounding import Grounding
from lskd_embedded.minilm import FILES, MiniLM

from lskd_toolkit import Descriptor, Image, Picture, Region, Scene, Statement, weight_path

IMAGE = Image("street", "street.jpg", "0" * 64, 300, 200)
SCENE = Scene(
    IMAGE,
    (
        Region(0, (100, 20, 290, 150), label="bus", score=0.9),
        Region(1, (10, 60, 60, 190), label="person", score=0.8),
        Region(2, (65, 150, 95, 190), label="dog", score=0.6),
    ),
    (
        Descriptor("global", "a bus, a person and a dog", verbalizer="objects"),
        Descriptor("local", "[1] is mostly red", (1,), verbalizer="colours"),
        Descriptor("relation", "[1] is left of [0]", (1, 0), verbalizer="relations"),
    ),
)
GOOD = Statement(
    0,
    "Why is the person [1] near the bus [0]?",
    "The person waits for the bus with the dog.",
    "The person [1] is left of the bus [0] and next to the dog [2], and people wait for a bus.",
    (1, 0, 2),
)
NEVER = Picture(IMAGE, lambda: pytest.fail("the critic looked at the pixels"))


class Letters:
    """An encoder for which only equal words are alike."""

    def encode(self, texts, batch=64):
        every = sorted(set(texts))
        return np.eye(len(every))[[every.index(text) for text in texts]]


def critic(encoder=None) -> Grounding:
    encoder = encoder or Letters()
    return Grounding(None, SimpleNamespace(device="cpu", seed=0, model=lambda key, loader: encoder))


def judged(statement: Statement, scene: Scene = SCENE, by: Grounding | None = None):
    return (by or critic()).judge([NEVER], [scene], [[statement]])[0][0]


def test_a_grounded_statement_passes_every_hard_part():
    good = judged(GOOD)
    assert (good.parts["ids"], good.parts["names"], good.parts["form"]) == (1, 1, 1)
    assert good.parts["spatial"] > 0.9
    assert good.score > 0.6
    assert (good.statement, good.critic, good.note) == (0, "grounding", "")
    assert {type(value) for value in (*good.parts.values(), good.score)} == {float}, "they are stored as JSON"


def test_an_id_that_is_not_there_scores_nothing():
    bad = judged(replace(GOOD, answer="The person waits for [7]."))
    assert (bad.parts["ids"], bad.score) == (0, 0)
    assert "[7]" in bad.note
    assert judged(replace(GOOD, answer="The persons [1, 7] wait.")).score == 0


def test_no_mention_scores_nothing():
    bad = judged(Statement(0, "Why is the person here?", "To wait.", "The bus comes by here often enough."))
    assert bad.score == 0
    assert bad.note.startswith("mentions no region")


def test_swapped_ids_lower_the_score_and_are_named():
    swap = str.maketrans("01", "10")
    swapped = replace(GOOD, question=GOOD.question.translate(swap), rationale=GOOD.rationale.translate(swap))
    bad = judged(swapped)
    assert bad.score < 0.25 * judged(GOOD).score
    assert bad.parts["names"] < 0.5
    assert "[0] is called person but is a bus" in bad.note


def test_a_false_spatial_claim_lowers_the_score_and_is_named():
    bad = judged(replace(GOOD, rationale=GOOD.rationale.replace("left of", "right of")))
    assert bad.parts["spatial"] < judged(GOOD).parts["spatial"] - 0.3
    assert bad.score < 0.8 * judged(GOOD).score
    assert "[1] right of [0]" in bad.note


def test_words_that_no_descriptor_holds_lower_support():
    far = judged(replace(GOOD, answer="A submarine explodes under violet moonlight."))
    assert far.parts["support"] < judged(GOOD).parts["support"]
    assert judged(GOOD, replace(SCENE, descriptors=(), regions=())).score == 0


def test_a_scene_without_labels_or_descriptors_is_judged():
    bare = Scene(IMAGE, tuple(replace(region, label="") for region in SCENE.regions))
    found = judged(GOOD, bare)
    assert found.parts["names"] == 1
    assert "no descriptor" in found.note


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"rationale": GOOD.answer}, "the rationale is the answer again"),
        (
            {"rationale": "According to the description [1] waits there."},
            "speaks of the description",
        ),
        ({"question": "Is the person [1] near the bus [0]?"}, "asks for yes or no"),
        ({"answer": "Wait."}, "the answer is too short"),
        (
            {"rationale": "a person, a person, a person, a person [1]"},
            "the rationale repeats itself",
        ),
        ({"rationale": "word " * 80}, "the rationale is too long"),
    ],
)
def test_form(change, fault):
    value, faults = form(replace(GOOD, **change))
    assert value < 1
    assert fault in faults


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[0] is left of [2].", [Claim(0, "left of", 2)]),
        ("The dog [2] sits to the right of the person [1].", [Claim(2, "right of", 1)]),
        ("To the left of [0] stands [1].", [Claim(1, "left of", 0)]),
        ("[1] is on the left, below the kite [3].", [Claim(1, "below", 3), Claim(1, "left")]),
        ("The cat [1] is on the couch [0].", [Claim(1, "on top of", 0)]),
        ("[1] is on the left of [0].", [Claim(1, "left of", 0)]),
        ("In the background there is [4].", [Claim(4, "background")]),
        ("[0] is not left of [2].", []),
        ("[0] left the room because [1] is tired.", []),
        ("People often wait near a bus.", []),
    ],
)
def test_spatial_claims_are_read(text, said):
    assert claims(text) == said


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        ("[0] is larger than [1].", True),
        ("[1] is bigger than [0].", False),
        ("[1] is much smaller than [0].", True),
        ("[0] is shorter than [1].", False),
        ("[0] is taller than [1].", True),
        ("[0] is as large as [1].", False),
    ],
)
def test_sizes_are_compared_but_never_held_wholly_against_a_claim(said, fits):
    """What is far away is drawn small, so boxes only hint at sizes."""
    regions = {0: Region(0, (0, 0, 200, 200)), 1: Region(1, (210, 150, 260, 200))}
    [claim] = claims(said)
    value = holds(claim, regions, 300, 300)
    assert value == 1.0 if fits else 0.3 <= value < 0.5
    same = {0: regions[0], 1: Region(1, regions[0].box)}
    assert holds(claim, same, 300, 300) >= 0.5


def test_a_label_that_can_mean_only_one_region_is_a_mention():
    regions = {region.id: region for region in SCENE.regions}
    assert marked("The dog is left of the bus [0].", regions) == "The dog [2] is left of the bus [0]."
    twice = {**regions, 3: replace(regions[2], id=3)}
    assert marked("The dog sleeps.", twice) == "The dog sleeps."


edges = st.tuples(*[st.floats(0, 300, width=32) for _ in range(4)])
boxes = edges.map(lambda e: (min(e[0], e[2]), min(e[1], e[3]), max(e[0], e[2]) + 1, max(e[1], e[3]) + 1))
relation = st.sampled_from(["left of", "above", "next to", "on top of", "in front of", "far from", "inside"])


@given(boxes, boxes, relation)
def test_the_truth_of_a_claim_is_between_none_and_all(a, b, name):
    regions = {0: Region(0, a), 1: Region(1, b)}
    assert 0 <= holds(Claim(0, name, 1), regions, 300, 300) <= 1
    assert holds(Claim(0, name, 0), regions, 300, 300) == 0
    assert holds(Claim(0, name, 9), regions, 300, 300) == 0


@given(boxes, st.sampled_from(["left", "right", "top", "bottom", "middle", "background", "foreground"]))
def test_the_truth_of_a_place_is_between_none_and_all(box, name):
    assert 0 <= holds(Claim(0, name), {0: Region(0, box)}, 300, 300) <= 1


@given(st.text(max_size=200))
def test_any_text_can_be_judged(text):
    found = judged(Statement(0, text, text[::-1], text))
    assert all(0 <= value <= 1 for value in (*found.parts.values(), found.score))


def test_with_the_real_encoder_the_grounded_one_wins(need):
    need(*FILES)
    real = critic(MiniLM(*(weight_path(name) for name in FILES)))
    strange = replace(
        GOOD, answer="The person melts the submarine.", rationale="Violets [1] compute taxes at noon."
    )
    assert judged(GOOD, by=real).score > judged(strange, by=real).score + 0.1
    assert judged(GOOD, by=real).parts["support"] > 0.5
