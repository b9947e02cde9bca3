"""Judging by vendors' batches, over the vendors' own clients, and by one vendor of what another taught."""

from __future__ import annotations

import importlib.util
import json
import signal
import sqlite3
import subprocess
from contextlib import suppress

import pytest

from lskd_toolkit.corpus import open_run
from lskd_toolkit.errors import StoreError
from lskd_toolkit.llm import Ledger
from lskd_toolkit.testing.vendors import fake_vendors, spawn_vendors

from .worlds import LSKD, WORLD, entries, judged, judgements, requests, wait_until


def needing(name):
    """A case for those who have the vendor's plugin."""
    module = {"claude": "lskd_anthropic", "chatgpt": "lskd_openai"}[name]
    there = importlib.util.find_spec(module)
    return pytest.param(name, marks=pytest.mark.skipif(there is None, reason=f"{module} is missing"))


VENDORS = [needing("claude"), needing("chatgpt")]


def backend(vendors, name):
    url = vendors.anthropic_url if name == "claude" else vendors.openai_url
    return {"use": name, "base_url": url, "batch_settles": 0.2}


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, "sk-any")


def whole(folder):
    """The entries of a run in which every statement has been judged."""
    with open_run(folder) as corpus:
        made, kept = list(corpus.entries()), corpus.spending
    assert not any(entry.failures or entry.pending for entry in made)
    for entry in made:
        assert [each.statement for each in judgements(entry)] == [each.id for each in entry.statements]
        assert all({"answer", "rationale", "accept"} == each.parts.keys() for each in judgements(entry))
    return kept


@pytest.mark.parametrize("name", [needing("claude")])
def test_what_is_judged_goes_in_batches_as_what_is_taught_does(tmp_path, name):
    changes = {"batch": True, "source": {"use": "smallworld", "count": 3, "size": 96}}
    with fake_vendors(batch_seconds=0.05) as vendors:
        changes["teacher"] = {"use": "llm", "parts": {"backend": backend(vendors, name)}}
        judged(tmp_path / "run", "llm.input=image", **changes)
        billed = list(vendors.calls)
        judged(tmp_path / "run", "llm.input=image", **changes)
        assert len(vendors.calls) == len(billed)
    kept = whole(tmp_path / "run")
    asked = requests(tmp_path / "run")
    assert len(asked) == 3
    assert all(each["messages"][0]["sights"] for each in asked)
    assert sum(kept.requests.values()) == 6
    billed_once_in_two_batches(billed, 6)


@pytest.mark.parametrize("name", [needing("chatgpt")])
def test_a_run_killed_while_what_it_judges_is_at_the_vendor_collects_it(tmp_path, name):
    folder, path = tmp_path / "run", tmp_path / "run.yaml"
    with spawn_vendors(tmp_path / "calls.jsonl", batch_seconds=0.8) as vendors:
        config = {**WORLD, "batch": True, "source": {"use": "smallworld", "count": 3, "size": 96}}
        config["teacher"] = {"use": "llm", "parts": {"backend": backend(vendors, name)}}
        path.write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
        words = [*LSKD, "run", "--config", str(path), "--out", str(folder), "--no-report", "--json"]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(process, lambda: batches_made(folder) == 2)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not any(judgements(entry) for entry in entries(folder))
        done = subprocess.run(words, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
        billed = vendors.calls
    whole(folder)
    billed_once_in_two_batches(billed, 6)


def billed_once_in_two_batches(billed, count):
    """One batch of what is taught, one of what is judged."""
    assert len({call.sha256 for call in billed}) == len(billed) == count
    batches = [call.batch for call in billed if call.batch]
    assert len(batches) == count
    assert len(set(batches)) == 2


def batches_made(folder):
    """How many batches the ledger knows by the vendor's id; none while it is being made."""
    with suppress(StoreError, sqlite3.Error):
        ledger = Ledger(folder / "ledger.sqlite", readonly=True)
        try:
            return len(ledger.vendor_ids())
        finally:
            ledger.close()
    return 0


@pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("lskd_anthropic", "lskd_openai"))), reason="a vendor is missing"
)
def test_one_vendor_judges_what_another_taught_through_one_ledger(tmp_path):
    with fake_vendors() as vendors:
        judged(
            tmp_path / "run",
            teacher={"use": "llm", "parts": {"backend": backend(vendors, "claude")}},
            critic=[{"use": "llm", "parts": {"backend": backend(vendors, "chatgpt")}}],
        )
        billed = [call.vendor for call in vendors.calls]
    kept = whole(tmp_path / "run")
    assert sorted(billed) == ["anthropic"] * 4 + ["openai"] * 4
    assert sum(kept.requests.values()) == 8
    assert kept.usd > 0


@pytest.mark.parametrize("name", VENDORS)
def test_a_judge_at_a_vendor_that_fails_gives_whole_rows_or_reasons_and_pays_once(tmp_path, name):
    """Replies of the wrong form are mended, refusals and replies that stay wrong cost their own rows."""
    judging = {"contains": "You judge statements"}
    script = [
        {"match": {**judging, "nth": [1, 4]}, "fault": "wrong_schema"},
        {"match": {**judging, "nth": [2]}, "fault": "token_limit"},
        {"match": {**judging, "nth": [3]}, "fault": "refusal"},
        {"match": {**judging, "nth": [5]}, "fault": "empty"},
        {"match": {**judging, "attempt": 1, "rate": 0.3}, "fault": {"kind": "429", "retry_after": 0.1}},
    ]
    with fake_vendors(script=script) as vendors:
        made = judged(
            tmp_path / "run",
            source={"use": "smallworld", "count": 10, "size": 96},
            teacher={"use": "llm", "parts": {"backend": backend(vendors, name)}},
        )
        digests = [call.sha256 for call in vendors.calls]
        faults = {call.fault for call in vendors.calls}
    assert {"wrong_schema", "refusal", "token_limit", "empty"} <= faults
    assert len(digests) == len(set(digests))
    failures = [failure for entry in made for failure in entry.failures]
    assert 1 <= len(failures) <= 5
    assert all(each.stage == "critic.llm" and "no judgement of" in each.reason for each in failures)
    for entry in made:
        given = [each.statement for each in judgements(entry)]
        assert given == ([] if entry.failures else [each.id for each in entry.statements])
