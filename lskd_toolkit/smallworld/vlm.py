"""Vision-language model ``smallworld``: it looks at pixels alone, and knows the small world's colours and
shapes. What is drawn over a thing hides it from this model as from any other, so that it also shows whether
a region was pointed at.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from ..drawing.pointed import Pointed
from ..records import Ask, Box, Said
from .grammar import Known, tell_local
from .options import VlmOptions
from .sprites import sprite
from .world import CELL, COLOURS, SHAPES, habit

LEAST = 12
"""Pixels of a colour below which there is no thing: a thing has some thirty and more."""
STATES = {"door": ("open", "closed"), "cup": ("upright", "tipped")}


class SmallworldVlm:
    def __init__(self, options: VlmOptions | None, ctx: Any = None):
        self.options = options or VlmOptions()

    def say(self, shown: Sequence[Pointed], asks: Sequence[Ask]) -> list[list[Said]]:
        """As many texts each as are asked for; empty, with score 0, where nothing is recognised."""
        return [self._one(pointed, ask) for pointed, ask in zip(shown, asks, strict=True)]

    def _one(self, pointed: Pointed, ask: Ask) -> list[Said]:
        if ask.task in ("caption", "narrative"):
            known = [self._taken_for(each) for each in seen(pointed.images[0])]
            return _tellings([each for each in known if each is not None], ask)
        found = self._taken_for(pointed_at(pointed.images[0 if ask.box is not None else -1], ask.box))
        if found is None:
            return [Said("", 0.0)] * ask.samples
        thing, score = found
        words = tell_local(thing)
        if ask.task == "question":
            words = _answer(ask.text.casefold(), thing)
        return [Said(words, score if words else 0.0)] * ask.samples

    def _taken_for(self, found: tuple[Known, float] | None) -> tuple[Known, float] | None:
        """What it takes a thing for: with a habit of error, for one of another colour."""
        if found is None or not habit(self.options.noise, "vlm", found[0].shape, found[0].colour):
            return found
        colours = list(COLOURS)
        wrong = colours[(colours.index(found[0].colour) + 1) % len(colours)]
        return replace(found[0], colour=wrong), found[1]


def _tellings(things: list[tuple[Known, float]], ask: Ask) -> list[Said]:
    """The same things in as many orders as are asked for."""
    if not things:
        return [Said("", 0.0)] * ask.samples
    score = round(sum(sure for _, sure in things) / len(things), 4)
    told = []
    for number in range(ask.samples):
        order = list(things)
        if ask.temperature > 0:
            random.Random(f"{ask.seed}/{number}").shuffle(order)
        words = ", ".join(tell_local(thing) for thing, _ in order)
        told.append(Said(f"a picture of {words}" if ask.task == "caption" else f"There is {words}.", score))
    return told


def _answer(question: str, thing: Known) -> str:
    if "colour" in question or "color" in question:
        return thing.colour
    if thing.state and thing.state in question:
        return "yes"
    return tell_local(thing) if "what" in question else ""


def seen(pixels: np.ndarray) -> list[tuple[Known, float]]:
    """Every thing of a whole picture, place by place, each with how well it is recognised."""
    height, width = pixels.shape[:2]
    found = []
    for top in range(0, height - CELL + 1, CELL):
        for left in range(0, width - CELL + 1, CELL):
            box = (float(left), float(top), float(left + CELL), float(top + CELL))
            thing = pointed_at(pixels, box)
            if thing is not None:
                found.append(thing)
    return found


def pointed_at(pixels: np.ndarray, box: Box | None) -> tuple[Known, float] | None:
    """The thing in the box, or in the middle of the picture, and how well it is recognised in [0, 1]."""
    height, width = pixels.shape[:2]
    x1, y1, x2, y2 = box or (0.0, 0.0, float(width), float(height))
    left, top = max(0, int(x1) - 1), max(0, int(y1) - 1)
    part = pixels[top : max(0, int(y2) + 1), left : max(0, int(x2) + 1), :3]
    if not part.size:
        return None
    y, x = np.mgrid[: part.shape[0], : part.shape[1]]
    far = (x - part.shape[1] / 2) ** 2 + (y - part.shape[0] / 2) ** 2
    best: tuple[float, str, np.ndarray] | None = None
    for colour, rgb in COLOURS.items():
        mask = (part == rgb).all(axis=2)
        weight = float(np.exp(-far[mask] / (CELL * CELL)).sum())
        if mask.sum() >= LEAST and (best is None or weight > best[0]):
            best = weight, colour, mask
    if best is None:
        return None
    _, colour, mask = best
    shape, state, likeness = max(
        (
            (shape, state, _likeness(mask, shape, state))
            for shape in SHAPES
            for state in STATES.get(shape, ("",))
        ),
        key=lambda each: each[2],
    )
    return Known(shape, colour, state), round(likeness, 4)


@lru_cache(maxsize=64)
def _sprites(shape: str, state: str) -> tuple[np.ndarray, ...]:
    """The shape in its sizes, cut to its hull."""
    return tuple(_cut(sprite(shape, state, radius)) for radius in (5, 6))


def _cut(mask: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _likeness(mask: np.ndarray, shape: str, state: str) -> float:
    """The greatest intersection over union of the pixels with the shape laid about where they are."""
    area, mask = int(mask.sum()), _cut(mask)
    best = 0.0
    for form in _sprites(shape, state):
        padded = np.pad(mask, [(max(2, f - m + 2),) * 2 for f, m in zip(form.shape, mask.shape, strict=True)])
        windows = np.lib.stride_tricks.sliding_window_view(padded, form.shape)
        shared = int(np.einsum("ijkl,kl->ij", windows, form, dtype=np.int64).max())
        best = max(best, shared / (area + int(form.sum()) - shared))
    return best
