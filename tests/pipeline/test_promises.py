"""The promises of the run folder, proved on the small world."""

from __future__ import annotations

import sqlite3

import pytest

from lskd_toolkit.corpus import open_run
from lskd_toolkit.corpus.jsonl import JsonlExporter
from lskd_toolkit.corpus.statistics import statistics
from lskd_toolkit.corpus.sums import adds_up
from lskd_toolkit.errors import BudgetReached, ConsentNeeded
from lskd_toolkit.pipeline.why import explain


def exported(folder) -> bytes:
    with open_run(folder) as corpus:
        return JsonlExporter(None, None).export(corpus, folder / "export")[0].read_bytes()


def test_a_finished_run_run_again_asks_nothing_and_changes_nothing(world):
    folder = world.run("a")
    before, billed = exported(folder), world.billed
    assert billed == 10
    world.run("a")
    assert world.billed == billed
    assert exported(folder) == before


def test_streamed_and_phased_make_the_same_bytes(world):
    assert exported(world.run("s", schedule="streamed")) == exported(world.run("p", schedule="phased"))


def test_the_history_of_a_run_does_not_show_in_its_export(world):
    grown = world.run("grown", "source.count=3")
    world.run("grown", "source.count=7")
    world.run("grown")
    assert exported(grown) == exported(world.run("at-once"))


def test_an_image_added_costs_its_own_requests_only(world):
    world.run("a")
    billed = world.billed
    world.run("a", "source.count=11")
    assert world.billed == billed + 1


def test_an_upgrade_of_a_distribution_redoes_nothing(world):
    folder = world.run("a")
    with sqlite3.connect(folder / "run.sqlite") as db:
        db.execute("UPDATE stages SET version='0.0.1'")
    billed = world.billed
    world.run("a")
    assert world.billed == billed


def test_a_change_that_would_pay_again_stops_and_says_what_changed(world):
    folder = world.run("a")
    billed = world.billed
    with pytest.raises(
        ConsentNeeded, match=r"teacher would be paid for again for 10 images.*temperature"
    ) as caught:
        world.run("a", "teacher.temperature=0.1")
    assert caught.value.exit_code == 3
    assert world.billed == billed
    with open_run(folder) as corpus:
        assert "temperature" not in corpus.config["teacher"]  # the folder is as it was
    world.run("a", "teacher.temperature=0.1", yes=True)
    assert world.billed == billed + 10


def test_a_change_upstream_is_followed_to_its_cause(world):
    world.run("a")
    with pytest.raises(ConsentNeeded, match=r"refiner\.top\.options\.count changed from the default to 2"):
        world.run("a", "top.count=2")


def test_why_names_the_key_and_what_would_change(world):
    folder = world.run("a")
    with open_run(folder) as corpus:
        image = next(corpus.images()).id
    told = explain(folder, image)
    assert {stage["status"] for stage in told["stages"]} == {"ok"}
    text = (folder / "run.yaml").read_text()
    (folder / "run.yaml").write_text(text.replace("use: top", "use: top\n  count: 1"))
    changed = {s["stage"]: s["changes"] for s in explain(folder, image)["stages"] if s["changes"]}
    assert "refiner.top.options.count changed from the default to 1" in changed["refiner.top"][0]
    assert "refiner.top.options.count" in changed["teacher"][0]
    assert "proposer.smallworld" not in changed


def test_a_threshold_moved_judges_and_pays_nothing_again(world):
    folder = world.run("a", threshold=0.0)
    billed = world.billed
    with open_run(folder) as corpus:
        every = corpus.counts()
    world.run("a", threshold=1.0)
    with open_run(folder) as corpus:
        strict = corpus.counts()
    assert world.billed == billed
    assert every["accepted"] == every["statements"] >= strict["accepted"]


def test_a_cap_on_requests_stops_resumably(world):
    with pytest.raises(BudgetReached):
        world.run("a", max_requests=3)
    assert world.billed == 3
    world.run("a", max_requests=None)
    assert world.billed == 10


def test_a_cap_on_money_is_never_passed(world):
    with pytest.raises(BudgetReached):
        world.run(
            "a",
            "teacher.backend.usd_per_million_in=200",
            "teacher.backend.usd_per_million_out=200",
            max_usd=5.0,
        )
    with open_run(world.folder / "a") as corpus:
        assert 0 < corpus.spending.usd <= 5.0


def test_everything_adds_up(world):
    folder = world.run("a", "teacher.backend.garbage_rate=0.3", "teacher.backend.refuse_rate=0.2")
    with open_run(folder) as corpus:
        numbers = statistics(corpus)
        assert sum(stage.rows.get("ok", 0) for stage in corpus.stages if stage.name == "teacher") == 10
    assert adds_up(numbers) == []
    assert numbers["rejected"]["total"] > 0


def test_refused_replies_are_kept_and_asked_again_only_on_retry(world):
    folder = world.run("a", "teacher.backend.refuse_rate=0.5")
    billed = world.billed
    with open_run(folder) as corpus:
        refused = corpus.spending.requests["refused"]
    assert 0 < refused < 10
    world.run("a", "teacher.backend.refuse_rate=0.5")
    assert world.billed == billed
    world.run("a", "teacher.backend.refuse_rate=0.5", retry=("refused",))
    assert world.billed == billed + refused


def test_the_student_is_trained_once_on_the_same_selection(world):
    folder = world.run("a", student="smallworld")
    stamp = (folder / "student").stat().st_mtime_ns
    world.run("a", student="smallworld")
    assert (folder / "student").stat().st_mtime_ns == stamp
    world.run("a", student="smallworld", threshold=1.0)
    assert (folder / "student").stat().st_mtime_ns != stamp
