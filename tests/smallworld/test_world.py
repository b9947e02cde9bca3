"""The small world is exact, lawful, and wrong only in the ways it is told to be."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from lskd_toolkit import ChatRequest, Message, Picture, Scene, create, open_picture
from lskd_toolkit.mentions import find
from lskd_toolkit.records import Image, Statement
from lskd_toolkit.smallworld.judging import judge
from lskd_toolkit.smallworld.render import mask, pixels
from lskd_toolkit.smallworld.truth import matched, world_of
from lskd_toolkit.smallworld.world import COLOURS, Address, Thing, beside, parse, world

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


def test_a_teacher_told_the_truth_tells_the_truth():
    given, scenes, taught = statements()
    said = [list(t.statements) for t in taught]
    judged = create("critic", "smallworld").judge(given, scenes, said)
    assert all(j.score == 1.0 for some in judged for j in some)
    assert {s.inference for some in said for s in some} == {"attribute", "spatial", "cause", "intent"}


@pytest.mark.parametrize("share", [0.2, 0.4, 0.6])
def test_a_teacher_that_hallucinates_is_caught_every_time_and_only_then(share):
    _, _, honest = statements()
    given, scenes, taught = statements(hallucinated=share)
    judged = create("critic", "smallworld").judge(given, scenes, [list(t.statements) for t in taught])
    wrong = []
    for was, made, some in zip(honest, taught, judged, strict=True):
        for before, after, judgement in zip(was.statements, made.statements, some, strict=True):
            assert (judgement.score == 1.0) == (before == after), (after, judgement)
            wrong.append(before != after)
    assert share / 2 < np.mean(wrong) < min(1.0, share * 2)


def test_hallucination_is_a_habit_of_kinds_and_takes_four_forms():
    from lskd_toolkit.smallworld.grammar import read
    from lskd_toolkit.smallworld.hallucination import WAYS
    from lskd_toolkit.smallworld.teaching import TYPES
    from lskd_toolkit.smallworld.teaching import statements as said_of

    habits: dict[tuple[str, str, str], set[bool]] = {}
    for scene in SCENES:
        things = [(i, f"a {t.colour} {t.shape}") for i, t in enumerate(scene.things)]
        knowledge = read(things, ["[0] is left of [1]"])
        for honest, told in zip(said_of(knowledge, TYPES), said_of(knowledge, TYPES, 0.5), strict=True):
            thing = scene.things[honest.about]
            habits.setdefault((honest.inference, thing.shape, thing.colour), set()).add(honest != told)
    assert all(len(kinds) == 1 for kinds in habits.values())  # always or never
    assert {True} in habits.values()
    assert {False} in habits.values()
    knowledge = read([(0, "a red star"), (1, "a blue cup"), (2, "a green key")], [])
    (said, *_) = said_of(knowledge, ["attribute"])
    other, absent, swapped, unsupported = (way(said, knowledge) for way in WAYS)
    assert other.answer in ("[0] is blue.", "[0] is green.")
    assert absent.answer not in ("[0] is red.", "[0] is blue.", "[0] is green.")
    assert swapped.answer == "[1] is red."
    assert (unsupported.answer, unsupported.rationale) == ("[0] is red.", "[1] is a blue cup.")


@pytest.mark.parametrize(
    ("answer", "rationale", "wrong"),
    [
        ("[0] is red.", "[0] is a red star.", ""),
        ("[0] is red.", "[0] is a red cross.", "rationale"),  # the wrong shape
        ("[0] is blue.", "[0] is a red star.", "attribute"),
        ("[0] is an open red star.", "[0] is a red star.", "attribute"),  # a state that it has not
        ("[0] is happy.", "[0] is a red star.", "understood"),  # nothing that can be checked
        ("[0] is red.", "It looks so.", "rationale"),
        ("[0] is red.", "[1] is a blue cup.", "rationale"),  # true, and no reason
        ("[0] is left of [1].", "[1] is right of [0].", ""),
        ("[1] is left of [0].", "[1] is right of [0].", "relation"),
        ("Somebody opened [0] with [1].", "[0] is a red star.", "cause"),
        ("[7] is red.", "[7] is a red star.", "ids"),
    ],
)
def test_every_claim_is_judged(answer, rationale, wrong):
    things = {0: Thing("star", "red", 8, 8, 5), 1: Thing("cup", "blue", 24, 8, 5, "upright")}
    regions = tuple(find(f"{answer} {rationale}"))
    parts = judge(Statement(0, "What of [0]?", answer, rationale, regions), things)
    assert all(parts.values()) if not wrong else not parts[wrong]


def test_a_question_takes_nothing_false_for_granted():
    door = {0: Thing("door", "red", 8, 8, 5, "closed"), 1: Thing("key", "blue", 24, 8, 5)}
    said = Statement(0, "Why is [0] open?", "[1] is beside [0].", "[0] is a red door.", (0, 1))
    assert judge(said, door)["attribute"] == 0.0
    assert judge(said, {**door, 0: replace(door[0], state="open")})["attribute"] == 1.0


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


def test_the_things_of_a_scene_differ_while_there_are_colours():
    for scene in SCENES:
        assert len({t.colour for t in scene.things}) == len(scene.things)
        assert len({t.shape for t in scene.things}) == len(scene.things)


SCENE = "Regions:\n[0] star: a red star\n[4] cup: an upright blue cup\n- [0] is above [4]"


def request(types=("attribute", "spatial"), most=3, **patterns):
    fields = {name: {"type": "string", "pattern": pattern} for name, pattern in patterns.items()}
    fields["inference"] = {"enum": list(types)}
    schema = {"properties": {"statements": {"maxItems": most, "items": {"properties": fields}}}}
    return ChatRequest((Message("user", SCENE),), schema=schema)


def answers(request, **options):
    reply = create("backend", "smallworld", **options).complete(request)
    return reply, [s["answer"] for s in json.loads(reply.text)["statements"]] if reply.status == "ok" else []


def test_the_scripted_backend_answers_by_the_scene_and_the_schema():
    assert answers(request())[1] == ["[0] is red.", "[0] is above [4].", "[4] is blue."]
    assert answers(request(most=1))[1] == ["[0] is red."]
    assert answers(request(types=["spatial"]))[1] == ["[0] is above [4]."]
    assert answers(request(question=r"^What colour is \[4\]"))[1] == ["[4] is blue."]


def test_the_scripted_backend_fails_when_told_to_and_logs_each_call_and_names_its_price(tmp_path):
    log = tmp_path / "calls"
    assert answers(request(), refuse_rate=1.0, log=str(log))[0].status == "refused"
    assert answers(request(), cut_rate=1.0, log=str(log))[0].status == "cut"
    with pytest.raises(ValueError):
        answers(request(), garbage_rate=1.0, log=str(log))
    assert len(log.read_text().splitlines()) == 3
    reply, _ = answers(request(), usd_per_million_in=1000.0, usd_per_million_out=2000.0)
    assert reply.usd == pytest.approx(reply.tokens_in / 1e3 + reply.tokens_out / 500)
    assert reply.usd > 0


def test_the_random_critic_knows_nothing_and_does_not_change_its_mind():
    given, scenes, taught = statements()
    said = [list(t.statements) for t in taught]
    first, again, other = (create("critic", "random", seed=s).judge(given, scenes, said) for s in (0, 0, 1))
    assert first == again != other
    assert 0.4 < np.mean([j.score for some in first for j in some]) < 0.6


def test_an_image_of_another_world_gives_nothing():
    picture = open_picture(np.zeros((40, 40, 3), np.uint8))
    assert create("proposer", "smallworld").propose([picture]) == [[]]
    scene = Scene(Image("x", "x", "", 40, 40))
    assert create("verbalizer", "smallworld-local").verbalize([picture], [scene]) == [[]]
