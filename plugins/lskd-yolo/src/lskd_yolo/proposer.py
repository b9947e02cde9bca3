"""Proposer `yolo`: what a detector of ultralytics finds. AGPL-3.0, as ultralytics is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .detector import Detector
from .loading import load
from .regions import regions

if TYPE_CHECKING:
    from lskd_toolkit import Context, Picture, Refined

    from .options import YoloOptions


class YoloProposer:
    """Boxes, or masks where the model makes them, best first, labelled with the model's names."""

    def __init__(self, options: YoloOptions, ctx: Context):
        key = f"yolo/{ctx.seed}/{options.model_dump_json()}"
        self.detector: Detector = ctx.model(
            key, lambda: Detector(load(options, ctx.cache, ctx.seed), options, ctx.device)
        )

    def propose(self, pictures: Sequence[Picture]) -> list[Refined]:
        """The regions of each picture; as dropped those that lie outside of it."""
        return [regions(result) for result in self.detector.predict([picture.pixels for picture in pictures])]
