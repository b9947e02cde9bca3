"""A rehearsal makes the teacher's requests and sends none; what it counts is all that would be sent."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from lskd_toolkit.errors import BackendUnavailable, LskdError, UsageError
from lskd_toolkit.llm.messages import ChatRequest, Message, Sight, ToolSpec
from lskd_toolkit.pipeline.planning import project
from lskd_toolkit.pipeline.rehearsing import StandIn, rehearsing, tokens_in, with_stand_in


def first(found):
    return found[:1]


def test_everything_that_is_sent_counts_as_tokens():
    bare = ChatRequest((Message("user", "w" * 400),))
    assert tokens_in(bare) == 100
    assert tokens_in(replace(bare, system="w" * 40)) == 110
    assert tokens_in(replace(bare, schema={"type": "object"})) > 100
    assert tokens_in(replace(bare, tools=(ToolSpec("ask", "w" * 400, {}),))) > 200
    sight = Sight("ab" * 32, "numbered", lambda: np.zeros((750, 1000, 3), np.uint8))
    assert tokens_in(replace(bare, messages=(Message("user", "w" * 400, (sight,)),))) == 1100


def test_a_plan_of_a_sighted_teacher_counts_its_pictures(world):
    blind = project(world.configure(), 3)["teacher"]["tokens_in"]["projected"]
    seeing = project(world.configure(teacher_input="both"), 3)["teacher"]["tokens_in"]["projected"]
    assert seeing >= blind + 10 * (64 * 64 // 750)
    assert world.billed == 0


def test_a_part_before_the_teacher_that_costs_money_is_not_tried(world):
    config = world.configure()
    paid = replace(config.verbalizer[0], component=replace(config.verbalizer[0].component, paid=True))
    with pytest.raises(UsageError, match=r"verbalizer.smallworld-global costs money"):
        project(replace(config, verbalizer=(paid, *config.verbalizer[1:])), 2)


def test_an_image_that_a_free_stage_fails_on_is_not_asked_about(world):
    """The run would skip it; the plan counts no request for it, and showing it says why."""
    config = world.configure()
    broken = replace(
        config.verbalizer[0],
        component=replace(config.verbalizer[0].component, implementation=f"{__name__}:Broken"),
    )
    config = replace(config, verbalizer=(broken, *config.verbalizer[1:]))
    assert project(config, 2)["teacher"]["requests"]["projected"] == 0

    async def show():
        async with rehearsing(config, first) as rehearsal:
            rehearsal.open()
            rehearsal.scene(next(iter(rehearsal.store.images("ok"))))

    with pytest.raises(LskdError, match=r"000000: verbalizer.smallworld-global failed: .*no words"):
        asyncio.run(show())


class Broken:
    def __init__(self, options, ctx):
        pass

    def verbalize(self, pictures, scenes):
        raise ValueError("no words")


def test_a_stand_in_answers_nothing():
    with pytest.raises(BackendUnavailable, match="--teacher NAME"):
        asyncio.run(StandIn().complete(ChatRequest(())))


def test_a_teacher_with_a_backend_keeps_it(world):
    config = world.configure()
    assert with_stand_in(config) is config
    assert with_stand_in(world.configure(teacher=None)).teacher is None
    alone = with_stand_in(world.configure(teacher="llm"))
    assert alone.teacher.parts["backend"].component.name == "stand-in"
