"""An agent's tools: the run's parts asked about one picture, every answer durable, no argument trusted."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest

from lskd_toolkit import Answer, Descriptor, Image, Picture, Region, Scene, Shape
from lskd_toolkit.llm import Budget, Door, Ledger
from lskd_toolkit.teaching.closer import closer
from lskd_toolkit.teaching.sights import shown_by
from lskd_toolkit.teaching.toolbox import Toolbox, identity
from lskd_toolkit.teaching.tools import Lookers, tools_for

IMAGE = Image("a.png", "a.png", "cd" * 32, 200, 100)
SCENE = Scene(
    IMAGE,
    (Region(0, (10, 10, 30, 30), label="dog"), Region(4, (150, 40, 190, 90), label="ball")),
    (Descriptor("relation", "[0] chases [4]", (0, 4)),),
)


def picture():
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[40:90, 150:190] = (255, 0, 0)
    return Picture(IMAGE, lambda: pixels)


class Vqa:
    alias, key = "vqa", {"component": "v"}

    def __init__(self):
        self.asked = []

    async def answer(self, pictures, scenes, questions):
        self.asked += questions
        return [Answer("it is\nred", 0.8) for _ in questions]


class Reddest:
    """Says how red what it is shown is."""

    alias, key = "reddest", {"component": "r"}

    async def verbalize(self, pictures, scenes):
        (region,) = scenes[0].regions
        x1, y1, x2, y2 = map(int, region.box)
        red = pictures[0].pixels[y1:y2, x1:x2, 0].mean()
        return [[Descriptor("local", f"red {red:.0f} of {pictures[0].image.width} px", (region.id,))]]


class Backend:
    endpoint, model = "e", "m"

    def usd(self, *tokens):
        return 0.0


def box(ledger, **parts):
    door = Door(Backend(), ledger, Budget())
    return Toolbox(door, {"image": IMAGE.sha256}, tools_for(SCENE, picture(), Lookers(**parts)))


def use(toolbox, name, **arguments):
    return asyncio.run(toolbox.use(name, arguments))


def test_the_tools_are_those_that_the_parts_allow():
    names = lambda **parts: [t.name for t in box(Ledger.in_memory(), **parts).specs]  # noqa: E731
    assert names() == ["compare", "relations"]
    assert names(vqa=Vqa()) == ["ask", "compare", "relations"]
    assert names(vqa=Vqa(), closer=[Reddest()], text=[Reddest()]) == [
        "ask", "describe", "compare", "relations", "read_text",
    ]  # fmt: skip
    for spec in box(Ledger.in_memory(), vqa=Vqa()).specs:
        assert spec.parameters["additionalProperties"] is False
        for about in ("region", "first", "second"):
            if about in spec.parameters["properties"]:
                assert spec.parameters["properties"][about]["enum"] == [0, 4]


def test_an_answer_is_a_dynamic_descriptor_and_is_asked_for_once(tmp_path):
    vqa = Vqa()
    for _ in range(2):
        ledger = Ledger(tmp_path / "ledger.sqlite")
        told = use(box(ledger, vqa=vqa), "ask", region=4, question="What  colour?")
        ledger.close()
        assert told == Descriptor("dynamic", "it is red", (4,), 0.8, "vqa", "What colour?")
    assert [(q.text, q.regions) for q in vqa.asked] == [("What colour?", (4,))]


def test_a_changed_part_is_asked_again(tmp_path):
    vqa, ledger = Vqa(), Ledger.in_memory()
    for behaviour in (1, 2):
        use(box(ledger, vqa=vqa, key={"behaviour": behaviour}), "ask", region=4, question="What?")
    assert len(vqa.asked) == 2


def test_describing_looks_at_the_region_from_close_by():
    told = use(box(Ledger.in_memory(), closer=[Reddest()]), "describe", region=4)
    assert told.text.startswith("red 25")  # 255 but for the blur of its edges
    assert told.regions == (4,)
    assert use(box(Ledger.in_memory(), closer=[Reddest()]), "describe", region=0).text.startswith("red 0")


class Signs:
    """Reads a sign on the ball, and one beside whatever it is shown."""

    alias, key = "text", {"component": "s"}

    async def verbalize(self, pictures, scenes):
        (region,) = scenes[0].regions
        beside = Descriptor("global", 'in the picture it says "EXIT"', (), 0.5)
        on = Descriptor("local", f'on [{region.id}] it says "GOAL"', (region.id,), 0.9)
        return [[beside, on] if region.id == 4 else [beside]]


def test_reading_text_tells_what_is_on_the_region_alone():
    toolbox = box(Ledger.in_memory(), text=[Signs()])
    told = use(toolbox, "read_text", region=4)
    assert (told.scope, told.text, told.regions, told.score) == (
        "dynamic", 'on [4] it says "GOAL"', (4,), 0.9,
    )  # fmt: skip
    assert told.question == "What is written on [4]?"
    nothing = use(toolbox, "read_text", region=0)
    assert "EXIT" not in nothing.text
    assert nothing.score == 0.0


def test_relations_and_comparing_need_no_model():
    tools = box(Ledger.in_memory())
    assert "[0] chases [4]" in use(tools, "relations", region=0).text
    assert "[0] is left of [4]" in use(tools, "compare", first=0, second=4).text
    assert "it is red" in use(box(Ledger.in_memory(), vqa=Vqa()), "compare", first=0, second=4).text


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("ask", {"region": 7, "question": "What?"}, "there are [0] [4]"),
        ("ask", {"region": "0", "question": "What?"}, "must be the number of a region"),
        ("ask", {"region": 0}, "the question is empty"),
        ("compare", {"first": 0, "second": 0}, "two different regions"),
        ("delete", {}, "there is no tool 'delete'"),
    ],
)
def test_a_call_that_does_not_fit_is_answered_with_what_is_wrong(name, arguments, told):
    answer = use(box(Ledger.in_memory(), vqa=Vqa()), name, **arguments)
    assert told in answer.text
    assert answer.score == 0.0


def test_a_region_from_close_by_keeps_its_id_and_lies_where_its_pixels_are():
    for region in SCENE.regions:
        cut, scene = closer(picture(), SCENE, region)
        (alone,) = scene.regions
        assert alone.id == region.id
        assert max(cut.image.width, cut.image.height) >= 448
        assert cut.pixels.shape == (cut.image.height, cut.image.width, 3)
        x1, y1, x2, y2 = alone.box
        assert 0 <= x1 < x2 <= cut.image.width
        assert 0 <= y1 < y2 <= cut.image.height
    assert closer(picture(), SCENE, SCENE.regions[0])[0].image.sha256 != cut.image.sha256


def outlined(*points):
    """The scene with its ball's outline through these points, of the same hull."""
    ball = replace(SCENE.regions[1], shape=Shape("polygon", {"polygons": [[(150, 40), points, (190, 90)]]}))
    return replace(SCENE, regions=(SCENE.regions[0], ball))


class Drawer:
    """A visual prompt that is never asked to draw."""

    gives = ("rgb",)
    key: ClassVar = {"component": "mine:drawer"}

    def plainly(self, verb):
        return pytest.fail


def test_another_outline_in_the_same_box_is_another_picture():
    one, other = (
        shown_by(Drawer(), picture(), outlined(*points).regions, 1024).sights
        for points in ((190, 40), (150, 90))
    )
    assert one != other


@pytest.mark.parametrize(
    "other",
    [
        outlined(190, 40),
        replace(SCENE, regions=SCENE.regions[:1]),
        replace(SCENE, descriptors=(*SCENE.descriptors, Descriptor("local", "a red ball", (4,)))),
        replace(SCENE, descriptors=()),
    ],
)
def test_what_a_part_could_have_looked_at_is_in_the_key_of_its_answer(other):
    assert identity(other) != identity(SCENE)
