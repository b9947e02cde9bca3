"""Scenes to point at: four things each, enlarged so that marks and numbers have room."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from ..records import Region
from ..smallworld.render import pixels
from ..smallworld.world import COLOURS, Address, world

THINGS = 4
ENLARGED = 3
"""Sides of the pictures in sides of the small world's: its own are too small for a number."""


@dataclass(frozen=True)
class Scene:
    """``pixels`` uint8 RGB ``(S, S, 3)``; ``regions[k]`` has the id k and the colour ``answers[k]``, an index
    into `COLOURS`. Which thing has which id is drawn by lot, so that an id says nothing of a place."""

    pixels: np.ndarray
    regions: tuple[Region, ...]
    answers: tuple[int, ...]


def scene(seed: int, index: int) -> Scene:
    """One scene, a pure function of both numbers."""
    made = world(Address(seed, index, THINGS))
    things = list(made.things)
    random.Random(f"ids/{seed}/{index}").shuffle(things)
    large = pixels(made).repeat(ENLARGED, axis=0).repeat(ENLARGED, axis=1)
    names = list(COLOURS)
    x1y1x2y2 = [tuple(float(edge) * ENLARGED for edge in thing.box) for thing in things]
    return Scene(
        large,
        tuple(Region(id, (x1, y1, x2, y2)) for id, (x1, y1, x2, y2) in enumerate(x1y1x2y2)),
        tuple(names.index(thing.colour) for thing in things),
    )
