"""``lskd why --transcript``: the conversation about an image, as the ledger has it."""

from __future__ import annotations

import json

import pytest
import yaml

from .test_run import lskd

CONFIG = {
    "source": {"use": "smallworld", "count": 4}, "proposer": "smallworld", "critic": [],
    "verbalizer": ["smallworld-local", "smallworld-relation"], "strategy": "reflect",
    "teacher": {"use": "llm", "parts": {"backend": {"use": "smallworld", "hallucinated": 0.9}}},
}  # fmt: skip


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    folder = tmp_path_factory.mktemp("taught")
    (folder / "run.yaml").write_text(yaml.safe_dump(CONFIG))
    words = ["run", "--config", folder / "run.yaml", "--out", folder / "r", "--no-report"]
    answer = lskd(*words)
    assert answer.returncode == 0, answer.stderr
    return folder / "r"


def test_each_request_and_reply_is_printed_once(taught):
    text = lskd("why", taught, "000001", "--transcript").stdout
    told = json.loads(lskd("why", taught, "000001", "--transcript", "--json").stdout)["transcript"]
    assert len(told) >= 2
    assert text.count("\nrequest ") == text.count("  reply ") == len(told)
    for number, each in enumerate(told, start=1):
        assert f"(key {each['key'][:12]})" in text
        assert f"reply {number}: {each['reply']['status']}" in text
        assert each["reply"]["text"] in text
    assert "Write the statements again" in text
    assert "goes on from request 1 and its reply" in text
    system = told[0]["request"]["system"].splitlines()[0]
    assert text.count(system) == 1
    assert "system: as above" in text


def test_without_the_word_there_is_no_conversation(taught):
    assert "request 1" not in lskd("why", taught, "000001").stdout
    assert "transcript" not in json.loads(lskd("why", taught, "000001", "--json").stdout)


def test_where_no_backend_was_asked_that_is_said(tmp_path):
    words = ["--source", "smallworld", "--proposer", "smallworld", "--teacher", "smallworld"]
    more = ["--verbalizer", "none", "--critic", "none", "--set", "source.count=2", "--no-report"]
    assert lskd("run", *words, *more, "--out", tmp_path / "r").returncode == 0
    assert "no backend was asked" in lskd("why", tmp_path / "r", "000001", "--transcript").stdout
