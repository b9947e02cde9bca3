"""`lskd run` killed while a paid model judges: what came back is never paid for again."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

from lskd_toolkit.llm import Ledger

from .worlds import BACKEND, LSKD, STATUSES, WORLD, entries, wait_until

SCENES, IN_FLIGHT = 12, 3


def calls(log: Path) -> int:
    return log.read_bytes().count(b"\n") if log.exists() else 0


def command(tmp_path: Path, name: str) -> list[str]:
    """A run whose teacher and judge have a log of calls each, written before they are answered."""
    teacher = {**BACKEND, "log": str(tmp_path / f"{name}.teacher")}
    judge = {**BACKEND, "log": str(tmp_path / f"{name}.judge"), "latency": 0.1, "in_flight": IN_FLIGHT}
    config = {
        **WORLD,
        "source": {"use": "smallworld", "count": SCENES, "size": 96},
        "teacher": {"use": "llm", "parts": {"backend": teacher}},
        "critic": [{"use": "llm", "parts": {"backend": judge}}],
    }
    path = tmp_path / f"{name}.yaml"
    path.write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
    return [*LSKD, "run", "--config", str(path), "--out", str(tmp_path / name), "--no-report", "--json"]


def finish(words: list[str]) -> None:
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def stored(folder: Path) -> int:
    ledger = Ledger(folder / "ledger.sqlite", readonly=True)
    count = len(ledger.keys_with(STATUSES))
    ledger.close()
    return count


def test_a_run_killed_while_it_judges_pays_again_at_most_for_what_was_in_flight(tmp_path):
    finish(command(tmp_path, "whole"))
    assert calls(tmp_path / "whole.judge") == SCENES

    words, taught, asked = command(tmp_path, "run"), tmp_path / "run.teacher", tmp_path / "run.judge"
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(process, lambda: calls(asked) >= SCENES // 2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    teaching, judging, had = calls(taught), calls(asked), stored(tmp_path / "run")
    assert SCENES // 2 <= judging < SCENES

    finish(words)
    sent = calls(taught) - teaching + calls(asked) - judging
    assert had + sent == 2 * SCENES  # exactly what the ledger lacked
    assert calls(asked) <= SCENES + IN_FLIGHT
    assert entries(tmp_path / "run") == entries(tmp_path / "whole")
    paid = calls(taught) + calls(asked)
    finish(words)
    assert calls(taught) + calls(asked) == paid
