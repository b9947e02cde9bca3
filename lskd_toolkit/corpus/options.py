"""Options of the exporters."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator

from ..options import Options


class ExportOptions(Options):
    """What every form of the corpus is asked."""

    statements: Literal["accepted", "all"] = Field(
        "accepted", description="Write the statements that the selection accepted, or every one."
    )
    splits: dict[str, float] = Field(
        {"train": 0.9, "val": 0.1}, description="Names of splits and their shares of the images."
    )
    split_seed: int = Field(0, description="Another number deals the images into the splits anew.")

    @field_validator("splits")
    @classmethod
    def _shares_sum_to_one(cls, splits: dict[str, float]) -> dict[str, float]:
        for name, share in splits.items():
            if not re.fullmatch(r"[A-Za-z0-9_]+", name):
                raise ValueError(f"{name!r} is no name for a split; use letters, digits and _")
            if not 0.0 <= share <= 1.0:
                raise ValueError(f"the share of {name!r} must be between 0 and 1")
        if not splits or abs(sum(splits.values()) - 1.0) > 1e-6:
            raise ValueError("the shares must sum to 1")
        return splits


class JsonlOptions(ExportOptions):
    """The released corpus's JSON lines."""

    extra: bool = Field(
        True,
        description="Keep what the released format has no room for (masks, inference types, plain text, "
        "digests) under one more key, 'lskd', so that importing loses nothing.",
    )
    descriptors: bool = Field(
        True, description="Keep the descriptors of the scene under 'lskd' too; they repeat in every row."
    )


class PreferenceOptions(ExportOptions):
    """Pairs of an accepted and a rejected statement."""

    by: Literal["statement", "question"] = Field(
        "statement",
        description="What both share beside image, regions and inference type: nothing, and the model "
        "is asked for the whole statement; or the question, and it is asked that.",
    )
    margin: float = Field(0.0, ge=0, le=1, description="How far apart their scores are at least.")
    most: int | None = Field(None, ge=1, description="Most pairs of an image, the widest margins first.")
    rationale: bool = Field(True, description="Whether the completion gives the reason, too.")


class ParquetOptions(ExportOptions):
    """Parquet shards."""

    shard_rows: int = Field(100_000, ge=1, description="Statements in one file at most.")
    group_rows: int = Field(1_000, ge=1, description="Statements held in memory and written at once.")
