"""A small world's run for the tests of the pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lskd_toolkit.pipeline.running import configure, run

WORLD: dict[str, Any] = {
    "source": {"use": "smallworld", "count": 10},
    "proposer": "smallworld",
    "refiner": ["top"],
    "verbalizer": ["smallworld-global", "smallworld-local", "smallworld-relation"],
    "teacher": {"use": "llm", "parts": {"backend": {"use": "smallworld"}}},
    "critic": "smallworld",
    "chunk": 4,
}


def calls(log: Path) -> int:
    return len(log.read_bytes().splitlines()) if log.exists() else 0


@pytest.fixture
def world(tmp_path):
    """``world(folder_name, set..., key=value)`` runs the small world and gives its folder; the calls
    it was billed for are counted in ``calls.log`` beside it."""

    class World:
        log = tmp_path / "calls.log"

        def configure(self, *sets: str, **changes: Any):
            sets = (f"teacher.backend.log={self.log}", *sets) if "teacher" not in changes else sets
            return configure(None, None, {**WORLD, **changes}, sets)

        def run(self, name: str, *sets: str, yes: bool = False, retry=(), **changes: Any) -> Path:
            folder = tmp_path / name
            run(self.configure(*sets, **changes), folder, yes=yes, retry=retry)
            return folder

        @property
        def billed(self) -> int:
            return calls(self.log)

        folder = tmp_path

    return World()
