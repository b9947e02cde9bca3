"""Verbalizers that cost money keep what teachers promise: planned, capped, batched, never paid for twice."""

from __future__ import annotations

import asyncio
import importlib.util

import pytest
from click.testing import CliRunner

from lskd_toolkit.cli.main import lskd
from lskd_toolkit.corpus import open_run
from lskd_toolkit.errors import BudgetReached, ConfigError, ConsentNeeded
from lskd_toolkit.llm import Ledger
from lskd_toolkit.llm.messages import ChatRequest, Message
from lskd_toolkit.pipeline.planning import project
from lskd_toolkit.pipeline.rehearsing import invented, not_asked, rehearsing
from lskd_toolkit.pipeline.running import configure, run
from lskd_toolkit.testing.vendors import fake_vendors
from lskd_toolkit.verbalizing.questions import read, schema

from .worlds import WORLD, entries, words

NAMES = ["caption", "region-caption", "dynamic"]
PAID = {
    "vlm": "llm",
    "vqa": "vlm",
    "visual_prompt": "crop",
    "verbalizer": NAMES,
    "teacher": {"use": "llm", "parts": {"backend": {"use": "smallworld", "usd_per_million_out": 10.0}}},
}
needs_openai = pytest.mark.skipif(
    importlib.util.find_spec("lskd_openai") is None, reason="lskd-openai is not installed"
)


def configured(*sets, **changes):
    return configure(None, None, {**WORLD, **PAID, **changes}, sets)


def spent(folder):
    with open_run(folder) as corpus:
        return corpus.spending


def test_a_backend_that_sees_captions_and_answers(tmp_path):
    for entry in entries(tmp_path, **PAID):
        assert not entry.failures
        assert len(words(entry, "region-caption")) == len(entry.scene.regions)
        assert words(entry, "dynamic")


def test_they_are_paid_when_what_they_ask_is():
    config = configured()
    assert [part.paid for part in config.verbalizer] == [True, True, True]
    assert not any(part.paid for part in configured(vlm="smallworld", vqa="smallworld").verbalizer[:2])


def test_a_plan_bounds_what_a_run_asks_and_pays_and_sends_nothing(tmp_path):
    config = configured(f"teacher.backend.log={tmp_path}/log")
    planned = project(config, 4)
    assert not (tmp_path / "log").exists()
    run(config, tmp_path / "run")
    asked = spent(tmp_path / "run")
    most = {name: told for name, told in planned.items() if isinstance(told, dict) and "usd_at_most" in told}
    assert list(most) == ["verbalizer.caption", "verbalizer.region-caption", "verbalizer.dynamic", "teacher"]
    requests = sum(told["requests_at_most"]["projected"] for told in most.values())
    assert sum(asked.requests.values()) <= requests
    assert asked.tokens_out <= sum(told["tokens_out_at_most"]["projected"] for told in most.values())
    assert asked.usd <= sum(told["usd_at_most"]["projected"] for told in most.values())
    # One a picture, one a region; of a scene two rounds and six answers at most.
    with open_run(tmp_path / "run") as corpus:
        regions = sum(len(entry.scene.regions) for entry in corpus.entries())
    told = [most[f"verbalizer.{name}"]["requests_at_most"]["projected"] for name in NAMES]
    assert told == [4, regions, 4 * (2 + 6)]


def test_a_plan_without_paid_verbalizers_says_what_it_always_said():
    planned = project(configured(verbalizer=["smallworld-local"]), 2)
    assert set(planned["teacher"]) == {"requests", "tokens_in", "tokens_out_at_most", "usd_at_most"}


def test_invented_replies_are_as_many_questions_as_may_be_asked():
    request = ChatRequest((Message("user", "."),), schema=schema(5), max_tokens=100)
    assert len(read(invented(request), (), (), 25)) == 5
    assert 360 <= len(invented(ChatRequest((Message("user", "."),), max_tokens=100))) <= 400


def test_what_would_be_sent_is_shown_without_asking_the_verbalizers(tmp_path):
    config = configured(f"teacher.backend.log={tmp_path}/log")

    async def scene():
        async with rehearsing(config, lambda found: found[:1], reply=not_asked) as rehearsal:
            rehearsal.open()
            entry = next(iter(rehearsal.store.images("ok")))
            return rehearsal.scene(entry), await rehearsal.requests(entry, rehearsal.scene(entry))

    shown, requests = asyncio.run(scene())
    assert {d.text for d in shown.descriptors if d.scope == "global"} == {"(not asked)"}
    assert len(requests) == 1
    assert not (tmp_path / "log").exists()


