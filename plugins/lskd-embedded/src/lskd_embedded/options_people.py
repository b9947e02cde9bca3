"""Options of the verbalizer `people`."""

from __future__ import annotations

from pydantic import Field

from lskd_toolkit import Options


class PeopleOptions(Options):
    """Options of the verbalizer `people`."""

    labels: tuple[str, ...] = Field(
        ("person", "man", "woman", "boy", "girl", "child"),
        min_length=1,
        description="Labels of the regions that are looked at; others are left alone.",
    )
    min_side: float = Field(
        64.0, ge=8.0, description="Longer side in pixels that a region needs to be looked at."
    )
    most: int = Field(12, ge=1, le=200, description="Most regions of an image: the largest are looked at.")
    min_face: float = Field(
        20.0, ge=8.0, description="Width in pixels that a face needs for where it is turned to be said."
    )
    min_expression: float = Field(
        40.0, ge=16.0, description="Width in pixels that a face needs for its expression to be said."
    )
    sure: float = Field(0.6, ge=0.0, le=1.0, description="Score from which a thing is said plainly.")
    probable: float = Field(
        0.4,
        ge=0.0,
        le=1.0,
        description="Score from which it is said to be 'probably' so, below it not at all.",
    )
    expressions: bool = Field(True, description="Say how clear frontal faces look.")
    poses: bool = Field(True, description="Say how bodies stand, sit, lie, lean and hold their arms.")
    count: bool = Field(True, description="Also say of the picture how many people and faces are seen.")
