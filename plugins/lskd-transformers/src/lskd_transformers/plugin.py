"""What this distribution offers, as records: listing them loads neither torch nor transformers."""

from __future__ import annotations

from collections.abc import Iterator

from lskd_toolkit import Component, WeightFile, hookimpl


@hookimpl
def lskd_students() -> Iterator[Component]:
    yield Component(
        "student", "blip2-itm", "BLIP-2's Q-Former, trained to match statements with pointed-at images.",
        "lskd_transformers.students.blip2_itm:Blip2ItmStudent",
        "lskd_transformers.options:Blip2ItmOptions",
        batching="close", reads=("pixels", "visual_prompt"), memory_mb=600,
    )  # fmt: skip


@hookimpl
def lskd_critics() -> Iterator[Component]:
    yield Component(
        "critic", "blip2", "BLIP-2's Q-Former, trained on labels: what people accept of pointed-at images.",
        "lskd_transformers.critics.blip2:Blip2CriticPart",
        "lskd_transformers.options_critics:Blip2CriticOptions",
        batching="close", reads=("pixels", "visual_prompt"), memory_mb=600,
    )  # fmt: skip
    yield Component(
        "critic", "text-only", "The critic blip2 with its eyes shut: what the words alone give away.",
        "lskd_transformers.critics.blip2:TextOnlyCritic",
        "lskd_transformers.options_critics:Blip2CriticOptions",
        batching="close", reads=("pixels", "visual_prompt"), memory_mb=600,
    )  # fmt: skip
    options, pointed = "lskd_transformers.options_similarity", ("pixels", "visual_prompt")
    yield Component(
        "critic", "itm", "How surely BLIP-2 matches a statement with the pointed-at image; needs no labels.",
        "lskd_transformers.critics.itm:ItmCritic", f"{options}:ItmOptions",
        batching="close", reads=pointed, memory_mb=5_000,
    )  # fmt: skip
    yield Component(
        "critic", "clip", "How near a statement lies to the pointed-at image, by CLIP; needs no labels.",
        "lskd_transformers.critics.clip:ClipCritic", f"{options}:ClipCriticOptions",
        batching="close", reads=pointed, memory_mb=1_700,
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
    yield Component(
        "vlm", "chat", "Any image-text-to-text model with a chat template: Qwen-VL, SmolVLM, LLaVA, Gemma 3.",
        "lskd_transformers.vlm.chat:ChatVlm", f"{options}:ChatVlmOptions",
        batching="close", memory_mb=2_000, takes=("rgb", "images", "text"),
    )  # fmt: skip
    yield Component(
        "vlm", "florence2", "Florence-2: captions of pictures and of boxes; answers no questions.",
        "lskd_transformers.vlm.florence2:Florence2", f"{options}:Florence2Options",
        batching="close", memory_mb=1_000, takes=("rgb",),
    )  # fmt: skip
    yield Component(
        "vlm", "kosmos2", "Kosmos-2: captions of pictures and of boxes, short answers.",
        "lskd_transformers.vlm.kosmos2:Kosmos2", f"{options}:Kosmos2Options",
        batching="close", memory_mb=6_500, takes=("rgb",),
    )  # fmt: skip


@hookimpl
def lskd_depths() -> Iterator[Component]:
    yield Component(
        "depth", "monocular", "Any depth estimator of transformers: Depth Anything, MiDaS, ZoeDepth, GLPN.",
        "lskd_transformers.depth:Monocular", "lskd_transformers.options_depth:MonocularOptions",
        batching="close", memory_mb=400,
    )  # fmt: skip


@hookimpl
def lskd_verbalizers() -> Iterator[Component]:
    options, where = "lskd_transformers.options_clip", "lskd_transformers.clip.verbalizers"
    shared = {"batching": "close", "memory_mb": 1_700}
    yield Component(
        "verbalizer", "places", "What kind of place it is, chosen by CLIP.",
        f"{where}:Places", f"{options}:PlacesOptions", gives=("global", "local"), behaviour=2,
        **shared,
    )  # fmt: skip
    yield Component(
        "verbalizer", "concepts", "What the picture is about, chosen by CLIP: doings, occasions, moods.",
        f"{where}:Concepts", f"{options}:ConceptsOptions", gives=("global", "local"), **shared,
    )  # fmt: skip
    yield Component(
        "verbalizer", "clip-objects", "What things are there, what each region looks like, chosen by CLIP.",
        f"{where}:ClipObjects", f"{options}:ClipObjectsOptions", gives=("global", "local"), behaviour=2,
        **shared,
    )  # fmt: skip
    yield Component(
        "verbalizer", "attributes", "What each region is like, by CLIP: colour, material, pattern, state.",
        f"{where}:Attributes", f"{options}:AttributesOptions", gives=("local",), **shared,
    )  # fmt: skip


@hookimpl
def lskd_weights() -> Iterator[WeightFile]:
    from .clip.fetched import WEIGHTS

    yield from WEIGHTS
