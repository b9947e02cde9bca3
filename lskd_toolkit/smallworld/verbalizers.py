"""Verbalizers by scope. Each alone knows its class of facts: counts are only in the global words,
colours and states only in the local ones, places only in the relations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..images.picture import Picture
from ..records import Descriptor, Scene
from .grammar import OPPOSITE, Known, tell_local, tell_relation
from .options import VerbalizerOptions
from .truth import known, matched, relations, world_of
from .world import COLOURS, SHAPES, Thing, habit


class _Verbalizer:
    name: str

    def __init__(self, options: VerbalizerOptions, ctx: Any = None):
        self.options = options

    def verbalize(self, pictures: Sequence[Picture], scenes: Sequence[Scene]) -> list[list[Descriptor]]:
        told = []
        for picture, scene in zip(pictures, scenes, strict=True):
            truth = world_of(picture.image)
            told.append([] if truth is None else self.tell(matched(truth, scene.regions)))
        return told

    def tell(self, things: dict[int, Thing]) -> list[Descriptor]:
        raise NotImplementedError

    def wrong(self, *about: object) -> bool:
        """Whether this kind of thing is told wrongly: always or never, by what it is."""
        return habit(self.options.noise, self.name, *about)


class GlobalVerbalizer(_Verbalizer):
    name = "smallworld-global"

    def tell(self, things: dict[int, Thing]) -> list[Descriptor]:
        if not things:
            return [Descriptor("global", "an empty place", verbalizer=self.name)]
        counts = Counter("figure" if t.shape == "figure" else "object" for t in things.values())
        words = " and ".join(f"{n} {kind}{'s' if n > 1 else ''}" for kind, n in sorted(counts.items()))
        if self.wrong(words):
            words = f"more than {words}"
        return [Descriptor("global", f"a place with {words}", verbalizer=self.name)]


class LocalVerbalizer(_Verbalizer):
    name = "smallworld-local"

    def tell(self, things: dict[int, Thing]) -> list[Descriptor]:
        return [
            Descriptor("local", tell_local(self._told(known(thing))), (region,), verbalizer=self.name)
            for region, thing in sorted(things.items())
        ]

    def _told(self, thing: Known) -> Known:
        if self.wrong("shape", thing.shape, thing.colour):
            return replace(thing, shape=SHAPES[(SHAPES.index(thing.shape) + 1) % 6], state="")
        if self.wrong("colour", thing.shape, thing.colour):
            colours = list(COLOURS)
            return replace(thing, colour=colours[(colours.index(thing.colour) + 1) % len(colours)])
        return thing


class RelationVerbalizer(_Verbalizer):
    name = "smallworld-relation"

    def tell(self, things: dict[int, Thing]) -> list[Descriptor]:
        told = []
        for a, name, b in relations(things)[: self.options.pairs]:
            if name in OPPOSITE and self.wrong(name, things[a].shape, things[b].shape):
                name = OPPOSITE[name]  # noqa: PLW2901 - the error is the point
            told.append(Descriptor("relation", tell_relation(a, name, b), (a, b), verbalizer=self.name))
        return told
