"""Runs that broke once: the way they are started changes, and nothing is paid for twice all the same."""

from __future__ import annotations

from collections import Counter

import pytest

from lskd_toolkit.corpus import open_run
from lskd_toolkit.errors import BudgetReached, Stopped
from lskd_toolkit.pipeline.progress import Silent
from lskd_toolkit.pipeline.running import configure, run
from lskd_toolkit.testing.vendors import fake_vendors

SCENES = 12


def config(vendors, teacher, batch, strategy="oneshot", **more):
    url = vendors.anthropic_url if teacher == "claude" else vendors.openai_url
    backend = {"use": teacher, "base_url": url, "timeout": 5.0, "batch_settles": 1.0}
    return configure(
        None, None,
        {
            "source": {"use": "smallworld", "count": SCENES}, "proposer": "smallworld",
            "verbalizer": ["smallworld-global", "smallworld-local"], "critic": "smallworld",
            "strategy": strategy, "batch": batch, "chunk": 5,
            "teacher": {"use": "llm", "parts": {"backend": backend}}, **more,
        },
    )  # fmt: skip


def paid_once(vendors):
    asked = Counter(call.sha256 for call in vendors.calls if not call.fault)
    assert max(asked.values()) == 1, "something was paid for twice"


class Impatient(Silent):
    """Stops, as Ctrl-C does, when the run says a word."""

    def __init__(self, word):
        self.word = word

    def note(self, text):
        if self.word in text:
            raise Stopped("by you")


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.mark.parametrize("teacher", ["claude", "chatgpt"])
@pytest.mark.parametrize("word", ["submitted the batch", "waiting for"])
def test_a_run_stopped_with_its_batch_on_the_way_goes_on_without_batches(tmp_path, teacher, word):
    with fake_vendors(batch_seconds=0.5) as vendors:
        with pytest.raises(Stopped):
            run(config(vendors, teacher, True), tmp_path, progress=Impatient(word))
        run(config(vendors, teacher, False), tmp_path)
        paid_once(vendors)
        assert {call.route for call in vendors.calls if call.custom_id} == {"batches.item"}
    with open_run(tmp_path) as corpus:
        assert sum(bool(e.statements or e.rejected) for e in corpus.entries()) == SCENES


@pytest.mark.parametrize("teacher", ["claude", "chatgpt"])
def test_a_run_stopped_without_batches_goes_on_with_them(tmp_path, teacher):
    with fake_vendors(batch_seconds=0.3) as vendors:
        with pytest.raises(BudgetReached):
            run(config(vendors, teacher, False, max_requests=5), tmp_path)
        assert len(vendors.calls) == 5
        run(config(vendors, teacher, True), tmp_path)
        paid_once(vendors)
        assert len(vendors.calls) == SCENES


@pytest.mark.parametrize("teacher", ["claude", "chatgpt"])
def test_a_batch_that_the_vendor_refuses_is_a_reason_of_each_of_its_scenes(tmp_path, teacher):
    refuses = [{"match": {"route": "batches.create"}, "fault": "400"}]
    with fake_vendors(script=refuses) as vendors:
        run(config(vendors, teacher, True), tmp_path)
        assert vendors.calls == []
    with open_run(tmp_path) as corpus:
        rows = next(stage.rows for stage in corpus.stages if stage.name == "teacher")
    assert rows == {"failed": SCENES}


@pytest.mark.parametrize("strategy", ["oneshot", "reflect"])
def test_what_was_refused_is_asked_again_in_a_batch(tmp_path, strategy):
    with fake_vendors(script=[{"match": {"attempt": 1, "rate": 0.4}, "fault": "refusal"}]) as vendors:
        run(config(vendors, "chatgpt", False, strategy), tmp_path)
        billed = len(vendors.calls)
        run(config(vendors, "chatgpt", True, strategy), tmp_path, retry=["refused"])
        again = vendors.calls[billed:]
        assert again
        assert all(call.custom_id for call in again)


def test_a_cap_holds_over_restarts_with_and_without_batches(tmp_path):
    with fake_vendors(batch_seconds=0.2) as vendors:
        for most, batch in ((3, False), (6, True), (9, False), (10, True)):
            with pytest.raises(BudgetReached):
                run(config(vendors, "chatgpt", batch, max_requests=most), tmp_path)
            assert len(vendors.calls) == most
        paid_once(vendors)
