"""Which way of pointing a student can read, on the small world."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from lskd_toolkit.ablation import Arm, measure, plot
from lskd_toolkit.ablation.features import numbers_of, within
from lskd_toolkit.ablation.scenes import scene
from lskd_toolkit.cli.main import lskd
from lskd_toolkit.errors import UsageError

SMALL = (0, 120, 60)


@pytest.fixture(scope="module")
def unmarked() -> Arm:
    return measure("no marks", *SMALL)


def test_without_marks_a_student_can_only_guess_which_of_the_four(unmarked):
    assert unmarked.accuracy == pytest.approx(0.25, abs=0.1)


@pytest.mark.parametrize("name", ["paper-overlay", "crop", "alpha", "coordinates"])
def test_what_it_is_shown_it_reads(name, unmarked):
    assert measure(name, *SMALL).low > unmarked.high + 0.2


def test_it_follows_the_marks_and_not_the_truth(unmarked):
    """On the marks of others it answers for those, which here are of another colour for sure."""
    assert measure("marks of others", *SMALL).high < unmarked.low


def test_told_the_box_it_makes_no_mistake():
    assert measure("told the box", *SMALL).accuracy == 1.0


def test_the_same_seed_gives_the_same_numbers_and_another_other_scenes():
    first, again = measure("contour", 1, 40, 20), measure("contour", 1, 40, 20)
    assert (first.accuracy, first.low, first.high) == (again.accuracy, again.low, again.high)
    assert scene(1, 0).answers != scene(2, 0).answers or (scene(1, 0).pixels != scene(2, 0).pixels).any()


def test_an_id_says_nothing_of_a_place():
    first = [scene(0, index).regions[0].box[:2] for index in range(60)]
    assert len({(round(x // 96), round(y // 96)) for x, y in first}) == 4


def test_numbers_are_read_after_the_id_that_is_asked_for():
    text = (
        "Where (0 to 1000): [0] (10, 20, 30, 40); [1] outside the picture; [2] <loc_1><loc_2><loc_3><loc_4>."
    )
    assert numbers_of(text, 0) == [10, 20, 30, 40]
    assert numbers_of(text, 1) == []
    assert numbers_of(text, 2) == [1, 2, 3, 4]
    inside = within([0.0, 0.5, 0.5, 1.0], 1.0, 2, 2).reshape(2, 2)
    assert inside.tolist() == [[0, 0], [1, 0]]


def test_the_plot_is_an_image_with_every_arm():
    svg = plot([Arm("numbered", 0.9, 0.8, 0.95, 1.0, 9), Arm("<b>", 0.2, 0.1, 0.3, 1.0, 9)])
    said = [element.text for element in ElementTree.fromstring(svg).iter() if element.text]
    assert {"numbered", "<b>", "90.0%", "chance"} <= set(said)


def test_the_command_measures_once_and_goes_on(tmp_path):
    words = ["ablate", "visual-prompts", "--scenes", "30", "--out", str(tmp_path / "a"), "--json"]
    first = CliRunner().invoke(lskd, [*words, "--visual-prompt", "crop"])
    told = json.loads(first.stdout)
    assert [arm["name"] for arm in told["arms"]][-1] == "crop"
    assert {"arms.json", "accuracy.svg", "crop.png"} == {path.name for path in (tmp_path / "a").iterdir()}
    kept = json.loads((tmp_path / "a/arms.json").read_text())
    kept["arms"][-1]["accuracy"] = 0.125
    (tmp_path / "a/arms.json").write_text(json.dumps(kept))
    again = json.loads(CliRunner().invoke(lskd, [*words, "--visual-prompt", "crop"]).stdout)
    assert again["arms"][-1]["accuracy"] == 0.125
    other = CliRunner().invoke(lskd, [*words, "--seed", "4"])
    assert isinstance(other.exception, UsageError)
    assert "of other scenes" in str(other.exception)


def test_a_visual_prompt_that_is_not_there_is_told_at_once():
    made = CliRunner().invoke(lskd, ["ablate", "visual-prompts", "--visual-prompt", "nope"])
    assert isinstance(made.exception, UsageError)
    assert "nope" in str(made.exception)
