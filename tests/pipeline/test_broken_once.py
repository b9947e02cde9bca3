"""Faults that were found by trying to break a run; each test shows one."""

from __future__ import annotations

import asyncio
import sys
from types import SimpleNamespace

import numpy as np
import PIL.Image
import pytest

from lskd_toolkit.components import Component
from lskd_toolkit.config import merged
from lskd_toolkit.corpus import open_run
from lskd_toolkit.errors import BudgetReached, ConfigError, ConsentNeeded, UsageError
from lskd_toolkit.hookspecs import hookimpl
from lskd_toolkit.llm import Budget, ChatReply, Door, Ledger
from lskd_toolkit.pipeline.running import configure, folder_for, run
from lskd_toolkit.plugins import plugins
from lskd_toolkit.records import Descriptor, Found, Image, Region, Scene
from lskd_toolkit.teaching.lesson import Lesson
from lskd_toolkit.teaching.oneshot import oneshot
from lskd_toolkit.teaching.options import TeacherOptions
from lskd_toolkit.teaching.prompt import load_prompt
from lskd_toolkit.teaching.toolbox import Toolbox

from .conftest import WORLD

PLAIN = {"refiner": ["none"], "verbalizer": ["none"], "teacher": "none", "critic": ["none"]}


class Odd:
    """A proposer that hands back, for the third image, what each test needs."""

    make = staticmethod(lambda region: region)

    def __init__(self, options, ctx):
        pass

    def propose(self, pictures):
        made = []
        for picture in pictures:
            region = Region(0, (1.0, 1.0, 9.0, 9.0), label="box")
            made.append([Odd.make(region) if picture.image.uri.endswith("/3") else region])
        return made


class Twice:
    """A source that gives one id two times."""

    def __init__(self, options, ctx):
        from lskd_toolkit.smallworld.options import SourceOptions
        from lskd_toolkit.smallworld.source import SmallworldSource

        self.inner = SmallworldSource(SourceOptions(count=4))

    def scan(self):
        found = list(self.inner.scan())
        return [*found, Found(found[0].id, found[1].uri)]

    def read(self, uri):
        return self.inner.read(uri)


@pytest.fixture(autouse=True)
def _plugin(monkeypatch):
    @hookimpl
    def lskd_proposers():
        return [Component("proposer", "odd", "A test.", f"{__name__}:Odd", reads=())]

    @hookimpl
    def lskd_sources():
        return [Component("source", "twice", "A test.", f"{__name__}:Twice", reads=())]

    plugin = SimpleNamespace(__name__="odd", lskd_proposers=lskd_proposers, lskd_sources=lskd_sources)
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
    plugins().register(plugin, "dist-odd")
    yield
    plugins().unregister(plugin)


def test_a_budget_reached_by_one_request_keeps_the_replies_of_the_others():
    class Slow:
        endpoint, model = "test", "m"

        async def complete(self, request):
            await asyncio.sleep(0.05)
            return ChatReply('{"statements": []}')

        def usd(self, tokens_in, tokens_out):
            return 0.0

    prompt = load_prompt("qar-id").model_copy(update={"focus": "region", "max_focus": 4})
    scene = Scene(
        Image("a", "a", "0" * 64, 9, 9),
        tuple(Region(i, (0, 0, 9, 9)) for i in range(4)),
        (Descriptor("global", "x"),),
    )
    ledger = Ledger.in_memory()

    async def ask():
        door = Door(Slow(), ledger, Budget(max_requests=2))
        await oneshot(Lesson(scene, prompt, door, TeacherOptions(), 0, Toolbox(door, {})))

    with pytest.raises(BudgetReached):
        asyncio.run(ask())
    assert ledger.totals()[0] == {"ok": 2}


def test_another_budget_or_threshold_goes_on_in_the_same_folder():
    def folder(**changes):
        return folder_for(configure(None, None, {**WORLD, **changes}))

    assert folder() == folder(max_requests=5) == folder(threshold=0.9) == folder(schedule="phased")
    assert folder() != folder(seed=1)


def test_a_scan_that_fails_takes_nothing_away(world):
    folder = world.run("a")
    with pytest.raises(UsageError):
        run(world.configure(source={"use": "folder", "paths": ["/nowhere/at/all"]}), folder)
    with open_run(folder) as corpus:
        assert corpus.counts()["images_ok"] == 10
    with pytest.raises(ConsentNeeded):
        world.run("a", "teacher.statements=1")


