"""Options of the refiners."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..options import Options


class FilterOptions(Options):
    least_score: float = Field(0.0, ge=0, le=1, description="Regions scored below this are dropped.")
    least_area: float = Field(
        0.002, ge=0, le=1, description="Least share of the image; smaller regions can hardly be pointed at."
    )
    most_area: float = Field(1.0, ge=0, le=1, description="Largest share of the image.")
    labels: tuple[str, ...] = Field((), description="Only these labels; empty: all.")
    without: tuple[str, ...] = Field((), description="Not these labels.")


class MergeOptions(Options):
    """The thresholds are those of SyntheticVG's merge of several proposers: boxes of the same thing
    overlap by 0.7, and a region that lies in another by 0.9 says nothing of its own."""

    iou: float = Field(0.7, ge=0, le=1, description="Regions overlapping more are one; the better stays.")
    containment: float = Field(
        1.0, ge=0, le=1,
        description="A region with more than this share in another of the same label is dropped; 1: never.",
    )  # fmt: skip
    same_label: bool = Field(False, description="Join only regions of the same label.")


class TopOptions(Options):
    count: int = Field(8, ge=1, description="How many regions stay.")
    by: Literal["score", "area"] = Field("score", description="What is better.")
    people_first: bool = Field(False, description="People before all else, as in the paper's people runs.")
