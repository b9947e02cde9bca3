"""A statement and its scene as the student meets them: regions drawn, ids renumbered alike in both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lskd_toolkit import Example, LskdError, Picture, Scene, Statement, mentions

from .pixels import squeeze

if TYPE_CHECKING:
    from lskd_toolkit.protocols import VisualPrompt


@dataclass(frozen=True, slots=True)
class View:
    """``pixels`` uint8 RGB ``(S, S, 3)`` with regions drawn, and a ``text`` that speaks of them."""

    pixels: np.ndarray
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """``pixels`` as in `View`, and ``names``: what each shown region, by its id in the scene, is called."""

    pixels: np.ndarray
    names: Mapping[int, str]

    def view(self, text: str) -> View:
        """The view of a text that mentions shown regions by their ids in the scene."""
        return View(self.pixels, rename(text, self.names).lower())


@dataclass(frozen=True, slots=True)
class Recipe:
    """How training views are made: the side in pixels, and chances and bounds of `Blip2ItmOptions`."""

    image_size: int
    with_rationale: float = 0.5
    mentioned_only: float = 0.5
    max_regions: int = 16


def compose(question: str, answer: str, rationale: str = "") -> str:
    """The text that a student is trained on and scores: ``question Answer: … Rationale: …``."""
    text = f"{question} Answer: {answer}"
    return f"{text} Rationale: {rationale}" if rationale else text


def rename(text: str, names: Mapping[int, str]) -> str:
    """Each mention in the text as what its regions are called: ``[0, 2]`` becomes ``[1], [0]``."""
    tokens = mentions.tokenize(text)
    return mentions.detokenize(
        [", ".join(names[k] for k in token) if isinstance(token, list) else token for token in tokens]
    )


def full_text(statement: Statement) -> str:
    """All that the statement says."""
    return compose(statement.question, statement.answer, statement.rationale)


def usable(example: Example) -> bool:
    """Whether every region that the statement mentions is in its scene, so that it can be shown."""
    return not mentions.unknown(full_text(example.statement), (region.id for region in example.scene.regions))


def show(
    scene: Scene, picture: Picture, prompt: VisualPrompt, order: Sequence[int], image_size: int
) -> Shown:
    """Draw the regions of ``order`` (ids in the scene), numbered 0, 1, … as they come.

    Raises:
        LskdError: the scene has no such region.
    """
    regions = {region.id: region for region in scene.regions}
    lacking = [k for k in order if k not in regions]
    if lacking:
        raise LskdError(
            f"{scene.image.id}: the text mentions [{lacking[0]}], which is no region of the scene; "
            "give the scene that it was written for"
        )
    pointed = prompt.point(picture, [replace(regions[old], id=new) for new, old in enumerate(order)])
    names = {old: pointed.names[new] for new, old in enumerate(order)}
    return Shown(squeeze(pointed.images[0], image_size), names)


def training_view(
    example: Example, picture: Picture, prompt: VisualPrompt, recipe: Recipe, rng: np.random.Generator
) -> View:
    """One of the ways to show a statement: with or without rationale, with or without the regions that
    it does not mention, in a random order. Nothing is mirrored or moved: left stays left."""
    statement = example.statement
    with_rationale = rng.random() < recipe.with_rationale
    text = compose(statement.question, statement.answer, statement.rationale if with_rationale else "")
    shown = list(mentions.find(text))
    if rng.random() >= recipe.mentioned_only:
        others = [region.id for region in example.scene.regions if region.id not in shown]
        room = max(0, recipe.max_regions - len(shown))
        shown += [others[i] for i in rng.permutation(len(others))[:room]]
    order = [shown[i] for i in rng.permutation(len(shown))]
    return show(example.scene, picture, prompt, order, recipe.image_size).view(text)


def shown_at_scoring(text: str, scene: Scene, which: str, most: int) -> tuple[int, ...]:
    """Ids of the regions to draw for a text, ascending and so without chance: those that it mentions,
    or with ``which`` = all as many of the scene's as ``most`` leaves room for."""
    shown = list(mentions.find(text))
    if which == "all":
        others = [region.id for region in scene.regions if region.id not in shown]
        shown += others[: max(0, most - len(shown))]
    return tuple(sorted(shown))
