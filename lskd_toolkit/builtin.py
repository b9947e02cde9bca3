"""The parts that come with the core, announced like anybody's."""

from __future__ import annotations

from collections.abc import Iterator

from .components import Command, Component, PromptSet, Strategy
from .hookspecs import hookimpl


@hookimpl
def lskd_sources() -> Iterator[Component]:
    yield Component(
        "source", "folder", "Image files and folders, walked in order of their names.",
        "lskd_toolkit.images.folder:Folder", "lskd_toolkit.images.options:FolderOptions",
    )  # fmt: skip
    yield Component(
        "source", "coco", "COCO's or LVIS's images with their annotated regions.",
        "lskd_toolkit.sources.coco:Coco", "lskd_toolkit.sources.options_coco:CocoOptions",
        gives=("regions",),
    )  # fmt: skip
    yield Component(
        "source", "visual-genome", "Visual Genome's images with their objects or described regions.",
        "lskd_toolkit.sources.visual_genome:VisualGenome",
        "lskd_toolkit.sources.options_visual_genome:VisualGenomeOptions", gives=("regions",),
    )  # fmt: skip
    yield Component(
        "source", "refcoco", "The things that RefCOCO's expressions refer to, in COCO's images.",
        "lskd_toolkit.sources.refcoco:Refcoco", "lskd_toolkit.sources.options_refcoco:RefcocoOptions",
        gives=("regions",),
    )  # fmt: skip
    yield Component(
        "source", "vcr", "VCR's movie frames with their people and things.",
        "lskd_toolkit.sources.vcr:Vcr", "lskd_toolkit.sources.options_vcr:VcrOptions",
        gives=("regions",),
    )  # fmt: skip
    yield Component(
        "source", "sherlock", "The places of Sherlock's clues, in Visual Genome's and VCR's images.",
        "lskd_toolkit.sources.sherlock:Sherlock", "lskd_toolkit.sources.options_sherlock:SherlockOptions",
        gives=("regions",),
    )  # fmt: skip
    yield Component(
        "source", "released", "The released corpus's images with the regions its lines speak of.",
        "lskd_toolkit.sources.released:Released", "lskd_toolkit.sources.options_released:ReleasedOptions",
        gives=("regions",),
    )  # fmt: skip
    yield Component(
        "source", "webdataset", "Images in tar shards, with their regions as JSON beside them.",
        "lskd_toolkit.sources.webdataset:Webdataset",
        "lskd_toolkit.sources.options_webdataset:WebdatasetOptions", gives=("regions",),
    )  # fmt: skip


@hookimpl
def lskd_proposers() -> Iterator[Component]:
    yield Component(
        "proposer", "given", "The regions that came with the images.",
        "lskd_toolkit.images.given:Given", reads=(),
    )  # fmt: skip


@hookimpl
def lskd_refiners() -> Iterator[Component]:
    yield Component(
        "refiner", "filter", "Leaves out regions by score, area and label.",
        "lskd_toolkit.geometry.refiners:Filter", "lskd_toolkit.geometry.options:FilterOptions",
        reads=(), behaviour=2,
    )  # fmt: skip
    yield Component(
        "refiner", "merge", "Joins regions that overlap, keeping the better.",
        "lskd_toolkit.geometry.merging:Merge", "lskd_toolkit.geometry.options:MergeOptions",
        reads=(), behaviour=2,
    )  # fmt: skip
    yield Component(
        "refiner", "top", "Keeps the best few regions, people first if asked.",
        "lskd_toolkit.geometry.refiners:Top", "lskd_toolkit.geometry.options:TopOptions",
        reads=(), behaviour=2,
    )  # fmt: skip


@hookimpl
def lskd_visual_prompts() -> Iterator[Component]:
    yield Component(
        "visual_prompt", "paper-overlay", "The paper's translucent boxes, colours told apart past five.",
        "lskd_toolkit.drawing.paper_overlay:PaperOverlay",
        "lskd_toolkit.drawing.options:PaperOverlayOptions",
    )  # fmt: skip
    yield Component(
        "visual_prompt", "numbered", "Outlines with the region's number painted on a badge.",
        "lskd_toolkit.drawing.numbered:Numbered", "lskd_toolkit.drawing.options:NumberedOptions",
    )  # fmt: skip
    yield Component(
        "visual_prompt", "mask", "Regions filled with the colours of their ids.",
        "lskd_toolkit.drawing.shown_masks:Mask", "lskd_toolkit.drawing.options:MaskOptions",
    )  # fmt: skip
    yield Component(
        "visual_prompt", "contour", "Regions outlined in the colours of their ids.",
        "lskd_toolkit.drawing.shown_masks:Contour", "lskd_toolkit.drawing.options:ContourOptions",
    )  # fmt: skip
    yield Component(
        "visual_prompt", "crop", "The picture, then a cut-out of each region.",
        "lskd_toolkit.drawing.crops:Crop", "lskd_toolkit.drawing.options:CropOptions",
        gives=("images",),
    )  # fmt: skip
    yield Component(
        "visual_prompt", "focal-crop", "The picture, then each region with what is around it.",
        "lskd_toolkit.drawing.crops:FocalCrop", "lskd_toolkit.drawing.options:FocalCropOptions",
        gives=("images",),
    )  # fmt: skip
    yield Component(
        "visual_prompt", "blur-background", "The picture, then for each region all but it blurred.",
        "lskd_toolkit.drawing.blurring:BlurBackground", "lskd_toolkit.drawing.options:BlurBackgroundOptions",
        gives=("images",),
    )  # fmt: skip
    yield Component(
        "visual_prompt", "alpha", "A fourth channel that says where to look, a picture for each region.",
        "lskd_toolkit.drawing.alpha:Alpha", gives=("images", "rgba"),
    )  # fmt: skip
    yield Component(
        "visual_prompt", "coordinates", "The plain picture, and in words where each region is.",
        "lskd_toolkit.drawing.coordinates:Coordinates", "lskd_toolkit.drawing.options:CoordinatesOptions",
        gives=("rgb", "text"),
    )  # fmt: skip


