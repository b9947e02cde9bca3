"""Options of the source ``sherlock``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .options_annotated import AnnotatedOptions


class SherlockOptions(AnnotatedOptions):
    """``annotations`` are ``sherlock_train_v1_1.json`` and its like; ``paths`` the folders of Visual
    Genome's and VCR's images."""

    label: Literal["clue", "none"] = Field(
        "clue",
        description="What a region is called: the clues that people saw there, or nothing, where the words "
        "of people must not reach a teacher.",
    )
