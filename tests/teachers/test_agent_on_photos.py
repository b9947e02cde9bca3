"""An agent looks closer at a real photo with the embedded parts: what it is told comes from its pixels."""

from __future__ import annotations

import pytest

from lskd_toolkit.corpus import open_run
from lskd_toolkit.errors import LskdError
from lskd_toolkit.pipeline.running import configure, run
from lskd_toolkit.testing.vendors import fake_vendors
from lskd_toolkit.weights import weight_path

pytest.importorskip("lskd_embedded", reason="lskd-embedded is not installed")
pytest.importorskip("lskd_langchain", reason="lskd-langchain is not installed")
data = pytest.importorskip("skimage.data", reason="scikit-image is not installed")


def test_the_embedded_verbalizers_describe_a_region_from_close_by(tmp_path, monkeypatch):
    monkeypatch.setenv("LSKD_OFFLINE", "1")
    try:
        weight_path("nanodet.bin")
    except LskdError as error:
        pytest.skip(str(error))
    from PIL import Image

    photo = tmp_path / "cat.png"
    Image.fromarray(data.chelsea()).save(photo)
    with fake_vendors(tool_turns=2) as vendors:
        config = configure(
            None, None,
            {
                "source": {"use": "folder", "paths": [str(photo)]}, "proposer": "nanodet",
                "verbalizer": ["objects", "colours"], "critic": "none", "strategy": "agent",
                "teacher": {"use": "chatgpt", "base_url": vendors.openai_url},
            },
        )  # fmt: skip
        run(config, tmp_path / "run")
    with open_run(tmp_path / "run") as corpus:
        (entry,) = corpus.entries()
        before = {d.text for d in entry.scene.descriptors if d.scope == "local"}
        seen = [d for d in entry.scene.descriptors if d.scope == "dynamic"]
        assert seen
        assert entry.statements
        words = {part for d in seen for part in d.text.split("; ")}
        assert any("mostly" in word for word in words)  # colours, of the region alone
        assert words - before, "nothing was seen from close by that had not been seen before"


def test_the_embedded_reader_reads_a_region_that_is_too_small_to_be_read_from_afar(tmp_path, monkeypatch):
    monkeypatch.setenv("LSKD_OFFLINE", "1")
    try:
        weight_path("ppocr-letters.onnx")
    except LskdError as error:
        pytest.skip(str(error))
    from PIL import Image, ImageDraw, ImageFont

    sign, door = Image.new("RGB", (1600, 1200), "white"), ImageFont.load_default(15)
    pen = ImageDraw.Draw(sign)
    pen.rectangle((300, 300, 700, 800), "navy")
    pen.rectangle((900, 200, 1400, 500), "darkred")
    pen.text((1100, 340), "Platform 9", "white", door)
    sign.save(tmp_path / "sign.png")
    with fake_vendors(tool_turns=3, tool_calls=4) as vendors:
        config = configure(
            None, None,
            {
                "source": {"use": "folder", "paths": [str(tmp_path / "sign.png")]}, "proposer": "segments",
                "verbalizer": ["text"], "critic": "none", "strategy": "agent",
                "teacher": {"use": "chatgpt", "base_url": vendors.openai_url},
            },
        )  # fmt: skip
        run(config, tmp_path / "run")
    with open_run(tmp_path / "run") as corpus:
        (entry,) = corpus.entries()
        (region,) = [r for r in entry.scene.regions if r.box[0] > 800]
        from_afar = [d.text for d in entry.scene.descriptors if d.verbalizer == "text"]
        asked = [d for d in entry.scene.descriptors if d.question == f"What is written on [{region.id}]?"]
        assert not any("Platform 9" in text for text in from_afar)
        assert {d.text for d in asked} == {f'on [{region.id}] it says "Platform 9"'}
