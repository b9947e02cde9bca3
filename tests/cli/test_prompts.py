"""``lskd prompts``: what there is, and exactly what would be sent, without a key and without sending."""

from __future__ import annotations

import json

import numpy as np
import PIL.Image
import pytest
import yaml

from lskd_toolkit.llm.ledger import Ledger
from lskd_toolkit.pipeline.running import configure, run
from lskd_toolkit.store import Store

from .test_run import lskd

WORLD = [
    "--source", "smallworld", "--proposer", "smallworld",
    "--verbalizer", "smallworld-local,smallworld-relation", "--set", "source.count=5",
]  # fmt: skip
MINE = """\
name: mine
version: 7
summary: A prompt of my own.
style: id
inference_types: [intent, cause]
system: You look at small worlds.
instruction: |
  {{ scene }}
  Write {{ n }} statements about {{ ids }}.
"""


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(MINE)
    return path


def shown(*words):
    answer = lskd("prompts", "show", *words, "--json")
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def test_all_prompt_sets_are_listed_with_and_without_the_word_list():
    told = json.loads(lskd("prompts", "list", "--json").stdout)
    ours = next(each for each in told if each["name"] == "qar-id")
    assert ours["distribution"] == "lskd-toolkit"
    assert ours["style"] == "id"
    assert ours["version"] >= 1
    assert lskd("prompts").stdout == lskd("prompts", "list").stdout
    assert "qar-id" in lskd("prompts").stdout


def test_a_prompt_is_shown_as_its_file_says(mine):
    told = shown(mine)
    assert (told["name"], told["version"], told["system"]) == ("mine", 7, "You look at small worlds.")
    text = lskd("prompts", "show", mine).stdout
    assert "mine, version 7: A prompt of my own." in text
    assert "Write {{ n }} statements about {{ ids }}." in text
    assert "0 of 0 worked examples" in text
    assert "repair (the default)" in text


def test_what_is_shown_is_what_a_run_then_sends(tmp_path, mine):
    """Every request of a run, as its ledger holds it, is what is foretold for its image."""
    flags = {
        "source": {"use": "smallworld", "count": 2}, "proposer": "smallworld", "critic": [],
        "prompt": str(mine),
        "verbalizer": ["smallworld-local", "smallworld-relation"],
        "teacher": {"use": "llm", "parts": {"backend": {"use": "smallworld", "looks": 1}}},
    }  # fmt: skip
    run(configure(None, None, flags), tmp_path / "run")
    ledger = Ledger(tmp_path / "run" / "ledger.sqlite", readonly=True)
    with Store(tmp_path / "run", readonly=True) as store:
        stage = next(stage for stage in store.current_stages() if stage.kind == "teacher")
        rows = {entry.id: store.get(stage, [entry.content])[entry.content] for entry in store.images("ok")}
    sent = {name: [ledger.request(key) for key in row.body.replies] for name, row in rows.items()}
    ledger.close()
    for name, requests in sent.items():
        words = ["--config", _over(tmp_path, "smallworld"), "--set", "teacher.backend.looks=1"]
        told = shown(mine, "--image", name, *WORLD, *words)["requests"]
        extra = ("shared", "pictures", "tokens", "tokens_shared")
        foretold = [{k: v for k, v in each.items() if k not in extra} for each in told]
        assert foretold == requests
        assert len(foretold) == 1


def _over(folder, backend):
    path = folder / f"{backend}.yaml"
    path.write_text(yaml.safe_dump({"teacher": {"use": "llm", "parts": {"backend": backend}}}))
    return path


def test_nothing_is_sent(tmp_path, mine):
    log, config = tmp_path / "calls.log", tmp_path / "run.yaml"
    backend = {"use": "smallworld", "log": str(log)}
    config.write_text(yaml.safe_dump({"teacher": {"use": "llm", "parts": {"backend": backend}}}))
    told = shown(mine, "--image", "000003", *WORLD, "--config", config, "--strategy", "reflect")
    assert len(told["requests"]) == 1
    assert not log.exists()


PLUGIN = """\
from lskd_toolkit import (
    ChatRequest, Component, KeyMissing, Message, Region, Strategy, Taught, hookimpl
)

@hookimpl
def lskd_backends():
    yield Component("backend", "keyed", "Wants a key.", "mine:Keyed", paid=True)

@hookimpl
def lskd_proposers():
    yield Component("proposer", "whole", "All of it.", "mine:Whole")

@hookimpl
def lskd_strategies():
    yield Strategy("looking", "Looks before it asks.", "mine:looking", looks=True)

async def looking(lesson):
    told = await lesson.toolbox.use("relations", {"region": lesson.scene.regions[0].id})
    asked = ChatRequest((Message("user", "I see: " + told.text),), tools=lesson.toolbox.specs)
    await lesson.llm.complete(asked)
    return Taught()

class Keyed:
    def __init__(self, options, ctx):
        raise KeyMissing("set KEYED_API_KEY")
    async def complete(self, request): ...
    def usd(self, tokens_in, tokens_out): ...

class Whole:
    def __init__(self, options, ctx): ...
    def propose(self, pictures):
        return [[Region(0, (0, 0, p.image.width, p.image.height), label="\\x1b[31mred")] for p in pictures]
"""


