"""Options of the depth estimator."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lskd_toolkit import Options, runtime


class MonocularOptions(Options):
    """Options of the depth ``monocular``."""

    model: str = Field(
        "depth-anything/Depth-Anything-V2-Small-hf",
        description="Folder of the model, or its name on the hub: any depth estimator of transformers.",
    )
    larger: Literal["auto", "farther", "nearer"] = Field(
        "auto",
        description="What the model's larger numbers mean: farther for a model of distance, nearer for one "
        "of inverse depth; auto knows it of Depth Anything, DPT, MiDaS, ZoeDepth and GLPN.",
    )
    side: int = Field(
        1024, ge=64, description="Pixels of the longer side to which a larger picture is made smaller first."
    )
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = Field(
        "auto", description="Number type of the weights; auto: bfloat16 on a GPU, float32 elsewhere."
    )
    batch: int = runtime(8, "Most pictures that go through the model at once.", ge=1, le=256)
