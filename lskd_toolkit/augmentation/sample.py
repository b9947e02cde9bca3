"""What is augmented: a picture, its regions, and what is said about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..mentions import find, unknown
from ..records import Dropped, Region


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A picture before anything is drawn on it, the regions in its pixels in the order in which they are
    drawn, and texts that mention them as ``[id]`` (a question, its answer, its rationale, for example).

    ``pixels`` is uint8 RGB ``(height, width, 3)``. ``dropped`` are the regions that an augmentation lost,
    with the reason; they are in the pixels that the picture had then. No text mentions one.
    """

    pixels: np.ndarray
    regions: tuple[Region, ...] = ()
    texts: tuple[str, ...] = ()
    dropped: tuple[Dropped, ...] = ()

    def __post_init__(self) -> None:
        """Raises:
        ValueError: the pixels are none, two regions have one id, or a text mentions a region that is not
            there.
        """
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3 or self.pixels.dtype != np.uint8:
            raise ValueError(
                f"a sample's pixels are uint8 (height, width, 3), not {self.pixels.dtype} {self.pixels.shape}"
            )
        ids = [region.id for region in self.regions]
        if len(set(ids)) < len(ids):
            raise ValueError(f"a sample's regions have ids of their own, not {ids}")
        for text in self.texts:
            missing = unknown(text, ids)
            if missing:
                raise ValueError(
                    f"a text mentions region {missing[0]}, which the sample does not have: {text}"
                )

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an augmentation was not done: the words would no longer be true, or nobody could be sure."""

    reason: str


def mentioned(texts: Sequence[str]) -> list[int]:
    """The ids that texts mention, in order of first mention."""
    seen: dict[int, None] = {}
    for text in texts:
        for id in find(text):
            seen.setdefault(id)
    return list(seen)
