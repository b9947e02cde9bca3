"""Options of the visual prompts."""

from __future__ import annotations

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
