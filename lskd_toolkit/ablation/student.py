"""A small student that sees what a visual prompt gives, and nothing else, and says what colour a region has.

Two linear steps, both by ridge regression: the same scenes give the same numbers. *Where*: of every patch
of the picture, how much of the region is in it; weights of their own for each id, so that it can learn
which mark is whose. *What*: the colours at the places it looks at. Where each region has a picture of its
own, there is nothing to find, and it reads that one.

Truth about where regions are is given in training alone, as the task of the first step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..drawing.pointed import Pointed
from ..smallworld.world import COLOURS
from .features import CODES, PATCH, around, numbers_of, of_its_own, patches, within
from .scenes import THINGS, Scene

SHARPNESS = (4.0, 8.0, 16.0, 32.0, 64.0)
"""How sharply it looks at the likeliest patches; the best one in training is taken."""


@dataclass
class Seen:
    """One scene as it was shown: patches of the picture, or pictures of the regions, and the words.

    Raises (`of`):
        ValueError: it was shown no picture, or one smaller than a patch.
    """

    shares: np.ndarray
    own: list[np.ndarray]
    numbers: list[list[float]]

    @classmethod
    def of(cls, pointed: Pointed) -> Seen:
        if not pointed.images or min(pointed.images[0].shape[:2]) < PATCH:
            raise ValueError(f"there is no picture of {PATCH} x {PATCH} pixels or more to see")
        first, *rest = pointed.images
        if len(rest) not in (0, THINGS):
            raise ValueError(f"after the picture there are {len(rest)} for {THINGS} regions")
        numbers = [numbers_of(pointed.text, k) for k in range(THINGS)]
        return cls(patches(first), [of_its_own(image) for image in rest], numbers)


def overlap(scene: Scene, region: int, rows: int, columns: int) -> np.ndarray:
    """How much of every patch is the region's box, ``(rows * columns,)`` from 0 to 1: what the first step
    learns. The picture may have been shown at another size."""
    x1, y1, x2, y2 = scene.regions[region].box
    height, width = scene.pixels.shape[:2]
    down, right = (
        np.clip(np.minimum(high, at + 1) - np.maximum(low, at), 0, 1)
        for low, high, at in (
            (y1 / height * rows, y2 / height * rows, np.arange(rows)),
            (x1 / width * columns, x2 / width * columns, np.arange(columns)),
        )
    )
    shares: np.ndarray = np.outer(down, right).ravel()
    return shares


@dataclass
class Student:
    """Untrained until `learn`. ``told``: it is told where regions are, the most that reading a mark could
    give."""

    told: bool = False
    _where: list[np.ndarray] = field(default_factory=list)
    _what: list[np.ndarray] = field(default_factory=list)
    _most: float = 0.0
    _sharpness: float = SHARPNESS[0]

    def learn(self, scenes: Sequence[Scene], seen: Sequence[Seen]) -> None:
        """Both steps from the scenes as they were shown."""
        answers = np.array([scene.answers for scene in scenes])
        self._most = max((n for each in seen for numbers in each.numbers for n in numbers), default=0.0)
        if not seen[0].own and not self.told:
            self._where = self._located(scenes, seen)
        scores = self._scores(scenes, seen)
        best = -1.0
        for sharpness in SHARPNESS if scores else SHARPNESS[:1]:
            looked = self._looked(scenes, seen, scores, sharpness)
            what = _weights(looked, answers)
            right = float((_chosen(looked, what) == answers).mean())
            if right > best:
                best, self._sharpness, self._what = right, sharpness, what

    def answer(self, scenes: Sequence[Scene], seen: Sequence[Seen]) -> np.ndarray:
        """The colour of each region, int ``(scenes, 4)``. Only a student that is told looks at the scenes."""
        looked = self._looked(scenes, seen, self._scores(scenes, seen), self._sharpness)
        return _chosen(looked, self._what)

    def _inputs(self, seen: Seen, region: int, patches_around: np.ndarray) -> np.ndarray:
        rows, columns, _ = seen.shares.shape
        inside = within(seen.numbers[region], self._most, rows, columns)
        return np.hstack([patches_around, inside, np.ones((rows * columns, 1))])

    def _located(self, scenes: Sequence[Scene], seen: Sequence[Seen]) -> list[np.ndarray]:
        width = 3 * seen[0].shares.shape[2] + 2
        products = [np.zeros((width, width)) for _ in range(THINGS)]
        wanted = [np.zeros(width) for _ in range(THINGS)]
        for scene, each in zip(scenes, seen, strict=True):
            about = around(each.shares)
            for k in range(THINGS):
                inputs = self._inputs(each, k, about)
                products[k] += inputs.T @ inputs
                wanted[k] += inputs.T @ overlap(scene, k, *each.shares.shape[:2])
        return [np.linalg.solve(p + np.eye(width) * 1.0, w) for p, w in zip(products, wanted, strict=True)]

    def _scores(self, scenes: Sequence[Scene], seen: Sequence[Seen]) -> list[np.ndarray]:
        """Of every scene how likely each patch is each region's, ``(4, patches)``; none where regions have
        pictures of their own."""
        if seen[0].own:
            return []
        if self.told:
            return [
                np.stack([overlap(scene, k, *each.shares.shape[:2]) for k in range(THINGS)])
                for scene, each in zip(scenes, seen, strict=True)
            ]
        made = []
        for each in seen:
            about = around(each.shares)
            made.append(np.stack([self._inputs(each, k, about) @ self._where[k] for k in range(THINGS)]))
        return made

    def _looked(
        self, scenes: Sequence[Scene], seen: Sequence[Seen], scores: list[np.ndarray], sharpness: float
    ) -> np.ndarray:
        """What is seen of each region, ``(scenes, 4, features)``."""
        if not scores:
            made = [np.stack(each.own) for each in seen]
        else:
            made = []
            for each, score in zip(seen, scores, strict=True):
                weight = np.exp(sharpness * (score - score.max(axis=1, keepdims=True)))
                weight /= weight.sum(axis=1, keepdims=True)
                made.append(weight @ each.shares[..., :CODES].reshape(-1, CODES))
        looked = np.stack(made)
        return np.concatenate([looked, np.ones((*looked.shape[:2], 1))], axis=2)


def _weights(looked: np.ndarray, answers: np.ndarray) -> list[np.ndarray]:
    """For each id its own, since each has a mark of its own colour."""
    wanted = np.eye(len(COLOURS))[answers]
    weights = []
    for k in range(THINGS):
        inputs = looked[:, k]
        penalty = np.eye(inputs.shape[1]) * 0.1
        weights.append(np.linalg.solve(inputs.T @ inputs + penalty, inputs.T @ wanted[:, k]))
    return weights


def _chosen(looked: np.ndarray, weights: list[np.ndarray]) -> np.ndarray:
    return np.stack([(looked[:, k] @ weights[k]).argmax(axis=1) for k in range(THINGS)], axis=1)
