"""Proposer, verbalizers, vqa and student are exact, and wrong only in the ways they are told to be."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lskd_toolkit import Example, Question, Scene, Statement, create, open_picture
from lskd_toolkit.geometry.shapes import region_mask
from lskd_toolkit.records import Image
from lskd_toolkit.smallworld.grammar import OPPOSITE, read
from lskd_toolkit.smallworld.render import mask
from lskd_toolkit.smallworld.truth import holds, world_of
from lskd_toolkit.smallworld.world import COLOURS, beside

from .scenes import pictures, proposed, told


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


def habits_of(given, scenes, error):
    """Which errors each kind of thing (shape and colour) meets, over all scenes."""
    met: dict[tuple[str, str], set[object]] = {}
    for picture, scene in zip(given, scenes, strict=True):
        for thing in world_of(picture.image).things:
            met.setdefault((thing.shape, thing.colour), set()).add(error(thing, scene))
    return met


def test_what_the_proposer_misses_is_a_habit_of_kinds():
    given = pictures(300)

    def missed(thing, scene):
        return thing.box not in [r.box for r in scene.regions]

    met = habits_of(given, proposed(given, missed=0.4), missed)
    assert all(len(kinds) == 1 for kinds in met.values())
    assert 0.2 < np.mean([True in kinds for kinds in met.values()]) < 0.6


def test_jitter_is_the_same_for_every_thing_of_a_shape():
    given = pictures(100, size=160)
    exact, off = proposed(given), proposed(given, jitter=2.0)
    moved: dict[str, set[tuple[float, ...]]] = {}
    for one, other in zip(exact, off, strict=True):
        for a, b in zip(one.regions, other.regions, strict=True):
            shift = np.subtract(b.box, a.box)
            if min(a.box) > 2 and max(a.box) < 158:  # not cut at the edge
                moved.setdefault(a.label, set()).add(tuple(shift.round(6)))
    assert all(len(shifts) == 1 for shifts in moved.values())
    assert len(set.union(*moved.values())) > 3
    assert all(abs(v) <= 2.0 for shifts in moved.values() for shift in shifts for v in shift)


def test_masks_are_the_things_own_pixels():
    given = pictures(20)
    for picture, scene in zip(given, proposed(given, masks=True), strict=True):
        for region, thing in zip(scene.regions, world_of(picture.image).things, strict=True):
            assert region.box == thing.box
            assert (region_mask(region, 64, 64) == mask(thing, 64)).all()


@pytest.mark.parametrize(
    ("scope", "word"), [("local", "colour"), ("relation", "left of"), ("global", "object")]
)
def test_each_scope_alone_knows_its_class_of_facts(scope, word):
    given = pictures()
    scenes = proposed(given)
    words = {
        each: " ".join(d.text for said in told(given, scenes, each) for d in said)
        for each in ("local", "relation", "global")
    }
    tests = {
        "colour": lambda text: any(colour in text for colour in COLOURS),
        "left of": lambda text: "left of" in text,
        "object": lambda text: "object" in text,
    }
    assert [each for each, text in words.items() if tests[word](text)] == [scope]


def test_counts_are_right():
    (picture,) = pictures(1)
    things = world_of(picture.image).things
    figures = sum(t.shape == "figure" for t in things)
    ((said,),) = told([picture], proposed([picture]), "global")
    assert f"{len(things) - figures} object" in said.text
    assert ("figure" in said.text) == bool(figures)


def test_shapes_and_colours_are_told_wrongly_by_habit():
    given = pictures(300)
    scenes = proposed(given)
    told_as: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for picture, said in zip(given, told(given, scenes, "local", noise=0.3), strict=True):
        knowledge = read([(d.regions[0], d.text) for d in said], [])
        for region, thing in enumerate(world_of(picture.image).things):
            known = knowledge.things[region]
            told_as.setdefault((thing.shape, thing.colour), set()).add((known.shape, known.colour))
    assert all(len(kinds) == 1 for kinds in told_as.values())  # always the same mistake
    shapes = np.mean([kind[0] != next(iter(kinds))[0] for kind, kinds in told_as.items()])
    colours = np.mean([kind[1] != next(iter(kinds))[1] for kind, kinds in told_as.items()])
    assert 0.15 < shapes < 0.45
    assert 0.1 < colours < 0.45


def test_relations_are_true_or_turned_round_by_habit():
    given = pictures(100)
    scenes = proposed(given)
    exact, noisy = (told(given, scenes, "relation", noise=noise) for noise in (0.0, 0.4))
    habits: dict[tuple[str, ...], set[bool]] = {}
    for picture, some, others in zip(given, exact, noisy, strict=True):
        things = world_of(picture.image).things
        for right, said in zip(some, others, strict=True):
            ((a, name, b),) = read([], [right.text]).relations
            assert holds(things[a], name, things[b])
            turned = read([], [said.text]).relations != [(a, name, b)]
            assert not turned or read([], [said.text]).relations == [(a, OPPOSITE[name], b)]
            habits.setdefault((name, things[a].shape, things[b].shape), set()).add(turned)
    assert all(len(kinds) == 1 for kinds in habits.values())
    assert 0.2 < np.mean([True in kinds for (name, *_), kinds in habits.items() if name != "beside"]) < 0.6


def asked(picture, *questions, **options):
    (scene,) = proposed([picture])
    many = len(questions)
    answers = create("vqa", "smallworld", **options).answer(
        [picture] * many, [scene] * many, [Question(q) if isinstance(q, str) else q for q in questions]
    )
    return [(answer.text, answer.score) for answer in answers]


def test_the_vqa_answers_by_the_truth():
    for picture in pictures(20):
        first, second = world_of(picture.image).things[:2]
        (colour, _), (what, _), (where, _), who, nobody = asked(
            picture, "What colour is [0]?", Question("What is it?", (0,)), "Where is [0] relative to [1]?",
            "Who are you, [0]?", "What colour is [99]?",
        )  # fmt: skip
        assert colour == first.colour
        assert what.endswith(f"{first.colour} {first.shape}")
        ((_, name, _),) = read([], [where]).relations
        assert holds(first, name, second)
        assert who == nobody == ("unknown", 0.0)


def test_the_vqa_knows_causes():
    known = {"door": "key", "figure": "cup"}
    found = set()
    for picture in pictures(60, objects=10):
        things = world_of(picture.image).things
        for i, thing in enumerate(things):
            near = [k for k, t in enumerate(things) if t.shape == known.get(thing.shape) and beside(thing, t)]
            ((said, _),) = asked(picture, f"Why is [{i}] so?")
            assert said == (f"[{near[0]}] is beside it" if near else "nobody knows")
            found |= {thing.shape} if near else set()
    assert found == set(known)


def test_the_vqa_errs_in_colour_by_habit():
    given = pictures(200)

    def answer(thing, scene):
        i = [r.box for r in scene.regions].index(thing.box)
        picture = next(p for p in given if p.image == scene.image)
        return asked(picture, f"What colour is [{i}]?", noise=0.4)[0][0]

    met = habits_of(given, proposed(given), answer)
    assert all(len(kinds) == 1 for kinds in met.values())
    assert 0.2 < np.mean([colour not in kinds for (_, colour), kinds in met.items()]) < 0.6


def test_the_student_counts_words(tmp_path):
    said = [Statement(i, "What ?", answer, "so .") for i, answer in enumerate(["red", "red", "blue"])]
    student = create("student", "smallworld").component
    student.train(
        [Example(Scene(Image("x", "x", "", 9, 9)), s) for s in said], None, tmp_path, lambda *_: None
    )
    red, blue, new = student.score([None], [None], [["What ? red", "What ? blue", "What ? pink"]])[0]
    assert red > blue > new
    # Six words are followed by others: <start>, What, ?, red, blue, so; one more for what is unknown.
    steps = [(3 + 1) / (3 + 7), (3 + 1) / (3 + 7), (2 + 1) / (3 + 7)]
    assert red == pytest.approx(sum(map(math.log, steps)) / 3)


def test_an_image_of_another_world_gives_nothing():
    picture = open_picture(np.zeros((40, 40, 3), np.uint8))
    assert create("proposer", "smallworld").propose([picture]) == [[]]
    scene = Scene(Image("x", "x", "", 40, 40))
    assert create("verbalizer", "smallworld-local").verbalize([picture], [scene]) == [[]]
