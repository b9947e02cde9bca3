"""What this distribution offers, as records: listing them loads neither torch nor transformers."""

from __future__ import annotations

from collections.abc import Iterator

from lskd_toolkit import Component, hookimpl


@hookimpl
def lskd_students() -> Iterator[Component]:
    yield Component(
        "student", "blip2-itm", "BLIP-2's Q-Former, trained to match statements with pointed-at images.",
        "lskd_transformers.students.blip2_itm:Blip2ItmStudent",
        "lskd_transformers.options:Blip2ItmOptions",
        batching="close", reads=("pixels", "visual_prompt"), memory_mb=600,
    )  # fmt: skip
