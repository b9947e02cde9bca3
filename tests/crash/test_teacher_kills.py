"""`lskd run` killed while it asks a paid teacher: what was in flight may be paid twice, and nothing else.

The small version of `benchmarks/teacher_kills.py`, which is also the driver: real processes, a vendor that
survives them, and its bill.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

DRIVER = Path(__file__).parents[2] / "benchmarks" / "teacher_kills.py"
IN_FLIGHT, SCENES = 8, 40

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("lskd_openai") is None, reason="lskd-openai is not installed"
)


def killed(tmp_path, *words):
    """The undisturbed run and those that were killed."""
    command = [sys.executable, str(DRIVER), "--scenes", str(SCENES), "--in-flight", str(IN_FLIGHT)]
    command += ["--strategy", "oneshot", "--teacher", "chatgpt", "--folder", str(tmp_path), "--json", *words]
    answer = subprocess.run(command, capture_output=True, text=True)
    assert answer.stdout, answer.stderr[-2000:]
    undisturbed, *trials = json.loads(answer.stdout)
    assert undisturbed["billed"] == undisturbed["distinct"] >= SCENES
    return undisturbed, trials


def test_killed_at_random_instants_pays_twice_only_for_what_was_in_flight(tmp_path):
    undisturbed, trials = killed(tmp_path, "--trials", "3")
    assert len(trials) == 3
    for trial in trials:
        assert trial["distinct"] == undisturbed["distinct"], trial
        assert trial["paid_twice"] <= IN_FLIGHT, trial
        assert trial["same"], trial


def test_killed_once_the_vendor_has_made_the_batch_finds_it_again(tmp_path):
    """The worst moment: the batch is the vendor's, and nobody here has read its id."""
    undisturbed, (trial,) = killed(
        tmp_path, "--batch", "--moments", "made", "--trials", "1", "--settles", "1"
    )
    assert trial["batches"] == undisturbed["batches"] == 1, trial
    assert trial["billed"] == undisturbed["billed"], trial
    assert trial["same"], trial
