"""Over transformers, without torchvision: what the library's processors and models give comes out here."""

from __future__ import annotations

import numpy as np
import PIL.Image
import pytest
import torch
from lskd_segment_anything.by_transformers import load

from lskd_toolkit import Region, UsageError, WeightsMissing, create
from lskd_toolkit.geometry import masks
from lskd_toolkit.testing import contracts

transformers = pytest.importorskip("transformers")

SIZES = [(48, 64), (97, 61), (40, 200)]
BOXES = [[3.5, 4.0, 30.0, 35.25], [20.0, 8.0, 41.0, 33.0], [0.0, 0.0, 61.0, 40.0]]
CPU = torch.device("cpu")


def processor():
    """The library's own for SAM, at the size of the tiny net, on Pillow: it does without torchvision."""
    images = transformers.SamImageProcessorPil(
        size={"longest_edge": 64}, pad_size={"height": 64, "width": 64},
        mask_size={"longest_edge": 64}, mask_pad_size={"height": 64, "width": 64},
    )  # fmt: skip
    return transformers.SamProcessor(images)


@pytest.mark.parametrize("size", SIZES)
def test_sam_sees_what_the_library_s_processor_shows_it(sam_folder, photo, size):
    pixels = photo(*size)
    wanted = processor()(images=pixels, return_tensors="pt")["pixel_values"]
    assert torch.equal(load(str(sam_folder), CPU, False, "proposer.sam.model")._prepared(pixels), wanted)


@pytest.mark.parametrize("size", SIZES)
def test_boxes_get_the_masks_of_the_library(sam_folder, photo, picture, size):
    pixels = photo(*size)
    prepared = processor()(images=pixels, input_boxes=[BOXES], return_tensors="pt")
    model = transformers.SamModel.from_pretrained(sam_folder)
    with torch.no_grad():
        out = model(**prepared, multimask_output=False)
    # The processor's own enlarging has 1024 pixels for granted; these are its steps at 64.
    inner = prepared["reshaped_input_sizes"][0].tolist()
    square = torch.nn.functional.interpolate(out.pred_masks[0], (64, 64), mode="bilinear")
    wanted = torch.nn.functional.interpolate(square[..., : inner[0], : inner[1]], size, mode="bilinear")[:, 0]
    _same(sam_folder, picture(pixels), wanted)


@pytest.mark.parametrize("size", SIZES)
def test_boxes_get_the_masks_of_sam_2(sam2_folder, photo, picture, size):
    pixels = photo(*size)
    model = transformers.Sam2Model.from_pretrained(sam2_folder)
    scale = torch.tensor([128 / size[1], 128 / size[0]] * 2)
    with torch.no_grad():
        out = model(
            pixel_values=load(str(sam2_folder), CPU, False, "proposer.sam.model")._prepared(pixels),
            input_boxes=(torch.tensor(BOXES) * scale)[None], multimask_output=False,
        )  # fmt: skip
    wanted = torch.nn.functional.interpolate(out.pred_masks[0], size, mode="bilinear")[:, 0]
    _same(sam2_folder, picture(pixels), wanted)


def _same(folder, shown, wanted: torch.Tensor) -> None:
    """The refiner's masks are those of the logits but where these are 0 as far as float32 goes."""
    regions = [Region(i, tuple(box)) for i, box in enumerate(BOXES)]
    found = create("refiner", "sam", model=str(folder)).refine([shown], [regions])[0].kept
    for region, logits in zip(found, wanted.numpy(), strict=True):
        ours = masks.decode(region.shape.values)
        clear = np.abs(logits) > 1e-4
        assert clear.mean() > 0.99
        assert np.array_equal(ours[clear], (logits > 0)[clear])
        assert 0 < ours.mean() < 1


@pytest.mark.parametrize("size", SIZES)
def test_sam_2_sees_what_the_library_s_processor_shows_it(sam2_folder, photo, size):
    pytest.importorskip("torchvision")
    shows = transformers.Sam2ImageProcessor(size={"height": 128, "width": 128})
    wanted = shows(images=photo(*size), return_tensors="pt")["pixel_values"]
    assert torch.equal(
        load(str(sam2_folder), CPU, False, "proposer.sam.model")._prepared(photo(*size)), wanted
    )


