"""What lskd-embedded announces: parts that run with no model hub and no API key."""

from __future__ import annotations

from collections.abc import Iterator

from lskd_toolkit import Component, PromptSet, WeightFile, hookimpl

VISION = "lskd_embedded.options_vision"
LANGUAGE = "lskd_embedded.options_language"
TEXT = "lskd_embedded.options_text"
PEOPLE = ("blazeface.json", "blazeface.bin", "movenet-lightning.json", "movenet-lightning.bin",
          "emotion.json", "emotion.bin")  # fmt: skip
MINILM = ("minilm.safetensors", "minilm.config.json", "minilm.tokenizer.json")


@hookimpl
def lskd_sources() -> Iterator[Component]:
    from .photos import FETCHED

    yield Component(
        "source", "samples", "A dozen real photos that travel inside ordinary packages.",
        "lskd_embedded.samples:Samples", f"{VISION}:SamplesOptions",
        weights=tuple(photo.name for photo in FETCHED), reads=(),
    )  # fmt: skip


@hookimpl
def lskd_proposers() -> Iterator[Component]:
    yield Component(
        "proposer", "nanodet", "NanoDet: boxes of the 80 COCO classes.",
        "lskd_embedded.nanodet:NanoDet", f"{VISION}:NanoDetOptions",
        weights=("nanodet.json", "nanodet.bin"), memory_mb=150,
    )  # fmt: skip
    yield Component(
        "proposer", "segments", "Masks of evenly coloured areas, by region merging; no weights.",
        "lskd_embedded.segments:Segments", f"{VISION}:SegmentsOptions",
    )  # fmt: skip


@hookimpl
def lskd_verbalizers() -> Iterator[Component]:
    yield Component(
        "verbalizer", "objects", "Says what each region was labelled as.",
        "lskd_embedded.objects:Objects", f"{LANGUAGE}:ObjectsOptions", reads=(),
        gives=("global", "local"),
    )  # fmt: skip
    yield Component(
        "verbalizer", "colours", "Says the main colours of each region.",
        "lskd_embedded.colours:Colours", f"{LANGUAGE}:ColoursOptions",
        gives=("global", "local"),
    )  # fmt: skip
    yield Component(
        "verbalizer", "relations", "Says where regions lie to each other: geometry in words.",
        "lskd_embedded.relations:Relations", f"{LANGUAGE}:RelationsOptions", behaviour=2,
        reads=("descriptors", "depth"), gives=("global", "local", "relation"),
    )  # fmt: skip
    yield Component(
        "verbalizer", "scene-graph", "All that was said, joined: a line a region, disagreements flagged.",
        "lskd_embedded.scene_graph:SceneGraph", f"{LANGUAGE}:SceneGraphOptions", reads=("descriptors",),
        gives=("local", "relation"),
    )  # fmt: skip
    yield Component(
        "verbalizer", "caption-composed", "One sentence composed of the other descriptors; no caption model.",
        "lskd_embedded.caption_composed:CaptionComposed", f"{LANGUAGE}:CaptionComposedOptions",
        reads=("descriptors",), gives=("global",),
    )  # fmt: skip
    yield Component(
        "verbalizer", "text", "Reads the writing in the picture and on its regions, line by line.",
        "lskd_embedded.text:Text", f"{TEXT}:TextOptions",
        weights=("ppocr-lines.onnx", "ppocr-letters.onnx"), batching="close", memory_mb=400,
        gives=("global", "local"),
    )  # fmt: skip
    yield Component(
        "verbalizer", "people",
        "Says of each person where they face, whether they smile, stand, sit, lean or raise an arm.",
        "lskd_embedded.people:People", "lskd_embedded.options_people:PeopleOptions",
        weights=PEOPLE, memory_mb=100, gives=("global", "local"),
    )  # fmt: skip


@hookimpl
def lskd_backends() -> Iterator[Component]:
    yield Component(
        "backend", "smollm", "SmolLM2-135M-Instruct on llama.cpp: a small teacher for trying things out.",
        "lskd_embedded.smollm:SmolLM", f"{LANGUAGE}:SmolLMOptions",
        weights=("smollm2-135m.gguf",), reads=(), memory_mb=300, prompt="qar-small",
    )  # fmt: skip


@hookimpl
def lskd_encoders() -> Iterator[Component]:
    yield Component(
        "encoder", "minilm", "all-MiniLM-L6-v2: sentences to 384 numbers.", "lskd_embedded.encoder:Encoder",
        weights=MINILM, batching="close", reads=(), memory_mb=200,
    )  # fmt: skip


@hookimpl
def lskd_critics() -> Iterator[Component]:
    yield Component(
        "critic", "grounding", "Checks ids, spatial claims and words against what the scene says.",
        "lskd_embedded.grounding:Grounding", f"{LANGUAGE}:GroundingOptions",
        weights=MINILM, batching="close", reads=("descriptors",), memory_mb=200, behaviour=2,
    )  # fmt: skip


@hookimpl
def lskd_prompts() -> Iterator[PromptSet]:
    yield PromptSet("qar-small", "Few-shot and short: for models of a few hundred million weights.",
                    "lskd_embedded:prompts/qar-small.yaml")  # fmt: skip


@hookimpl
def lskd_weights() -> Iterator[WeightFile]:
    from .weights import WEIGHTS

    yield from WEIGHTS
