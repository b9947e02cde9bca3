"""What a visual prompt is given and hands back: an image as a model is shown it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np

    from ..records import Region


class Pictured(Protocol):
    """All that drawing asks of a picture: ``pixels``, uint8 RGB ``(H, W, 3)``."""

    @property
    def pixels(self) -> np.ndarray: ...


@dataclass(frozen=True, slots=True)
class Pointed:
    """``images`` are uint8 RGB ``(H, W, 3)``, or RGBA ``(H, W, 4)`` of a visual prompt that gives ``rgba``;
    the picture first and, of one that gives ``images``, a picture of each region after it, in their order.
    ``names`` is what each region id is called in text (``"[0]"``, ``"the red box"``); ``text`` holds words
    to add to a prompt, if any."""

    images: tuple[np.ndarray, ...]
    names: Mapping[int, str]
    text: str = ""

    @classmethod
    def of(cls, image: np.ndarray, regions: Sequence[Region], *parts: np.ndarray, text: str = "") -> Pointed:
        """With every region called by its id in brackets."""
        return cls((image, *parts), {region.id: f"[{region.id}]" for region in regions}, text)
