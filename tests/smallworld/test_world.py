"""The small world is exact, lawful, and wrong only in the ways it is told to be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lskd_toolkit import Picture, Scene, create, open_picture
from lskd_toolkit.records import Image
from lskd_toolkit.smallworld.judging import judge
from lskd_toolkit.smallworld.render import mask, pixels
from lskd_toolkit.smallworld.truth import matched, world_of
from lskd_toolkit.smallworld.world import COLOURS, Address, beside, parse, world

SCENES = [world(Address(0, index)) for index in range(400)]


def pictures(count=20, **options):
    source = create("source", "smallworld", count=count, **options)
    made = []
    for found in source.scan():
        picture = open_picture(source.read(found.uri))
        made.append(Picture(replace(picture.image, id=found.id, uri=found.uri), lambda p=picture: p.pixels))
    return made


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


def test_the_proposer_is_exact_and_errs_by_kind_when_told_to():
    given = pictures()
    exact = create("proposer", "smallworld").propose(given)
    for picture, regions in zip(given, exact, strict=True):
        assert [r.box for r in regions] == [t.box for t in world_of(picture.image).things]
    confused = create("proposer", "smallworld", confused=0.5).propose(given)
    habits: dict[tuple[str, str], set[str]] = {}
    for picture, regions in zip(given, confused, strict=True):
        for region, thing in zip(regions, world_of(picture.image).things, strict=True):
            habits.setdefault((thing.shape, thing.colour), set()).add(region.label)
    assert all(len(labels) == 1 for labels in habits.values())  # always the same mistake
    wrong = [shape for (shape, _), labels in habits.items() if labels != {shape}]
    assert 0 < len(wrong) < len(habits)


@pytest.mark.parametrize(
    ("scope", "word"), [("local", "colour"), ("relation", "left of"), ("global", "object")]
)
def test_each_scope_alone_knows_its_class_of_facts(scope, word):
    given = pictures()
    regions = create("proposer", "smallworld").propose(given)
    scenes = [Scene(p.image, tuple(r)) for p, r in zip(given, regions, strict=True)]
    words = {
        each: " ".join(
            d.text
            for told in create("verbalizer", f"smallworld-{each}").verbalize(given, scenes)
            for d in told
        )
        for each in ("local", "relation", "global")
    }
    tests = {
        "colour": lambda text: any(colour in text for colour in COLOURS),
        "left of": lambda text: "left of" in text,
        "object": lambda text: "object" in text,
    }
    assert [each for each, text in words.items() if tests[word](text)] == [scope]


def statements(hallucinated=0.0, count=60):
    given = pictures(count, objects=9)
    regions = create("proposer", "smallworld").propose(given)
    scenes = [Scene(p.image, tuple(r)) for p, r in zip(given, regions, strict=True)]
    told = [create("verbalizer", f"smallworld-{s}").verbalize(given, scenes) for s in ("local", "relation")]
    scenes = [
        replace(scene, descriptors=tuple(d for scope in told for d in scope[i]))
        for i, scene in enumerate(scenes)
    ]
    taught = create("teacher", "smallworld", hallucinated=hallucinated, statements=20).teach(given, scenes)
    return given, scenes, taught


def test_a_teacher_told_the_truth_tells_the_truth_and_one_that_hallucinates_is_caught():
    given, scenes, taught = statements()
    said = [list(t.statements) for t in taught]
    judged = create("critic", "smallworld").judge(given, scenes, said)
    assert all(j.score == 1.0 for some in judged for j in some)
    assert {s.inference for some in said for s in some} == {"attribute", "spatial", "cause", "intent"}
    given, scenes, taught = statements(hallucinated=0.5)
    judged = create("critic", "smallworld").judge(given, scenes, [list(t.statements) for t in taught])
    share = np.mean([j.score for some in judged for j in some])
    assert 0.35 < share < 0.65


def test_the_teacher_is_blind():
    """Told that everything is pink, it says so, whatever the picture shows."""
    given, scenes, _ = statements(count=5)
    lied = [
        replace(
            s,
            descriptors=tuple(replace(d, text="a pink circle") for d in s.descriptors if d.scope == "local"),
        )
        for s in scenes
    ]
    for taught in create("teacher", "smallworld").teach(given, lied):
        assert all("pink" in s.answer for s in taught.statements)


def test_swapped_ids_are_judged_wrong():
    given, scenes, taught = statements()
    for picture, scene, made in zip(given, scenes, taught, strict=True):
        things = matched(world_of(picture.image), scene.regions)
        for s in made.statements:
            if s.inference == "spatial":
                a, b = s.regions[:2]
                swapped = replace(
                    s,
                    answer=s.answer.replace(f"[{a}]", "[x]")
                    .replace(f"[{b}]", f"[{a}]")
                    .replace("[x]", f"[{b}]"),
                )
                assert judge(swapped, things)["relation"] == 0.0


def test_the_vqa_answers_by_the_truth():
    from lskd_toolkit import Question

    given = pictures(5)
    regions = create("proposer", "smallworld").propose(given)
    for picture, some in zip(given, regions, strict=True):
        thing = world_of(picture.image).things[0]
        asked = [Question("What colour is [0]?"), Question("Who are you?"), Question("What is it?", (0,))]
        answers = create("vqa", "smallworld").answer(
            [picture] * 3, [Scene(picture.image, tuple(some))] * 3, asked
        )
        assert answers[0].text == thing.colour
        assert answers[1].score == 0.0
        assert thing.shape in answers[2].text


def test_an_image_of_another_world_gives_nothing():
    picture = open_picture(np.zeros((40, 40, 3), np.uint8))
    assert create("proposer", "smallworld").propose([picture]) == [[]]
    scene = Scene(Image("x", "x", "", 40, 40))
    assert create("verbalizer", "smallworld-local").verbalize([picture], [scene]) == [[]]
