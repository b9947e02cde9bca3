"""Judging in a run: the ledger, the budget, the plan, consent and retries are those of the teacher."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from lskd_toolkit.cli.main import lskd
from lskd_toolkit.corpus import open_run
from lskd_toolkit.errors import BudgetReached, ConfigError, ConsentNeeded
from lskd_toolkit.pipeline.planning import project
from lskd_toolkit.pipeline.running import run
from lskd_toolkit.smallworld.backend import SmallworldBackend

from .worlds import BACKEND, configured, entries, judged, judgements, requests


def calls(log):
    return len(log.read_bytes().splitlines()) if log.exists() else 0


def spent(folder):
    with open_run(folder) as corpus:
        return corpus.spending


def over(**backend):
    """The teacher's backend, changed; the judge is lent it."""
    return {"use": "llm", "parts": {"backend": {**BACKEND, **backend}}}


def test_a_run_judges_what_its_teacher_says_by_the_teachers_backend(tmp_path):
    log = tmp_path / "log"
    made = judged(tmp_path / "run", f"teacher.backend.log={log}")
    given = [each for entry in made for each in judgements(entry)]
    assert len(given) == sum(len(entry.statements) for entry in made) > 8
    assert {each.score for each in given} == {0.0, 1.0}  # it hallucinates, and the notes are the truth
    for entry in made:
        accepted = {each.statement for each in judgements(entry) if each.score == 1.0}
        assert accepted == {number for number, verdict in entry.verdicts.items() if verdict.accepted}
    assert calls(log) == sum(spent(tmp_path / "run").requests.values()) == 8  # one each an image


def test_the_same_command_again_asks_and_judges_nothing(tmp_path):
    log = tmp_path / "log"
    first = judged(tmp_path / "run", f"teacher.backend.log={log}")
    paid = calls(log)
    assert judged(tmp_path / "run", f"teacher.backend.log={log}") == first
    assert calls(log) == paid


def test_a_blind_judge_is_sent_no_picture_and_a_sighted_one_what_the_visual_prompt_shows(tmp_path):
    def asked(name, *sets):
        judged(tmp_path / name, *sets)
        return [each["messages"][0] for each in requests(tmp_path / name)]

    blind, sighted, both = (asked(way, f"llm.input={way}") for way in ("text", "image", "both"))
    assert [len(messages) for messages in (blind, sighted, both)] == [4, 4, 4]
    assert all(each["sights"] == [] and "Relations:" in each["text"] for each in blind)
    for each in (*sighted, *both):
        ((_, recipe),) = each["sights"]
        assert json.loads(recipe)["drawn_by"]["component"].endswith(":numbered")
        assert "outlined" in each["text"].partition("<scene>")[0]
    assert not any("Relations:" in each["text"] for each in sighted)
    assert all("Relations:" in each["text"] for each in both)
    crops = asked("crops", "llm.input=image", "llm.visual_prompt=crop")
    assert all(len(each["sights"]) > 2 and "picture 2: region" in each["text"] for each in crops)


def test_a_backend_that_takes_no_pictures_is_refused_before_the_teacher_is_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(SmallworldBackend, "can", frozenset({"schema"}))
    with pytest.raises(ConfigError, match=r"takes no pictures; judge by words: --set llm.input=text"):
        judged(tmp_path / "run", "llm.input=both", f"teacher.backend.log={tmp_path}/log")
    assert calls(tmp_path / "log") == 0


def test_a_judge_without_a_backend_says_how_to_name_one(tmp_path):
    with pytest.raises(ConfigError, match=r"--set llm.backend=NAME; or a teacher that has one"):
        judged(tmp_path / "run", teacher="smallworld")


def test_one_cap_is_for_teacher_and_judge_together_and_what_it_stopped_goes_on(tmp_path):
    log, folder = tmp_path / "log", tmp_path / "run"
    with pytest.raises(BudgetReached):
        judged(folder, f"teacher.backend.log={log}", max_requests=5)
    assert calls(log) == 5
    whole = judged(folder, f"teacher.backend.log={log}", max_requests=8)
    assert calls(log) == 8
    assert whole == judged(tmp_path / "undisturbed")


