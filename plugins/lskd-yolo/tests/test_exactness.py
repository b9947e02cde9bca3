"""What is found is what `YOLO.predict` finds on the same weights in one image: boxes, classes, scores,
masks, bit by bit."""

from __future__ import annotations

import functools
import io
import json
from typing import Any

import numpy as np
import PIL.Image
import pytest

from lskd_toolkit import Refined, create, open_picture
from lskd_toolkit.formats.ultralytics import regions_from_ultralytics
from lskd_toolkit.geometry.masks import hull
from lskd_toolkit.geometry.shapes import region_mask, region_outline

SIDE = 160  # the length of images in the model: a quarter of what it is in earnest
BOXES, MASKS = "yolo11n", "yolov8n-seg"
SIZES = [(120, 160), (160, 120), (97, 211), (40, 33), (1, 1), (3, 400), (400, 3), (240, 320)]


def proposer(model: Any, **options: Any) -> Any:
    return _proposer(json.dumps({"model": str(model), "imgsz": SIDE, **options}))


@functools.cache
def _proposer(options: str) -> Any:
    return create("proposer", "yolo", device="cpu", **json.loads(options))


def library(model: Any, image: Any, **said: Any) -> Any:
    """ultralytics' own high-level call, on one image."""
    return _yolo(str(model)).predict(image, imgsz=SIDE, device="cpu", verbose=False, save=False, **said)[0]


@functools.cache
def _yolo(model: str) -> Any:
    import ultralytics

    return ultralytics.YOLO(model)


