"""Over Meta's library: what its own high-level calls give on the same weights comes out here, exactly."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from lskd_segment_anything.by_segment_anything import load

from lskd_toolkit import Region, Shape, UsageError, create
from lskd_toolkit.geometry import masks
from lskd_toolkit.testing import contracts

segment_anything = pytest.importorskip("segment_anything")

SIZES = [(64, 64), (40, 200), (97, 61)]
OPTIONS = {"points_per_side": 7, "stability_score_thresh": 0.6, "box_nms_thresh": 1.0}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"box_nms_thresh": 0.95},
        {"stability_score_offset": 0.3, "stability_score_thresh": 0.9, "pred_iou_thresh": 0.95},
        {"crop_n_layers": 1, "crop_nms_thresh": 1.0, "crop_n_points_downscale_factor": 2},
        {"min_mask_region_area": 30},
    ],
)
def test_automatic_masks_are_those_of_the_library(original_sam, original_file, photo, picture, size, more):
    pixels = photo(*size)
    wanted = {**OPTIONS, **more}
    theirs = segment_anything.SamAutomaticMaskGenerator(original_sam, **wanted).generate(pixels)
    proposer = create("proposer", "sam", model=str(original_file), most=1000, **wanted)
    ours = proposer.propose([picture(pixels)])[0].kept
    assert len(ours) >= (1 if {"box_nms_thresh", "pred_iou_thresh"} & set(more) else 3)
    assert Counter(
        (mine.score, mine.box, masks.decode(mine.shape.values).tobytes()) for mine in ours
    ) == Counter(
        (
            round(min(one["predicted_iou"], 1.0), 4),
            (x, y, x + w + 1, y + h + 1),  # their boxes end at the last pixel
            one["segmentation"].tobytes("C"),
        )
        for one in theirs
        for x, y, w, h in [one["bbox"]]
    )


@pytest.mark.parametrize("size", SIZES)
def test_a_box_gets_the_mask_that_the_predictor_gives(original_sam, original_file, photo, picture, size):
    pixels = photo(*size)
    predictor = segment_anything.SamPredictor(original_sam)
    predictor.set_image(pixels)
    boxes = np.array([[3.5, 4.0, 30.0, 35.25], [0, 0, size[1], size[0]], [20, 8, 41, 33]])
    regions = [Region(i, tuple(box), None, "cat", 0.5, "yolo") for i, box in enumerate(boxes.tolist())]
    found = create("refiner", "sam", model=str(original_file)).refine([picture(pixels)], [regions])[0].kept
    for region, box in zip(found, boxes, strict=True):
        wanted, _, _ = predictor.predict(box=box, multimask_output=False)
        assert np.array_equal(masks.decode(region.shape.values), wanted[0])
        assert region.box == masks.hull(wanted[0])
        assert (region.label, region.score, region.proposer) == ("cat", 0.5, "yolo")


def test_points_get_the_best_of_three_masks(original_sam, original_file, photo, picture):
    pixels = photo(48, 64)
    predictor = segment_anything.SamPredictor(original_sam)
    predictor.set_image(pixels)
    given = [[[10.0, 12.0]], [[30.0, 20.0], [33.0, 25.0]], [[50.5, 40.0]]]
    regions = [
        Region(i, (0.0, 0.0, 9.0, 9.0), Shape("points", {"points": points})) for i, points in enumerate(given)
    ]
    found = create("refiner", "sam", model=str(original_file)).refine([picture(pixels)], [regions])[0].kept
    for region, points in zip(found, given, strict=True):
        wanted, quality, _ = predictor.predict(np.array(points), np.ones(len(points)), multimask_output=True)
        assert np.array_equal(masks.decode(region.shape.values), wanted[quality.argmax()])


@pytest.mark.parametrize("kind", ["vit_b", "vit_l", "vit_h"])
def test_the_published_sizes_are_read_off_their_weights(kind):
    with torch.device("meta"):
        wanted = segment_anything.sam_model_registry[kind]()
        from lskd_segment_anything.by_segment_anything import build

        made = build(wanted.state_dict())
    assert repr(made) == repr(wanted)
    assert [block.window_size for block in made.image_encoder.blocks] == [
        block.window_size for block in wanted.image_encoder.blocks
    ]
    assert made.image_encoder.blocks[0].attn.num_heads == wanted.image_encoder.blocks[0].attn.num_heads
    assert made.image_encoder.img_size == 1024


def test_a_file_of_something_else_is_refused_and_runs_no_code(tmp_path):
    class Evil:
        def __reduce__(self):
            return (tmp_path.joinpath("ran").touch, ())

    for name, content in (("other.pth", {"weight": torch.zeros(3)}), ("evil.pth", Evil())):
        torch.save(content, tmp_path / name)
        with pytest.raises(UsageError, match="is no checkpoint of Segment Anything"):
            load(str(tmp_path / name), torch.device("cpu"), False, "proposer.sam.model")
    assert not (tmp_path / "ran").exists()


def test_half_precision_gives_about_the_same_masks(original_file, photo, picture):
    shown = picture(photo(48, 64))
    regions = [Region(0, (5.0, 5.0, 40.0, 40.0)), Region(1, (20.0, 8.0, 60.0, 30.0))]
    full, half = (
        create("refiner", "sam", model=str(original_file), half=half).refine([shown], [regions])[0].kept
        for half in (False, True)
    )
    for a, b in zip(full, half, strict=True):
        one, two = masks.decode(a.shape.values), masks.decode(b.shape.values)
        assert (one & two).sum() / (one | two).sum() > 0.9


@pytest.mark.parametrize("kind", ["proposer", "refiner"])
def test_contracts(original_file, kind, photo):
    options = (
        {"points_per_side": 4, "stability_score_thresh": 0.5, "box_nms_thresh": 0.99}
        if kind == "proposer"
        else {}
    )
    shown = [photo(48, 64), photo(61, 50)]
    for check in contracts(kind, "sam", pictures=shown, model=str(original_file), **options):
        check()