def test_showing_a_prompt_names_the_verbalizers_that_were_not_asked(tmp_path):
    words = ["prompts", "show", "qar-id", "--source", "smallworld", "--image", "000000", "--vlm", "llm"]
    words += ["--proposer", "smallworld", "--refine", "none", "--verbalizer", "smallworld-local,caption"]
    shown = CliRunner().invoke(lskd, [*words, "--set", "source.size=96"])
    assert shown.exit_code == 0
    assert "not asked either, so the scene lacks their words: verbalizer.caption" in shown.stdout
    assert "(not asked)" in shown.stdout


def test_a_cap_on_money_holds_before_teaching(tmp_path):
    with pytest.raises(BudgetReached):
        run(configured(max_usd=0.005, chunk=1), tmp_path / "run")
    assert spent(tmp_path / "run").usd <= 0.005
    counts = run(configured(max_usd=1.0, chunk=1), tmp_path / "run")
    run(configured(chunk=1), tmp_path / "whole")
    assert counts["images_ok"] == 4
    assert spent(tmp_path / "run").requests == spent(tmp_path / "whole").requests
    assert spent(tmp_path / "run").usd == pytest.approx(spent(tmp_path / "whole").usd)


def test_a_change_that_would_pay_again_asks_first(tmp_path):
    run(configured(), tmp_path / "run")
    with pytest.raises(ConsentNeeded, match=r"verbalizer.caption would be paid for again for 4 images"):
        run(configured("caption.max_tokens=32"), tmp_path / "run")


def test_a_backend_that_takes_no_pictures_is_refused_before_the_free_stages(tmp_path, monkeypatch):
    from lskd_toolkit.smallworld.backend import SmallworldBackend

    monkeypatch.setattr(SmallworldBackend, "can", frozenset({"schema"}))
    with pytest.raises(ConfigError, match="takes no pictures, so it cannot be the vlm"):
        run(configured(), tmp_path / "run")


def test_what_was_refused_is_asked_again_on_demand_and_the_rest_is_not(tmp_path):
    refusing = (f"teacher.backend.log={tmp_path}/log",)
    folder = tmp_path / "run"
    rate = {"use": "llm", "parts": {"backend": {"use": "smallworld", "refuse_rate": 0.3}}}
    run(configured(*refusing, teacher=rate), folder)
    ledger = Ledger(folder / "ledger.sqlite", readonly=True)
    refused = ledger.keys_with({"refused"})
    ledger.close()
    before = len((tmp_path / "log").read_text().splitlines())
    run(configured(*refusing, teacher=rate), folder, retry=["refused"], yes=True)
    # The scripted backend refuses the same requests again: those alone were sent.
    sent = len((tmp_path / "log").read_text().splitlines()) - before
    assert refused
    assert sent == len(refused)


@needs_openai
@pytest.mark.parametrize("batch", [False, True])
def test_a_vendor_is_sent_pictures_and_bills_every_request_once(tmp_path, monkeypatch, batch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-any")
    with fake_vendors(batch_seconds=0.05) as vendors:
        backend = {"use": "chatgpt", "base_url": vendors.openai_url}
        if batch:
            backend["batch_settles"] = 0.2
        # Each step of each stage is a batch of its own: few of them, so that the test is short.
        names = ["caption", {"use": "dynamic", "rounds": 1}] if batch else NAMES
        changes = {"teacher": {"use": "llm", "parts": {"backend": backend}}, "batch": batch}
        changes |= {"verbalizer": names, "vqa": "smallworld"} if batch else {"verbalizer": NAMES}
        changes["source"] = {"use": "smallworld", "count": 2, "size": 96}
        run(configured(**changes), tmp_path / "run")
        billed = list(vendors.calls)
        run(configured(**changes), tmp_path / "run")
        assert len(vendors.calls) == len(billed)
    digests = [call.sha256 for call in billed]
    assert len(digests) == len(set(digests)) == sum(spent(tmp_path / "run").requests.values())
    with open_run(tmp_path / "run") as corpus:
        told = list(corpus.entries())
    assert all(words(entry, name) for entry in told for name in ("caption", "dynamic"))
    assert not any(entry.failures for entry in told)
