"""``lskd compare`` on runs of the small world."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from lskd_toolkit.cli.compare import compare
from lskd_toolkit.errors import BudgetReached
from lskd_toolkit.pipeline.running import configure, run

WORLD = {
    "source": {"use": "smallworld", "count": 12},
    "proposer": "smallworld",
    "refiner": ["none"],
    "verbalizer": ["smallworld-global", "smallworld-local", "smallworld-relation"],
    "critic": "smallworld",
    "chunk": 4,
}
PRICED = {"use": "smallworld", "usd_per_million_in": 3, "usd_per_million_out": 15}


def _run(folder: Path, backend: dict, **changes) -> Path:
    teacher = {"use": "llm", "parts": {"backend": backend}}
    run(configure(None, None, {**WORLD, "teacher": teacher, **changes}, ()), folder)
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("runs")
    right = _run(folder / "right", PRICED)
    wrong = _run(folder / "wrong", {"use": "smallworld", "hallucinated": 0.3, "refuse_rate": 0.3})
    run(configure(None, None, {**WORLD, "teacher": "smallworld"}, ()), folder / "rules")
    return [right, wrong, folder / "rules"]


def _json(*words) -> dict:
    done = CliRunner().invoke(compare, [*map(str, words), "--json"], catch_exceptions=False)
    return json.loads(done.stdout)


def test_the_table_says_what_came_of_each(folders):
    done = CliRunner().invoke(compare, [*map(str, folders)], catch_exceptions=False)
    lines = {" ".join(line.split()) for line in done.output.splitlines()}
    assert "12 shared scenes" in lines
    assert any(
        line.startswith("teacher llm over smallworld llm over smallworld smallworld") for line in lines
    )
    assert any(line.startswith("money $") and line.endswith("unknown unknown") for line in lines)
    assert any(line.startswith("refused by the teacher 0 ") for line in lines)
    assert any("wrong against right" in line and "rules against wrong" in line for line in lines)


def test_a_teacher_that_errs_is_seen_to(folders):
    found = _json(*folders[:2])
    rate = found["pairs"][0]["difference"]["accept_rate"]
    assert rate["value"] < 0
    assert rate["better"] == 0 < rate["worse"]
    assert found["runs"][0]["accept_rate"]["value"] == 1.0
    assert found["runs"][1]["spending"]["by_status"]["refused"] > 0
    assert found["differences"]["teacher.backend.hallucinated"] == {"right": "not set", "wrong": "0.3"}
    assert found["warnings"] == []


def test_json_stays_json_when_a_page_is_written_too(folders, tmp_path):
    found = _json(*folders, "--html", tmp_path / "page.html", "--scenes", 2)
    assert len(found["runs"]) == 3
    assert (tmp_path / "page.html").read_text().count('class="scene"') == 2


def test_a_run_that_was_stopped_is_compared_as_far_as_it_came(folders, tmp_path):
    with pytest.raises(BudgetReached):
        _run(tmp_path / "stopped", PRICED, max_requests=9)
    found = _json(folders[0], tmp_path / "stopped")
    # Whole chunks of 4 that the critic has come to before the tenth request was refused.
    assert found["scenes"] in (4, 8)
    assert not found["runs"][1]["finished"]
    assert f"{12 - found['scenes']} of 12 scenes wait" in found["warnings"][0]
    assert found["runs"][1]["spending"]["usd"] > 0
    assert found["runs"][1]["spending"]["usd_per_accepted"] is None


def test_many_runs_are_shown_against_the_first(folders, tmp_path):
    fourth = _run(tmp_path / "fourth", PRICED, seed=3)
    done = CliRunner().invoke(compare, [*map(str, folders), str(fourth)], catch_exceptions=False)
    assert "fourth against right" in done.output
    assert "fourth against wrong" not in done.output
    assert len(_json(*folders, fourth)["pairs"]) == 6
