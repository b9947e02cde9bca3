"""Questions answered by a vision-language model that is shown the regions that they name."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from lskd_toolkit.drawing.pointed import Pointed
from lskd_toolkit.pipeline.context import Workshop
from lskd_toolkit.records import Answer, Question, Region, Scene
from lskd_toolkit.smallworld.truth import world_of
from lskd_toolkit.testing import check_vqa
from lskd_toolkit.testing.samples import pictures
from lskd_toolkit.verbalizing.answering import asked
from lskd_toolkit.verbalizing.showing import Place

from .worlds import lent

REGIONS = (Region(0, (0, 0, 40, 40)), Region(7, (150, 60, 200, 100)))
PIXELS = np.zeros((100, 200, 3), np.uint8)
MARKED = Place(Pointed.of(PIXELS, REGIONS), None)


def answers(questions, visual_prompt="focal-crop", vlm="smallworld"):
    """Answers about the first sample picture, whose regions are its things."""
    picture = pictures(1)[0]
    things = world_of(picture.image).things
    regions = tuple(Region(i, thing.box) for i, thing in enumerate(things))
    part = Workshop(device="cpu").host(lent("vqa", "vlm", vlm=vlm, visual_prompt=visual_prompt)).instance()
    scenes = [Scene(picture.image, regions)] * len(questions)
    return things, asyncio.run(part.answer([picture] * len(questions), scenes, questions))


def test_contracts():
    check_vqa("vlm")


def test_the_region_that_is_named_is_the_one_that_is_looked_at():
    things, told = answers([Question(f"What colour is [{i}]?") for i in range(5)])
    assert [answer.text for answer in told] == [thing.colour for thing in things]
    assert all(0.5 < answer.score <= 1.0 for answer in told)


def test_the_regions_of_a_question_need_not_be_in_its_words():
    things, told = answers([Question("What colour is it?", (3,))])
    assert told[0].text == things[3].colour


@pytest.mark.parametrize("question", [Question("Who is it?", (1,)), Question("Why?"), Question("")])
def test_no_answer_is_an_answer_that_is_not_known(question):
    assert answers([question])[1] == [Answer("unknown", 0.0)]


@pytest.mark.parametrize(("vlm", "images"), [("single", {1}), ("several", {3})])
def test_two_regions_are_one_picture_or_one_each(noted, vlm, images):
    answers([Question("Is [0] beside [1]?")], "crop", vlm)
    ((shown, ask),) = noted[0]
    assert {len(shown.images)} == images
    # Where nothing in the picture tells them apart, words do.
    assert ask.text.startswith("Is [0] beside [1]?")
    assert ("([0]: " in ask.text) == (vlm == "single")


def test_marked_regions_are_called_by_what_marks_them():
    names = {0: "the red box", 7: "the blue box"}
    place = Place(Pointed((PIXELS,), names), None)
    assert asked("Why is [0] near [7]?", REGIONS, place, (200, 100)) == (
        "Why is the red box near the blue box?"
    )
    assert asked("Who are [0, 7]?", REGIONS, place, (200, 100)) == "Who are the red box and the blue box?"


def test_marked_regions_that_the_question_does_not_name_are_named():
    assert asked("What is this?", REGIONS[:1], Place(MARKED.shown, (0, 0, 40, 40)), (200, 100)) == (
        "About [0]: What is this?"
    )


def test_in_its_own_picture_a_region_has_no_number():
    own = Place(Pointed((PIXELS[:40, :40],), {0: "[0]"}), None)
    assert asked("What is [0] doing?", REGIONS[:1], own, (200, 100)) == "What is this doing?"
    assert asked("What is it?", REGIONS[:1], own, (200, 100)) == "What is it?"
