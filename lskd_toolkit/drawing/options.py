"""Options of the visual prompts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..options import Options


class PaperOverlayOptions(Options):
    """The defaults are the paper's own: 2 pixels whatever the image's size."""

    line_width: int = Field(2, ge=1, le=64, description="Outline's width in pixels.")
    scale_lines: bool = Field(
        False,
        description="Take line_width for an image of 480 pixels and scale it with larger ones, "
        "so that lines survive when a photo is made small for a model.",
    )


class NumberedOptions(Options):
    """Sizes of 0 follow the image's size."""

    line_width: int = Field(0, ge=0, le=64, description="Outline's width in pixels; 0: by image size.")
    text_size: int = Field(0, ge=0, le=400, description="Height of the numbers in pixels; 0: by image size.")
    tint: float = Field(
        0.2, ge=0, le=1,
        description="How strongly a mask or polygon is filled with its colour; boxes never are, "
        "for they hold more than the region.",
    )  # fmt: skip


class MaskOptions(Options):
    """How strong the colours are."""

    strength: float = Field(0.5, gt=0, le=1, description="How much of a region's pixels is its colour.")


class ContourOptions(Options):
    """A width of 0 follows the image's size."""

    line_width: int = Field(0, ge=0, le=64, description="Outline's width in pixels; 0: by image size.")


class CropOptions(Options):
    """What a region's own picture holds."""

    margin: float = Field(0.0, ge=0, le=2, description="Added on every side, as a share of the box's.")
    shape_only: bool = Field(False, description="Make grey what is outside of a mask or polygon.")


class FocalCropOptions(Options):
    """The defaults are those of Describe Anything."""

    factor: float = Field(3.0, ge=1, le=20, description="Sides of the crop in sides of the box.")
    least_side: int = Field(48, ge=1, le=1024, description="The crop's sides in pixels at least.")
    outline: bool = Field(True, description="Outline the region, for the crop holds more than it.")


class BlurBackgroundOptions(Options):
    """A radius of 0 follows the image's size."""

    radius: float = Field(0, ge=0, le=200, description="Of the blur in pixels; 0: by image size.")


class CoordinatesOptions(Options):
    """How places are written."""

    form: Literal["fraction", "thousand", "location"] = Field(
        "thousand",
        description="fraction: 0 to 1 with three digits; thousand: whole numbers from 0 to 1000; "
        "location: tokens <loc_0> to <loc_999>.",
    )
    order: Literal["xyxy", "yxyx"] = Field("xyxy", description="Left, top, right, bottom; or top first.")
