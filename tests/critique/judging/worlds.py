"""A small world whose statements a chat model judges, and what was asked to judge them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lskd_toolkit.corpus import open_run
from lskd_toolkit.llm import Ledger
from lskd_toolkit.pipeline.running import configure, run

LSKD = [sys.executable, "-c", "from lskd_toolkit.cli.main import main; main()"]
STATUSES = ("ok", "refused", "cut", "unparsable")
BACKEND: dict[str, Any] = {"use": "smallworld", "hallucinated": 0.4}
WORLD: dict[str, Any] = {
    "source": {"use": "smallworld", "count": 4, "size": 96},
    "proposer": "smallworld",
    "refiner": ["none"],
    "verbalizer": ["smallworld-global", "smallworld-local", "smallworld-relation"],
    "teacher": {"use": "llm", "parts": {"backend": BACKEND}},
    "critic": "llm",
    "chunk": 2,
}


def configured(*sets: str, **changes: Any) -> Any:
    return configure(None, None, {**WORLD, **changes}, sets)


def judged(folder: Path, *sets: str, **changes: Any) -> list[Any]:
    """What a run of the world with these changes holds, image by image."""
    run(configured(*sets, **changes), folder)
    return entries(folder)


def entries(folder: Path) -> list[Any]:
    with open_run(folder) as corpus:
        return list(corpus.entries())


def judgements(entry: Any) -> list[Any]:
    return [each for each in entry.judgements if each.critic == "llm"]


def requests(folder: Path) -> list[dict[str, Any]]:
    """Every request to judge that the ledger holds a reply to."""
    ledger = Ledger(folder / "ledger.sqlite", readonly=True)
    kept = [ledger.request(key) or {} for key in sorted(ledger.keys_with(STATUSES))]
    ledger.close()
    return [each for each in kept if "judgements" in (each["schema"] or {}).get("properties", {})]


def wait_until(process: subprocess.Popen[bytes], seen: Callable[[], bool]) -> None:
    """Wait for what a process brings about while it lives."""
    end = time.monotonic() + 60
    while not seen():
        assert process.poll() is None, "it ended too soon"
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.01)
