"""Options of the refiners."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..options import Options


class FilterOptions(Options):
    """The paper's prompts were run over three choices of regions: every region (``only=all``), people and
    objects (``only=labelled``), and none (`top` with ``count=0``)."""

    least_score: float = Field(0.0, ge=0, le=1, description="Regions scored below this are dropped.")
    least_area: float = Field(
        0.002, ge=0, le=1, description="Least share of the image; smaller regions can hardly be pointed at."
    )
    most_area: float = Field(1.0, ge=0, le=1, description="Largest share of the image.")
    measure: Literal["box", "shape"] = Field(
        "box", description="Whose area: the box's, or the pixels' where a region has them."
    )
    only: Literal["all", "labelled", "people"] = Field(
        "all", description="Every region, those with a label (people and objects), or people."
    )
    labels: tuple[str, ...] = Field((), description="Only these labels; empty: all.")
    without: tuple[str, ...] = Field((), description="Not these labels.")


class MergeOptions(Options):
    """The numbers are those of SyntheticVG, the paper's successor, which merges several proposers too: two
    regions are one from an overlap of 0.7 on; a nameless region that others make up by 0.9 is none. What
    SyntheticVG asks of regions besides depends on which proposer each is from, so it is off here and 0.8
    (``containment``) and 0.6 (``own``) are the numbers to begin with."""

    iou: float = Field(0.7, ge=0, le=1, description="Regions overlapping more are one; the better stays.")
    by: Literal["shape", "box"] = Field(
        "shape", description="Overlap of pixels where both regions have them, or of boxes throughout."
    )
    same_label: bool = Field(False, description="Join only regions of the same label.")
    complete: bool = Field(
        True,
        description="The one that stays takes a label or a mask that it lacks from those it is joined with.",
    )
    containment: float = Field(
        1.0, ge=0, le=1,
        description="A region with more than this share in another of the same label is dropped; 1: never.",
    )  # fmt: skip
    union: float = Field(
        0.9, ge=0, le=1,
        description="A mask without label that others within it make up by more than this IoU is dropped; "
        "1: never.",
    )  # fmt: skip
    own: float = Field(
        0.0, ge=0, le=1,
        description="Least share of a region that no better one covers; 0: it may be covered wholly.",
    )  # fmt: skip


class TopOptions(Options):
    count: int = Field(8, ge=0, description="How many regions stay; 0: none, words about the whole image.")
    by: Literal["score", "area"] = Field("score", description="What is better.")
    measure: Literal["box", "shape"] = Field(
        "box", description="Whose area: the box's, or the pixels' where a region has them."
    )
    per_label: int = Field(0, ge=0, description="At most so many regions of one label; 0: any number.")
    people_first: bool = Field(False, description="People before all else, as in the paper's people runs.")
