"""Options of the small world's parts. Noise is systematic: it depends on what a thing is, never on
chance alone, because that is how real models err and why filtering is worth something."""

from __future__ import annotations

from pydantic import Field

from ..options import Options, runtime


class SourceOptions(Options):
    count: int = runtime(16, "How many scenes.", ge=0)
    start: int = runtime(0, "The first scene's number.", ge=0)
    world_seed: int = runtime(0, "Which world.", ge=0)
    objects: int = runtime(0, "Things in a scene; 0: three to six.", ge=0, le=16)
    size: int = runtime(64, "Pixels of a side.", ge=32, le=1024)


class ProposerOptions(Options):
    jitter: float = Field(0.0, ge=0, le=8, description="Pixels that the boxes of some shapes are off.")
    missed: float = Field(0.0, ge=0, le=1, description="Share of the kinds of things never seen.")
    confused: float = Field(0.0, ge=0, le=1, description="Share of the kinds of things taken for others.")
    masks: bool = Field(False, description="Regions carry their exact mask.")


class VerbalizerOptions(Options):
    noise: float = Field(0.0, ge=0, le=1, description="Share of the kinds of things told wrongly.")
    pairs: int = Field(12, ge=0, description="Most relations told of a scene.")


class VlmOptions(Options):
    noise: float = Field(0.0, ge=0, le=1, description="Share of the kinds of things taken for others.")


class VqaOptions(Options):
    noise: float = Field(0.0, ge=0, le=1, description="Share of questions answered wrongly.")


class TeacherOptions(Options):
    statements: int = Field(4, ge=1, le=20, description="Most statements of a scene.")
    hallucinated: float = Field(
        0.0, ge=0, le=1, description="Share of the kinds of statements always told wrongly."
    )


class BackendOptions(Options):
    hallucinated: float = Field(
        0.0, ge=0, le=1, description="Share of the kinds of statements always told wrongly."
    )
    refuse_rate: float = Field(0.0, ge=0, le=1, description="Share of requests refused.")
    cut_rate: float = Field(0.0, ge=0, le=1, description="Share of replies cut by the token limit.")
    garbage_rate: float = Field(0.0, ge=0, le=1, description="Share of replies that are no JSON.")
    usd_per_million_in: float = runtime(0.0, "Price of a million tokens read.", ge=0)
    usd_per_million_out: float = runtime(0.0, "Price of a million tokens written.", ge=0)
    latency: float = runtime(0.0, "Seconds that a reply takes.", ge=0)
    looks: int = Field(2, ge=0, description="Looks that it takes with the tool ask, where it is offered.")
    in_flight: int = runtime(128, "Requests at once.", ge=1)
    log: str = runtime("", "A file to which every call adds a line before it is answered.")


class CriticOptions(Options):
    noise: float = Field(0.0, ge=0, le=1, description="Share of statements judged the wrong way round.")
