"""Killed at every instant that matters, the same command finishes, and the export is the same bytes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest

DRIVER = Path(__file__).with_name("driver.py")
VARYING = 2 * 2 * 4
"""Instants that grouping may save: before and after, of intent and reply, for four requests."""
IN_FLIGHT = 2 * 4  # two images a chunk, up to four chunks, one request each


@pytest.mark.parametrize("share", range(2))
def test_killed_at_every_commit_rename_fsync_and_send(tmp_path, share):
    answer = subprocess.run(
        [sys.executable, str(DRIVER), str(tmp_path), str(share), "2"], capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    told = json.loads(answer.stdout.splitlines()[-1])
    kinds = Counter(instant.split()[1] for instant in told["instants"])
    assert all(kinds[name] >= 2 for name in ("commit", "fsync", "rename", "send")), kinds
    assert told["bytes"] > 0
    for outcome in told["outcomes"]:
        # Replies that come together are committed together, so a run may have a few instants fewer than
        # the one that they were counted in, and live past the last of them.
        lived = outcome["killed"] == 0 and outcome["k"] >= len(told["instants"]) - VARYING
        assert lived or outcome["killed"] == -signal.SIGKILL, outcome
        assert outcome["resumed"] == 0, outcome
        assert outcome["same"], outcome
        assert outcome["paid"] <= told["paid"] + IN_FLIGHT, outcome


def test_verbalizers_that_ask_are_taken_up_where_they_were_killed(tmp_path):
    """A caption, questions in two rounds and their answers: in other words on the second try, they would be
    another conversation, paid for again."""
    answer = subprocess.run(
        [sys.executable, str(DRIVER), str(tmp_path), "4", "12", "asking"], capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    told = json.loads(answer.stdout.splitlines()[-1])
    assert told["paid"] == 2 * (1 + 2 + 1)
    assert sum(outcome["killed"] == -signal.SIGKILL for outcome in told["outcomes"]) >= 5
    for outcome in told["outcomes"]:
        assert (outcome["resumed"], outcome["same"]) == (0, True), outcome
        assert outcome["paid"] <= told["paid"] + 2, outcome  # two images are asked about at once


def lskd(*words: str) -> list[str]:
    return [sys.executable, "-c", "from lskd_toolkit.cli.main import main; main()", *words]


def command(folder: Path, log: Path) -> list[str]:
    return lskd(
        "run", "--source", "smallworld", "--proposer", "smallworld",
        "--verbalizer", "smallworld-global,smallworld-local,smallworld-relation",
        "--critic", "smallworld", "--no-report", "--json", "--out", str(folder),
        "--config", str(folder.parent / "run.yaml"), "--set", f"teacher.backend.log={log}",
    )  # fmt: skip


CONFIG = """\
source: {use: smallworld, count: 48}
teacher: {use: llm, parts: {backend: {use: smallworld, latency: 0.01, in_flight: 32}}}
chunk: 8
"""


@pytest.mark.parametrize("trial", range(20))
def test_a_real_process_killed_at_a_random_instant(tmp_path_factory, trial):
    """``lskd run`` in a process of its own, SIGKILL somewhere in its life, the same command again."""
    shared = tmp_path_factory.getbasetemp() / "random-kills"
    reference, took = _reference(shared)
    work = shared / f"trial{trial}"
    work.mkdir()
    (work / "run.yaml").write_text(CONFIG)
    log, folder = work / "calls.log", work / "run"
    process = subprocess.Popen(command(folder, log), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(Random(trial).uniform(0.2, 1.0) * took)
    process.kill()
    process.wait()
    subprocess.run(command(folder, log), check=True, capture_output=True)
    subprocess.run(lskd("export", str(folder)), check=True, capture_output=True)
    assert _bytes(folder) == _bytes(reference)
    paid, expected = _calls(log), _calls(reference.parent / "calls.log")
    assert expected <= paid <= expected + 32  # so many may be in flight


def _reference(shared: Path) -> tuple[Path, float]:
    """An undisturbed run, made once, and how long it took."""
    shared.mkdir(exist_ok=True)
    mark = shared / "seconds"
    folder = shared / "undisturbed"
    if not mark.exists():
        folder.mkdir()
        (folder / "run.yaml").write_text(CONFIG)
        started = time.monotonic()
        subprocess.run(command(folder / "run", folder / "calls.log"), check=True, capture_output=True)
        took = time.monotonic() - started
        subprocess.run(lskd("export", str(folder / "run")), check=True, capture_output=True)
        mark.write_text(str(took))
    return folder / "run", float(mark.read_text())


def _bytes(folder: Path) -> bytes:
    found = sorted((folder / "export").rglob("*.jsonl"))
    assert found
    return b"".join(path.read_bytes() for path in found)


def _calls(log: Path) -> int:
    return len(log.read_bytes().splitlines())
