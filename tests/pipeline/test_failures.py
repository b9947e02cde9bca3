"""A part that fails costs its own images and is named; everything else goes on."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from lskd_toolkit.components import Component
from lskd_toolkit.corpus import open_run
from lskd_toolkit.errors import PluginError
from lskd_toolkit.hookspecs import hookimpl
from lskd_toolkit.plugins import plugins
from lskd_toolkit.records import Answer, Descriptor, Refined, Region


class FailsOnThird:
    """Raises when the image's uri ends in /3, alone or in a batch."""

    def __init__(self, options, ctx):
        pass

    def propose(self, pictures):
        if any(picture.image.uri.endswith("/3") for picture in pictures):
            raise RuntimeError("the third is cursed")
        return [[Region(0, (1.0, 1.0, 9.0, 9.0), label="box")] for _ in pictures]


class ForgetsOne:
    def __init__(self, options, ctx):
        pass

    def propose(self, pictures):
        return [[] for _ in pictures][1:]


class OutOfBounds(FailsOnThird):
    def propose(self, pictures):
        return [[Region(0, (0.0, 0.0, 1e9, 5.0))] for _ in pictures]


class WillNotBuild:
    def __init__(self, options, ctx):
        raise OSError("libfoo.so is missing")

    def propose(self, pictures):
        return []


class LosesRegions:
    def __init__(self, options, ctx):
        pass

    def refine(self, pictures, regions):
        return [Refined(()) for _ in regions]


class CountingVqa:
    batches: list[int] = []  # noqa: RUF012 - read by the test

    def __init__(self, options, ctx):
        pass

    def answer(self, pictures, scenes, questions):
        self.batches.append(len(questions))
        return [Answer(f"answer to {question.text}") for question in questions]


class AsksVqa:
    """An async verbalizer: many tasks ask one vqa at once."""

    def __init__(self, options, ctx):
        self.vqa = ctx.part("vqa")

    async def verbalize(self, pictures, scenes):
        from lskd_toolkit.records import Question

        await asyncio.sleep(0)
        made = []
        for picture, scene in zip(pictures, scenes, strict=True):
            question = Question(f"what is {scene.image.id}?")
            (answer,) = await self.vqa.answer([picture], [scene], [question])
            made.append([Descriptor("dynamic", answer.text, question=question.text)])
        return made


PLUGIN = SimpleNamespace(__name__="failing")


def announce(kind, *records):
    def hook():
        return [
            Component(kind, name, "A test.", f"{__name__}:{cls}", reads=reads) for name, cls, reads in records
        ]

    hook.__name__ = f"lskd_{kind}s"
    setattr(PLUGIN, hook.__name__, hookimpl(hook))


announce(
    "proposer",
    ("fails-on-third", "FailsOnThird", ()), ("forgets-one", "ForgetsOne", ()),
    ("out-of-bounds", "OutOfBounds", ()), ("will-not-build", "WillNotBuild", ()),
)  # fmt: skip
announce("refiner", ("loses-regions", "LosesRegions", ()))
announce("verbalizer", ("asks-vqa", "AsksVqa", ("vqa",)), ("asks-unsaid", "AsksVqa", ()))
announce("vqa", ("counting", "CountingVqa", ()))


@pytest.fixture(autouse=True)
def _plugin(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
    plugins().register(PLUGIN, "dist-failing", "2.0")
    yield
    plugins().unregister(PLUGIN)


def failures(folder):
    with open_run(folder) as corpus:
        return {entry.scene.image.uri: entry.failures for entry in corpus.entries()}


PLAIN = {"verbalizer": ["none"], "teacher": "none", "critic": ["none"]}


def test_one_bad_image_costs_its_own_row_and_names_plugin_and_cause(world):
    folder = world.run("a", proposer="fails-on-third", teacher="none", verbalizer=["none"], critic=["none"])
    found = failures(folder)
    assert len(found) == 10
    (uri,) = [uri for uri, failed in found.items() if failed]
    assert uri.endswith("/3")
    first, second = found[uri]
    assert (first.stage, first.status) == ("proposer.fails-on-third", "failed")
    assert first.reason == "fails-on-third of dist-failing 2.0: RuntimeError: the third is cursed"
    assert (second.stage, second.status, second.reason) == (
        "refiner.top", "skipped", "proposer.fails-on-third has no result",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"proposer": "forgets-one"}, "gave 0 results for 1 images"),
        ({"proposer": "out-of-bounds"}, "leaves the image"),
        ({"refiner": ["loses-regions"]}, "were neither kept nor dropped"),
    ],
)
def test_results_that_break_the_kinds_promise_are_the_plugins_failure(world, changes, reason):
    folder = world.run("a", **{**PLAIN, **changes})
    reasons = [failed[0].reason for failed in failures(folder).values() if failed]
    assert reasons
    assert all(reason in each and "dist-failing" in each for each in reasons)


def test_a_part_that_cannot_be_set_up_ends_the_run_and_is_named(world):
    with pytest.raises(PluginError, match=r"'will-not-build' of dist-failing.*libfoo\.so is missing"):
        world.run("a", **{**PLAIN, "proposer": "will-not-build"})


def test_failed_rows_are_final_until_a_retry(world):
    folder = world.run("a", **{**PLAIN, "proposer": "fails-on-third"})
    world.run("a", **{**PLAIN, "proposer": "fails-on-third"})
    assert sum(bool(f) for f in failures(folder).values()) == 1
    FailsOnThird.propose, cursed = FailsOnThird_mended, FailsOnThird.propose
    try:
        world.run("a", retry=("failed",), **{**PLAIN, "proposer": "fails-on-third"})
    finally:
        FailsOnThird.propose = cursed
    assert sum(bool(f) for f in failures(folder).values()) == 0


def FailsOnThird_mended(self, pictures):  # noqa: N802
    return [[Region(0, (1.0, 1.0, 9.0, 9.0), label="box")] for _ in pictures]


def test_questions_of_many_tasks_are_answered_in_batches(world):
    CountingVqa.batches.clear()
    folder = world.run("a", **{**PLAIN, "verbalizer": ["asks-vqa"], "vqa": "counting"})
    with open_run(folder) as corpus:
        words = [entry.scene.descriptors[0].text for entry in corpus.entries()]
        ids = [entry.scene.image.id for entry in corpus.entries()]
    assert words == [f"answer to what is {i}?" for i in ids]
    assert sum(CountingVqa.batches) == 10
    assert max(CountingVqa.batches) > 1


def test_a_use_of_the_runs_parts_that_the_record_hides_is_refused(world):
    from lskd_toolkit.errors import ConfigError

    with pytest.raises(ConfigError, match="add 'vqa' to its reads"):
        world.run("a", **{**PLAIN, "verbalizer": ["asks-unsaid"], "vqa": "counting"})
