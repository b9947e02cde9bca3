"""A trained critic is a folder: known by its digest, remembered by what it has seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lskd_toolkit.components import Component
from lskd_toolkit.config import Part
from lskd_toolkit.critique.trained import (
    TrainedOptions,
    complete,
    facts,
    is_trained,
    seen_by,
    trained_on,
    untold,
)
from lskd_toolkit.errors import InvalidOptions, UsageError


def folder_of(path: Path, content: str = "weights") -> Path:
    path.mkdir()
    (path / "weights.bin").write_text(content)
    complete(path, {"component": "words", "options": {}}, ["b" * 64, "a" * 64, "b" * 64])
    return path


def test_it_remembers_what_it_has_seen_and_the_bytes_of_what_was_saved(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "critic")
    assert is_trained(folder)
    assert trained_on(folder) == {"a" * 64, "b" * 64}
    assert set(facts(folder)["files"]) == {"weights.bin", "trained_on.txt"}


def test_its_key_is_what_it_is_and_not_where(tmp_path: Path) -> None:
    one = TrainedOptions(folder=str(folder_of(tmp_path / "one"))).key()
    assert one == TrainedOptions(folder=str(folder_of(tmp_path / "moved"))).key()
    assert one != TrainedOptions(folder=str(folder_of(tmp_path / "other", "other weights"))).key()
    assert "folder" not in TrainedOptions().key()
    assert str(tmp_path) not in json.dumps(one)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "lskd critic train"),
        ("{", "train the critic again"),
        ("[]", "not a trained critic"),
        ('{"format": 99}', "newer lskd-toolkit"),
    ],
)
def test_a_folder_that_holds_none_is_a_sentence(tmp_path: Path, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "critic.json").write_text(text)
    with pytest.raises(UsageError, match=says):
        facts(tmp_path)
    with pytest.raises(ValueError, match=says):
        TrainedOptions(folder=str(tmp_path))


def test_of_one_that_was_trained_elsewhere_nobody_knows_what_it_has_seen(tmp_path: Path) -> None:
    own = folder_of(tmp_path / "own")
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    complete(foreign, {"component": "words", "options": {}, "labels": {"images": "unknown"}}, ())
    parts = [
        Part(kind="critic", alias=name, component=Component("critic", "words", "", "tests:none"),
             distribution="tests", version="0", options=TrainedOptions(folder=str(folder)))
        for name, folder in (("own", own), ("foreign", foreign))
    ]  # fmt: skip
    assert untold(parts) == [str(foreign)]
    assert seen_by(parts) == {"a" * 64, "b" * 64}


def test_what_it_has_seen_may_not_be_forgotten(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "critic")
    (folder / "trained_on.txt").unlink()
    with pytest.raises(UsageError, match="nobody knows what the critic has seen"):
        trained_on(folder)


def test_an_unknown_folder_is_an_invalid_option() -> None:
    from lskd_toolkit import create

    with pytest.raises(InvalidOptions, match="holds no trained critic"):
        create("critic", "words", folder="/nowhere/at/all")
