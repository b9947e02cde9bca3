"""``lskd select``: deciding again, with what is left measured beside chance."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lskd_toolkit import open_run
from lskd_toolkit.cli.main import lskd
from lskd_toolkit.cli.select import why
from lskd_toolkit.errors import UsageError

pytest.importorskip("sklearn")


def call(*words: object) -> Result:
    return CliRunner().invoke(lskd, [str(word) for word in words], catch_exceptions=True)


def well(*words: object) -> str:
    result = call(*words)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("select") / "run"
    well("run", "--source", "smallworld", "--set", "source.count=60", "--proposer", "smallworld", "--refine",
         "none", "--verbalizer", "smallworld-local,smallworld-relation", "--teacher", "smallworld",
         "--set", "teacher.hallucinated=0.4", "--critic", "smallworld", "--no-report",
         "--out", run)  # fmt: skip
    return run


@pytest.fixture
def fresh(judged: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(judged, tmp_path / "run"))


def verdicts(run: Path) -> dict[tuple[str, int], tuple[bool, float, str]]:
    with open_run(run) as corpus:
        return {
            (entry.scene.image.id, number): (verdict.accepted, verdict.score, verdict.reason)
            for entry in corpus.entries()
            for number, verdict in entry.verdicts.items()
        }


def kinds(run: Path) -> dict[tuple[str, int], str]:
    with open_run(run) as corpus:
        return {(e.scene.image.id, s.id): s.inference for e in corpus.entries() for s in e.statements}


def test_every_statement_that_is_left_out_has_a_reason_and_all_are_counted(fresh: Path) -> None:
    told = json.loads(
        well("select", fresh, "--near-duplicates", "0.97", "--quota", "12", "--budget", "15", "--json")
    )
    found = verdicts(fresh)
    assert told["counts"] == {"statements": len(found), "accepted": 15}
    assert Counter(why(reason) for kept, _, reason in found.values() if not kept) == told["left_out"]
    assert all(reason for kept, _, reason in found.values() if not kept)
    assert not any(reason for kept, _, reason in found.values() if kept)
    per_kind = Counter(kinds(fresh)[name] for name, (kept, *_) in found.items() if kept)
    assert max(per_kind.values()) <= 12


def test_what_a_near_duplicate_repeats_is_kept_and_no_worse(fresh: Path) -> None:
    well("select", fresh, "--near-duplicates", "0.9", "--no-report")
    found = verdicts(fresh)
    repeats = [(score, reason) for kept, score, reason in found.values() if reason.startswith("near-dup")]
    assert repeats
    for score, reason in repeats:
        number, rest = reason.removeprefix("near-duplicate of statement ").split(" of ", 1)
        image, cosine = rest.rsplit(" (cosine ", 1)
        kept, its_score, _ = found[image, int(number)]
        assert kept
        assert its_score >= score
        assert float(cosine.rstrip(")")) >= 0.9


def test_off_is_as_if_it_had_never_been(fresh: Path) -> None:
    before, yaml = verdicts(fresh), (fresh / "run.yaml").read_text()
    well("select", fresh, "--near-duplicates", "0.9", "--budget", "10", "--choose", "k-centre", "--no-report")
    assert verdicts(fresh) != before
    well("select", fresh, "--off", "--no-report")
    assert verdicts(fresh) == before
    assert (fresh / "run.yaml").read_text() == yaml


@pytest.mark.parametrize("choose", ["top", "random", "k-centre", "facility"])
def test_a_budget_is_filled_and_the_same_every_time(fresh: Path, choose: str) -> None:
    before = verdicts(fresh)
    well("select", fresh, "--budget", "25", "--choose", choose, "--no-report")
    once = verdicts(fresh)
    assert sum(kept for kept, *_ in once.values()) == 25
    assert all(before[name][0] for name, (kept, *_) in once.items() if kept)
    well("select", fresh, "--off", "--no-report")
    well("select", fresh, "--budget", "25", "--choose", choose, "--no-report")
    assert verdicts(fresh) == once


def test_the_page_sets_what_is_kept_beside_chance(fresh: Path) -> None:
    told = json.loads(well("select", fresh, "--budget", "25", "--choose", "k-centre", "--json"))["diversity"]
    assert told == {k: v for k, v in json.loads((fresh / "selection.json").read_text()).items()
                    if k != "left_out"}  # fmt: skip
    assert [row["threshold"] for row in told["thresholds"]] == [round(0.1 * k, 1) for k in range(10)]
    counts = [row["statements"] for row in told["thresholds"]]
    assert counts == sorted(counts, reverse=True)
    selected, by_score = told["selected"], told["other_ways"]["top"]
    assert selected["statements"] == by_score["statements"] == 25
    # What lies far apart repeats itself less than what is best, and than as many at random.
    assert selected["distinct_2"] > selected["random"]["distinct_2"]["most"]
    assert selected["nearest"] < min(by_score["nearest"], selected["random"]["nearest"]["least"])
    page = (fresh / "selection.html").read_text()
    assert page.count("<svg") == 5
    assert "k-centre" in page


def test_a_threshold_nothing_passes_is_said(fresh: Path) -> None:
    result = call("select", fresh, "--threshold", "1", "--quota", "cause=3,nonsense=4")
    assert result.exit_code == 0
    assert "no statement is of type nonsense" in result.stderr
    if "0 of" in result.stdout:
        assert "nothing passes; the highest score is" in result.stderr


def test_bad_input_is_a_sentence(fresh: Path, tmp_path: Path) -> None:
    before = (fresh / "run.yaml").read_text()
    assert "a number, or types with numbers" in call("select", fresh, "--quota", "cause=many").stderr
    assert "no run folder" in str(call("select", tmp_path / "nowhere").exception)
    error = call("select", fresh, "--near-duplicates", "0.9", "--by", "encoder").exception
    assert isinstance(error, UsageError)
    assert "--encoder minilm" in str(error)
    assert (fresh / "run.yaml").read_text() == before
