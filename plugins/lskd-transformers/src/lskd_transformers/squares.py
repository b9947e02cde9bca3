"""Coloured squares and what is true of them: the least world in which pointing matters.

Tests and the demo train on it; a photo's colours are never this plain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from lskd_toolkit import (
    Descriptor,
    Example,
    Image,
    Label,
    Labelled,
    Picture,
    Pointed,
    Region,
    Scene,
    Statement,
)
from lskd_toolkit.labelling import words_sha256

COLOURS = {
    "red": (220, 40, 40), "green": (40, 200, 60), "blue": (50, 80, 230), "yellow": (230, 220, 50),
    "white": (240, 240, 240), "purple": (160, 50, 190), "orange": (240, 140, 30), "cyan": (50, 210, 220),
}  # fmt: skip
OUTLINES = ((255, 0, 255), (0, 255, 0), (255, 255, 0), (0, 255, 255))
SIDE = 64


class Outlines:
    """Each region in an outline of its number's colour; remembers what it was asked to point at."""

    def __init__(self, thickness: int = 3):
        self.thickness = thickness
        self.asked: list[tuple[Region, ...]] = []

    def point(self, picture: Picture, regions: Sequence[Region]) -> Pointed:
        self.asked.append(tuple(regions))
        drawn, t = picture.pixels.copy(), self.thickness
        for region in regions:
            x1, y1, x2, y2 = (int(v) for v in region.box)
            colour = OUTLINES[region.id % len(OUTLINES)]
            for part in (np.s_[y1 : y1 + t, x1:x2], np.s_[y2 - t : y2, x1:x2],
                         np.s_[y1:y2, x1 : x1 + t], np.s_[y1:y2, x2 - t : x2]):  # fmt: skip
                drawn[part] = colour
        return Pointed((drawn,), {region.id: f"[{region.id}]" for region in regions})


def pixels_of(scene: Scene) -> np.ndarray:
    """Every region filled with the colour of its label, on black."""
    pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
    for region in scene.regions:
        x1, y1, x2, y2 = (int(v) for v in region.box)
        pixels[y1:y2, x1:x2] = COLOURS[region.label]
    return pixels


def picture_of(scene: Scene) -> Picture:
    """The scene's picture, painted when it is looked at."""
    return Picture(scene.image, lambda: pixels_of(scene))


def scene_of(*labels: str, name: str = "") -> Scene:
    """Squares of those colours in the quarters of the image: top left, top right, bottom left, …"""
    half = SIDE // 2
    regions = tuple(
        Region(k, (4.0 + half * (k % 2), 4.0 + half * (k // 2), half - 4.0 + half * (k % 2),
                   half - 4.0 + half * (k // 2)), label=label)
        for k, label in enumerate(labels)
    )  # fmt: skip
    name = name or " ".join(labels)
    image = Image(name, name, hashlib.sha256(name.encode()).hexdigest(), SIDE, SIDE)
    return Scene(image, regions, (Descriptor("global", "coloured squares"),))


def colour_statement(scene: Scene, region: int, number: int = 0) -> Example:
    """What colour that region is, truly."""
    label = scene.regions[region].label
    return Example(
        scene,
        Statement(
            number,
            f"What colour is [{region}]?",
            f"[{region}] is {label}.",
            f"The square [{region}] is filled with {label}.",
            (region,),
        ),
    )


def corpus(images: int, regions: int = 2, seed: int = 0) -> list[Example]:
    """A colour statement on every region of so many images."""
    rng = np.random.default_rng(seed)
    scenes = [
        scene_of(*rng.permutation(list(COLOURS))[:regions].tolist(), name=f"image {i}") for i in range(images)
    ]
    return [colour_statement(scene, k, k) for scene in scenes for k in range(regions)]


def coloured(
    images: int, seed: int = 0, *, squares: int = 2, name: str = "labelled", shuffled: bool = False
) -> list[Labelled]:
    """Statements on the colour of every square of so many images, half of them wrong, and one label each
    that says so. The wrong colour is the other square's, so that only who looks where it is pointed can tell;
    of a single square it is any other. ``shuffled``: the labels know nothing."""
    rng = np.random.default_rng(seed)
    found = []
    for i in range(images):
        scene = scene_of(*rng.permutation(list(COLOURS))[:squares].tolist(), name=f"{name} {i}")
        labels = [region.label for region in scene.regions]
        for k, label in enumerate(labels):
            true = bool(rng.random() < 0.5)
            others = [c for c in (labels if squares > 1 else COLOURS) if c != label]
            said = label if true else str(rng.choice(others))
            statement = Statement(
                k, f"What colour is [{k}]?", f"[{k}] is {said}.",
                f"The square [{k}] is filled with {said}.", (k,),
            )  # fmt: skip
            word = bool(rng.random() < 0.5) if shuffled else true
            own = Label(scene.image.id, k, words_sha256(statement), "ann", word, word, word)
            found.append(Labelled(scene, statement, (own,)))
    return found
