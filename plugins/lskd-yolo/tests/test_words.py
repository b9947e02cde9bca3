"""Open vocabularies: any words as classes, by a text encoder that is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lskd_toolkit import UsageError, WeightsMissing, create

WORDS = ["dog", "red hat", "a person who waves"]


def proposer(model: Any, **options: Any) -> Any:
    return create("proposer", "yolo", device="cpu", **{"model": str(model), "imgsz": 160, **options})


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLIP of transformers with letters for pieces, and vectors of 512 numbers as the real one's."""
    import transformers
    from transformers.models.clip.tokenization_clip import CLIPTokenizer

    folder = tmp_path_factory.mktemp("clip")
    letters = [*"abcdefghijklmnopqrstuvwxyz"]
    pieces = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({piece: i for i, piece in enumerate(pieces)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    CLIPTokenizer.from_pretrained(folder).save_pretrained(folder)
    config = transformers.CLIPTextConfig(
        vocab_size=len(pieces), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, projection_dim=512, bos_token_id=len(pieces) - 2,
        eos_token_id=len(pieces) - 1, pad_token_id=len(pieces) - 1,
    )  # fmt: skip
    torch.manual_seed(0)
    transformers.CLIPTextModelWithProjection(config).save_pretrained(folder)
    return folder


def vectors(clip: Path) -> torch.Tensor:
    """What transformers' own call gives for each word alone, without padding."""
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(clip)
    net = transformers.CLIPTextModelWithProjection.from_pretrained(clip).eval()
    with torch.no_grad():
        rows = [net(**tokenizer(word, return_tensors="pt")).text_embeds[0] for word in WORDS]
    return torch.nn.functional.normalize(torch.stack(rows), dim=-1)


def as_library(result: Any) -> list[Any]:
    boxes = result.boxes
    return [
        (tuple(box), score, result.names[int(number)])
        for box, score, number in zip(
            boxes.xyxy.tolist(), boxes.conf.tolist(), boxes.cls.tolist(), strict=True
        )
    ]


@pytest.mark.parametrize("model", ["yolov8s-world", "yolov8s-worldv2"])
def test_yolo_world_looks_for_words(made: Any, drawn: Any, picture: Any, clip: Path, model: str) -> None:
    import ultralytics

    pixels = drawn(120, 160)
    found = (
        proposer(made(model), classes=WORDS, text_model=str(clip), conf=0.05)
        .propose([picture(pixels)])[0]
        .kept
    )
    yolo = ultralytics.YOLO(str(made(model)))
    yolo.model.txt_feats, yolo.model.names = vectors(clip)[None], dict(enumerate(WORDS))
    yolo.model.model[-1].nc = len(WORDS)
    result = yolo.predict(
        np.ascontiguousarray(pixels[..., ::-1]), imgsz=160, device="cpu", conf=0.05, verbose=False
    )[0]
    theirs = as_library(result)
    assert len(found) == len(theirs) > 3
    assert {region.label for region in found} <= set(WORDS)
    for region, (box, score, label) in zip(found, theirs, strict=True):
        assert region.label == label
        assert region.score == pytest.approx(score, abs=1e-4)
        np.testing.assert_allclose(region.box, box, atol=0.05)


@pytest.mark.parametrize("model", ["yoloe-v8s-seg", "yoloe-26n"])
def test_yoloe_looks_for_words(made: Any, drawn: Any, picture: Any, clip: Path, model: str) -> None:
    import ultralytics

    pixels = drawn(120, 160)
    found = (
        proposer(made(model), classes=WORDS, text_model=str(clip), conf=0.01)
        .propose([picture(pixels)])[0]
        .kept
    )
    yolo = ultralytics.YOLO(str(made(model)))
    with torch.no_grad():
        yolo.set_classes(WORDS, yolo.model.model[-1].get_tpe(vectors(clip)[None]))
    said = {"imgsz": 160, "device": "cpu", "conf": 0.01, "verbose": False, "retina_masks": True}
    result = yolo.predict(np.ascontiguousarray(pixels[..., ::-1]), **said)[0]
    assert len(found) == len(result) > 3
    assert [region.label for region in found] == [label for _, _, label in as_library(result)]
    np.testing.assert_allclose(
        [r.score for r in found], [score for _, score, _ in as_library(result)], atol=1e-4
    )


def test_a_torchscript_of_the_cache_reads_words_as_clip_does(
    made: Any, drawn: Any, picture: Any, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """YOLOE's own text encoder: it wants noughts behind a word's end, as OpenAI's tokenizer puts them."""
    from lskd_yolo import words

    class Encoder(torch.nn.Module):
        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            places = torch.arange(77) + 1.0
            turns = torch.outer((tokens * places).sum(1), torch.arange(512) + 1.0)
            return torch.nn.functional.normalize(torch.sin(turns), dim=-1)

    monkeypatch.setattr(words, "CLIP", str(clip))
    monkeypatch.setenv("LSKD_CACHE", str(tmp_path))
    with pytest.raises(WeightsMissing, match=r"no checkpoint 'mobileclip_blt\.ts'.*curl"):
        proposer(made("yoloe-v8s-seg"), classes=WORDS)
    (tmp_path / "weights/ultralytics").mkdir(parents=True)
    torch.jit.script(Encoder()).save(str(tmp_path / "weights/ultralytics" / "mobileclip_blt.ts"))
    yolo = proposer(made("yoloe-v8s-seg"), classes=WORDS, conf=0.01)
    assert {region.label for region in yolo.propose([picture(drawn(120, 160))])[0].kept} <= set(WORDS)
    tokens = words._tokens(["dog"], str(clip), 0)
    assert tokens.shape == (1, 77)
    assert (tokens[0, :5] != 0).sum() == 5 or tokens[0, 0] != 0
    assert (tokens[0, 5:] == 0).all()


def test_words_that_the_model_has_already_need_no_text_encoder(made: Any) -> None:
    names = [f"thing {i}" for i in range(80)]
    proposer(made("yolov8s-world"), classes=names, text_model="no/such/folder")
    with pytest.raises(WeightsMissing, match="none is fetched unasked; hf download no/such"):
        proposer(made("yolov8s-world"), classes=["dog"], text_model="no/such")


def test_a_text_encoder_of_another_width_is_refused(made: Any, clip: Path, tmp_path: Path) -> None:
    import shutil

    import transformers

    shutil.copytree(clip, tmp_path / "narrow")
    config = transformers.CLIPTextConfig.from_pretrained(clip)
    config.projection_dim = 64
    transformers.CLIPTextModelWithProjection(config).save_pretrained(tmp_path / "narrow")
    with pytest.raises(UsageError, match="makes vectors of 64 numbers, and this model takes 512"):
        proposer(made("yolov8s-world"), classes=["dog"], text_model=str(tmp_path / "narrow"))


def test_a_word_said_twice_is_refused(made: Any, clip: Path) -> None:
    with pytest.raises(UsageError, match="'dog' is named twice"):
        proposer(made("yolov8s-world"), classes=["dog", "dog"], text_model=str(clip))
