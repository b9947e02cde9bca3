"""What components are tried on: pictures of the small world, odd pictures, scenes and statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..errors import ImageRefused
from ..images import open_picture
from ..images.picture import Picture
from ..records import Descriptor, Example, Image, Question, Refined, Region, Scene, Statement
from ..smallworld.render import png
from ..smallworld.world import Address, world


def pictures(count: int = 4, size: int = 96) -> list[Picture]:
    """Scenes of the small world, with regions that came with them."""
    made = []
    for index in range(count):
        address = Address(1, index, 5, size)
        opened = open_picture(png(world(address)), f"sample-{index}")
        image = replace(opened.image, uri=address.uri)
        given = Refined(tuple(regions(opened)))
        made.append(Picture(image, lambda opened=opened: opened.pixels, given))  # type: ignore[misc]
    return made


def odd_pictures() -> dict[str, Picture]:
    """Pictures that are allowed and rarely thought of."""
    draw = np.random.default_rng(0)
    return {
        "of 1x1 pixel": open_picture(np.full((1, 1, 3), 120, np.uint8), "dot"),
        "of 2000x8 pixels": open_picture(draw.integers(0, 255, (8, 2000, 3), np.uint8), "strip"),
        "all grey": open_picture(np.full((64, 48, 3), 128, np.uint8), "grey"),
        "all black": open_picture(np.zeros((48, 64, 3), np.uint8), "black"),
    }


def broken_picture() -> Picture:
    """A picture whose header was read and whose pixels cannot be."""

    def fails() -> np.ndarray:
        raise ImageRefused("the file is cut short")

    return Picture(Image("broken", "broken", "b" * 64, 64, 48), fails)


def bare_scene(picture: Picture) -> Scene:
    """A scene in which nobody found or said anything."""
    return Scene(picture.image)


def regions(picture: Picture) -> list[Region]:
    """Four regions laid over any picture, with scores and labels that differ."""
    width, height = picture.image.width, picture.image.height
    boxes = [(0.0, 0.0, 0.5, 0.6), (0.4, 0.3, 1.0, 1.0), (0.1, 0.5, 0.4, 0.9), (0.05, 0.05, 0.95, 0.95)]
    labels = ["person", "dog", "", "cup"]
    return [
        Region(i, (a * width, b * height, c * width, d * height), None, label, 0.9 - 0.2 * i, "sample")
        for i, ((a, b, c, d), label) in enumerate(zip(boxes, labels, strict=True))
    ]


def scene(picture: Picture) -> Scene:
    """A scene of such regions, described in every scope."""
    return Scene(
        picture.image,
        tuple(regions(picture)),
        (
            Descriptor("global", "a place with a person and a dog", verbalizer="sample"),
            Descriptor("local", "a red star", (0,), verbalizer="sample"),
            Descriptor("local", "a brown dog, probably", (1,), 0.6, "sample"),
            Descriptor("relation", "[0] is left of [1]", (0, 1), verbalizer="sample"),
            Descriptor("dynamic", "yes, wünderbar", (1,), verbalizer="sample", question="Is [1] happy? 🐶"),
        ),
    )


def statements() -> list[Statement]:
    """Statements about such a scene, one of them with words of other alphabets."""
    return [
        Statement(0, "Where is [0]?", "[0] is left of [1].", "[1] stands on the right.", (0, 1), "spatial"),
        Statement(
            1, "Why does [1] bark at [0]?", "It wants to play — 遊ぼう!", "[1] looks up.", (1, 0), "intent"
        ),
        Statement(2, "What colour is [0]?", "[0] is red.", "[0] is a red star.", (0,), "attribute"),
    ]


def questions(count: int) -> list[Question]:
    asked = [Question("What colour is [0]?"), Question("What is it?", (1,)), Question("¿Quién es?")]
    return [asked[i % len(asked)] for i in range(count)]


def examples(given: Sequence[Picture]) -> list[Example]:
    """What a student is taught: every statement of every picture."""
    return [Example(scene(picture), statement) for picture in given for statement in statements()]
