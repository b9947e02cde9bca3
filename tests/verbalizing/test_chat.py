"""A chat backend as the vision-language model: what it is sent, and what counts as said."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from lskd_toolkit.drawing.pointed import Pointed
from lskd_toolkit.llm.messages import ChatReply
from lskd_toolkit.records import Ask, Region, Said
from lskd_toolkit.testing import check_vlm
from lskd_toolkit.verbalizing.chat import LlmVlm, instruction, said_in, sight_of

PIXELS = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
REGION = Region(3, (0, 0, 3, 3))
PLAIN, POINTED = Pointed.of(PIXELS, ()), Pointed.of(PIXELS, [REGION])
SEVERAL = Pointed.of(PIXELS, [REGION], PIXELS[:2])


class Backend:
    """Notes requests, and answers each with its draw."""

    can, model = frozenset({"images"}), "test"

    def __init__(self):
        self.requests = []

    def llm(self, name="backend"):
        return self

    async def complete(self, request):
        self.requests.append(request)
        return ChatReply(f"draw {request.draw}")


def say(shown, ask):
    backend = Backend()
    (said,) = asyncio.run(LlmVlm(None, backend).say([shown], [ask]))
    return said, backend.requests


def test_contracts():
    check_vlm("llm")


def test_it_is_sent_the_pictures_that_are_shown():
    _, (request,) = say(SEVERAL, Ask("region"))
    first, second = request.messages[0].sights
    assert first.render() is PIXELS
    assert second.render().shape == (2, 6, 3)


def test_a_picture_is_known_by_its_pixels():
    assert sight_of(PIXELS) == sight_of(PIXELS.copy())
    assert sight_of(PIXELS[:, ::-1]) == sight_of(PIXELS[:, ::-1].copy())
    others = (PIXELS[:2], PIXELS[:, ::-1], PIXELS.reshape(6, 4, 3))
    assert all(sight_of(PIXELS) != sight_of(other) for other in others)


@pytest.mark.parametrize(
    ("shown", "ask", "words"),
    [
        (PLAIN, Ask("caption"), "Describe this picture in one sentence."),
        (PLAIN, Ask("caption", "In German, please."), "In German, please."),
        (POINTED, Ask("region", box=(0, 0, 3, 3)), "Describe the region [3] in one sentence"),
        (POINTED, Ask("region"), "Describe what this picture shows in one sentence"),
        (SEVERAL, Ask("region", box=(0, 0, 3, 3)), "picture 2: region [3].\nDescribe the region [3]"),
        (PLAIN, Ask("question", "Why?"), "Why?\nAnswer in a few words."),
        (
            Pointed.of(PIXELS, [REGION], text="[3] (0, 0)"),
            Ask("region", box=(0, 0, 3, 3)),
            "[3] (0, 0)\nDesc",
        ),
    ],
)
def test_it_is_told_what_to_look_at_and_what_to_do(shown, ask, words):
    assert words in instruction(shown, ask)


def test_samples_are_draws_of_one_request():
    said, requests = say(PLAIN, Ask("narrative", samples=3, temperature=0.5, seed=9))
    assert [each.text for each in said] == ["draw 0", "draw 1", "draw 2"]
    assert {(r.seed, r.temperature) for r in requests} == {(9, 0.5)}


def test_the_likeliest_text_is_paid_for_once():
    said, requests = say(PLAIN, Ask("narrative", samples=3))
    assert [each.text for each in said] == ["draw 0"] * 3
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("reply", "task", "said"),
    [
        (ChatReply(" A dog. "), "caption", Said("A dog.", 1.0)),
        (ChatReply("I cannot.", "refused"), "caption", Said("", 0.0)),
        (ChatReply(" \n"), "region", Said("", 0.0)),
        (ChatReply("Unknown."), "question", Said("", 0.0)),
        (ChatReply("unknown"), "caption", Said("unknown", 1.0)),
        (ChatReply("A dog that", "cut"), "caption", Said("A dog that", 1.0)),
    ],
)
def test_what_counts_as_said(reply, task, said):
    assert said_in(reply, Ask(task)) == said
