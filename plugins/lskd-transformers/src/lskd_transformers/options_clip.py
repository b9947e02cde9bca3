"""Options of the verbalizers that probe with CLIP."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from lskd_toolkit import Options, runtime
from lskd_toolkit.canonical import digest


class TowerOptions(Options):
    """Options of every part that looks with CLIP."""

    model: str = Field(
        "openai/clip-vit-large-patch14-336",
        description="Folder of a CLIP or SigLIP of transformers, or its name on the hub; of open_clip "
        "'open_clip:FOLDER' or 'open_clip:ARCHITECTURE@FILE'.",
    )
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = Field(
        "auto", description="Number type of the weights; auto: bfloat16 on a GPU, float32 elsewhere."
    )
    batch: int = runtime(16, "Most pictures that go through the model at once.", ge=1, le=1024)
    margin: float = Field(
        0.15, ge=0.0, le=2.0, description="How far around a region is looked, in shares of its longer side."
    )
    masked: bool = Field(
        False, description="Of a region only what lies in its mask is seen, on grey; else all in its box."
    )


class ClipOptions(TowerOptions):
    """Options that all of these verbalizers have."""

    sure: float = Field(0.6, ge=0.0, le=1.0, description="Scores from here on are said without a doubt.")
    probable: float = Field(
        0.3, ge=0.0, le=1.0, description="Scores from here on are said as 'probably', lower as 'possibly'."
    )


class VocabularyOptions(ClipOptions):
    """Options of those that choose words of one vocabulary."""

    vocabulary: str = Field(
        "", description="A vocabulary's name, or a file: .txt with a label a line, or .yaml."
    )
    templates: tuple[str, ...] = Field(
        (), description="Sentences with {} for the label, averaged; the vocabulary's own if not set."
    )
    top: int = Field(3, ge=1, le=20, description="Most labels that are said.")
    least: float = Field(0.05, ge=0.0, le=1.0, description="Least score of a label that is said.")
    regions: bool = Field(False, description="Also for each region.")

    def key(self) -> dict[str, Any]:
        """The options' key with the vocabulary's content in it, so that editing a file is seen."""
        from .clip.vocabulary import content

        return {**super().key(), "words": digest(content(self.vocabulary))}


class PlacesOptions(VocabularyOptions):
    """Options of ``places``."""

    vocabulary: str = Field("places", description="A vocabulary's name, or a file: .txt or .yaml.")


class ConceptsOptions(VocabularyOptions):
    """Options of ``concepts``."""

    vocabulary: str = Field("concepts", description="A vocabulary's name, or a file: .txt or .yaml.")


class ClipObjectsOptions(VocabularyOptions):
    """Options of ``clip-objects``."""

    vocabulary: str = Field("things", description="A vocabulary's name, or a file: .txt or .yaml.")
    regions: bool = Field(True, description="Also for each region.")


class AttributesOptions(ClipOptions):
    """Options of ``attributes``."""

    groups: str = Field("attributes", description="A file of groups of probes (.yaml), or its name.")
    least: float = Field(0.5, ge=0.0, le=1.0, description="Least score of an attribute that is said.")

    def key(self) -> dict[str, Any]:
        """The options' key with the probes in it, so that editing a file is seen."""
        from .clip.vocabulary import groups

        probes = [
            [g.vocabulary.labels, g.vocabulary.templates, g.says, g.otherwise] for g in groups(self.groups)
        ]
        return {**super().key(), "probes": digest(probes)}
