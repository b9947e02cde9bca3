"""What a run lends its parts: those that several work with are named once and handed to each that asks.

A part asks by its record's ``reads`` (always) or its options' ``borrows`` (with those options). What it is
lent becomes a part of its own, so it enters the key, the price and the memory of whoever works with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from ..components import KINDS
from .parts import Part

SHARED = ("visual_prompt", "vlm", "depth", "encoder", "vqa")
"""Kinds of which a run has one for all, in the order in which they may be lent to each other."""


def lend(part: Part, pool: Sequence[Part]) -> Part:
    """The part, and its own parts, with what they ask for of the pool; of the same name their own counts.

    A part that asks for nothing comes back as the same object, for a part is known by its identity.
    """
    wanted = {kind for kind in part.component.reads if kind in KINDS}
    if part.options is not None:
        wanted |= set(part.options.borrows())
    own = {name: lend(nested, pool) for name, nested in part.parts.items()}
    lent = {each.alias: each for each in pool if each.kind in wanted and each.alias not in own}
    if not lent and all(own[name] is part.parts[name] for name in own):
        return part
    return replace(part, parts=MappingProxyType({**own, **lent}))