def bgr(pixels: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(pixels[..., ::-1])


def assert_boxes(found: Refined, result: Any) -> None:
    """Every region is the library's thing, to the last bit, in its order; what is dropped has no area."""
    theirs = list(
        zip(result.boxes.xyxy.tolist(), result.boxes.conf.tolist(), result.boxes.cls.tolist(), strict=True)
    )
    usable = [one for one in theirs if one[0][0] < one[0][2] and one[0][1] < one[0][3]]
    assert [(list(r.box), r.score, r.label) for r in found.kept] == [
        (box, score, result.names[int(number)]) for box, score, number in usable
    ]
    assert len(found.dropped) == len(theirs) - len(usable)
    assert [r.id for r in found.kept] == list(range(len(usable)))


@pytest.mark.parametrize("model", ["yolo11n", "yolo26n", "yolo11n-pose"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_boxes_are_those_of_the_library(
    made: Any, drawn: Any, picture: Any, model: str, size: tuple[int, int]
) -> None:
    pixels = drawn(*size)
    found = proposer(made(model)).propose([picture(pixels)])[0]
    assert_boxes(found, library(made(model), bgr(pixels)))
    assert found.kept or min(size) < 4


@pytest.mark.parametrize("model", [MASKS, "yolo26n-seg"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_masks_are_the_library_s_retina_masks(
    made: Any, drawn: Any, picture: Any, model: str, size: tuple[int, int]
) -> None:
    pixels = drawn(*size)
    found = proposer(made(model)).propose([picture(pixels)])[0]
    result = library(made(model), bgr(pixels), retina_masks=True)
    masks = [] if result.masks is None else result.masks.data.bool().numpy()
    assert len(found.kept) == len(masks)
    assert len(found.kept) or min(size) < 4
    for region, mask, score, number in zip(
        found.kept, masks, result.boxes.conf, result.boxes.cls, strict=True
    ):
        assert region.shape is not None
        assert region.shape.values["size"] == list(size)
        np.testing.assert_array_equal(region_mask(region, size[1], size[0]), mask)
        assert region.box == hull(mask)
        assert (region.score, region.label) == (float(score), result.names[int(number)])


def test_coarse_masks_are_the_library_s_enlarged_as_it_enlarges_them(
    made: Any, drawn: Any, picture: Any
) -> None:
    from ultralytics.utils.ops import scale_masks

    pixels = drawn(300, 410)
    found = proposer(made(MASKS), retina_masks=False).propose([picture(pixels)])[0]
    result = library(made(MASKS), bgr(pixels))
    assert tuple(result.masks.data.shape[1:]) == (128, 160)
    enlarged = (scale_masks(result.masks.data[None].float(), (300, 410))[0] > 0.5).numpy()
    enlarged = [mask for mask in enlarged if mask.any()]
    assert len(found.kept) == len(enlarged) > 5
    for region, mask in zip(found.kept, enlarged, strict=True):
        np.testing.assert_array_equal(region_mask(region, 410, 300), mask)


def test_a_turned_box_is_a_shape_with_its_hull_as_far_as_the_image_goes(
    made: Any, drawn: Any, picture: Any
) -> None:
    pixels = drawn(120, 160)
    found = proposer(made("yolo11n-obb")).propose([picture(pixels)])[0]
    result = library(made("yolo11n-obb"), bgr(pixels))
    assert len(found.kept) == len(result.obb) > 3
    kinds = set()
    for region, corners in zip(found.kept, result.obb.xyxyxyxy.numpy(), strict=True):
        assert region.shape is not None
        low, high = corners.min(0), corners.max(0)
        if low.min() >= 0 and (high <= [160, 120]).all():
            assert region.shape.type == "rotated box"
            np.testing.assert_allclose(region.box, [*low, *high], atol=1e-3)
            (outline,) = region_outline(region)
            for corner in corners:
                assert np.abs(np.array(outline) - corner).sum(1).min() < 1e-2
        else:  # what is left of it is a polygon; its hull can be smaller than the box's, cut off
            assert region.shape.type == "polygon"
            assert region.box[0] >= max(0, low[0]) - 1e-3
            assert region.box[3] <= min(120, high[1]) + 1e-3
        kinds.add(region.shape.type)
    assert kinds == {"rotated box", "polygon"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"conf": 0.4}, {"conf": 0.4}),
        ({"iou": 0.3}, {"iou": 0.3}),
        ({"max_det": 4}, {"max_det": 4}),
        ({"agnostic_nms": True}, {"agnostic_nms": True}),
        ({"imgsz": 224}, {}),
        ({"classes": ["thing 76", "thing 3"]}, {"classes": [76, 3]}),
    ],
    ids=lambda v: next(iter(v), "the size"),
)
def test_options_mean_what_they_mean_in_the_library(
    made: Any, drawn: Any, picture: Any, options: Any, said: Any
) -> None:
    pixels = drawn(120, 160)
    plain = proposer(made(BOXES)).propose([picture(pixels)])[0]
    found = proposer(made(BOXES), **options).propose([picture(pixels)])[0]
    import ultralytics

    size = {"imgsz": options.get("imgsz", SIDE), "device": "cpu", "verbose": False, "save": False}
    assert_boxes(found, ultralytics.YOLO(str(made(BOXES))).predict(bgr(pixels), **size, **said)[0])
    assert found.kept
    assert found != plain


def test_a_result_that_somebody_else_has_made_becomes_the_same_boxes(
    made: Any, drawn: Any, picture: Any
) -> None:
    """The core reads results by their fields, without the library."""
    pixels = drawn(120, 160)
    ours = proposer(made(BOXES)).propose([picture(pixels)])[0]
    assert regions_from_ultralytics(library(made(BOXES), bgr(pixels)), proposer="yolo") == ours
    assert ours.kept


def test_a_photograph_lies_as_its_camera_held_it(made: Any, drawn: Any, picture: Any) -> None:
    """The file's pixels lie on their side; the library turns them upright too."""
    image = PIL.Image.fromarray(drawn(90, 140))
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    data = io.BytesIO()
    image.save(data, "PNG", exif=exif)
    opened = PIL.Image.open(io.BytesIO(data.getvalue()))
    found = proposer(made(MASKS)).propose([open_picture(data.getvalue())])[0]
    result = library(made(MASKS), opened, retina_masks=True)
    assert result.masks.data.shape[1:] == (140, 90)
    assert len(found.kept) == len(result) > 0
    for region, mask in zip(found.kept, result.masks.data.bool().numpy(), strict=True):
        np.testing.assert_array_equal(region_mask(region, 90, 140), mask)


def test_a_grey_photograph_is_looked_at_like_a_coloured_one(made: Any, drawn: Any, picture: Any) -> None:
    grey = PIL.Image.fromarray(drawn(90, 140)).convert("L")
    data = io.BytesIO()
    grey.save(data, "PNG")
    found = proposer(made(BOXES)).propose([open_picture(data.getvalue())])[0]
    assert_boxes(found, library(made(BOXES), grey))
    assert found.kept
