"""The rule-based teacher is blind, its mistakes are habits, and the critic catches every one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lskd_toolkit import create
from lskd_toolkit.mentions import find
from lskd_toolkit.records import Statement
from lskd_toolkit.smallworld.grammar import read
from lskd_toolkit.smallworld.hallucination import WAYS
from lskd_toolkit.smallworld.judging import judge
from lskd_toolkit.smallworld.teaching import TYPES
from lskd_toolkit.smallworld.teaching import statements as said_of
from lskd_toolkit.smallworld.truth import matched, world_of
from lskd_toolkit.smallworld.world import Thing

from .scenes import SCENES, statements


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
    pair = read([(0, "a red star"), (1, "a red cup")], [])
    assert WAYS[2](said_of(pair, ["attribute"])[0], pair) is None  # [1] is red too: no mistake
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


@pytest.mark.parametrize("far", [False, True])
@pytest.mark.parametrize("state", ["upright", "tipped"])
def test_who_wants_to_drink_needs_an_upright_cup_beside(far, state):
    cup = Thing("cup", "blue", 56 if far else 24, 8, 5, state)
    things = {0: Thing("figure", "red", 8, 8, 5), 1: cup}
    said = Statement(0, "What of [0]?", "[0] wants to drink from [1].", "[1] is a blue cup.", (0, 1))
    assert judge(said, things)["cause"] == float(not far and state == "upright")


def test_the_critics_noise_turns_its_verdict_round():
    given, scenes, taught = statements(count=20)
    said = [list(t.statements) for t in taught]
    judged = create("critic", "smallworld", noise=0.3).judge(given, scenes, said)
    assert 0.5 < np.mean([j.score for some in judged for j in some]) < 0.9


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


def test_the_random_critic_knows_nothing_and_does_not_change_its_mind():
    given, scenes, taught = statements()
    said = [list(t.statements) for t in taught]
    first, again, other = (create("critic", "random", seed=s).judge(given, scenes, said) for s in (0, 0, 1))
    assert first == again != other
    assert 0.4 < np.mean([j.score for some in first for j in some]) < 0.6
