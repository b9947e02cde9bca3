"""Options of the source ``vcr``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..options import runtime
from .options_annotated import AnnotatedOptions, Paths


class VcrOptions(AnnotatedOptions):
    """``annotations`` are ``train.jsonl``, ``val.jsonl`` or ``test.jsonl``; the metadata of images lies
    beside the images, where ``metadata_fn`` says."""

    split: Paths = runtime((), "Take questions of these splits only (train, val, test); all if none.")
    only: Literal["all", "mentioned"] = Field(
        "all",
        description="Which detected things are regions: all, or those that a question, an answer or a "
        "rationale speaks of.",
    )
