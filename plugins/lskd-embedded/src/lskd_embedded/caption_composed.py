"""The verbalizer ``caption-composed``: one sentence put together from what the others found.

No caption model is here, and the sentence says so: it begins with "Composed from detections".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lskd_toolkit import Descriptor, Picture, Scene

from .objects import hedged, listed, one
from .options_language import CaptionComposedOptions, ObjectsOptions

if TYPE_CHECKING:
    from lskd_toolkit import Context, Region

NAME = "caption-composed"
OPENING = "Composed from detections"
CERTAINTY = ObjectsOptions()
"""The same scores make the same hedges as in the verbalizer ``objects`` unless that one is set."""


class CaptionComposed:
    """Joins regions and other verbalizers' descriptors into one global descriptor."""

    def __init__(self, options: CaptionComposedOptions | None, ctx: Context):
        self.options = options or CaptionComposedOptions()

    def verbalize(self, pictures: Sequence[Picture], scenes: Sequence[Scene]) -> list[list[Descriptor]]:
        return [[self._sentence(scene)] for scene in scenes]

    def _sentence(self, scene: Scene) -> Descriptor:
        told = sorted(
            (r for r in scene.regions if r.label), key=lambda r: (-r.score * _area(r) ** 0.5, r.id)
        )[: self.options.regions]
        parts = [listed([_phrase(scene, region) for region in told])] if told else []
        parts += [
            d.text for d in scene.descriptors if d.scope == "global" and d.verbalizer not in (NAME, "objects")
        ]
        score = sum(region.score for region in told) / len(told) if told else 0.0
        text = (
            f"{OPENING}: {'; '.join(parts)}." if parts else f"{OPENING}: nothing was found that has a name."
        )
        return Descriptor("global", text, tuple(region.id for region in told), round(score, 4), NAME)


def _phrase(scene: Scene, region: Region) -> str:
    """``probably a person in blue, on the left``: the region's label with what is said of it alone."""
    hedge = hedged(region.score, CERTAINTY.sure, CERTAINTY.probable)
    words = f"{hedge} {one(region.label)}".strip()
    mark = f"[{region.id}] is "
    said = {
        d.verbalizer: d.text.removeprefix(mark)
        for d in scene.descriptors
        if d.scope == "local" and d.regions == (region.id,) and d.text.startswith(mark)
    }
    details = [said[name] for name in ("colours", "relations") if name in said]
    return " ".join([words, f"({', '.join(details)})"]) if details else words


def _area(region: Region) -> float:
    x1, y1, x2, y2 = region.box
    return max(x2 - x1, 0.0) * max(y2 - y1, 0.0)