@hookimpl
def lskd_verbalizers() -> Iterator[Component]:
    yield Component(
        "verbalizer", "caption", "The picture in a sentence, as the run's vision-language model says it.",
        "lskd_toolkit.verbalizing.captions:Caption", "lskd_toolkit.verbalizing.options:CaptionOptions",
        reads=("pixels", "vlm"), batching="close", gives=("global",),
    )  # fmt: skip
    yield Component(
        "verbalizer", "narrative", "The picture told several times, by the run's vision-language model.",
        "lskd_toolkit.verbalizing.captions:Narrative", "lskd_toolkit.verbalizing.options:NarrativeOptions",
        reads=("pixels", "vlm"), batching="close", gives=("global",),
    )  # fmt: skip
    yield Component(
        "verbalizer", "region-caption", "Each region in a sentence, pointed at by the visual prompt.",
        "lskd_toolkit.verbalizing.region_captions:RegionCaption",
        "lskd_toolkit.verbalizing.options:RegionCaptionOptions",
        reads=("pixels", "vlm", "visual_prompt"), takes=("rgb", "images"), batching="close",
        gives=("local",),
    )  # fmt: skip
    yield Component(
        "verbalizer", "dynamic", "Questions that a language model asks of the scene, and their answers.",
        "lskd_toolkit.verbalizing.dynamic:Dynamic", "lskd_toolkit.verbalizing.options:DynamicOptions",
        reads=("pixels", "descriptors", "backend", "vqa"), batching="close", gives=("dynamic",),
    )  # fmt: skip


@hookimpl
def lskd_vlms() -> Iterator[Component]:
    yield Component(
        "vlm", "llm", "A chat backend that takes pictures, the teacher's if it has none of its own.",
        "lskd_toolkit.verbalizing.chat:LlmVlm", reads=("backend",), takes=("rgb", "images", "text"),
    )  # fmt: skip


@hookimpl
def lskd_vqas() -> Iterator[Component]:
    yield Component(
        "vqa", "vlm", "The run's vision-language model, shown the regions that are asked about.",
        "lskd_toolkit.verbalizing.answering:VlmVqa", "lskd_toolkit.verbalizing.options:VqaOptions",
        reads=("pixels", "vlm", "visual_prompt"), takes=("rgb", "images"), batching="close",
    )  # fmt: skip


@hookimpl
def lskd_teachers() -> Iterator[Component]:
    yield Component(
        "teacher", "llm", "A strategy and a prompt over a chat backend.",
        "lskd_toolkit.teaching.teacher:LlmTeacher", "lskd_toolkit.teaching.options:TeacherOptions",
        reads=("descriptors",), takes=("rgb", "images", "text"),
    )  # fmt: skip


@hookimpl
def lskd_critics() -> Iterator[Component]:
    yield Component(
        "critic", "words", "Learns from labels what words alone give away: the control.",
        "lskd_toolkit.critique.words:Words", "lskd_toolkit.critique.words:WordsOptions", reads=(),
    )  # fmt: skip
    yield Component(
        "critic", "swap", "Whether another critic cares where a statement points: its regions are swapped.",
        "lskd_toolkit.critique.swapping:Swap", "lskd_toolkit.critique.swapping:SwapOptions",
        reads=(), batching="close",
    )  # fmt: skip
    yield Component(
        "critic", "llm", "A chat model that judges by a rubric, by words or by the picture.",
        "lskd_toolkit.critique.judging.llm:LlmJudge", "lskd_toolkit.critique.judging.options:LlmJudgeOptions",
        reads=("descriptors", "backend"), takes=("rgb", "images", "text"),
    )  # fmt: skip


@hookimpl
def lskd_exporters() -> Iterator[Component]:
    yield Component(
        "exporter", "jsonl", "The released corpus's JSON lines.",
        "lskd_toolkit.corpus.jsonl:JsonlExporter", "lskd_toolkit.corpus.options:JsonlOptions",
    )  # fmt: skip
    yield Component(
        "exporter", "preferences", "Pairs of accepted and rejected statements, as TRL's DPO reads them.",
        "lskd_toolkit.corpus.preferences:PreferencesExporter",
        "lskd_toolkit.corpus.options:PreferenceOptions",
    )  # fmt: skip
    yield Component(
        "exporter", "parquet", "Parquet that datasets.load_dataset reads.",
        "lskd_toolkit.corpus.parquet:ParquetExporter", "lskd_toolkit.corpus.options:ParquetOptions",
    )  # fmt: skip


@hookimpl
def lskd_strategies() -> Iterator[Strategy]:
    yield Strategy(
        "oneshot", "One request a scene, as in the paper.", "lskd_toolkit.teaching.oneshot:oneshot"
    )
    yield Strategy(
        "reflect", "Write, check against the scene, revise.", "lskd_toolkit.teaching.reflect:reflect"
    )


@hookimpl
def lskd_prompts() -> Iterator[PromptSet]:
    yield PromptSet("qar-id", "Regions named by id: the paper's first style.",
                    "lskd_toolkit.teaching:prompts/qar-id.yaml")  # fmt: skip
    yield PromptSet("qar-description", "Regions named by their looks: the paper's second style.",
                    "lskd_toolkit.teaching:prompts/qar-description.yaml")  # fmt: skip


@hookimpl
def lskd_commands() -> Iterator[Command]:
    return iter(())
