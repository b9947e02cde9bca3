"""The how-to's prompt: its file fits, names every field there is, and works from a path and a plugin."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from lskd_toolkit import open_run
from lskd_toolkit.mentions import find
from lskd_toolkit.teaching.prompt import Prompt
from lskd_toolkit.teaching.rejecting import reason

from .blocks import DOCS, blocks
from .installing import install, lskd

PAGE = "how-to/write-a-prompt.md"
TEXT = (DOCS / PAGE).read_text(encoding="utf-8")
WORLD = [
    "--source", "smallworld", "--proposer", "smallworld", "--verbalizer",
    "smallworld-local,smallworld-relation", "--set", "source.count=3",
]  # fmt: skip


@pytest.fixture(scope="module")
def prompt() -> Prompt:
    (mine,) = (block.text for block in blocks(PAGE) if block.title == "mine.yaml")
    return Prompt(**yaml.safe_load(mine))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copied = {"lskd_streets/prompts/mine.yaml": "mine.yaml"}
    return install(PAGE, tmp_path_factory.mktemp("prompt"), copied)


def test_every_field_is_in_the_table_with_its_default():
    table = TEXT[TEXT.index("| field | default |") :].split("\n\n", 1)[0].splitlines()[2:]
    told: dict[str, str] = {}
    for line in table:
        names, default, _ = (cell.strip() for cell in line.strip("|").split("|"))
        found = re.findall(r"`(\w+)`", names)
        defaults = default.split(", ") if len(found) > 1 and ", " in default else [default] * len(found)
        told |= dict(zip(found, defaults, strict=True))
    assert set(told) == set(Prompt.model_fields)
    for name, field in Prompt.model_fields.items():
        default = field.get_default(call_default_factory=True)
        shown = told[name].strip("`")
        if field.is_required():
            assert shown == "", name
        elif shown not in ("the toolkit's", "none", "empty"):
            assert shown == (str(default).lower() if isinstance(default, bool) else str(default)), name
        elif shown in ("none", "empty"):
            assert not default, name


def test_its_own_examples_would_be_accepted(prompt: Prompt):
    bare = prompt.model_copy(update={"examples": ()})
    for example in prompt.examples:
        for statement in example.statements:
            assert statement.id is not None
            texts = (statement.id.question, statement.id.answer, statement.id.rationale)
            why = reason(texts, find(" ".join(texts)), example.ids, [], bare)
            assert why == ""
            assert statement.inference in prompt.inference_types


def test_the_words_that_templates_know_are_those_of_the_page():
    assert "`scene` (the layout's text), `ids`, `focus`" in TEXT
    everything = Prompt(
        name="x", version=1, inference_types=("intent",),
        instruction="{{ scene }}{{ ids }}{{ focus }}{{ inference }}{{ n }}",
        layout="{{ image.id }}{{ regions }}{{ where }}{{ global_ }}{{ local }}{{ relation }}{{ dynamic }}",
    )  # fmt: skip
    from lskd_toolkit.records import Image, Region, Scene
    from lskd_toolkit.teaching.layout import lay_out
    from lskd_toolkit.teaching.prompt import turn

    scene = Scene(Image("a", "a", "", 9, 9), (Region(0, (0, 0, 9, 9)),))
    assert turn(everything, lay_out(everything, scene), [0], None, ["intent"], 2)


def test_it_is_announced_by_its_plugin_and_shown(installed: Path):
    listed = json.loads(lskd(installed, "prompts", "list", "--json").stdout)
    assert [e["distribution"] for e in listed if e["name"] == "streets"] == ["lskd-streets"]
    done = lskd(installed, "prompts", "show", "streets", "--image", "000001", *WORLD, "--json")
    assert done.returncode == 0, done.stderr
    (request,) = json.loads(done.stdout)["requests"]
    assert request["system"].startswith("You know a picture of a street")
    assert [message["role"] for message in request["messages"]] == ["user", "assistant", "user"]


def test_a_run_goes_by_it_from_a_path(installed: Path, tmp_path: Path, prompt: Prompt):
    (tmp_path / "mine.yaml").write_text((installed.parent / "project" / "mine.yaml").read_text())
    config = tmp_path / "run.yaml"
    config.write_text("teacher: {use: llm, parts: {backend: smallworld}}\n")
    words = [*WORLD, "--config", "run.yaml", "--critic", "smallworld", "--no-report", "--out", "run"]
    done = lskd(installed, "run", *words, "--prompt", "./mine.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    again = lskd(installed, "run", "--no-report", "--out", str(tmp_path / "run"), cwd=Path("/"))
    assert again.returncode == 0, again.stderr
    with open_run(tmp_path / "run") as corpus:
        asked = [each.request for e in corpus.entries() for each in corpus.exchanges(e.scene.image.id)]
    assert len(asked) >= 3
    assert {request["system"] for request in asked} == {prompt.system.strip()}
