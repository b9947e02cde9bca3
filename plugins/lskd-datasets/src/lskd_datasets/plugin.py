"""What this distribution offers, as records: listing them does not load ``datasets``."""

from __future__ import annotations

from collections.abc import Iterator

from lskd_toolkit import Component, hookimpl


@hookimpl
def lskd_sources() -> Iterator[Component]:
    yield Component(
        "source", "huggingface", "Images of a Hugging Face dataset with their boxes, streamed.",
        "lskd_datasets.source:HuggingFace", "lskd_datasets.options:HuggingFaceOptions",
        gives=("regions",),
    )  # fmt: skip
