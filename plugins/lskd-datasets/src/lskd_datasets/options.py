"""Options of the source ``huggingface``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lskd_toolkit.options import Options, runtime


class HuggingFaceOptions(Options):
    """Which dataset, and which of its columns hold what."""

    dataset: str = runtime("", "Name on the hub (owner/name), or a folder or .parquet file of your own.")
    paths: tuple[str, ...] = runtime((), "The same as dataset, named as a path: one folder or file.")
    name: str = runtime("", "The dataset's configuration, where it has several.")
    split: str = runtime("train", "The split: train, validation, test, …")
    revision: str = runtime("", "Branch, tag or commit on the hub; the main branch if empty.")
    image: str = runtime("", "The column of images; the only one if empty.")
    id: str = runtime("", "A column that names rows; else their numbers are their ids.")
    objects: str = Field("objects", description="The column of regions; rows without it have none.")
    boxes: str = Field("bbox", description="The boxes within objects.")
    labels: str = Field("", description="The labels within objects; category, label or name if empty.")
    box_format: Literal["xywh", "xyxy", "cxcywh"] = Field(
        "xywh", description="What a box's four numbers are: corner and extent, corners, or centre and extent."
    )
    normalised: bool = Field(False, description="Boxes are shares of the image's width and height.")
    max_megapixels: float = Field(
        100.0, gt=0, description="Larger images are refused from their header, undecoded."
    )
