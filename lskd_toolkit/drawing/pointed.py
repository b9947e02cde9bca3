"""What a visual prompt is given and hands back: an image as a model is shown it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np


class Pictured(Protocol):
    """All that drawing asks of a picture: ``pixels``, uint8 RGB ``(H, W, 3)``."""

    @property
    def pixels(self) -> np.ndarray: ...


@dataclass(frozen=True, slots=True)
class Pointed:
    """``images`` are uint8 RGB ``(H, W, 3)``, the drawn picture first and crops after it; ``names``
    is what each region id is called in text (``"[0]"``, ``"the red box"``); ``text`` holds words to
    add to a prompt, if any."""

    images: tuple[np.ndarray, ...]
    names: Mapping[int, str]
    text: str = ""
