"""The critic ``clip``: how near a statement's words lie to the pointed-at image, by CLIP.

CLIP was never taught what ``[0]`` is: it is given words without ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from lskd_toolkit import Context, Judgement, Picture, Region, Scene, Statement, mentions

from ..clip.idfree import idfree
from ..clip.towers import towers_of
from ..clip.views import View, around, whole
from ..data.views import full_text
from ..options_similarity import ClipCriticOptions
from .lacking import unjudged
from .priors import at_prior


class ClipCritic:
    """Judges without labels: the cosine of picture and text."""

    def __init__(self, options: ClipCriticOptions | None, ctx: Context):
        self.options = options or ClipCriticOptions()
        self._prompt = ctx.part("visual_prompt")
        self._towers = towers_of(self.options, ctx, "clip")

    def judge(
        self,
        pictures: Sequence[Picture],
        scenes: Sequence[Scene],
        statements: Sequence[Sequence[Statement]],
    ) -> list[list[Judgement]]:
        """The score is of the cosine of text and picture, the mean over the parts: ``weight`` times it, held
        within 0 and 1 (CLIPScore, Hessel et al. 2021); of a model of sigmoids, as SigLIP, the probability of
        a match that it was taught to give. Parts are cosines as they are, but for those below 0, which are 0:

        - ``drawing``: the text and the image with the regions that the statement mentions drawn in;
        - ``regions``: the text and a square around each of them, the mean; the image where it mentions none.

        A statement that mentions a region which its scene lacks scores 0.
        """
        asked = [
            (scene, statement, views)
            for picture, scene, said in zip(pictures, scenes, statements, strict=True)
            for statement, views in self._views(picture, scene, said)
        ]
        texts = [self._text(statement, scene) for scene, statement, _ in asked]
        words = iter(self._towers.texts(texts))
        cut = iter(self._towers.cut(texts))
        every = [view for *_, views in asked for some in views.values() for view in some]
        seen = iter(self._towers.pictures(every, self.options.batch))
        found = iter(
            [
                self._judged(
                    statement,
                    {part: float(np.mean([next(seen) @ word for _ in some])) for part, some in views.items()},
                    was,
                )
                for (_, statement, views), word, was in zip(asked, words, cut, strict=True)
            ]
        )
        return [
            [unjudged(s, scene, "clip") or next(found) for s in said]
            for scene, said in zip(scenes, statements, strict=True)
        ]

    def _views(
        self, picture: Picture, scene: Scene, said: Sequence[Statement]
    ) -> list[tuple[Statement, dict[str, list[View]]]]:
        """What is looked at for each statement that can be judged, by the part that it makes."""
        o, regions, drawn = self.options, {region.id: region for region in scene.regions}, dict[str, View]()
        made = []
        for statement in said:
            if unjudged(statement, scene, "clip"):
                continue
            shown = [regions[k] for k in sorted(mentions.find(full_text(statement)))]
            views: dict[str, list[View]] = {}
            if o.look != "regions":
                key = repr([region.id for region in shown])
                if key not in drawn:
                    drawn[key] = self._drawing(picture, shown)
                views["drawing"] = [drawn[key]]
            if o.look != "drawing":
                squares = [around(picture, region, o.margin, o.masked) for region in shown]
                views["regions"] = squares or [whole(picture)]
            made.append((statement, views))
        return made

    def _drawing(self, picture: Picture, shown: Sequence[Region]) -> View:
        """The picture with the regions drawn, known by its pixels."""
        numbered = [replace(region, id=at) for at, region in enumerate(shown)]
        pixels = np.ascontiguousarray(self._prompt.point(picture, numbered).images[0])
        digest = hashlib.sha256(pixels).hexdigest()
        return (("drawing", pixels.shape, digest), lambda: Image.fromarray(pixels))

    def _text(self, statement: Statement, scene: Scene) -> str:
        said = {
            "answer": [statement.answer],
            "question-answer": [statement.question, statement.answer],
            "whole": [statement.question, statement.answer, statement.rationale],
        }[self.options.text]
        labels = {region.id: region.label for region in scene.regions}
        return " ".join(idfree(text, labels) for text in said if text.strip())

    def _judged(self, statement: Statement, cosines: dict[str, float], cut: bool) -> Judgement:
        parts = {part: min(1.0, max(0.0, cosine)) for part, cosine in cosines.items()}
        score = self._score(float(np.mean(list(cosines.values()))))
        note = f"read to its first {self._towers.longest} tokens" if cut else ""
        return Judgement(statement.id, score, "clip", parts, note)

    def _score(self, cosine: float) -> float:
        if self._towers.bias is None:
            return min(1.0, max(0.0, self.options.weight * cosine))
        return at_prior(self._towers.scale * cosine + self._towers.bias, 0.5, 0.5)
