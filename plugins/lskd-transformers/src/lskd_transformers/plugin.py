"""What this distribution offers, as records: listing them loads neither torch nor transformers."""

from __future__ import annotations

from collections.abc import Iterator

from lskd_toolkit import Component, hookimpl


@hookimpl
def lskd_students() -> Iterator[Component]:
    yield Component(
        "student", "blip2-itm", "BLIP-2's Q-Former, trained to match statements with pointed-at images.",
        "lskd_transformers.students.blip2_itm:Blip2ItmStudent",
        "lskd_transformers.options:Blip2ItmOptions",
        batching="close", reads=("pixels", "visual_prompt"), memory_mb=600,
    )  # fmt: skip


@hookimpl
def lskd_vlms() -> Iterator[Component]:
    options = "lskd_transformers.options_vlm"
    yield Component(
        "vlm", "blip2", "BLIP-2: captions and short answers, one picture at a time.",
        "lskd_transformers.vlm.blip2:Blip2", f"{options}:Blip2Options",
        batching="close", memory_mb=15_500, takes=("rgb",),
    )  # fmt: skip
    yield Component(
        "vlm", "instructblip", "InstructBLIP: captions and answers by instruction, one picture at a time.",
        "lskd_transformers.vlm.blip2:InstructBlip", f"{options}:InstructBlipOptions",
        batching="close", memory_mb=16_500, takes=("rgb",),
    )  # fmt: skip
