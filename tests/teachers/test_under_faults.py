"""Teachers at vendors that fail in every way there is: nothing is lost, nothing is paid for twice."""

from __future__ import annotations

import importlib.util
from collections import Counter

import pytest

from lskd_toolkit.corpus import open_run
from lskd_toolkit.llm import Ledger
from lskd_toolkit.pipeline.running import configure, run
from lskd_toolkit.testing.vendors import fake_vendors

STRATEGIES = [
    "oneshot",
    "reflect",
    pytest.param(
        "agent",
        marks=pytest.mark.skipif(
            importlib.util.find_spec("lskd_langchain") is None, reason="lskd-langchain is not installed"
        ),
    ),
]
LANGCHAIN = pytest.param(
    "langchain",
    marks=pytest.mark.skipif(
        not (importlib.util.find_spec("lskd_langchain") and importlib.util.find_spec("langchain_openai")),
        reason="lskd-langchain or langchain-openai is not installed",
    ),
)
PASSING = [
    {"match": {"attempt": 1, "rate": 0.12}, "fault": {"kind": "429", "retry_after": 0.2}},
    {"match": {"attempt": 1, "rate": 0.08}, "fault": {"kind": "429", "retry_after": 1, "date": True}},
    {"match": {"attempt": 1, "rate": 0.05}, "fault": "429"},
    {"match": {"attempt": 1, "rate": 0.08}, "fault": "500"},
    {"match": {"attempt": 1, "rate": 0.05}, "fault": "503"},
    {"match": {"attempt": 1, "rate": 0.08}, "fault": "529"},
    {"match": {"attempt": 1, "rate": 0.05}, "fault": "cut"},
    {"match": {"attempt": 1, "rate": 0.08}, "fault": "cut_body"},
    {"match": {"attempt": 1, "rate": 0.08}, "fault": "malformed"},
    {"match": {"attempt": 1, "rate": 0.05}, "fault": {"kind": "hang", "seconds": 30}},
    {"match": {"attempt": 1, "rate": 0.05}, "fault": {"kind": "trickle", "seconds": 30}},
    {"match": {"attempt": 1, "rate": 0.05}, "fault": {"kind": "slow", "seconds": 0.5}},
]
"""What passes when it is sent again. Of these `LOST` are billed though no reply comes of them."""
LOST = {"cut_body", "malformed", "trickle"}
STAYING = [
    {"match": {"nth": [5, 11]}, "fault": "400"},
    {"match": {"rate": 0.15}, "fault": "wrong_schema"},
    {"match": {"rate": 0.15}, "fault": "refusal"},
    {"match": {"rate": 0.15}, "fault": "token_limit"},
    {"match": {"rate": 0.1}, "fault": "empty"},
]
BATCHES = [
    {"match": {"route": "batches.item", "attempt": 1, "rate": 0.15}, "fault": "errored"},
    {"match": {"route": "batches.item", "attempt": 1, "rate": 0.15}, "fault": "expired"},
    {"match": {"route": "batches.create", "nth": 1}, "fault": "cut_body"},
    {"match": {"route": "batches.create", "nth": 2}, "fault": {"kind": "429", "retry_after": 0.2}},
    {"match": {"route": "batches.get", "every": 3}, "fault": "500"},
    {"match": {"route": "batches.list", "nth": 1}, "fault": "503"},
    {"match": {"route": "batches.results", "nth": 1}, "fault": "cut_body"},
    {"match": {"route": "files.content", "nth": 1}, "fault": "cut_body"},
    {"match": {"route": "files.create", "nth": 1}, "fault": "500"},
]
SCENES = 24


def taught(folder, vendors, teacher, strategy, batch=False, **more):
    url = vendors.anthropic_url if teacher == "claude" else vendors.openai_url
    backend = {"use": teacher, "base_url": url, "timeout": 3.0}
    if teacher == "langchain":
        backend["model"] = "openai:gpt-6.1-terra"
    if batch:
        backend["batch_settles"] = 2.0
    config = configure(
        None, None,
        {
            "source": {"use": "smallworld", "count": SCENES}, "proposer": "smallworld", "vqa": "smallworld",
            "verbalizer": ["smallworld-global", "smallworld-local", "smallworld-relation"],
            "critic": "smallworld", "strategy": strategy, "batch": batch, "chunk": 8,
            "teacher": {"use": "llm", "parts": {"backend": backend}},
        },
    )  # fmt: skip
    run(config, folder, **more)
    with open_run(folder) as corpus:
        return {
            entry.scene.image.id: [(s.question, s.answer, s.rationale) for s in entry.statements]
            for entry in corpus.entries()
        }


def replies(folder):
    ledger = Ledger(folder / "ledger.sqlite", readonly=True)
    try:
        return Counter(ledger.totals()[0])
    finally:
        ledger.close()


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "any")  # LangChain insists on one


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("teacher", ["claude", "chatgpt", LANGCHAIN])
def test_what_passes_changes_nothing_and_only_lost_replies_are_paid_for_again(tmp_path, teacher, strategy):
    with fake_vendors() as vendors:
        undisturbed = taught(tmp_path / "calm", vendors, teacher, strategy)
        paid = len(vendors.calls)
    assert sum(map(len, undisturbed.values())) > SCENES
    with fake_vendors(script=PASSING) as vendors:
        assert taught(tmp_path / "storm", vendors, teacher, strategy) == undisturbed
        struck = Counter(call.fault for call in vendors.calls if call.fault)
        lost = sum(count for kind, count in struck.items() if kind in LOST)
        assert lost > 0
        assert len(vendors.calls) == paid + lost
    assert sum(replies(tmp_path / "storm").values()) == paid


@pytest.mark.parametrize("teacher", ["claude", "chatgpt"])
def test_what_stays_is_a_row_with_its_reason_and_is_asked_again_only_on_request(tmp_path, teacher):
    with fake_vendors(script=STAYING) as vendors:
        taught(tmp_path, vendors, teacher, "oneshot")
        billed = len(vendors.calls)
        with open_run(tmp_path) as corpus:
            lost = [x.reason for e in corpus.entries() for x in (*e.rejected, *e.failures)]
            reasons = " ".join(lost)
            rows = next(stage.rows for stage in corpus.stages if stage.name == "teacher")
        for reason in ("refused by the teacher", "cut by the token limit", "unparsable", "RequestRejected"):
            assert reason in reasons, (reason, reasons[:2000])
        assert sum(rows.values()) == SCENES
        assert rows["failed"] > 0
        taught(tmp_path, vendors, teacher, "oneshot")
        assert len(vendors.calls) == billed
        refused = replies(tmp_path)["refused"]
        assert refused > 0
        taught(tmp_path, vendors, teacher, "oneshot", retry=["refused"])
        assert len(vendors.calls) >= billed + refused


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("teacher", ["claude", "chatgpt"])
def test_batches_that_fail_in_part_or_on_the_way_lose_nothing(tmp_path, teacher, strategy):
    with fake_vendors(batch_seconds=0.1) as vendors:
        undisturbed = taught(tmp_path / "calm", vendors, teacher, strategy, batch=True)
    with fake_vendors(script=BATCHES, batch_seconds=0.3, list_delay=0.5) as vendors:
        assert taught(tmp_path / "storm", vendors, teacher, strategy, batch=True) == undisturbed
        asked = Counter(call.sha256 for call in vendors.calls if not call.fault)
        assert max(asked.values()) == 1, "something was paid for twice"
