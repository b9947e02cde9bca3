"""``lskd rank``: point at regions of a picture and ask the student of a run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from click.testing import CliRunner, Result

from lskd_toolkit import open_student
from lskd_toolkit.cli.main import lskd
from lskd_toolkit.errors import ImageRefused, UsageError

pytest.importorskip("lskd_transformers")


def call(*words: object) -> Result:
    return CliRunner().invoke(lskd, [str(word) for word in words], catch_exceptions=True)


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a student that has hardly been trained."""
    run = tmp_path_factory.mktemp("rank") / "run"
    result = call(
        "run", "--source", "smallworld", "--set", "source.count=12", "--proposer", "smallworld", "--refine",
        "none", "--verbalizer", "smallworld-local", "--teacher", "smallworld", "--critic", "smallworld",
        "--student", "blip2-itm", "--set", "student.steps=4", "--set", "student.image_size=48",
        "--set", "student.batch=4", "--no-report", "--out", run,
    )  # fmt: skip
    assert result.exit_code == 0, (result.output, result.exception)
    return run


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.full((60, 80, 3), 90, np.uint8)
    pixels[10:50, 5:35], pixels[10:50, 45:75] = (200, 30, 30), (30, 30, 200)
    path = tmp_path / "photo.png"
    PIL.Image.fromarray(pixels).save(path)
    return path


TEXTS = ("[0] is red.", "[0] is blue.", "[0] is next to [1].")
REGIONS = ("--region", "5,10,35,50", "--region", "45,10,75,50")


def test_texts_are_ranked_by_the_regions_that_are_pointed_at(taught: Path, photo: Path) -> None:
    result = call("rank", taught, photo, *REGIONS, "--question", "What of [0]?", "--json", *TEXTS)
    assert result.exit_code == 0, (result.output, result.exception)
    found = json.loads(result.stdout)
    assert {each["text"] for each in found} == set(TEXTS)
    scores = [each["score"] for each in found]
    assert scores == sorted(scores, reverse=True)
    shown = call("rank", taught, photo, *REGIONS, "--question", "What of [0]?", *TEXTS).stdout
    assert [line.split("  ")[-1] for line in shown.splitlines()[1:]] == [each["text"] for each in found]
    # The same words of another region are another question.
    turned = call("rank", taught, photo, *REGIONS[2:], *REGIONS[:2], "--question", "What of [0]?", "--json",
                  *TEXTS)  # fmt: skip
    assert json.loads(turned.stdout) != found


def test_in_python_many_pictures_at_once_score_as_each_alone(taught: Path, photo: Path) -> None:
    student = open_student(taught)
    boxes = [(5, 10, 35, 50), (45, 10, 75, 50)]
    together = student.score([photo, photo], [boxes, boxes[:1]], [TEXTS, TEXTS[:2]])
    assert [len(own) for own in together] == [3, 2]
    alone = student.score([photo], [boxes], [TEXTS])
    assert together[0] == pytest.approx(alone[0], abs=1e-4)
    assert [each.score for each in student.rank(photo, boxes, TEXTS)] == pytest.approx(
        sorted(alone[0], reverse=True), abs=1e-4
    )


def test_bad_input_is_a_sentence(taught: Path, photo: Path, tmp_path: Path) -> None:
    def ill(error: type[Exception], *words: object) -> str:
        result = call("rank", *words)
        assert isinstance(result.exception, error), (result.output, result.exception)
        return str(result.exception)

    assert "is empty or not within" in ill(UsageError, taught, photo, "--region", "5,10,500,50", "[0] waits.")
    assert "is empty or not within" in ill(UsageError, taught, photo, "--region", "9,9,9,20", "[0] waits.")
    assert "points at [1], and 1 regions are given" in ill(
        UsageError, taught, photo, "--region", "5,10,35,50", "[1] waits."
    )
    assert "holds no student" in ill(UsageError, tmp_path, photo, "it waits.")
    assert ill(ImageRefused, taught, tmp_path / "gone.jpg", "it waits.")
    assert "four numbers" in call("rank", taught, photo, "--region", "1,2", "x").stderr
