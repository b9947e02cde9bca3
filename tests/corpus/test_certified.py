"""What a card says of a threshold: what was promised of it, and nothing of another one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lskd_toolkit.corpus.certified import decided

PROMISED = {
    "format": 1, "precision": 0.9, "confidence": 0.95, "threshold": 0.7, "bound": 0.913, "labels": 69,
    "errors": 2, "images": 40,
    "test": {"labels": 90, "precision": 0.95, "recall": 0.6, "before": 0.64},
}  # fmt: skip
CONFIG = {"threshold": 0.7, "selection": {"calibration": "calibration.json", "budget": 500}}


def said(run: Path, config: dict[str, Any] = CONFIG) -> dict[str, str]:
    return {name: str(value) for name, value in decided(config, run)}


def write(run: Path, **files: Any) -> None:
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (run / f"{name}.json").write_text(text, encoding="utf-8")


def test_a_promise_is_told_with_what_it_rests_on(tmp_path: Path) -> None:
    write(
        tmp_path, threshold=PROMISED, calibration={"critics": ["critic.a"], "method": "platt", "labels": 70}
    )
    told = said(tmp_path)
    assert told["certified precision"].startswith(
        "people accept at least 91.3% of what passes, sure at 95.0%"
    )
    assert told["by"] == "69 labels above the threshold on 40 images; people reject 2 of them"
    assert "precision 95.0%, recall 60.0%, of 90" in told["on labels that nothing was chosen by"]
    assert told["calibration: method"] == "platt"
    assert told["budget"] == "500"


def test_types_have_their_own(tmp_path: Path) -> None:
    by_type = {
        "cause": {"threshold": 0.8, "bound": 0.92, "labels": 50, "refused": ""},
        "other types": {"threshold": 1.0, "bound": 0.3, "labels": 4, "refused": "too few"},
    }
    write(tmp_path, threshold={**PROMISED, "by_type": by_type})
    told = said(tmp_path)
    assert told["cause: threshold 0.8"] == "at least 92.0%, by 50 labels"
    assert told["other types: threshold 1"] == "nothing could be promised, so nothing passes"


@pytest.mark.parametrize(
    ("threshold", "why"),
    [
        (None, "no threshold of this run was certified"),
        ("{", "no threshold of this run was certified"),
        ([], "no threshold of this run was certified"),
        ({**PROMISED, "threshold": 0.5}, "is about the threshold 0.5"),
        ({"threshold": 0.7, "tuned_on": "dev", "score": 61.0}, "tuned on dev"),
    ],
)
def test_what_was_not_promised_is_not_told(tmp_path: Path, threshold: Any, why: str) -> None:
    if threshold is not None:
        write(tmp_path, threshold=threshold)
    told = said(tmp_path)["certified precision"]
    assert told.startswith("none")
    assert why in told


def test_what_is_damaged_is_not_known(tmp_path: Path) -> None:
    write(tmp_path, threshold={"threshold": 0.7, "test": 3, "by_type": [1], "bound": "high"}, calibration="[")
    told = said(tmp_path)
    assert "at least not known" in told["certified precision"]
    assert told["calibration"] == "the file is not there or cannot be read"
