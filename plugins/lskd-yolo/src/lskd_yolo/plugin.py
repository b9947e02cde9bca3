"""What this distribution offers, as records: listing them loads neither torch nor ultralytics."""

from __future__ import annotations

from collections.abc import Iterator

from lskd_toolkit import Component, hookimpl


@hookimpl
def lskd_proposers() -> Iterator[Component]:
    yield Component(
        "proposer", "yolo", "Boxes or masks of things by a YOLO of ultralytics (AGPL-3.0).",
        "lskd_yolo.proposer:YoloProposer", "lskd_yolo.options:YoloOptions",
        batching="close", memory_mb=600,
    )  # fmt: skip
