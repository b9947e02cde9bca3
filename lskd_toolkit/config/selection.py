"""What decides about statements beyond one threshold: the mapping ``selection`` of a run.yaml."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..options import Options


class SelectionOptions(Options):
    """Which of the judged statements are accepted. Nothing is judged again when it changes."""

    calibration: str = Field(
        "", description="File of `lskd critic calibrate` in the run folder; empty: the lowest score counts."
    )
    thresholds: dict[str, float] = Field(
        default_factory=dict, description="Thresholds of single inference types, instead of the run's."
    )
    near_duplicates: float | None = Field(
        None, gt=0, le=1, description="Cosine from which only the better of two statements is kept."
    )
    quota: dict[str, int] | int | None = Field(
        None, description="Most statements of an inference type: a number for all, or by name."
    )
    budget: int | None = Field(None, ge=1, description="Most statements in all.")
    by: Literal["wording", "encoder"] = Field(
        "wording", description="What statements are compared by: counts of words, or the run's encoder."
    )
    choose: Literal["top", "random", "k-centre", "facility"] = Field(
        "top", description="How a budget is filled: best first, by chance, far apart, or standing for all."
    )
