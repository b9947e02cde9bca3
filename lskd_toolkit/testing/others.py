"""Contracts of the kinds that do not work on batches: source, visual prompt, backend, student."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ImageRefused
from ..images.decode import check
from ..llm.messages import ChatRequest, Message
from . import samples
from .batches import same
from .subject import Subject, call

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "statements": {
            "type": "array",
            "maxItems": 1,
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("question", "answer", "rationale")},
                "required": ["question", "answer", "rationale"],
            },
        }
    },
    "required": ["statements"],
}


def scans_the_same_twice(subject: Subject) -> None:
    """Ids are unique and stable; bytes can be read, or are refused with a reason."""
    source = subject.build()
    first = list(source.scan())
    assert first == list(subject.build().scan()), f"{subject.title}: two scans differ; order ids by name"
    ids = [found.id for found in first]
    assert len(ids) == len(set(ids)), f"{subject.title}: an id is there twice"
    for found in first[:3]:
        try:
            check(source.read(found.uri))
        except ImageRefused as refused:
            assert str(refused), f"{subject.title}: {found.id} is refused without a reason"  # noqa: PT017


def points_without_touching(subject: Subject) -> None:
    """A drawn picture is new, of the right type, and every region has a name in text."""
    prompt = subject.build()
    for picture in (*samples.pictures(2), *samples.odd_pictures().values()):
        before = picture.pixels.copy()
        for regions in ([], samples.regions(picture)):
            pointed = prompt.point(picture, regions)
            assert (picture.pixels == before).all(), f"{subject.title}: draws on the picture itself; copy it"
            assert all(i.dtype == np.uint8 and i.ndim == 3 and i.shape[2] == 3 for i in pointed.images), (
                f"{subject.title}: images must be uint8 RGB (H, W, 3)"
            )
            assert set(pointed.names) == {r.id for r in regions}, f"{subject.title}: name every region"
            again = prompt.point(picture, regions)
            assert all((a == b).all() for a, b in zip(pointed.images, again.images, strict=True)), (
                f"{subject.title}: drawing twice gives two pictures"
            )


def has_an_endpoint_and_a_price(subject: Subject) -> None:
    backend = subject.build()
    for name in ("endpoint", "model"):
        assert isinstance(getattr(backend, name, None), str), (
            f"{subject.title}: lacks {name!r}, part of every key"
        )
    price = backend.usd(1000, 1000)
    assert price is None or price >= 0, f"{subject.title}: usd() must bound the price from above or be None"


def answers_alike_and_by_schema(subject: Subject) -> None:
    """Equal requests have equal replies, and a schema is followed. Asks, so it may cost money."""
    backend = subject.build()
    text = "Regions:\n[0] star: a red star\n[1] cup: a blue cup\nRelations:\n- [0] is left of [1]\n"
    request = ChatRequest((Message("user", text),), schema=SCHEMA, max_tokens=160, temperature=0.0)
    first, second = (call(backend, "complete", request) for _ in range(2))
    assert first.text == second.text, f"{subject.title}: the same request got two replies; seed it"
    if first.status == "ok":
        told = json.loads(first.text)
        assert isinstance(told.get("statements"), list), (
            f"{subject.title}: the reply does not follow the schema"
        )


def trains_saves_and_scores(subject: Subject) -> None:
    """A student learns from a few examples, and scores the same after it is loaded again."""
    given = samples.pictures(3)
    by_image = {picture.image: picture for picture in given}
    texts = [["what is [0]? Answer: a star", "where is [1]? Answer: on the right"] for _ in given]
    scenes = [samples.scene(picture) for picture in given]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        student, steps = subject.build(), list[int]()
        metrics = student.train(
            samples.examples(given), lambda scene: by_image[scene.image], folder,
            lambda step, total, told: steps.append(step),
        )  # fmt: skip
        assert steps, f"{subject.title}: call progress(step, steps, metrics) while training"
        assert all(isinstance(v, float | int) for v in metrics.values()), (
            f"{subject.title}: metrics are numbers"
        )
        again = [subject.build() for _ in range(2)]
        for each in again:
            each.load(folder)
        first, second = (each.score(given, scenes, texts) for each in again)
        assert [len(row) for row in first] == [2] * len(given), (
            f"{subject.title}: give a score for every text"
        )
        assert same(list(first), list(second), exact=False), (
            f"{subject.title}: loading twice gives two scores"
        )


OTHERS: dict[str, tuple[Any, ...]] = {
    "source": (scans_the_same_twice,),
    "visual_prompt": (points_without_touching,),
    "backend": (has_an_endpoint_and_a_price, answers_alike_and_by_schema),
    "student": (trains_saves_and_scores,),
}
