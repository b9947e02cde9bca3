"""Stopping a run by hand, and planning one."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

from .test_run import WORLD, lskd

CONFIG = """\
teacher: {use: llm, parts: {backend: {use: smallworld, latency: 0.2, log: LOG}}}
chunk: 2
in_flight: 1
"""


def test_the_first_interrupt_finishes_what_is_in_flight_and_pays_for_nothing_twice(tmp_path):
    log, config = tmp_path / "calls.log", tmp_path / "run.yaml"
    config.write_text(CONFIG.replace("LOG", str(log)))
    words = [
        "run",
        *WORLD[:4],
        *WORLD[6:-1],
        "source.count=30",
        "--config",
        str(config),
        "--out",
        str(tmp_path / "r"),
    ]
    script = "from lskd_toolkit.cli.main import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", script, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 30
    while not log.exists() and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 3, told
    assert "the same command goes on" in told
    part = len(log.read_bytes().splitlines())
    assert 0 < part < 30
    assert lskd(*words).returncode == 0
    assert len(log.read_bytes().splitlines()) == 30


def test_a_plan_asks_nothing_and_projects_the_whole(tmp_path):
    log, config = tmp_path / "calls.log", tmp_path / "run.yaml"
    text = CONFIG.replace("LOG", str(log)).replace(
        "latency: 0.2", "usd_per_million_in: 3, usd_per_million_out: 15"
    )
    config.write_text(text)
    words = [
        *WORLD[:4],
        "--verbalizer",
        "smallworld-local",
        "--set",
        "source.count=1000",
        "--config",
        str(config),
    ]
    answer = lskd("plan", *words, "--sample", "6", "--json")
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    assert told["images"] == 1000
    assert told["teacher"]["requests"] == {"projected": 1000, "from": 1000, "to": 1000}
    money = told["teacher"]["usd_at_most"]
    assert 0 < money["from"] <= money["projected"] <= money["to"]
    assert not log.exists()
