"""Scenes for the tests of the small world, and what its parts make of them."""

from __future__ import annotations

from dataclasses import replace

from lskd_toolkit import Picture, Scene, create, open_picture
from lskd_toolkit.smallworld.world import Address, world

SCENES = [world(Address(0, index)) for index in range(400)]


def pictures(count=20, **options):
    source = create("source", "smallworld", count=count, **options)
    made = []
    for found in source.scan():
        picture = open_picture(source.read(found.uri))
        made.append(Picture(replace(picture.image, id=found.id, uri=found.uri), lambda p=picture: p.pixels))
    return made


def proposed(given, **options):
    """Scenes with the small world's regions, nothing said of them yet."""
    regions = create("proposer", "smallworld", **options).propose(given)
    return [Scene(p.image, tuple(r)) for p, r in zip(given, regions, strict=True)]


def told(given, scenes, scope, **options):
    return create("verbalizer", f"smallworld-{scope}", **options).verbalize(given, scenes)


def statements(hallucinated=0.0, count=60):
    """Pictures, scenes described by region and relation, and what the teacher says of them."""
    given = pictures(count, objects=9)
    bare = proposed(given)
    words = zip(told(given, bare, "local"), told(given, bare, "relation"), strict=True)
    scenes = [replace(s, descriptors=(*local, *among)) for s, (local, among) in zip(bare, words, strict=True)]
    taught = create("teacher", "smallworld", hallucinated=hallucinated, statements=20).teach(given, scenes)
    return given, scenes, taught
