"""However many parts look at a picture, it is decoded once."""

from __future__ import annotations

from collections import Counter

import pytest

from lskd_toolkit.pipeline import runner
from lskd_toolkit.pipeline.running import configure
from lskd_toolkit.pipeline.running import run as go

WORLD = {
    "source": {"use": "smallworld", "count": 10},
    "proposer": ["smallworld"],
    "verbalizer": ["colours", "caption", "narrative", "region-caption", "smallworld-local", "dynamic"],
    "vlm": "smallworld",
    "vqa": "vlm",
    "teacher": {"use": "llm", "input": "both", "parts": {"backend": {"use": "smallworld"}}},
    "critic": [],
    "chunk": 4,
}


@pytest.mark.parametrize("side", [1024, 80], ids=["as it is", "made smaller for the model"])
def test_a_picture_is_decoded_once_for_all_parts(side, tmp_path, monkeypatch):
    decoded: Counter[bytes] = Counter()
    real = runner.decode

    def counted(data, *more):
        decoded[data] += 1
        return real(data, *more)

    monkeypatch.setattr(runner, "decode", counted)
    sides = [f"{part}.picture_side={side}" for part in ("caption", "region-caption", "narrative", "vqa")]
    counts = go(configure(None, None, WORLD, sides), tmp_path / "run")
    assert counts["images_ok"] == 10
    assert set(decoded.values()) == {1}
    assert len(decoded) == 10
