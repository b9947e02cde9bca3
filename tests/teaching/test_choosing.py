"""What of a scene a teacher is told: nothing set aside, nothing twice, no more than there is room for."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit import Descriptor, Image, LskdError, Region, Scene, create
from lskd_toolkit.cli.main import lskd
from lskd_toolkit.errors import ConfigError
from lskd_toolkit.pipeline.running import configure
from lskd_toolkit.teaching.choosing import Chosen, alike, said_once, without
from lskd_toolkit.teaching.layout import lay_out
from lskd_toolkit.teaching.prompt import Prompt
from lskd_toolkit.teaching.room import section, within

IMAGE = Image("one.png", "one.png", "ab" * 32, 100, 80)
REGIONS = tuple(Region(at, (at * 10.0, 0.0, at * 10.0 + 9, 40.0), label=f"thing {at}") for at in range(4))


def scene(*descriptors):
    return Scene(IMAGE, REGIONS, descriptors)


def local(text, region=0, score=1.0, by="one"):
    return Descriptor("local", text, (region,), score, by)


def texts(chosen):
    return [d.text for d in chosen.scene.descriptors]


# --- set aside ----------------------------------------------------------------------------------------

SOME = (
    Descriptor("global", "a kitchen", verbalizer="places"),
    local("red", by="colours"),
    local("a cup", by="objects"),
    Descriptor("dynamic", "tea", (0,), verbalizer="dynamic", question="What is in it?"),
)


@pytest.mark.parametrize(
    ("names", "left"),
    [
        ((), ["a kitchen", "red", "a cup", "tea"]),
        (("local",), ["a kitchen", "tea"]),
        (("colours",), ["a kitchen", "a cup", "tea"]),
        (("dynamic", "global"), ["red", "a cup"]),
    ],
)
def test_scopes_and_verbalizers_are_set_aside(names, left):
    chosen = without(Chosen(scene(*SOME)), names)
    assert texts(chosen) == left
    assert len(chosen.left_out) == len(SOME) - len(left)
    assert all(each.reason.startswith("without ") for each in chosen.left_out)


def test_a_name_that_is_neither_is_refused_with_the_nearest():
    base = {"source": "smallworld", "verbalizer": ["smallworld-local"], "teacher": "llm"}
    with pytest.raises(ConfigError, match=r"--without locl: no scope .* did you mean 'local'"):
        configure(None, None, {**base, "without": "locl"})
    config = configure(None, None, {**base, "without": "local, smallworld-local"})
    assert config.teacher.options.without == ("local", "smallworld-local")


def test_what_is_set_aside_is_in_the_teachers_key_alone():
    base = {"source": "smallworld", "verbalizer": ["smallworld-local"], "teacher": "llm"}
    plain, less = (configure(None, None, {**base, **more}) for more in ({}, {"without": "local"}))
    assert plain.teacher.key() != less.teacher.key()
    assert plain.verbalizer[0].key() == less.verbalizer[0].key()
    assert "without" not in plain.teacher.options.key()


# --- said once ----------------------------------------------------------------------------------------


def test_of_the_same_words_about_the_same_the_surest_is_kept():
    chosen = said_once(
        Chosen(scene(local("[0] is a Cup", score=0.4), local("[0]  is a cup.", score=0.9, by="two"),
                     local("[0] is a cup", region=1)))
    )  # fmt: skip
    assert texts(chosen) == ["[0]  is a cup.", "[0] is a cup"]
    (gone,) = chosen.left_out
    assert (gone.descriptor.score, gone.reason) == (0.4, "said by two too")


def test_an_article_makes_no_other_words():
    assert texts(said_once(Chosen(scene(local("a red cup"), local("The red cup."), local("red cup"))))) == [
        "a red cup"
    ]


def test_the_same_answer_to_two_questions_is_two_notes():
    yes = [Descriptor("dynamic", "yes", (0,), question=q) for q in ("Is it wet?", "Is it cold?")]
    assert texts(said_once(Chosen(scene(*yes)))) == ["yes", "yes"]


@given(st.lists(st.builds(local, st.sampled_from(["a", "A.", "b", " b "]), st.integers(0, 1),
                          st.sampled_from([0.2, 0.5, 0.9])), max_size=8))  # fmt: skip
def test_nothing_is_lost_and_once_is_enough(descriptors):
    chosen = said_once(Chosen(scene(*descriptors)))
    assert len(chosen.scene.descriptors) + len(chosen.left_out) == len(descriptors)
    assert said_once(chosen) == chosen
    said = {(d.regions, d.text.casefold().strip(" .")): d.score for d in chosen.scene.descriptors}
    for d in descriptors:
        assert said[d.regions, d.text.casefold().strip(" .")] >= d.score


# --- meant once ---------------------------------------------------------------------------------------


def vectors(*rows):
    made = np.array(rows, np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def test_what_means_the_same_of_the_same_is_told_once():
    near = vectors([1, 0], [1, 0.1], [0, 1])
    some = scene(local("a man rides a bicycle", score=0.6), local("a man on a bicycle", score=0.8, by="two"),
                 local("a street"))  # fmt: skip
    chosen = alike(Chosen(some), near, 0.92)
    # "on" is told apart from what is not on.
    assert len(chosen.scene.descriptors) == 3
    some = scene(local("a man rides a bicycle", score=0.6), local("a man rides a bike", score=0.8, by="two"),
                 local("a street"))  # fmt: skip
    chosen = alike(Chosen(some), near, 0.92)
    assert texts(chosen) == ["a man rides a bike", "a street"]
    assert chosen.left_out[0].reason == "means what two says: a man rides a bike"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("two cups on a table", "three cups on a table"),
        ("[0] is left of [1]", "[1] is left of [0]"),
        ("a red shirt", "a blue shirt"),
        ("there is a dog", "there is no dog"),
        ("a man in a hat", "a woman in a hat"),
        ("the door is open", "the door is closed"),
        ("eleven birds on a wire", "twelve birds on a wire"),
        ("a man is eating", "a man isn't eating"),
        ("the boy gives the girl a ball", "the girl gives the boy a ball"),
        ("the cat is under the table and the dog on it", "the dog is under the table and the cat on it"),
    ],
)
def test_what_is_near_but_means_something_else_is_told_twice(one, other):
    same = vectors([1, 0], [1, 0])
    assert len(alike(Chosen(scene(local(one), local(other))), same, 0.9).scene.descriptors) == 2


def test_an_encoder_takes_left_for_right_which_is_why_words_are_looked_at():
    try:
        encoder = create("encoder", "minilm")
    except LskdError:
        pytest.skip("lskd weights fetch minilm.safetensors minilm.config.json minilm.tokenizer.json")
    pairs = [
        ("the man stands on the left of the car", "the man stands on the right of the car", 2),
        ("two cups stand on the table", "three cups stand on the table", 2),
        ("a man is riding a horse", "a man rides a horse", 1),
        ("a dog runs through the snow", "a dog is running through the snow", 1),
    ]
    for one, other, told in pairs:
        found = encoder.encode([one, other])
        assert float(found[0] @ found[1]) > 0.85
        assert len(alike(Chosen(scene(local(one), local(other))), found, 0.85).scene.descriptors) == told


def test_things_of_other_regions_and_scopes_are_never_one():
    same = vectors([1, 0], [1, 0], [1, 0])
    some = scene(local("a cup", 0), local("a cup", 1), Descriptor("global", "a cup"))
    assert len(alike(Chosen(some), same, 0.5).scene.descriptors) == 3


# --- room ---------------------------------------------------------------------------------------------


def prompt(tokens, **more):
    return Prompt(name="t", version=1, inference_types=("a",), instruction="x", tokens=tokens, **more)


words = st.builds(
    lambda scope, length, region, score: Descriptor(
        scope, ("word " * length).strip(), (region,) if scope in ("local", "dynamic") else (), score,
        question="what ?" if scope == "dynamic" else "",
    ),
    st.sampled_from(["global", "local", "relation", "dynamic"]), st.integers(1, 40), st.integers(0, 3),
    st.sampled_from([0.1, 0.5, 0.9]),
)  # fmt: skip


def cost(text):
    return len(text) / 4 + 3


@given(st.lists(words, max_size=25), st.integers(50, 400))
def test_what_is_told_keeps_the_budget(descriptors, tokens):
    made = scene(*descriptors)
    told = within(prompt(tokens), made)
    assert told == sorted(set(told))
    regions = sum(cost(f"[{r.id}] {r.label} (top left, large)") for r in REGIONS)
    spent = sum(cost(descriptors[at].text + descriptors[at].question) for at in told)
    assert not told or spent <= tokens - regions + 1e-6


@given(st.lists(words, max_size=25))
def test_where_there_is_room_for_all_all_is_told(descriptors):
    assert within(prompt(100_000), scene(*descriptors)) == list(range(len(descriptors)))


def test_each_regions_surest_comes_before_any_ones_second():
    made = scene(*(local("word " * 8, region, score) for region in range(4) for score in (0.9, 0.8, 0.7)))
    told = [made.descriptors[at] for at in within(prompt(150), made)]
    firsts = [d.regions[0] for d in told if d.score == 0.9]
    assert sorted(firsts) == [0, 1, 2, 3] or len(firsts) == len(told)


def test_a_prompt_may_set_the_shares():
    made = scene(
        *(Descriptor("relation", "word " * 10, score=0.9) for _ in range(6)),
        *(local("word " * 10, at % 4) for at in range(6)),
    )
    counts = [
        sum(section(made.descriptors[at]) == "relation" for at in within(each, made))
        for each in (prompt(170), prompt(170, shares={"relation": 1.0}))
    ]
    assert counts[0] < counts[1]
    with pytest.raises(ValueError, match="shares"):
        prompt(150, shares={"rumours": 1.0})


def test_a_doubt_that_is_said_is_not_said_again():
    text = lay_out(prompt(900), scene(local("[0] is possibly a cup", score=0.3), local("it is wet", 1, 0.3)))
    assert "possibly possibly" not in text
    assert "(n1) [0] is possibly a cup" in text
    assert "possibly it is wet" in text


# --- said to the user ---------------------------------------------------------------------------------


def test_what_is_not_told_is_listed_with_its_reason():
    words = ["prompts", "show", "qar-id", "--image", "000000", "--source", "smallworld",
             "--set", "source.count=1", "--proposer", "smallworld",
             "--verbalizer", "smallworld-global,smallworld-local,smallworld-relation",
             "--without", "smallworld-global", "--teacher", "llm",
             "--set", "teacher.backend=smallworld"]  # fmt: skip
    listed = CliRunner().invoke(lskd, [*words, "--json"])
    assert listed.exit_code == 0, listed.output
    (left,) = json.loads(listed.stdout)["left_out"]
    assert (left["verbalizer"], left["reason"]) == ("smallworld-global", "without smallworld-global")
    assert f"  - smallworld-global: {left['text']} (" in CliRunner().invoke(lskd, words).stdout
