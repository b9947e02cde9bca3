"""Options of the source ``released``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..options import runtime
from .options_annotated import AnnotatedOptions, Paths


class ReleasedOptions(AnnotatedOptions):
    """``annotations`` are files of the released corpus, or such as ``lskd export`` writes."""

    split: Paths = runtime((), "Take lines of these splits only (train, val); all if none.")
    only: Literal["all", "mentioned"] = Field(
        "all",
        description="Which regions are taken: all that the teacher was shown, or those that a line mentions.",
    )
