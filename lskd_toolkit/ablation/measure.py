"""The arms of the ablation: every visual prompt there is, and what they are held against."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..drawing.pointed import Pointed
from ..embedding import create
from .scenes import Scene, scene
from .student import Seen, Student

RESAMPLED = 2000
"""Times that the held-out scenes are drawn anew for the interval."""
PLAIN, TOLD, SWAPPED = "no marks", "told the box", "marks of others"
CONTROLS = (PLAIN, TOLD, SWAPPED)


@dataclass(frozen=True)
class Arm:
    """``accuracy`` on held-out scenes, with the interval that 95 of 100 new drawings of scenes lie in;
    ``milliseconds`` that pointing at one picture took."""

    name: str
    accuracy: float
    low: float
    high: float
    milliseconds: float
    scenes: int


@dataclass(frozen=True)
class _Photo:
    pixels: np.ndarray


def measure(name: str, seed: int, train: int, test: int, tick: Callable[[], None] = lambda: None) -> Arm:
    """One arm: a visual prompt by name, or one of `CONTROLS`.

    Arguments:
        train, test: scenes to learn from and held-out ones, the same for all arms of a seed.
        tick: called after every scene.
    """
    scenes = [scene(seed, index) for index in range(train + test)]
    swapped = name == SWAPPED
    prompt = None if name in (PLAIN, TOLD) else create("visual_prompt", "numbered" if swapped else name)
    seen, drawing = [], 0.0
    for index, each in enumerate(scenes):
        regions = _rotated(each) if swapped and index >= train else each.regions
        started = time.perf_counter()
        pointed = _shown(prompt, each, regions)
        drawing += time.perf_counter() - started
        seen.append(Seen.of(pointed))
        tick()
    student = Student(told=name == TOLD)
    student.learn(scenes[:train], seen[:train])
    said = student.answer(scenes[train:], seen[train:])
    right = (said == np.array([each.answers for each in scenes[train:]])).mean(axis=1)
    low, high = _interval(right, seed)
    return Arm(name, float(right.mean()), low, high, drawing / len(scenes) * 1e3, test)


def shown(name: str, seed: int, index: int) -> np.ndarray:
    """A scene as the visual prompt of that name shows it, side by side: uint8 RGB ``(H, W, 3)``."""
    each = scene(seed, index)
    images = create("visual_prompt", name).point(_Photo(each.pixels), each.regions).images
    tall = max(image.shape[0] for image in images)
    # A fourth channel is shown as light: what is not to be looked at is dark.
    flat = [
        i[..., :3] if i.shape[2] == 3 else (i[..., :3] * (i[..., 3:] / 510 + 0.5)).astype(np.uint8)
        for i in images
    ]
    return np.hstack([np.pad(i, ((0, tall - i.shape[0]), (0, 4), (0, 0)), constant_values=255) for i in flat])


def _shown(prompt: Any, each: Scene, regions: Sequence[Any]) -> Pointed:
    if prompt is None:
        return Pointed((each.pixels,), {})
    pointed: Pointed = prompt.point(_Photo(each.pixels), regions)
    return pointed


def _rotated(each: Scene) -> list[Any]:
    """Every id on the next one's place."""
    turned = [*each.regions[1:], each.regions[0]]
    return [replace(region, id=id) for id, region in enumerate(turned)]


def _interval(right: np.ndarray, seed: int) -> tuple[float, float]:
    """Over scenes, not regions: those of one scene are not independent."""
    draw = np.random.default_rng(seed)
    means = right[draw.integers(0, len(right), (RESAMPLED, len(right)))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)
