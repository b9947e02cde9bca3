"""Options of the source ``coco``."""

from __future__ import annotations

from pydantic import Field

from .options_annotated import AnnotatedOptions


class CocoOptions(AnnotatedOptions):
    """Which annotations of a COCO or LVIS file become regions."""

    crowds: bool = Field(
        False, description="Take groups that were outlined as one (iscrowd) for regions too."
    )
