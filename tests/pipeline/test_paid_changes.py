"""What a finished run with a paid teacher asks when something of it changes: the real command line against
the fake vendor, whose bill counts."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from importlib.resources import files

import pytest
import yaml

from lskd_toolkit.testing.vendors import fake_vendors

IMAGES = 100
PROMPT = files("lskd_toolkit.teaching") / "prompts" / "qar-id.yaml"

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("lskd_openai") is None, reason="lskd-openai is not installed"
)


def lskd(folder, *words):
    """A command as typed in ``folder``; paths in the configuration are relative to it."""
    command = [sys.executable, "-c", "from lskd_toolkit.cli.main import main; main()", *map(str, words)]
    env = {**os.environ, "OPENAI_API_KEY": ""}
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd=folder)


@pytest.fixture(scope="module")
def vendors():
    with fake_vendors() as running:
        yield running


@pytest.fixture(scope="module")
def original(vendors, tmp_path_factory):
    """A folder with a prompt and a run by it that is finished."""
    folder = tmp_path_factory.mktemp("original")
    shutil.copy(PROMPT, folder / "mine.yaml")
    config = {
        "source": {"use": "smallworld", "count": IMAGES}, "proposer": "smallworld",
        "verbalizer": ["smallworld-local"], "critic": "smallworld",
        "teacher": {
            "use": "llm", "prompt": "mine.yaml",
            "parts": {"backend": {"use": "chatgpt", "base_url": vendors.openai_url}},
        },
    }  # fmt: skip
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    answer = lskd(folder, "run", "--config", "config.yaml", "--out", "run", "--no-report")
    assert answer.returncode == 0, answer.stderr
    assert len(vendors.calls) == IMAGES
    return folder


@pytest.fixture
def finished(original, vendors, tmp_path):
    """A copy of the finished run for each test."""

    class Finished:
        folder = shutil.copytree(original, tmp_path / "folder")
        prompt = folder / "mine.yaml"

        def again(self, *words):
            """The same command with ``words`` after it; what it says and how many requests were billed."""
            before = len(vendors.calls)
            answer = lskd(self.folder, "run", "--out", "run", "--no-report", "--json", *words)
            return answer, len(vendors.calls) - before

        def why(self):
            """What `lskd why` says of the teacher's result for an image: what has changed."""
            answer = lskd(self.folder, "why", "run", "000007", "--json")
            assert answer.returncode == 0, answer.stderr
            return next(s["changes"] for s in json.loads(answer.stdout)["stages"] if s["stage"] == "teacher")

        def edit(self, change):
            """Change the run's own run.yaml."""
            path = self.folder / "run" / "run.yaml"
            told = yaml.safe_load(path.read_text())
            change(told)
            path.write_text(yaml.safe_dump(told))

    return Finished()


def test_one_image_more_sends_its_own_requests_only(finished):
    assert finished.again()[1] == 0
    answer, billed = finished.again("--set", f"source.count={IMAGES + 1}")
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["counts"]["images_ok"] == IMAGES + 1
    assert billed == 1


def test_a_changed_system_prompt_is_named_and_asks_before_paying(finished):
    text = finished.prompt.read_text()
    finished.prompt.write_text(text.replace("You write visual commonsense", "You write plain commonsense", 1))
    (change,) = finished.why()
    assert change.startswith("teacher.options.prompt.")
    answer, billed = finished.again()
    assert (answer.returncode, billed) == (3, 0)
    assert change in answer.stderr
    assert f"{IMAGES} images" in answer.stderr
    finished.prompt.write_text(text)
    assert finished.why() == []
    assert finished.again()[1] == 0  # undone, and nothing to pay


def test_a_changed_base_url_is_named_and_asks_before_paying(finished, vendors):
    other = vendors.openai_url.replace("127.0.0.1", "localhost")
    finished.edit(lambda told: told["teacher"]["parts"]["backend"].update(base_url=other))
    (change,) = finished.why()
    assert "base_url changed from" in change
    assert other in change
    answer, billed = finished.again()
    assert (answer.returncode, billed) == (3, 0)
    assert "base_url" in answer.stderr
    answer, billed = finished.again("--yes")
    assert (answer.returncode, billed) == (0, IMAGES), answer.stderr


def test_another_prompt_is_named_and_asks_before_paying(finished):
    answer, billed = finished.again("--prompt", "qar-description")
    assert (answer.returncode, billed) == (3, 0)
    assert "teacher.options.prompt.name" in answer.stderr
    assert finished.why() == []  # what was not agreed to is not kept
    finished.edit(lambda told: told["teacher"].update(prompt="qar-description"))
    assert any(change.startswith("teacher.options.prompt.name changed") for change in finished.why())
