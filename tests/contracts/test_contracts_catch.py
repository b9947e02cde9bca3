"""Components that break a contract are caught, with words that say what to do."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest
from pydantic import BaseModel

from lskd_toolkit import Region
from lskd_toolkit.components import Component
from lskd_toolkit.hookspecs import hookimpl
from lskd_toolkit.plugins import plugins
from lskd_toolkit.testing import check_proposer, contracts

HERE = __name__


class Good:
    def __init__(self, options, ctx):
        pass

    def box(self, picture, shift=0.0):
        w, h = picture.image.width, picture.image.height
        return [Region(0, (0.0, 0.0, w * (0.5 + shift), h * 0.5), label="half")]

    def propose(self, pictures):
        return [self.box(p) for p in pictures]


class LosesOne(Good):
    def propose(self, pictures):
        return super().propose(pictures)[1:]


class KnowsItsPlace(Good):
    def propose(self, pictures):
        return [self.box(p, shift=0.1 * i) for i, p in enumerate(pictures)]


class Drifts(Good):
    def propose(self, pictures):
        return [self.box(p, shift=random.random() / 4) for p in pictures]


class LeavesTheImage(Good):
    def propose(self, pictures):
        return [[Region(0, (0.0, 0.0, p.image.width + 9.0, 5.0))] for p in pictures]


class FailsOnDots(Good):
    def propose(self, pictures):
        return [[Region(0, (0.0, 0.0, p.image.width // 2, 1.0))] for p in pictures]


class Loose(BaseModel):
    width: int = 3


def announce(name, cls, **more):
    return Component("proposer", name, more.pop("summary", "A test."), f"{HERE}:{cls}", **more)


PLUGIN = SimpleNamespace(__name__="caught")


@hookimpl
def lskd_proposers():
    yield announce("good", "Good")
    yield announce("loses-one", "LosesOne")
    yield announce("knows-its-place", "KnowsItsPlace")
    yield announce("drifts", "Drifts")
    yield announce("leaves-the-image", "LeavesTheImage")
    yield announce("fails-on-dots", "FailsOnDots")
    yield announce("loose", "Good", options=f"{HERE}:Loose")
    yield announce("untold", "Good", summary="no full stop")


PLUGIN.lskd_proposers = lskd_proposers


@pytest.fixture(autouse=True)
def _plugin(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, HERE, sys.modules[HERE])
    plugins().register(PLUGIN, "dist-caught")
    yield
    plugins().unregister(PLUGIN)


def test_a_good_component_passes():
    check_proposer("good")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("loses-one", "give one an image, in order"),
        ("knows-its-place", "alone gives another result than in a batch"),
        ("drifts", "alone gives another result than in a batch"),
        ("leaves-the-image", "leaves the image"),
        ("fails-on-dots", "for a picture of 1x1 pixel: region 0: box"),
        ("untold", "end its summary with a full stop"),
    ],
)
def test_a_broken_contract_is_named_with_what_to_do(name, words):
    with pytest.raises(AssertionError) as caught:
        check_proposer(name)
    assert words in str(caught.value)
    assert f"proposer '{name}'" in str(caught.value)


def broken(name):
    found = set()
    for check in contracts("proposer", name):
        try:
            check()
        except AssertionError:
            found.add(check.__name__)
    return found


def test_options_that_take_anything_or_say_nothing_are_caught(monkeypatch):
    # The module of a test is not importable by name in a process of its own.
    assert {"describes_itself", "refuses_unknown_options"} <= broken("loose")


def test_chance_is_caught_by_the_seed_as_well():
    assert "same_seed_same_result" in broken("drifts")


def test_heavy_imports_at_listing_are_caught(tmp_path, monkeypatch):
    import subprocess
    import sys

    (tmp_path / "heavy_plugin.py").write_text(
        "import numpy\nfrom lskd_toolkit import Component, hookimpl\n\n"
        "@hookimpl\ndef lskd_proposers():\n"
        "    yield Component('proposer', 'heavy', 'Heavy.', 'heavy_plugin:X')\n"
    )
    info = tmp_path / "dist_heavy-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: dist-heavy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[lskd]\nheavy = heavy_plugin\n")
    script = (
        "from lskd_toolkit.testing import contracts\n"
        "for check in contracts('proposer', 'heavy')[:1]:\n    check()\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env={"PYTHONPATH": str(tmp_path)}
    )
    assert "imports numpy" in answer.stderr
