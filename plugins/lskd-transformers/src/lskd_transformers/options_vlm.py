"""Options of the vision-language models."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lskd_toolkit import Options, runtime


class VlmOptions(Options):
    """Options that every model of transformers has."""

    model: str = Field("", description="Folder of the model, or its name on the hub.")
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = Field(
        "auto", description="Number type of the weights; auto: bfloat16 on a GPU, float32 elsewhere."
    )
    batch: int = runtime(8, "Most pictures that go through the model at once.", ge=1, le=256)


class Blip2Options(VlmOptions):
    """Options of the vlm ``blip2``."""

    model: str = Field(
        "Salesforce/blip2-opt-2.7b", description="Folder of the model, or its name on the hub."
    )
    opening: str = Field("a photo of", description="How a caption begins; the model goes on from there.")


class InstructBlipOptions(VlmOptions):
    """Options of the vlm ``instructblip``."""

    model: str = Field(
        "Salesforce/instructblip-flan-t5-xl", description="Folder of the model, or its name on the hub."
    )


class ChatVlmOptions(VlmOptions):
    """Options of the vlm ``chat``."""

    model: str = Field(
        "HuggingFaceTB/SmolVLM-500M-Instruct", description="Folder of the model, or its name on the hub."
    )


class Florence2Options(VlmOptions):
    """Options of the vlm ``florence2``."""

    model: str = Field(
        "florence-community/Florence-2-base", description="Folder of the model, or its name on the hub."
    )


class Kosmos2Options(VlmOptions):
    """Options of the vlm ``kosmos2``."""

    model: str = Field(
        "microsoft/kosmos-2-patch14-224", description="Folder of the model, or its name on the hub."
    )
