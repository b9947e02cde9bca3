"""``scene-graph``: all that was said, once, and what cannot all be so told as doubtful."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lskd_embedded.colours import Colours
from lskd_embedded.objects import Objects
from lskd_embedded.options_language import RelationsOptions, SceneGraphOptions
from lskd_embedded.relations import Relations
from lskd_embedded.relations_phrases import INVERSE, Fact, read, turned, write
from lskd_embedded.scene_graph import SceneGraph, scene_graph
from lskd_embedded.scene_graph_edges import AXES, canonical, joined, settled

from lskd_toolkit import Descriptor, Image, Picture, Region, Scene
from lskd_toolkit.testing import SimpleContext, check_verbalizer

IMAGE = Image("a", "a.png", "0" * 64, 400, 300)
PICTURE = Picture(IMAGE, lambda: np.full((300, 400, 3), (200, 25, 30), np.uint8))
LABELS = ("person", "dog", "bus", "")
REGIONS = tuple(
    Region(i, (90.0 * i, 50, 90.0 * i + 60, 250), label=name, score=0.9) for i, name in enumerate(LABELS)
)


def local(id: int, words: str, by: str = "objects", score: float = 0.9) -> Descriptor:
    return Descriptor("local", f"[{id}] {words}", (id,), score, by)


def relation(text: str, by: str = "relations", score: float = 0.9) -> Descriptor:
    ids = tuple(dict.fromkeys(id for fact in read(text) for id in (fact.subject, fact.other))) or (0, 1)
    return Descriptor("relation", text, ids, score, by)


def graph(*said: Descriptor):
    return scene_graph(Scene(IMAGE, REGIONS, said))


def lines(*said: Descriptor, **options) -> list[str]:
    made = SceneGraph(SceneGraphOptions(**options), SimpleContext())
    return [d.text for d in made.verbalize([PICTURE], [Scene(IMAGE, REGIONS, said)])[0]]


def edges(*said: Descriptor) -> list[tuple[int, str, int]]:
    return [(e.subject, e.name, e.other) for e in graph(*said).edges]


def test_keeps_the_contract_of_verbalizers():
    check_verbalizer("scene-graph")


# --- joining --------------------------------------------------------------------------------------


def test_a_region_is_one_line_with_all_that_is_said_of_it():
    said = [
        local(0, "is a person"), local(0, "is mostly red", "colours"),
        local(0, "is smiling, probably", "people", 0.5),
        Descriptor("local", 'on [0] it says "EXIT"', (0,), 0.9, "text"),
        relation("[0] is next to [1], on its left"), relation("[0] probably faces [1]", "people", 0.5),
    ]  # fmt: skip
    assert lines(*said)[0] == (
        '[0] person (mostly red, says "EXIT", probably smiling) - next to [1] dog, on its left; '
        "probably faces [1] dog"
    )


def test_what_is_said_the_other_way_round_is_said_once():
    assert edges(relation("[0] is left of [1]"), relation("[1] is right of [0]", "other")) == [
        (0, "left of", 1)
    ]
    assert graph(relation("[0] is left of [1]"), relation("[1] is right of [0]", "b")).edges[0].sources == (
        "relations",
        "b",
    )


def test_what_goes_without_saying_is_not_said():
    assert edges(relation("[0] is on top of [1]"), relation("[0] is above [1]")) == [(0, "on top of", 1)]
    assert edges(relation("[0] is within [1]"), relation("[0] is within the box of [1]")) == [
        (0, "within", 1)
    ]


def test_a_phrase_of_another_verbalizer_is_a_relation_of_its_own_name():
    assert edges(relation("[0] holds [1]", "vlm"), relation("[0] is riding on [2].", "vlm")) == [
        (0, "holds", 1), (0, "riding on", 2),
    ]  # fmt: skip


def test_whole_sentences_are_no_attributes():
    long = local(0, "is a man in a long red coat who walks down the road", "captions")
    other = local(0, "is red", "region-caption")
    assert graph(long, other).nodes[0].attributes == ()


def test_lines_are_bounded():
    many = [relation(f"[0] is left of [{i}]") for i in (1, 2, 3)]
    assert lines(*many, relations=2)[0].count("[") == 3
    assert len(lines(*many, regions=2)) == 2
    assert "(" not in lines(local(0, "is red", "colours"), attributes=0)[0]


def test_regions_that_are_not_there_are_not_spoken_of():
    assert edges(Descriptor("relation", "[0] is left of [9]", (0,), 1.0, "other")) == []


# --- contradictions -------------------------------------------------------------------------------


def test_of_two_opposite_relations_the_less_sure_one_is_doubted():
    said = relation("[0] is left of [1]", "a", 0.9), relation("[0] is right of [1]", "b", 0.6)
    made = graph(*said)
    assert [(e.subject, e.name, e.other) for e in made.edges] == [(0, "left of", 1)]
    (conflict,) = made.conflicts
    assert (conflict.kept, conflict.doubted, conflict.score) == (
        "[0] is left of [1]",
        "[1] is left of [0]",
        0.3,
    )
    assert "sources disagree whether [1] is left of [0]" in lines(*said)


@pytest.mark.parametrize(
    "name", ["left of", "above", "nearer than", "within", "in front of", "about twice as tall as"]
)
def test_what_runs_in_a_circle_is_broken_where_it_is_least_sure(name):
    said = [
        relation(write([Fact(a, name, b)]), score=s) for a, b, s in ((0, 1, 0.9), (1, 2, 0.5), (2, 0, 0.8))
    ]
    made = graph(*said)
    assert {(e.subject, e.other) for e in made.edges} == {(0, 1), (2, 0)}
    assert made.conflicts[0].regions == (1, 2, 0)


def test_nearer_and_in_front_are_one_order():
    assert graph(relation("[0] is nearer than [1]"), relation("[1] is in front of [0]", score=0.5)).conflicts


def test_two_regions_are_not_next_to_and_far_from_each_other():
    made = graph(relation("[0] is next to [1]"), relation("[1] is far from [0]", "b", 0.4))
    assert [e.name for e in made.edges] == ["next to"]
    assert made.conflicts[0].kind == "distance"


def test_of_two_names_that_exclude_each_other_the_less_sure_one_is_doubted():
    made = graph(local(1, "is probably a cat", "clip-objects", 0.5))
    assert made.nodes[1].label == "dog"
    assert [c.doubted for c in made.conflicts] == ["cat"]
    assert "sources disagree whether [1] is a dog or a cat" in lines(
        local(1, "is a cat", "clip-objects", 0.5)
    )


@pytest.mark.parametrize("words", ["is a puppy", "is a dog or a wolf", "is a dog"])
def test_names_that_may_both_hold_are_no_contradiction(words):
    made = graph(local(1, words, "clip-objects", 0.5))
    assert made.conflicts == ()
    assert made.nodes[1].label == "dog"


def test_colours_that_exclude_each_other_are_doubted_and_kin_is_not():
    black = local(0, "is mostly black", "colours", 0.8)
    assert graph(black, local(0, "is yellow", "attributes", 0.5)).conflicts[0].doubted == "yellow"
    assert not graph(black, local(0, "is dark grey", "attributes", 0.5)).conflicts
    assert not graph(black, local(0, "is mostly yellow", "colours", 0.5)).conflicts


def test_doubts_are_bounded():
    said = [
        relation(f"[{a}] is {n} [{b}]", s)
        for a, b in ((0, 1), (1, 2))
        for n, s in (("left of", "a"), ("right of", "b"))
    ]
    assert sum("disagree" in line for line in lines(*said, doubts=1)) == 1


# --- plain data and properties --------------------------------------------------------------------


def test_the_graph_is_plain_data():
    made = graph(
        local(0, "is red", "colours"),
        relation("[0] is left of [1]"),
        relation("[1] is left of [0]", "b", 0.2),
    ).plain()
    assert json.loads(json.dumps(made)) == made
    assert made["edges"] == [
        {"subject": 0, "name": "left of", "other": 1, "score": 0.9, "sources": ["relations"]}
    ]
    assert made["nodes"][0]["attributes"][0]["text"] == "red"
    assert set(made) == {"nodes", "edges", "conflicts"}


names = st.sampled_from(sorted({*INVERSE, "faces", "within", "holds"}))
facts = st.builds(Fact, st.integers(0, 3), names, st.integers(0, 3), st.floats(0, 1)).filter(
    lambda f: f.subject != f.other
)


@settings(max_examples=150, deadline=None)
@given(st.lists(facts, max_size=12))
def test_what_is_kept_can_all_be_so_and_nothing_is_dropped_in_silence(told):
    made = joined((fact, "a") for fact in told)
    kept, conflicts = settled(made)
    for axis in set(AXES.values()):
        after = {(e.subject, e.other) for e in kept if AXES.get(e.name) == axis}
        reach = set(after)
        for _ in range(4):
            reach |= {(a, d) for a, b in reach for c, d in after if b == c}
        assert not any(a == b for a, b in reach)
    implied = len(made) - len(kept) - len(conflicts)
    assert implied >= 0
    assert all(c.score <= 0.5 for c in conflicts)


@settings(max_examples=100, deadline=None)
@given(st.lists(facts, max_size=10), st.randoms(use_true_random=False))
def test_order_and_way_round_of_telling_change_nothing(told, random):
    again = [turned(f) if f.name in INVERSE and random.random() < 0.5 else f for f in told]
    random.shuffle(again)
    assert joined((f, "a") for f in told) == joined((f, "a") for f in again)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 380)] * 2, *[st.integers(8, 200)] * 2), max_size=5))
def test_every_relation_that_the_library_tells_is_read_back(boxes):
    regions = tuple(
        Region(i, (x, y, x + w, y + h), label="person", score=0.9) for i, (x, y, w, h) in enumerate(boxes)
    )  # fmt: skip
    ctx = SimpleContext()
    said: list[Descriptor] = []
    for part in (Objects(None, ctx), Colours(None, ctx), Relations(RelationsOptions(pairs=20), ctx)):
        said += part.verbalize([PICTURE], [Scene(IMAGE, regions, tuple(said))])[0]
    told = [d for d in said if d.scope == "relation"]
    assert all(read(d.text) for d in told)
    made = scene_graph(Scene(IMAGE, regions, tuple(said)))
    assert made.conflicts == ()
    assert {frozenset(d.regions) for d in told} == {frozenset((e.subject, e.other)) for e in made.edges}
    assert all(canonical(Fact(e.subject, e.name, e.other)).name == e.name for e in made.edges)
