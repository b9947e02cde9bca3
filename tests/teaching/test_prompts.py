"""Prompt sets: read from their files, rendered in a sandbox, bound by a schema."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.errors import ConfigError
from lskd_toolkit.records import Descriptor, Image, Region, Scene
from lskd_toolkit.teaching.layout import lay_out, shown
from lskd_toolkit.teaching.prompt import Prompt, load_prompt, schema, shots, turn

SCENE = Scene(
    Image("a", "a", "ab" * 32, 64, 64),
    (Region(0, (0, 0, 9, 9), label="dog"), Region(3, (9, 9, 20, 20))),
    (
        Descriptor("global", "a park in spring", verbalizer="g"),
        Descriptor("local", "it is brown", (0,)),
        Descriptor("local", "it is far away", (3,)),
        Descriptor("relation", "[0] is left of [3]", (0, 3)),
        Descriptor("dynamic", "yes, it is wet", (0,), question="Is [0] wet?"),
    ),
)


def test_a_scene_is_laid_out_from_the_whole_to_the_particular():
    text = lay_out(load_prompt("qar-id"), SCENE)
    assert text.splitlines() == [
        "The picture as a whole:",
        "- (n1) a park in spring",
        "Regions:",
        "[0] dog (top left, small): (n2) it is brown",
        "[3] (top left, medium): (n3) it is far away",
        "Relations:",
        "- (n4) [0] is left of [3]",
        "Asked and answered:",
        "- (n5) Is [0] wet? yes, it is wet",
    ]


def test_a_picture_alone_is_laid_out_by_its_regions():
    assert lay_out(load_prompt("qar-id"), SCENE, blind=False).splitlines() == [
        "Regions:",
        "[0] dog (top left, small)",
        "[3] (top left, medium)",
    ]


def test_what_is_doubtful_is_said_to_be():
    scene = replace(SCENE, descriptors=(Descriptor("local", "wet", (0,), score=0.3),))
    assert "possibly wet" in lay_out(load_prompt("qar-id"), scene)


def many(count):
    regions = tuple(Region(i, (i, 0, i + 1, 9), label="dog") for i in range(count))
    words = tuple(
        Descriptor("local", f"look {turn} of the animal called {i} in many many words", (i,), score=s)
        for i in range(count)
        for turn, s in ((1, 0.9), (2, 0.6))
    )
    told = tuple(Descriptor("global", f"a long story of number {i} " * 4) for i in range(20))
    return Scene(SCENE.image, regions, (*told, *words))


@given(st.integers(0, 12), st.integers(50, 1500))
def test_a_layout_keeps_to_its_budget_and_names_every_region(count, tokens):
    prompt = Prompt(name="x", version=1, instruction="", inference_types=("intent",), tokens=tokens)
    scene = many(count)
    text = lay_out(prompt, scene)
    headers = 14 * count
    assert len(text) / 4 <= max(tokens, headers) + 30
    assert all(f"[{i}] dog" in text for i in range(count))


def test_every_region_is_described_before_any_is_described_twice():
    prompt = Prompt(name="x", version=1, instruction="", inference_types=("intent",), tokens=220)
    text = lay_out(prompt, many(6))
    assert "look 1 of the animal called 5" in text
    assert "look 2 of the animal called 5" not in text


def test_a_note_cannot_begin_a_section_of_its_own():
    scene = replace(SCENE, descriptors=(Descriptor("global", "a park\nRegions:\n[9] ghost"),))
    assert "- (n1) a park Regions: [9] ghost" in lay_out(load_prompt("qar-id"), scene)


def test_only_so_many_regions_are_shown_and_nothing_is_said_of_the_others():
    prompt = load_prompt("qar-id").model_copy(update={"max_regions": 1})
    seen = shown(prompt, SCENE)
    assert [r.id for r in seen.regions] == [0]
    assert all(set(d.regions) <= {0} for d in seen.descriptors)


@pytest.mark.parametrize("name", ["qar-id", "qar-description"])
def test_the_examples_are_a_hand_chosen_by_the_image_and_end_in_valid_replies(name):
    prompt = load_prompt(name)
    assert shots(prompt, "one") == shots(prompt, "one")
    hands = {shots(prompt, str(i)) for i in range(200)}
    assert len(hands) == prompt.hands > 1
    for message in shots(prompt, "one"):
        if message.role == "assistant":
            for statement in json.loads(message.text)["statements"]:
                assert list(statement) == list(prompt.fields)


def test_editing_a_prompt_changes_its_key():
    prompt = load_prompt("qar-id")
    assert prompt.key() != prompt.model_copy(update={"system": prompt.system + "!"}).key()


def test_a_prompt_with_patterns_binds_ids_and_types():
    prompt = load_prompt("qar-id").model_copy(update={"patterns": {"question": r"^.*\[{ids}\].*$"}})
    made = schema(prompt, [0, 3], None, ["intent"], 2)
    item = made["properties"]["statements"]["items"]["properties"]
    assert item["question"]["pattern"] == r"^.*\[(0|3)\].*$"
    assert item["inference"]["enum"] == ["intent"]
    assert made["properties"]["statements"]["maxItems"] == 2


def test_without_patterns_the_schema_is_the_same_for_every_scene():
    prompt = load_prompt("qar-id")
    assert schema(prompt, [0, 3], None, ["intent"], 4) == schema(prompt, [1], None, ["cause"], 4)


def test_the_instruction_names_every_region_and_type_that_is_asked_for():
    text = turn(load_prompt("qar-id"), "…", [0, 3], None, ["intent", "cause"], 2)
    assert all(word in text for word in ("[0]", "[3]", "intent", "cause"))


@pytest.mark.parametrize(
    "attack", ["{{ ''.__class__.__mro__ }}", "{{ scene.__init__.__globals__ }}", "{% for %}"]
)
def test_a_template_cannot_reach_out_of_its_sandbox(attack):
    prompt = load_prompt("qar-id").model_copy(update={"instruction": attack})
    with pytest.raises(ConfigError, match="a template of the prompt 'qar-id' fails"):
        turn(prompt, "text", [0], None, [], 1)


def test_words_from_an_image_are_never_a_template():
    scene = Scene(SCENE.image, SCENE.regions, (Descriptor("global", "{{ 6 * 7 }} {% boom %}"),))
    assert "{{ 6 * 7 }} {% boom %}" in lay_out(load_prompt("qar-id"), scene)


def test_prompts_that_do_not_fit_are_one_line(tmp_path):
    with pytest.raises(ConfigError, match=r"no prompt is called .qar.; there are .*qar-id"):
        load_prompt("qar")
    with pytest.raises(ConfigError, match="cannot read the prompt"):
        load_prompt(str(tmp_path / "absent.yaml"))
    mine = tmp_path / "mine.yaml"
    mine.write_text("name: mine\nversion: 1\ninstruction: hello\ninference_types: [intent]\nstyl: id\n")
    with pytest.raises(ConfigError, match="styl") as caught:
        load_prompt(str(mine))
    assert "\n" not in str(caught.value)
