"""Options of the proposer and the refiner. The defaults of the automatic masks are those of Segment
Anything's own generator, which were chosen for ViT-H."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lskd_toolkit import Options, runtime


class SamOptions(Options):
    """Which SAM: the same for both parts, so that they share one."""

    model: str = Field(
        "facebook/sam-vit-base",
        description="A checkpoint of Segment Anything (a file, sam_vit_h_4b8939.pth), or a SAM or SAM 2 of "
        "transformers (a folder, or a name on the hub).",
    )
    library: Literal["auto", "transformers", "segment-anything"] = Field(
        "auto", description="auto: segment-anything for a file, transformers for a folder or a name."
    )
    half: bool | None = Field(
        None, description="Encode images in half precision. Not said: on a GPU yes, on a CPU no."
    )
    cache_mb: int = runtime(
        1024,
        "Memory for encoded images, so that the refiner uses what the proposer has made: about 4 MB an "
        "image with SAM, 16 MB with SAM 2, half of it in half precision; 0: encode again.",
        ge=0,
    )


class SamProposerOptions(SamOptions):
    points_per_side: int = Field(32, ge=1, le=256, description="The prompts are a grid of so many squared.")
    points_per_batch: int = runtime(64, "Prompts decoded at once; more need more memory.", ge=1)
    pred_iou_thresh: float = Field(
        0.88, ge=0, le=1, description="Masks whose quality, as the model foresees it, is not above are left."
    )
    stability_score_thresh: float = Field(
        0.95, ge=0, le=1, description="Masks that depend more than this on the exact threshold are left."
    )
    stability_score_offset: float = Field(
        1.0, ge=0, description="How far the threshold is moved either way to see how stable a mask is."
    )
    box_nms_thresh: float = Field(
        0.7, ge=0, le=1, description="Of two masks whose boxes overlap more, the better one stays."
    )
    crop_n_layers: int = Field(
        0, ge=0, le=3,
        description="Look again at 4, then 16, then 64 crops of the image: smaller things, more time.",
    )  # fmt: skip
    crop_nms_thresh: float = Field(0.7, ge=0, le=1, description="The same overlap, between crops.")
    crop_overlap_ratio: float = Field(
        512 / 1500, ge=0, lt=1, description="How much crops overlap, as a share of the image's shorter side."
    )
    crop_n_points_downscale_factor: int = Field(
        1, ge=1, description="The grid's side is divided by this with every layer of crops."
    )
    min_mask_region_area: int = Field(
        0, ge=0, description="Fill holes and take away islands of fewer pixels than this."
    )
    most: int = Field(100, ge=1, description="Most regions of an image, the best first.")


class SamRefinerOptions(SamOptions):
    multimask: bool | None = Field(
        None,
        description="Decode three masks and take the one the model thinks best. Not said: for points, which "
        "may mean a thing or its part; not for boxes.",
    )
    redo: bool = Field(False, description="Also regions that have an outline of their own already.")
    margin: float = Field(
        0.0, ge=0, le=1, description="Widen boxes on each side by this share of their size before asking."
    )
    min_mask_region_area: int = Field(
        0, ge=0, description="Fill holes and take away islands of fewer pixels than this."
    )
    prompts_per_batch: int = runtime(64, "Boxes decoded at once; more need more memory.", ge=1)
