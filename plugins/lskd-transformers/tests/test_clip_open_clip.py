"""Models of open_clip; run where it is installed (it needs torchvision)."""

from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest
import torch
from lskd_transformers.clip.probing import scores
from lskd_transformers.clip.verbalizers import Places
from lskd_transformers.clip.views import whole
from lskd_transformers.options_clip import PlacesOptions
from safetensors.torch import save_file

from lskd_toolkit import Image, Picture, PluginError, WeightsMissing, create
from lskd_toolkit.testing import SimpleContext

HERE = importlib.util.find_spec("open_clip") is not None
SHAPE = {
    "embed_dim": 24,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 8},
    "text_cfg": {"context_length": 32, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}
SENTENCE = "a photo of {}."


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    import open_clip

    place = tmp_path_factory.mktemp("open-clip")
    (place / "open_clip_config.json").write_text(json.dumps({"model_cfg": SHAPE, "preprocess_cfg": {}}))
    torch.manual_seed(0)
    net = open_clip.model.CLIP(**SHAPE)
    for module in net.modules():
        if isinstance(module, torch.nn.Linear | torch.nn.Conv2d):
            torch.nn.init.normal_(module.weight, std=0.2)
    held = {name: tensor.contiguous() for name, tensor in net.state_dict().items()}
    save_file(held, place / "open_clip_model.safetensors")
    return place


@pytest.mark.skipif(HERE, reason="open_clip is installed")
def test_without_open_clip_the_mend_is_told():
    with pytest.raises(PluginError, match=r"needs open_clip and torchvision; run: pip install"):
        create("verbalizer", "places", model="open_clip:ViT-B-32@weights.safetensors")


@pytest.mark.skipif(not HERE, reason="open_clip is not installed")
class TestOpenClip:
    @pytest.mark.parametrize("named", ["folder", "architecture"])
    def test_batched_scores_are_the_librarys_own_one_at_a_time(self, named, folder, tmp_path):
        import open_clip

        architectures = tmp_path / "configs"
        architectures.mkdir()
        (architectures / "tiny-for-tests.json").write_text(json.dumps(SHAPE))
        open_clip.add_model_config(architectures)
        weights = folder / "open_clip_model.safetensors"
        model = f"open_clip:{folder}" if named == "folder" else f"open_clip:tiny-for-tests@{weights}"
        part = Places(
            PlacesOptions(model=model, templates=(SENTENCE,), batch=2), SimpleContext(cache=tmp_path)
        )
        random = np.random.default_rng(0)
        arrays = [random.integers(0, 255, (40, 50 + n, 3), dtype=np.uint8) for n in range(3)]
        given = [
            Picture(Image(f"{n}", "", f"sha-{n}", 50 + n, 40), lambda a=a: a) for n, a in enumerate(arrays)
        ]
        found = scores(part.towers, part.towers.pictures([whole(p) for p in given], 2), part.vectors)

        net, transform = open_clip.create_model_from_pretrained(f"local-dir:{folder}")
        tokenizer = open_clip.get_tokenizer(f"local-dir:{folder}")
        with torch.inference_mode():
            texts = net.encode_text(
                tokenizer([SENTENCE.replace("{}", label) for label in part.labels]), normalize=True
            )
            for picture, row in zip(given, found, strict=True):
                seen = net.encode_image(transform(picture.pil)[None], normalize=True)
                plain = (net.logit_scale.exp() * seen @ texts.T).softmax(dim=-1)[0]
                assert np.abs(plain.numpy() - row).max() <= 1e-4

    def test_weights_that_are_not_here_are_told(self, tmp_path):
        for model, says in (
            ("open_clip:ViT-B-32@nowhere.pt", "there are no weights at nowhere"),
            ("open_clip:nowhere", "there is no folder nowhere"),
        ):
            with pytest.raises(WeightsMissing, match=says):
                Places(PlacesOptions(model=model), SimpleContext(cache=tmp_path))