@pytest.fixture
def plugged(tmp_path):
    """A plugin on the path: a proposer for any photo, and a backend that wants a key to be built."""
    site = tmp_path / "site"
    about = site / "mine-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[lskd]\nmine = mine\n")
    (site / "mine.py").write_text(PLUGIN)
    return {"PYTHONPATH": str(site)}


def test_a_photo_needs_no_teacher_and_its_text_drives_no_terminal(tmp_path, plugged):
    prompt, photo = tmp_path / "evil.yaml", tmp_path / "a.png"
    prompt.write_text(MINE.replace("You look", '"You \\e[31mlook').replace("worlds.", 'worlds.\\u202e"'))
    PIL.Image.fromarray(np.full((40, 60, 3), 90, np.uint8)).save(photo)
    words = ["--image", photo, "--proposer", "whole", "--verbalizer", "none"]
    answer = lskd("prompts", "show", prompt, *words, env=plugged)
    assert answer.returncode == 0, answer.stderr
    assert "You  [31mlook at small worlds." in answer.stdout
    assert "[0]  [31mred" in answer.stdout
    assert not {"\x1b", "\u202e"} & set(answer.stdout)


def test_a_sighted_teacher_is_shown_its_picture_and_it_can_be_saved(tmp_path, mine):
    told = shown(
        mine, "--image", "000001", *WORLD, "--teacher-input", "both", "--save-picture", tmp_path / "seen"
    )
    (request,) = told["requests"]
    (picture,) = request["pictures"]
    assert (picture["width"], picture["height"]) == (64, 64)
    with PIL.Image.open(picture["saved"]) as saved:
        assert (saved.format, saved.size) == ("JPEG", (64, 64))
        assert np.asarray(saved).std() > 5
    assert request["messages"][-1]["sights"]
    blind = shown(mine, "--image", "000001", *WORLD)["requests"][0]
    assert blind["messages"][-1]["sights"] == []
    assert request["tokens"] > blind["tokens"]


def test_samples_are_told_apart_by_their_draw_and_not_repeated(mine):
    words = [mine, "--image", "000001", *WORLD, "--set", "teacher.samples=3"]
    assert [request["draw"] for request in shown(*words)["requests"]] == [0, 1, 2]
    text = lskd("prompts", "show", *words).stdout
    assert text.count("You look at small worlds.") == 1
    assert text.count("everything else as in request 1") == 2


def test_a_backend_without_its_key_is_stood_in_for(mine, plugged):
    words = ["prompts", "show", mine, "--image", "000001", *WORLD, "--teacher", "keyed"]
    answer = lskd(*words, env=plugged)
    assert answer.returncode == 0, answer.stderr
    assert "for a run: set KEYED_API_KEY" in answer.stdout
    assert "You look at small worlds." in answer.stdout


def test_tools_are_shown_and_may_be_used_before_the_first_request(mine, plugged):
    words = ["--image", "000001", *WORLD, "--strategy", "looking", "--vqa", "smallworld"]
    told = json.loads(lskd("prompts", "show", mine, *words, "--json", env=plugged).stdout)
    (request,) = told["requests"]
    assert {name for name, _, _ in request["tools"]} >= {"ask", "relations"}
    assert " of [" in request["messages"][0]["text"] or "beside" in request["messages"][0]["text"]
    text = lskd("prompts", "show", mine, *words, env=plugged).stdout
    assert "tool ask: Ask a question about one region of the picture." in text
    assert '"question"' in text


def test_a_scene_without_regions_would_not_be_asked_about(mine):
    words = [*WORLD, "--set", "proposer.missed=1.0"]
    answer = lskd("prompts", "show", mine, "--image", "000001", *words)
    assert answer.returncode == 0, answer.stderr
    assert "Nothing would be asked" in answer.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["qar"], 2, "no prompt is called 'qar'"),
        (["qar-id", "--teacher", "llm"], 2, "add --image"),
        (["qar-id", "--save-picture", "d"], 2, "add --image"),
        (["qar-id", "--image", "no.jpg"], 2, "no.jpg"),
        (["qar-id", "--image", "9", *WORLD], 2, "its first is '000000'"),
        (["qar-id", "--image", "000001", *WORLD, "--teacher", "none"], 2, "takes no prompt"),
        (["qar-id", "--image", "000001", *WORLD, "--prompt", "other"], 2, "named twice"),
    ],
)
def test_wrong_words_are_one_line(words, code, said, tmp_path):
    answer = lskd("prompts", "show", *words, cwd=tmp_path)
    assert answer.returncode == code, answer.stderr
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr


def test_an_image_that_cannot_be_read_says_so(tmp_path, mine):
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    answer = lskd("prompts", "show", mine, "--image", tmp_path / "broken.jpg", "--proposer", "segments")
    assert answer.returncode == 1
    assert "broken.jpg" in answer.stderr
