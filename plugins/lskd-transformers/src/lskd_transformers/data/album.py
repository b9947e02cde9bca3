"""The training views of a corpus, each made when first asked for and kept while there is room."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lskd_toolkit import Example, Picture, Scene

from .views import Recipe, View, full_text, show, shown_at_scoring, training_view

if TYPE_CHECKING:
    from lskd_toolkit.protocols import VisualPrompt

ROOM = 512 * 2**20
"""Bytes of pixels kept: about 19,000 views of 96 pixels."""


class Album:
    """Views of ``examples`` by index.

    Every ``variants`` turns a statement is shown the same ways again, from memory where they fit, since
    decoding and drawing a photo takes longer than a step of a small net; 0 shows it afresh each time.
    A view depends on the seed, the image, the statement and its turn alone.
    """

    def __init__(
        self, examples: Sequence[Example], picture: Callable[[Scene], Picture], prompt: VisualPrompt,
        recipe: Recipe, variants: int, seed: int,
    ):  # fmt: skip
        self.examples = examples
        self.images = [example.scene.image.sha256 for example in examples]
        self._picture, self._prompt, self._recipe = picture, prompt, recipe
        self._variants, self._seed = variants, seed
        self._turns: Counter[int] = Counter()
        self._kept: dict[tuple[int, int], View] = {}
        self._room = ROOM

    def next(self, index: int) -> View:
        """How the statement at ``index`` is shown this time."""
        turn = self._turns[index]
        self._turns[index] += 1
        if not self._variants:
            return self._make(index, turn)
        key = (index, turn % self._variants)
        if key not in self._kept:
            view = self._make(*key)
            if view.pixels.nbytes > self._room:
                return view
            self._room -= view.pixels.nbytes
            self._kept[key] = view
        return self._kept[key]

    def plain(self, index: int) -> View:
        """The statement at ``index``, whole, shown as at scoring: the regions mentioned, in order."""
        example = self.examples[index]
        text = full_text(example.statement)
        order = shown_at_scoring(text, example.scene, "mentioned", self._recipe.max_regions)
        picture = self._picture(example.scene)
        return show(example.scene, picture, self._prompt, order, self._recipe.image_size).view(text)

    def _make(self, index: int, turn: int) -> View:
        example = self.examples[index]
        name = f"{self._seed} {example.scene.image.sha256} {example.statement.id} {turn}"
        number = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())
        rng = np.random.default_rng(number)
        return training_view(example, self._picture(example.scene), self._prompt, self._recipe, rng)
