"""Options of the vision half: nanodet, segments, samples."""

from __future__ import annotations

from pydantic import Field

from lskd_toolkit import Options


class NanoDetOptions(Options):
    """Options of the proposer `nanodet`."""

    threshold: float = Field(0.4, ge=0.05, le=1.0, description="Least score of a region.")
    overlap: float = Field(
        0.5, ge=0.0, le=1.0, description="IoU above which the weaker of two boxes of a class goes."
    )
    most: int = Field(20, ge=1, le=300, description="Most regions of an image.")
    classes: tuple[str, ...] = Field((), description="COCO names to look for; empty: all 80.")


class SegmentsOptions(Options):
    """Options of the proposer `segments`."""

    most: int = Field(12, ge=1, le=100, description="Most regions of an image.")
    join: float = Field(
        14.0, ge=0.0, le=100.0, description="Neighbours nearer in colour than this (delta E) are one."
    )
    least_area: float = Field(0.01, gt=0.0, lt=1.0, description="Least share of the image a region covers.")
    least_score: float = Field(
        0.05, ge=0.0, le=1.0, description="Least contrast: share of colour variance that the border explains."
    )
    most_area: float = Field(0.4, gt=0.0, le=1.0, description="Largest share of the image a region covers.")


class SamplesOptions(Options):
    """Options of the source `samples`."""

    only: tuple[str, ...] = Field((), description="Ids of the photos to give; empty: all.")