@pytest.mark.parametrize("which", ["sam_folder", "sam2_folder"])
def test_points_of_the_grid_are_those_of_the_library(which, request, photo, picture):
    """Decoded in batches and from kept features, as in one call of the model on the pixels."""
    folder, pixels = request.getfixturevalue(which), photo(48, 64)
    net = load(str(folder), CPU, False, "proposer.sam.model")
    points = np.random.default_rng(0).uniform(0, 48, (7, 1, 2))
    with torch.no_grad():
        out = net._net(
            pixel_values=net._prepared(pixels),
            input_points=torch.from_numpy(points)[None].float(), multimask_output=True,
        )  # fmt: skip
    features = net.encode(pixels)
    pairs = [net.decode(features, some, None, True) for some in (points[:3], points[3:])]
    assert torch.allclose(torch.cat([p[0] for p in pairs]), out.pred_masks[0], atol=1e-3)
    assert torch.allclose(torch.cat([p[1] for p in pairs]), out.iou_scores[0], atol=1e-5)


@pytest.mark.parametrize("kind", ["proposer", "refiner"])
@pytest.mark.parametrize("which", ["sam_folder", "sam2_folder"])
def test_contracts(which, request, kind, photo):
    options = (
        {"points_per_side": 3, "stability_score_thresh": 0.3, "pred_iou_thresh": 0.1}
        if kind == "proposer"
        else {}
    )
    shown = [photo(48, 64), photo(61, 50)]
    for check in contracts(kind, "sam", pictures=shown, model=str(request.getfixturevalue(which)), **options):
        check()


def test_a_model_that_is_nowhere_is_said_in_a_line(monkeypatch):
    monkeypatch.setenv("LSKD_OFFLINE", "1")
    with pytest.raises(
        WeightsMissing, match=r"'nobody/sam' is not here.*--set proposer\.sam\.model=PATH"
    ) as caught:
        create("proposer", "sam", model="nobody/sam")
    assert "\n" not in str(caught.value)


def test_another_architecture_is_refused(tmp_path):
    transformers.CLIPVisionConfig().save_pretrained(tmp_path)
    with pytest.raises(UsageError, match="takes sam and sam2"):
        create("proposer", "sam", model=str(tmp_path))


# The library's grid for SAM 2 is laid as if the image were fitted into the square, and it is squeezed: of an
# image that is not square its points lie elsewhere. So they are compared on a square one.
@pytest.mark.parametrize(("which", "size"), [*(("sam", size) for size in SIZES), ("sam2", (70, 70))])
def test_automatic_masks_are_those_of_the_pipeline(which, size, request, photo, picture):
    pytest.importorskip("torchvision")  # the library's way needs it
    folder, pixels = request.getfixturevalue(f"{which}_folder"), photo(*size)
    square = {"height": 64, "width": 64}
    shows = {
        "sam": lambda: transformers.SamImageProcessor(size={"longest_edge": 64}, pad_size=square),
        "sam2": lambda: transformers.Sam2ImageProcessor(size={"height": 128, "width": 128}),
    }[which]()
    model = {"sam": transformers.SamModel, "sam2": transformers.Sam2Model}[which].from_pretrained(folder)
    least = {"pred_iou_thresh": 0.6, "stability_score_thresh": 0.5}
    theirs = transformers.MaskGenerationPipeline(model=model, image_processor=shows)(
        PIL.Image.fromarray(pixels), points_per_crop=8, points_per_batch=16, crops_nms_thresh=1.0, **least
    )
    proposer = create(
        "proposer", "sam", model=str(folder), points_per_side=8, box_nms_thresh=1.0, most=999, **least
    )
    ours = proposer.propose([picture(pixels)])[0].kept
    assert len(ours) == len(theirs["masks"]) > 5
    left = [np.asarray(mask) for mask in theirs["masks"]]
    for mine in ours:
        mask = masks.decode(mine.shape.values)
        near = min(range(len(left)), key=lambda i: int((left[i] ^ mask).sum()))
        # By Pillow, as Meta's own code has it, an image is shrunk a little differently than by torchvision.
        assert (left[near] ^ mask).mean() < (0.02 if which == "sam" else 1e-3)
        del left[near]
