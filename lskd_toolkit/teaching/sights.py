"""What a sighted teacher sees: the picture with its regions drawn on it, no larger than is read well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..canonical import canonical, digest
from ..images.picture import Picture
from ..images.shrinking import shrunk
from ..llm.messages import Sight
from ..records import Region

if TYPE_CHECKING:
    from ..drawing.pointed import Pointed


@dataclass(frozen=True, slots=True)
class Shown:
    """What goes with a request: its pictures, and words about them where they show no numbers."""

    sights: tuple[Sight, ...] = ()
    words: str = ""


def shown_by(visual_prompt: Any, picture: Picture, regions: Sequence[Region], side: int) -> Shown:
    """The picture as a visual prompt of the run shows it, each side at most ``side`` pixels, drawn when it is
    really sent.

    It is made smaller before it is drawn on, so that marks are as large as they are meant to be.
    """
    point, gives = visual_prompt.plainly("point"), visual_prompt.gives
    small, placed = shrunk(picture, regions, side)
    drawn = [placed_at(region) for region in regions]
    recipe = {"drawn_by": visual_prompt.key, "side": side, "regions": drawn}

    def sight(at: int) -> Sight:
        which = {"picture": at} if at else {}  # the first is the whole picture, whoever draws
        return Sight(picture.image.sha256, canonical({**recipe, **which}), lambda: draw().images[at])

    def draw() -> Pointed:
        pointed: Pointed = point(small, placed)
        return pointed

    count = 1 + len(regions) if "images" in gives else 1
    words = [_listed(regions)] if count > 1 else []
    if "text" in gives:
        words.append(draw().text)
    return Shown(tuple(sight(at) for at in range(count)), "\n".join(words))


def _listed(regions: Sequence[Region]) -> str:
    """Which of several pictures shows what."""
    each = "; ".join(f"picture {at}: region [{region.id}]" for at, region in enumerate(regions, 2))
    return f"Several pictures are attached. Picture 1: the whole image; {each}."


def placed_at(region: Region) -> list[Any]:
    """Where a region is, as part of a key: its id, its box, and its outline by digest."""
    shape = region.shape
    outline = [] if shape is None else [shape.type, digest(dict(shape.values))]
    return [region.id, *(round(v, 2) for v in region.box), *outline]
