"""Options of the parts that deal in words: verbalizers, the chat backend and the critic."""

from __future__ import annotations

from pydantic import Field

from lskd_toolkit import Options, runtime


class ObjectsOptions(Options):
    sure: float = Field(
        0.7, ge=0.0, le=1.0, description="Score from which a label is said plainly, without hedging."
    )
    probable: float = Field(
        0.45, ge=0.0, le=1.0, description="Score from which it is 'probably', below it 'possibly'."
    )


class ColoursOptions(Options):
    centre: float = Field(
        0.6, gt=0.0, le=1.0,
        description="Share of a box's width and height that is looked at where a region has no mask.",
    )  # fmt: skip
    second: float = Field(
        0.3, ge=0.0, le=1.0, description="Share of the pixels that a second colour needs to be named."
    )
    image: bool = Field(True, description="Also say how the image as a whole looks.")


class RelationsOptions(Options):
    pairs: int = Field(6, ge=0, description="How many pairs of regions are put into words at most.")
    places: bool = Field(True, description="Also say where each region is and how large it is.")
    counts: bool = Field(True, description="Also say how things of one name are spread over the picture.")
    facing: bool = Field(
        True, description="Also say who faces whom, where a verbalizer before it says which way they face."
    )


class SceneGraphOptions(Options):
    regions: int = Field(12, ge=1, description="How many regions get a line at most: the largest and surest.")
    attributes: int = Field(4, ge=0, description="How much is said of a region in its line at most.")
    relations: int = Field(4, ge=0, description="How many relations stand in a region's line at most.")
    doubts: int = Field(4, ge=0, description="How many disagreements are told at most.")


class CaptionComposedOptions(Options):
    regions: int = Field(4, ge=1, description="How many regions the sentence names at most.")


class SmolLMOptions(Options):
    context: int = runtime(4096, "Tokens of prompt and reply together that fit.", ge=512, le=8192)
    threads: int = runtime(
        1, "Threads of one request; more pay only on idle cores. The reply does not depend on it.", ge=1
    )
    debug: bool = runtime(False, "Let the native library write its log to stderr.")


class GroundingOptions(Options):
    similar: float = Field(
        0.45, ge=0.0, le=1.0,
        description="Cosine similarity at which a word counts as half supported by a descriptor's word.",
    )  # fmt: skip
    batch: int = runtime(64, "Texts encoded at once.", ge=1)
