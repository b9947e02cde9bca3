"""What is true of a scene, for the parts that may know: proposer, verbalizers, vqa, critic."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from ..records import Image, Region
from .grammar import Known
from .world import Thing, World, beside, parse, world


def world_of(image: Image) -> World | None:
    """The scene that an image shows, found by its uri; None for an image of another world."""
    address = parse(image.uri)
    return None if address is None else world(address)


def matched(scene: World, regions: Sequence[Region]) -> dict[int, Thing]:
    """The thing that each region shows: the one whose centre is nearest to the region's."""

    def distance(region: Region, thing: Thing) -> float:
        x, y = (region.box[0] + region.box[2]) / 2, (region.box[1] + region.box[3]) / 2
        return (x - thing.x) ** 2 + (y - thing.y) ** 2

    if not scene.things:
        return {}
    return {r.id: min(scene.things, key=lambda thing: distance(r, thing)) for r in regions}


def known(thing: Thing) -> Known:
    return Known(thing.shape, thing.colour, thing.state)


def holds(a: Thing, name: str, b: Thing) -> bool:
    """Whether a relation holds between two things."""
    if name == "left of":
        return a.x < b.x
    if name == "right of":
        return a.x > b.x
    if name == "above":
        return a.y < b.y
    if name == "below":
        return a.y > b.y
    return beside(a, b)


def direction(a: Thing, b: Thing) -> str:
    """Where a thing is as seen from another: the direction in which they differ most."""
    if abs(a.x - b.x) >= abs(a.y - b.y):
        return "left of" if a.x < b.x else "right of"
    return "above" if a.y < b.y else "below"


def relations(things: dict[int, Thing]) -> list[tuple[int, str, int]]:
    """The telling relations of each pair: neighbourhood and `direction`."""
    found = []
    for (i, a), (j, b) in combinations(sorted(things.items()), 2):
        if beside(a, b):
            found.append((i, "beside", j))
        found.append((i, direction(a, b), j))
    return found
