"""``monocular``: depths in batches are what the library gives one at a time, and larger is always farther."""

from __future__ import annotations

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import pytest
import torch
import transformers as hf
from lskd_transformers.depth import meaning
from PIL import Image as PillowImage

from lskd_toolkit import Image, Picture, UsageError, WeightsMissing, create
from lskd_toolkit.testing import check_depth

from . import tiny_depth

FARTHER = {
    "depth-anything": -1,
    "depth-anything-metric": 1,
    "dpt": -1,
    "dpt-dinov2": 1,
    "glpn": 1,
    "zoedepth": 1,
}
"""By which factor each model's own numbers become larger the farther."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    place = tmp_path_factory.mktemp("depth")
    return {name: str(make(place / name)) for name, make in tiny_depth.MADE.items()}


def picture(width: int, height: int, seed: int = 0) -> Picture:
    rng = np.random.default_rng(seed)
    coarse = PillowImage.fromarray(rng.integers(0, 255, (6, 8, 3), dtype=np.uint8))
    pixels = np.asarray(coarse.resize((width, height)))
    return Picture(Image(f"{seed}", "", f"{seed:064}", width, height), lambda: pixels)


@pytest.fixture(scope="module")
def pictures():
    return [picture(96, 64), picture(64, 96, 1), picture(96, 64, 2), picture(90, 90, 3), picture(96, 64, 4)]


def plainly(folder: str, picture: Picture) -> np.ndarray:
    """What the library gives of one picture, by its own classes."""
    net = hf.AutoModelForDepthEstimation.from_pretrained(folder)
    processor = hf.AutoImageProcessor.from_pretrained(folder, backend="pil")
    with torch.inference_mode():
        made = net(**processor(images=picture.pil, return_tensors="pt")).predicted_depth[0].numpy()
    if "zoedepth" in folder:  # its processor adds a border; the library cuts it off at the picture's size
        pads = [int(np.sqrt(side / 2) * 3) for side in (picture.image.height, picture.image.width)]
        cut = [
            round(n * p / (s + 2 * p))
            for n, p, s in zip(made.shape, pads, (picture.image.height, picture.image.width), strict=True)
        ]
        made = made[cut[0] : made.shape[0] - cut[0], cut[1] : made.shape[1] - cut[1]]
    return made


@pytest.mark.parametrize("name", FARTHER)
def test_batches_give_what_the_library_gives_one_at_a_time(name, folders, pictures):
    measured = create("depth", "monocular", model=folders[name], batch=2).measure(pictures)
    for shown, made in zip(pictures, measured, strict=True):
        wanted = FARTHER[name] * plainly(folders[name], shown)
        assert np.ptp(wanted) > 0
        np.testing.assert_allclose(made, wanted, atol=1e-4 * max(1.0, float(np.abs(wanted).max())))


@pytest.mark.parametrize("name", ["depth-anything", "glpn"])
def test_keeps_the_contract_of_depth(name, folders):
    check_depth("monocular", model=folders[name])


def test_the_user_can_say_what_larger_numbers_mean(folders, pictures):
    auto, turned = (
        create("depth", "monocular", model=folders["glpn"], larger=larger).measure(pictures[:1])[0]
        for larger in ("auto", "nearer")
    )
    np.testing.assert_array_equal(turned, -auto)


def test_a_model_whose_numbers_mean_nobody_knows_what_is_refused():
    assert meaning(hf.PromptDepthAnythingConfig()) == ""
    assert meaning(hf.DPTConfig()) == "nearer"


def test_an_unknown_meaning_is_said_with_its_mend(folders, monkeypatch):
    monkeypatch.setattr("lskd_transformers.depth.meaning", lambda config: "")
    with pytest.raises(UsageError, match=r"--set depth\.larger=farther"):
        create("depth", "monocular", model=folders["dpt"]).measure([picture(32, 32)])


def test_a_model_that_is_not_here_is_said_with_its_mend():
    with pytest.raises(WeightsMissing, match=r"--set depth\.model=PATH"):
        create("depth", "monocular", model="nobody/nothing").measure([picture(32, 32)])


def test_a_folder_of_something_else_is_refused(tmp_path):
    hf.BertConfig().save_pretrained(tmp_path)
    with pytest.raises(UsageError, match="no model that this part can ask"):
        create("depth", "monocular", model=str(tmp_path)).measure([picture(32, 32)])


def test_a_border_that_the_processor_adds_is_not_measured(folders):
    """ZoeDepth is shown a picture with a mirrored border; its map must cover the picture alone."""
    shown = picture(200, 120)
    (made,) = create("depth", "monocular", model=folders["zoedepth"]).measure([shown])
    assert abs(made.shape[1] / made.shape[0] - 200 / 120) < 0.25


def test_a_large_picture_is_made_smaller_first(folders):
    """GLPN works at the picture's own size: a camera's photo would take gigabytes."""
    (made,) = create("depth", "monocular", model=folders["glpn"], side=128).measure([picture(640, 480)])
    assert made.shape == (96, 128)
