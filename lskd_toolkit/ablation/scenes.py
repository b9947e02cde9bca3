"""Scenes to point at: four things each, enlarged so that marks and numbers have room."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from ..geometry.masks import region_from_mask
from ..records import Region
from ..smallworld.render import mask, pixels
from ..smallworld.world import COLOURS, Address, world

THINGS = 4
ENLARGED = 3
"""Sides of the pictures in sides of the small world's: its own are too small for a number."""


@dataclass(frozen=True)
class Scene:
    """``pixels`` uint8 RGB ``(S, S, 3)``; ``regions[k]`` is the mask of a thing, with the id k, and its
    colour is ``answers[k]``, an index into `COLOURS`. Which thing has which id is drawn by lot, so that an id
    says nothing of a place."""

    pixels: np.ndarray
    regions: tuple[Region, ...]
    answers: tuple[int, ...]


def scene(seed: int, index: int) -> Scene:
    """One scene, a pure function of both numbers."""
    made = world(Address(seed, index, THINGS))
    things = list(made.things)
    random.Random(f"ids/{seed}/{index}").shuffle(things)
    names = list(COLOURS)
    return Scene(
        _enlarged(pixels(made)),
        tuple(
            region_from_mask(_enlarged(mask(thing, made.address.size)), id=id)
            for id, thing in enumerate(things)
        ),
        tuple(names.index(thing.colour) for thing in things),
    )


def _enlarged(picture: np.ndarray) -> np.ndarray:
    large: np.ndarray = picture.repeat(ENLARGED, axis=0).repeat(ENLARGED, axis=1)
    return large
