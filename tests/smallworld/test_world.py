"""The small world is exact and lawful, with exceptions that only the picture shows."""

from __future__ import annotations

import numpy as np

from lskd_toolkit import create
from lskd_toolkit.smallworld.render import mask, pixels
from lskd_toolkit.smallworld.world import COLOURS, PLAIN, Address, beside, parse, world

from .scenes import SCENES


def test_a_scene_is_a_function_of_its_address():
    assert parse(Address(3, 7, 5, 96).uri) == Address(3, 7, 5, 96)
    assert world(Address(1, 2)) == world.__wrapped__(Address(1, 2))
    assert parse("/photos/a.jpg") is None


def test_boxes_are_the_exact_hulls_of_the_pixels():
    for scene in SCENES[:50]:
        canvas = pixels(scene)
        for thing in scene.things:
            own = mask(thing, scene.address.size)
            assert (canvas[own] == COLOURS[thing.colour]).all()
            rows, columns = np.flatnonzero(own.any(1)), np.flatnonzero(own.any(0))
            assert thing.box == (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)


def test_things_stand_apart():
    for scene in SCENES:
        total = sum(mask(thing, scene.address.size).astype(int) for thing in scene.things)
        assert np.max(total) == 1


def test_doors_beside_keys_are_usually_open_and_not_always():
    doors = [
        (thing.state == "open", any(t.shape == "key" and beside(thing, t) for t in scene.things))
        for scene in (world(Address(9, i, 10)) for i in range(1500))
        for thing in scene.things
        if thing.shape == "door"
    ]
    with_key = [is_open for is_open, key in doors if key]
    without = [is_open for is_open, key in doors if not key]
    assert 0.8 < np.mean(with_key) < 1.0
    assert 0.0 < np.mean(without) < 0.2


def test_the_things_of_a_scene_differ_while_there_are_colours():
    for scene in SCENES:
        assert len({t.colour for t in scene.things}) == len(scene.things)
        assert len({t.shape for t in scene.things}) == len(scene.things)


def test_a_crowded_scene_has_as_many_things_as_there_are_places():
    for objects in (9, 12, 16):
        things = world(Address(2, 0, objects)).things
        assert len(things) == objects
        assert {t.colour for t in things} == set(COLOURS)
        assert all(t.shape in PLAIN for t in things[10:])
    assert len(world(Address(2, 0, 16, 32)).things) == 4


def test_the_same_address_gives_the_same_bytes_and_another_world_other_ones():
    def read(**options):
        source = create("source", "smallworld", **options)
        return [source.read(found.uri) for found in source.scan()]

    assert read(count=3) == read(count=3)
    assert read(count=3)[1:] == read(count=2, start=1)
    assert not {*read(count=3)} & {*read(count=3, world_seed=1)}
