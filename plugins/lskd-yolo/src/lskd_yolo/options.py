"""Options of the proposer. Defaults are those of ultralytics' own prediction, but for the masks' size."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lskd_toolkit import Options, runtime


class YoloOptions(Options):
    model: str = Field(
        "yolo26n.pt",
        description="A checkpoint of ultralytics (a file, or its name in the cache: yolo26n-seg.pt), or the "
        "YAML of an architecture (a file, or a name that ultralytics has: yolo11n.yaml).",
    )
    weights: str = Field(
        "", description="For a YAML: a file of tensors alone, a state dict as .pt or .safetensors."
    )
    classes: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        (),
        description="What to look for. With an open vocabulary (YOLO-World, YOLOE) any words, else some of "
        "the model's own names. Not said: all that the model knows.",
    )
    text_model: str = Field(
        "",
        description="For words: a CLIP of transformers (a folder, or its name on the hub), or a TorchScript "
        "(.ts) in the cache. Not said: the one that the model was trained with.",
    )
    conf: float = Field(0.25, ge=0, le=1, description="Things whose score is not above are left.")
    iou: float = Field(
        0.7, ge=0, le=1, description="Of two boxes of a class that overlap more, the better one stays."
    )
    max_det: int = Field(300, ge=1, description="Most things of an image, the best first.")
    imgsz: int | None = Field(
        None,
        ge=32,
        description="Images are made so long on the longer side. Not said: as in training, else 640.",
    )
    agnostic_nms: bool | None = Field(
        None,
        description="Overlap counts between classes too. Not said: only with YOLOE, as ultralytics has it.",
    )
    retina_masks: bool = Field(
        True, description="Masks cut at the image's pixels; false: at the model's input, faster, coarser."
    )
    half: bool | None = Field(
        None, description="Half precision, on a GPU only. Not said: on a GPU yes, on a CPU no."
    )
    batch: int | None = runtime(
        None, "Images that go through the model at once. Not said: 16 on a GPU, 1 on a CPU.", ge=1
    )
