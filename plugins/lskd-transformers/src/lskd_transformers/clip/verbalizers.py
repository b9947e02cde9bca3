"""Verbalizers ``places``, ``concepts``, ``clip-objects`` and ``attributes``: words chosen by CLIP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lskd_toolkit import Descriptor, Picture, Region, Scene

from ..options_clip import (
    AttributesOptions,
    ClipObjectsOptions,
    ClipOptions,
    ConceptsOptions,
    PlacesOptions,
    VocabularyOptions,
)
from .probing import scores, shares, top
from .towers import towers_of
from .vectors import vectors
from .views import View, around, whole
from .vocabulary import checked, groups, vocabulary
from .wording import hedged, one, sentence

if TYPE_CHECKING:
    from lskd_toolkit import Context


class Probe:
    """Chooses the labels of a vocabulary that fit the picture best and, if wanted, each region."""

    name: str
    saying: str
    saying_of_it: str
    """How it is said of the picture, and of a region: with a place for the doubt and one for the labels."""
    joined: str
    """What stands between the labels: ``or`` where one of them holds, ``and`` where all may."""
    article = True
    options: VocabularyOptions

    def __init__(self, options: VocabularyOptions | None, ctx: Context):
        self.options = o = options or self.default()
        self.towers = towers_of(o, ctx, self.name)
        words = vocabulary(o.vocabulary)
        self.labels = words.labels
        templates = checked(o.templates, f"{self.name}.templates") or words.templates
        self.vectors = vectors(self.towers, words.labels, templates, ctx.cache)

    def default(self) -> VocabularyOptions:
        """Its options as they are by default."""
        raise NotImplementedError

    def verbalize(self, pictures: Sequence[Picture], scenes: Sequence[Scene]) -> list[list[Descriptor]]:
        """What fits, surest first in one descriptor each."""
        o = self.options
        views: list[View] = []
        for picture, scene in zip(pictures, scenes, strict=True):
            views.append(whole(picture))
            if o.regions:
                views += [around(picture, region, o.margin, o.masked) for region in scene.regions]
        if not views:
            return []
        found = iter(scores(self.towers, self.towers.pictures(views, o.batch), self.vectors))
        made = []
        for scene in scenes:
            told = [self._told(next(found), None)]
            if o.regions:
                told += [self._told(next(found), region) for region in scene.regions]
            made.append([each for each in told if each is not None])
        return made

    def _told(self, row: np.ndarray, region: Region | None) -> Descriptor | None:
        o = self.options
        best = top(row, o.top, o.least)
        if not best:
            return None
        labels = [one(self.labels[at]) if self.article else self.labels[at] for at, _ in best]
        score = round(best[0][1], 4)
        doubt = hedged(best[0][1], o.sure, o.probable)
        if region is None:
            return Descriptor(
                "global", sentence(self.saying, doubt, labels, self.joined), (), score, self.name
            )
        text = sentence(f"[{region.id}] {self.saying_of_it}", doubt, labels, "or")
        return Descriptor("local", text, (region.id,), score, self.name)


class Places(Probe):
    """What kind of place it is."""

    name, saying, saying_of_it, joined = "places", "the place is {} {}", "is {} in {}", "or"

    def default(self) -> PlacesOptions:
        return PlacesOptions()


class Concepts(Probe):
    """What it is about."""

    name, saying, saying_of_it, joined = "concepts", "it is {} about {}", "is {} about {}", "and"
    article = False

    def default(self) -> ConceptsOptions:
        return ConceptsOptions()


class ClipObjects(Probe):
    """What things are there, and what each region looks like."""

    name, saying, saying_of_it, joined = "clip-objects", "there is {} {}", "is {} {}", "and"

    def default(self) -> ClipObjectsOptions:
        return ClipObjectsOptions()


class Attributes:
    """What each region is like: of each group of probes the one that clearly holds, if any."""

    name = "attributes"

    def __init__(self, options: AttributesOptions | None, ctx: Context):
        self.options = o = options or AttributesOptions()
        self.towers = towers_of(
            ClipOptions(**{k: getattr(o, k) for k in ClipOptions.model_fields}), ctx, self.name
        )
        self.groups = groups(o.groups)
        self.vectors = [
            np.concatenate(
                [
                    vectors(self.towers, g.vocabulary.labels, g.vocabulary.templates, ctx.cache),
                    *([vectors(self.towers, g.otherwise, ("{}",), ctx.cache)] if g.otherwise else []),
                ]
            )
            for g in self.groups
        ]

    def verbalize(self, pictures: Sequence[Picture], scenes: Sequence[Scene]) -> list[list[Descriptor]]:
        """A descriptor for each region and group where one probe is clear."""
        o = self.options
        views = [
            around(picture, region, o.margin, o.masked)
            for picture, scene in zip(pictures, scenes, strict=True)
            for region in scene.regions
        ]
        if not views:
            return [[] for _ in scenes]
        seen = self.towers.pictures(views, o.batch)
        rows = [iter(shares(self.towers, seen, each)) for each in self.vectors]
        return [
            [told for region in scene.regions for told in self._told(region, [next(each) for each in rows])]
            for scene in scenes
        ]

    def _told(self, region: Region, rows: Sequence[np.ndarray]) -> list[Descriptor]:
        made = []
        for group, row in zip(self.groups, rows, strict=True):
            ((at, score),) = top(row, 1)
            labels = group.vocabulary.labels
            if at >= len(labels) or score < self.options.least:
                continue
            doubt = hedged(score, self.options.sure, self.options.probable)
            text = f"[{region.id}] {group.says.replace('{}', labels[at])}" + (f", {doubt}" if doubt else "")
            made.append(Descriptor("local", text, (region.id,), round(score, 4), self.name))
        return made
