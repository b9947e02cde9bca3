"""The arms of the ablation: every visual prompt there is, and what they are held against."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..canonical import digest
from ..comparing.intervals import bootstrap, share
from ..config import resolve_part
from ..drawing.pointed import Pointed
from ..embedding import create
from ..errors import LskdError
from ..images import as_picture
from ..plugins import plugins
from .scenes import THINGS, Scene, scene
from .student import Seen, Student

PLAIN, TOLD, SWAPPED = "no marks", "told the box", "marks of others"
CONTROLS = (PLAIN, TOLD, SWAPPED)
BEHAVIOUR = 2
"""Raised when the scenes or the student change: what was measured before is then measured again."""


@dataclass(frozen=True)
class Setting:
    """``seed`` draws all scenes: ``asked_about`` held-out ones, the same for every arm and training, and for
    every training ``learnt_from`` others."""

    seed: int
    learnt_from: int
    asked_about: int

    def held_out(self) -> list[Scene]:
        return [scene(self.seed, index) for index in range(self.asked_about)]

    def training(self, number: int) -> list[Scene]:
        first = self.asked_about + number * self.learnt_from
        return [scene(self.seed, index) for index in range(first, first + self.learnt_from)]


@dataclass(frozen=True)
class Way:
    """A way of pointing: a visual prompt by name with its options, or one of `CONTROLS`. ``key`` is all that
    what is measured of it depends on."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""


@dataclass(frozen=True)
class Arm:
    """A way that was measured. ``right[n][s]`` is how many of the held-out scene s's regions the student of
    training n told rightly; ``milliseconds`` is what pointing at one picture took. One that failed has a
    ``reason`` and nothing else."""

    name: str
    key: str = ""
    right: tuple[tuple[int, ...], ...] = ()
    milliseconds: float = 0.0
    reason: str = ""

    @property
    def by_scene(self) -> np.ndarray:
        """The share that is right of each held-out scene, over all trainings: float ``(scenes,)``."""
        shares: np.ndarray = np.array(self.right, float).mean(axis=0) / THINGS
        return shares

    @property
    def by_training(self) -> list[float]:
        return [float(np.mean(each)) / THINGS for each in self.right]

    @property
    def accuracy(self) -> float:
        return float(self.by_scene.mean())

    @property
    def spread(self) -> float | None:
        """The standard deviation between trainings; None of fewer than two."""
        return float(np.std(self.by_training, ddof=1)) if len(self.right) > 1 else None

    @property
    def interval(self) -> tuple[float, float]:
        """What 95 of 100 new drawings of held-out scenes give. Drawn over scenes, not regions: those of one
        scene are not independent. Where all scenes are alike, which drawing anew cannot vary, as far as one
        scene of another kind could have been missed."""
        shares = self.by_scene
        found = bootstrap(np.stack([shares, np.ones_like(shares)], axis=1), share)
        if found is not None and found.low is not None and found.high is not None:
            return found.low, found.high
        alike = 0.025 ** (1 / len(shares))
        return self.accuracy * alike, 1 - (1 - self.accuracy) * alike


def way(name: str, options: Mapping[str, Any] | None = None) -> Way:
    """The way of that name.

    Raises:
        UsageError: there is no such visual prompt, or it refuses an option.
    """
    if name in (PLAIN, TOLD):
        return Way(name, {}, digest([BEHAVIOUR, name]))
    options = options or {}
    part = resolve_part("visual_prompt", {"use": _drawn_by(name), **options}, plugins())
    return Way(name, options, digest([BEHAVIOUR, name, part.key()]))


def measure(
    way: Way,
    setting: Setting,
    trainings: int = 1,
    before: Arm | None = None,
    tick: Callable[[], None] = lambda: None,
) -> Arm:
    """One arm. What fails, whatever it is, is the arm's reason and ends no other.

    Arguments:
        before: the same way as it was measured with fewer trainings; only what is missing is done.
        tick: called after every scene.
    """
    done = before.right if before is not None and not before.reason else ()
    try:
        eyes = _Eyes(way, setting.seed, tick)
        asked = setting.held_out()
        shown = eyes.see(asked, swapped=way.name == SWAPPED)
        answers = np.array([each.answers for each in asked])
        right = list(done)
        for number in range(len(done), trainings):
            scenes = setting.training(number)
            student = Student(told=way.name == TOLD)
            student.learn(scenes, eyes.see(scenes))
            said = student.answer(asked, shown)
            right.append(tuple((said == answers).sum(axis=1).tolist()))
    except Exception as error:  # a visual prompt of anybody's
        return Arm(way.name, way.key, reason=reason_of(error))
    return Arm(way.name, way.key, tuple(right), eyes.milliseconds)


class _Eyes:
    """Scenes as a way of pointing shows them, and how long pointing takes."""

    def __init__(self, way: Way, seed: int, tick: Callable[[], None]):
        plain = way.name in (PLAIN, TOLD)
        self._prompt = (
            None if plain else create("visual_prompt", _drawn_by(way.name), seed=seed, **way.options)
        )
        self._tick = tick
        self._seconds, self._pictures = 0.0, 0

    @property
    def milliseconds(self) -> float:
        return self._seconds / max(1, self._pictures) * 1e3

    def see(self, scenes: Sequence[Scene], *, swapped: bool = False) -> list[Seen]:
        seen = []
        for each in scenes:
            picture, regions = as_picture(each.pixels), _rotated(each) if swapped else each.regions
            pixels = picture.pixels  # decoded before the clock starts
            started = time.perf_counter()
            pointed = self._prompt.point(picture, regions) if self._prompt else Pointed((pixels,), {})
            self._seconds += time.perf_counter() - started
            self._pictures += 1
            seen.append(Seen.of(pointed))
            self._tick()
        return seen


def shown(way: Way, seed: int, index: int) -> np.ndarray:
    """A scene as the visual prompt shows it, side by side: uint8 RGB ``(H, W, 3)``."""
    each = scene(seed, index)
    prompt = create("visual_prompt", _drawn_by(way.name), seed=seed, **way.options)
    images = prompt.point(as_picture(each.pixels), each.regions).images
    tall = max(image.shape[0] for image in images)
    # A fourth channel is shown as light: what is not to be looked at is dark.
    flat = [
        i[..., :3] if i.shape[2] == 3 else (i[..., :3] * (i[..., 3:] / 510 + 0.5)).astype(np.uint8)
        for i in images
    ]
    return np.hstack([np.pad(i, ((0, tall - i.shape[0]), (0, 4), (0, 0)), constant_values=255) for i in flat])


def _drawn_by(name: str) -> str:
    return "numbered" if name == SWAPPED else name


def _rotated(each: Scene) -> list[Any]:
    """Every id on the next one's place."""
    turned = [*each.regions[1:], each.regions[0]]
    return [replace(region, id=id) for id, region in enumerate(turned)]


def reason_of(error: Exception) -> str:
    """An error as one line."""
    said = " ".join(str(error).split())
    return said if isinstance(error, LskdError) and said else f"{type(error).__name__}: {said}"
