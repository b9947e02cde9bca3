"""Prompt sets: read from their files, rendered in a sandbox, bound by a schema."""

from __future__ import annotations

import json

import pytest

from lskd_toolkit.errors import ConfigError
from lskd_toolkit.records import Descriptor, Image, Region, Scene
from lskd_toolkit.teaching.prompt import lay_out, load_prompt, schema, shots, turn

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
        "- a park in spring",
        "Regions:",
        "[0] dog: it is brown",
        "[3]: it is far away",
        "Relations:",
        "- [0] is left of [3]",
        "Asked and answered:",
        "- Is [0] wet? yes, it is wet",
    ]


def test_the_examples_are_drawn_by_the_image_and_end_in_valid_replies():
    prompt = load_prompt("qar-id")
    assert shots(prompt, "one") == shots(prompt, "one")
    for message in shots(prompt, "one"):
        if message.role == "assistant":
            assert json.loads(message.text)["statements"]


def test_the_schema_binds_ids_and_types():
    prompt = load_prompt("qar-id").model_copy(update={"patterns": {"question": r"^.*\[{ids}\].*$"}})
    made = schema(prompt, [0, 3], None, ["intent"], 2)
    item = made["properties"]["statements"]["items"]["properties"]
    assert item["question"]["pattern"] == r"^.*\[(0|3)\].*$"
    assert item["inference"]["enum"] == ["intent"]
    assert made["properties"]["statements"]["maxItems"] == 2


def test_the_instruction_names_every_region_there_is():
    text = turn(load_prompt("qar-id"), "…", [0, 3], None, ["intent", "cause"], 2)
    assert "[0] [3]" in text
    assert "intent, cause" in text


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