def test_verdicts_on_another_teachers_statements_are_not_exported(world):
    folder = world.run("a", teacher="smallworld")
    with pytest.raises(BudgetReached):
        world.run("a", "teacher.backend.hallucinated=1.0", yes=True, max_requests=4)
    with open_run(folder) as corpus:
        assert list(corpus.accepted()) == []


def test_an_image_changed_and_changed_back_has_its_statements(tmp_path):
    from lskd_toolkit.smallworld.render import png
    from lskd_toolkit.smallworld.world import Address, world

    folder = tmp_path / "photos"
    folder.mkdir()
    original, other = (png(world(Address(0, index))) for index in (1, 2))
    config = {**WORLD, "source": {"use": "folder", "paths": [str(folder)]}, "proposer": "odd"}
    counts = []
    for data in (original, other, original):
        (folder / "0.png").write_bytes(data)
        run(configure(None, None, {**config, "critic": ["none"], "threshold": 0.0}), tmp_path / "r", yes=True)
        with open_run(tmp_path / "r") as corpus:
            counts.append((len(list(corpus.accepted())), corpus.counts()["accepted"]))
    assert counts[0] == counts[2]
    assert all(exported == counted for exported, counted in counts)


@pytest.mark.parametrize(
    "make",
    [
        lambda region: Region(0, tuple(np.float32(v) for v in region.box)),
        lambda region: Region(0, region.box, label="\ud800"),
        lambda region: Region(0, region.box, label=None),
        lambda region: sys.exit(0),
    ],
    ids=["numpy-numbers", "lone-surrogate", "label-of-none", "exit"],
)
def test_a_value_that_cannot_be_stored_costs_one_image(world, monkeypatch, make):
    monkeypatch.setattr(Odd, "make", staticmethod(make))
    folder = world.run("a", **{**PLAIN, "proposer": "odd"})
    with open_run(folder) as corpus:
        failed = [entry.failures[0].reason for entry in corpus.entries() if entry.failures]
    assert len(failed) == 1
    assert "dist-odd" in failed[0]


def test_what_a_retried_reply_cost_stays_counted(world):
    priced = ("teacher.backend.refuse_rate=0.5", "teacher.backend.usd_per_million_in=1000")
    folder = world.run("a", *priced)
    with open_run(folder) as corpus:
        before = corpus.spending.usd
    with pytest.raises(BudgetReached):
        world.run("a", *priced, retry=("refused",), max_usd=0.0001)
    with open_run(folder) as corpus:
        assert corpus.spending.usd == pytest.approx(before)


def test_a_refused_image_is_looked_at_again(tmp_path):
    PIL.Image.new("RGB", (400, 400), "red").save(tmp_path / "big.png")
    for limit, status in ((0.01, "refused"), (5.0, "ok")):
        source = {"use": "folder", "paths": [str(tmp_path / "big.png")], "max_megapixels": limit}
        run(configure(None, None, {**WORLD, **PLAIN, "source": source}), tmp_path / "r")
        with open_run(tmp_path / "r") as corpus:
            assert [row.status for row in corpus.images()] == [status]


def test_an_id_given_twice_is_a_row_with_its_reason_however_often_it_is_run(world):
    for _ in range(3):
        folder = world.run("a", **{**PLAIN, "source": "twice"})
        with open_run(folder) as corpus:
            rows = list(corpus.images())
        assert [row.status for row in rows] == ["ok", "refused", "ok", "ok", "ok"]
        assert "twice" in rows[1].reason


def test_a_teacher_under_another_name_still_asks_before_it_is_paid_again(world):
    world.run("a")
    with pytest.raises(ConsentNeeded):
        world.run("a", "teacher.as=bob", "teacher.statements=1")


def test_the_same_part_under_two_names_is_two_stages(world):
    twins = [{"use": "smallworld-local", "as": name} for name in ("a", "b")]
    folder = world.run("a", **{**PLAIN, "verbalizer": twins})
    with open_run(folder) as corpus:
        assert [s.name for s in corpus.stages][-2:] == ["verbalizer.a", "verbalizer.b"]


@pytest.mark.parametrize(
    "bad", [{"max_usd": float("nan")}, {"max_usd": -1.0}, {"max_requests": -1}, {"chunk": 10**6}]
)
def test_caps_that_cap_nothing_are_refused(bad):
    with pytest.raises(ConfigError):
        configure(None, None, merged(WORLD, bad))


def test_the_later_word_on_the_prompt_wins(tmp_path):
    config = configure(None, None, {**WORLD, "prompt": "qar-small"}, ["teacher.prompt=qar-id"])
    assert config.teacher.options.prompt == "qar-id"
