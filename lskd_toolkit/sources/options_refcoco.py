"""Options of the source ``refcoco``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..options import runtime
from .options_annotated import AnnotatedOptions, Paths


class RefcocoOptions(AnnotatedOptions):
    """``annotations`` are the references as JSON and their ``instances.json``; told by what they hold, in
    any order."""

    split: Paths = runtime((), "Take references of these splits only (train, val, testA); all if none.")
    label: Literal["category", "expression"] = Field(
        "category",
        description="What a region is called: its category, as other sources do, or what people said of it.",
    )
