"""What this distribution offers, as records: listing them loads neither torch nor a SAM library."""

from __future__ import annotations

from collections.abc import Iterator

from lskd_toolkit import Component, hookimpl


@hookimpl
def lskd_proposers() -> Iterator[Component]:
    yield Component(
        "proposer", "sam", "Masks of everything in the image, by Segment Anything (SAM or SAM 2).",
        "lskd_segment_anything.proposer:SamProposer", "lskd_segment_anything.options:SamProposerOptions",
        memory_mb=3000,
    )  # fmt: skip


@hookimpl
def lskd_refiners() -> Iterator[Component]:
    yield Component(
        "refiner", "sam", "Gives boxes and points the mask of what they point at, by Segment Anything.",
        "lskd_segment_anything.refiner:SamRefiner", "lskd_segment_anything.options:SamRefinerOptions",
        memory_mb=3000,
    )  # fmt: skip
