"""``lskd ablate visual-prompts``: what is kept, what is measured again, and what fails alone."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from lskd_toolkit.cli.main import lskd
from lskd_toolkit.components import Component
from lskd_toolkit.drawing.pointed import Pointed
from lskd_toolkit.errors import UsageError
from lskd_toolkit.hookspecs import hookimpl
from lskd_toolkit.options import Options
from lskd_toolkit.plugins import plugins


class OneAlpha:
    """One picture of four channels: which region a pixel is of is in the fourth alone."""

    def __init__(self, options=None, ctx=None): ...

    def point(self, picture, regions):
        shown = np.zeros(picture.pixels.shape[:2], np.uint8)
        for region in regions:
            x1, y1, x2, y2 = map(round, region.box)
            shown[y1:y2, x1:x2] = 60 * (region.id + 1)
        return Pointed.of(np.dstack([picture.pixels, shown]), regions)


class Half(OneAlpha):
    """The picture at half its size, with the box of every region in numbers."""

    def point(self, picture, regions):
        side = picture.pixels.shape[0]
        told = "; ".join(f"[{r.id}] {' '.join(f'{edge / side:.3f}' for edge in r.box)}" for r in regions)
        return Pointed.of(picture.pixels[::2, ::2], regions, text=told)


class Breaks(OneAlpha):
    def point(self, picture, regions):
        if picture.pixels[0, 0, 0] % 7 == 3:
            raise RuntimeError("no colour\nleft")
        return super().point(picture, regions)


class Nothing(OneAlpha):
    def point(self, picture, regions):
        return Pointed((), {})


class WillNotBuild:
    def __init__(self, options=None, ctx=None):
        raise OSError("libfoo.so is missing")


class ShadeOptions(Options):
    shade: int = 60


RECORDS = [
    Component("visual_prompt", name, "A test.", f"{__name__}:{made.__name__}", options=options, gives=gives)
    for name, made, options, gives in (
        ("one-alpha", OneAlpha, f"{__name__}:ShadeOptions", ("rgba",)), ("half", Half, None, ("rgb", "text")),
        ("breaks", Breaks, None, ("rgba",)), ("nothing", Nothing, None, ("rgb",)),
        ("will-not-build", WillNotBuild, None, ("rgb",)),
    )
]  # fmt: skip


@pytest.fixture(autouse=True)
def announced(monkeypatch):
    """The records that the plugin announces; what a test puts in their place counts from then on."""
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
    records = list(RECORDS)

    def lskd_visual_prompts():
        return list(records)

    plugin = SimpleNamespace(__name__="pointing", lskd_visual_prompts=hookimpl(lskd_visual_prompts))
    plugins().register(plugin, "dist-pointing")

    def replaced(name: str, **changes: object) -> None:
        records[:] = [replace(r, **changes) if r.name == name else r for r in records]
        plugins().unregister(plugin)
        plugins().register(plugin, "dist-pointing")

    yield replaced
    plugins().unregister(plugin)


def ablated(*words: object, exit_code: int = 0):
    made = CliRunner().invoke(lskd, ["ablate", "visual-prompts", "--json", *map(str, words)])
    assert made.exit_code == exit_code, made.output
    told = json.loads(made.stdout)
    return told, {arm["name"]: arm for arm in told["arms"]}


def of(*names: str) -> list[str]:
    return [word for name in names for word in ("--visual-prompt", name)]


FEW = "--scenes", 30, "--seeds", 1


def test_a_single_picture_of_four_channels_is_read_by_its_fourth():
    _, arms = ablated("--scenes", 150, "--seeds", 1, *of("one-alpha"))
    assert arms["one-alpha"]["low"] > 0.6


def test_a_picture_of_another_size_is_read_too():
    _, arms = ablated("--scenes", 90, "--seeds", 1, *of("half"))
    assert arms["half"]["low"] > 0.6


def test_what_fails_costs_its_own_row_and_says_why(tmp_path):
    told, arms = ablated(*FEW, *of("breaks", "crop", "nothing", "will-not-build"), "--out", tmp_path / "a")
    assert arms["crop"]["accuracy"] > 0.5
    assert arms["breaks"] == {"name": "breaks", "reason": "RuntimeError: no colour left"}
    assert "no picture" in arms["nothing"]["reason"]
    assert "libfoo.so is missing" in arms["will-not-build"]["reason"]
    assert told["pairs"] == []
    kept = json.loads((tmp_path / "a/arms.json").read_text())
    assert {arm["name"] for arm in kept["arms"]} == {"no marks", "told the box", "marks of others", "crop"}
    shown = CliRunner().invoke(lskd, ["ablate", "visual-prompts", *map(str, FEW), *of("breaks", "crop")])
    assert "failed: breaks: RuntimeError: no colour left" in shown.output


def test_where_all_fail_so_does_the_command():
    ablated(*FEW, *of("breaks"), exit_code=1)


def tampered(folder):
    """Every arm that is kept is now right in nothing: what is told otherwise was measured again."""
    path = folder / "arms.json"
    kept = json.loads(path.read_text())
    for arm in kept["arms"]:
        arm["right"] = [[0] * len(each) for each in arm["right"]]
    path.write_text(json.dumps(kept))


def again(told) -> set[str]:
    return {name for name, arm in told.items() if arm["accuracy"] > 0}


def test_what_is_measured_is_not_measured_again_until_its_way_of_pointing_changes(tmp_path, announced):
    words = *FEW, *of("crop", "one-alpha"), "--out", tmp_path / "a"
    ablated(*words)
    names = {"arms.json", "accuracy.svg", "crop.png", "one-alpha.png"}
    assert {path.name for path in (tmp_path / "a").iterdir()} == names
    tampered(tmp_path / "a")
    assert again(ablated(*words)[1]) == set()
    assert again(ablated(*words, "--set", "one-alpha.shade=50")[1]) == {"one-alpha"}
    assert again(ablated(*words, "--set", "one-alpha.shade=50")[1]) == {"one-alpha"}  # and is kept
    tampered(tmp_path / "a")
    assert again(ablated(*words)[1]) == {"one-alpha"}
    tampered(tmp_path / "a")
    announced("one-alpha", behaviour=2)
    assert again(ablated(*words)[1]) == {"one-alpha"}


def test_more_trainings_are_added_to_those_that_are_kept(tmp_path):
    words = "--scenes", 30, *of("crop"), "--out", tmp_path / "a"
    ablated(*words, "--seeds", 1)
    tampered(tmp_path / "a")
    _, arms = ablated(*words, "--seeds", 2)
    assert arms["crop"]["by_training"][0] == 0 < arms["crop"]["by_training"][1]
    assert arms["crop"]["spread"] > 0
    told, arms = ablated(*words, "--seeds", 1)
    assert (told["trainings"], arms["crop"]["by_training"], arms["crop"]["spread"]) == (1, [0], None)


def test_a_folder_of_other_scenes_or_of_something_else_is_refused(tmp_path):
    words = "ablate", "visual-prompts", "--scenes", "30", *of("crop"), "--out", str(tmp_path / "a")
    ablated(*words[2:], "--seeds", 1)
    other = CliRunner().invoke(lskd, [*words, "--seed", "4"])
    assert isinstance(other.exception, UsageError)
    assert "of other scenes" in str(other.exception)
    (tmp_path / "a/arms.json").write_text('{"arms": []}')
    broken = CliRunner().invoke(lskd, words)
    assert isinstance(broken.exception, UsageError)
    assert "cannot be read" in str(broken.exception)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (of("nope"), "nope"),
        ([*of("crop"), "--set", "mask.strength=1"], "crop"),
        ([*of("mask"), "--set", "strength=1"], "NAME.OPTION=VALUE"),
        ([*of("mask"), "--set", "mask.strength=7"], "strength"),
    ],
)
def test_what_cannot_be_measured_is_told_at_once(words, said):
    made = CliRunner().invoke(lskd, ["ablate", "visual-prompts", *words])
    assert isinstance(made.exception, UsageError), made.exception
    assert said in str(made.exception)


def test_pairs_are_told_of_the_same_scenes(tmp_path):
    told, _ = ablated("--scenes", 60, "--seeds", 1, *of("crop", "mask"))
    (pair,) = told["pairs"]
    assert (pair["one"], pair["other"]) == ("crop", "mask")
    assert pair["worse"] > pair["better"]
    assert pair["p"] == pair["p_holm"] < 0.05