def test_a_cap_on_money_counts_a_judge_with_a_backend_of_its_own(tmp_path):
    own = ("llm.backend=smallworld", "llm.backend.usd_per_million_out=100")
    with pytest.raises(BudgetReached):
        judged(tmp_path / "run", *own, max_usd=0.06, chunk=1)
    assert 0 < spent(tmp_path / "run").usd <= 0.06
    judged(tmp_path / "run", *own, max_usd=9.0, chunk=1)
    assert spent(tmp_path / "run").requests == {"ok": 8}


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({}, {"garbage_rate": 0.5}),
        ({"samples": 2, "statements": 3}, {"garbage_rate": 0.5}),
        ({"input": "both"}, {}),
    ],
)
def test_a_plan_bounds_what_the_judge_asks_and_sends_nothing(tmp_path, more, wrong):
    log = tmp_path / "log"
    backend = {"use": "smallworld", "log": str(log), "usd_per_million_out": 10.0, **wrong}
    critic = {"use": "llm", **more, "parts": {"backend": backend}}
    config = configured(critic=[critic])
    planned = project(config, 4)
    assert not log.exists()
    run(config, tmp_path / "run")
    asked, most = requests(tmp_path / "run"), planned["critic.llm"]
    assert calls(log) == len(asked) >= 4
    assert len(asked) <= most["requests_at_most"]["projected"]
    assert sum(each["max_tokens"] for each in asked) <= most["tokens_out_at_most"]["projected"]
    assert 0 < spent(tmp_path / "run").usd <= most["usd_at_most"]["projected"]
    assert planned["teacher"]["requests"]["projected"] == 4


def test_a_plan_counts_a_lent_backend_once_for_each_who_asks_it():
    planned = project(configured(), 4)
    assert planned["teacher"]["requests"]["projected"] == 4
    assert planned["critic.llm"]["requests_at_most"]["projected"] == 8  # and a repair of each
    assert "critic.llm" not in project(configured(critic="smallworld"), 2)


def test_a_plan_of_a_teacher_that_asks_nobody_counts_its_own_statements():
    own = {"use": "llm", "statements": 1, "parts": {"backend": {"use": "smallworld"}}}
    config = configured(critic=[own], teacher={"use": "smallworld", "statements": 2})
    assert project(config, 4)["critic.llm"]["requests_at_most"]["projected"] == 4 * 2 * 2


def test_a_probe_that_asks_a_judge_is_planned_too():
    judge = {"use": "llm", "statements": 1}
    plain, probed = (
        project(configured(critic=[critic]), 4)[f"critic.{critic['use']}"]["requests_at_most"]["projected"]
        for critic in (judge, {"use": "swap", "parts": {"critic": judge}})
    )
    assert probed == 2 * plain > 0


def test_another_way_of_judging_asks_before_it_pays_again(tmp_path):
    judged(tmp_path / "run")
    with pytest.raises(ConsentNeeded, match=r"critic.llm would be paid for again for 4 images"):
        judged(tmp_path / "run", "llm.samples=2")


@pytest.mark.parametrize(
    ("status", "wrong"), [("refused", {"refuse_rate": 0.4}), ("unparsable", {"garbage_rate": 0.8})]
)
def test_what_was_refused_or_unreadable_is_judged_again_on_demand_and_the_rest_is_not(
    tmp_path, status, wrong
):
    log, folder = tmp_path / "log", tmp_path / "run"
    critic = {"use": "llm", "statements": 1, "parts": {"backend": {"use": "smallworld", **wrong}}}
    config = configured(f"llm.backend.log={log}", critic=[critic])
    run(config, folder)
    failures = [each for entry in entries(folder) for each in entry.failures]
    assert failures
    assert all(f"--retry {status}" in each.reason for each in failures)
    before, again = calls(log), spent(folder).requests[status]
    run(config, folder, retry=["failed"])
    assert calls(log) == before  # the same replies would come of the same ledger
    run(config, folder, retry=[status])
    # The scripted backend answers them in the same way again: those alone were sent.
    assert calls(log) - before == again > 0


def test_a_run_that_is_there_is_judged_without_asking_its_teacher_again(tmp_path):
    log, folder = tmp_path / "log", tmp_path / "run"
    judged(folder, f"teacher.backend.log={log}", critic="smallworld")
    taught = calls(log)
    score = ["critic", "score", str(folder), "--critic", "llm", "--json"]
    done = CliRunner().invoke(lskd, score)
    assert done.exit_code == 0, done.output
    assert calls(log) == taught + 4
    made = entries(folder)
    assert all(list(entry.critics) == ["critic.smallworld", "critic.llm"] for entry in made)
    assert CliRunner().invoke(lskd, score).exit_code == 0
    assert calls(log) == taught + 4


def test_the_swap_probe_finds_that_the_judge_minds_where_a_statement_points(tmp_path):
    own = {"use": "swap", "parts": {"critic": {"use": "llm"}}}
    made = judged(tmp_path / "run", critic=[own], teacher=over(hallucinated=0.0))
    scores = [each.score for entry in made for each in entry.judgements]
    assert len(scores) > 8
    assert min(scores) > 0.5
    assert not any(entry.failures for entry in made)
