"""What a line of writing says: the line cut out and straightened, and a network's letters for it.

The network (PP-OCRv6, small) gives for every step across the line a likelihood of each character it
knows and of none; repeats are one and "none" falls away. Source: Graves et al., Connectionist Temporal
Classification (2006), best path.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .text_lines import Line, normal

if TYPE_CHECKING:
    from PIL.Image import Image as PilImage

HEIGHT = 48
"""Pixels of a line's height that the network takes."""
STEP = 64
"""Widths are filled up to a multiple of this, so that a line's neighbours in a batch change nothing."""
NARROWEST, WIDEST = 320, 3200
"""Pixels of width: the network was trained on the first; the second bounds memory."""
UPRIGHT = 1.5
"""A line this many times higher than wide was written down or up the picture."""

Strip = np.ndarray
"""A line of writing as uint8 RGB ``(48, width, 3)``."""


def strips(pixels: np.ndarray, line: Line) -> list[Strip]:
    """A line cut out of its image ``(height, width, 3)``, in every way that it may have to be turned:
    as it lies, and round; a quarter to either side for writing that runs down the picture."""
    import PIL.Image

    across, down = max(1, round(line.width)), max(1, round(line.height))
    low = np.floor(line.corners.min(0)).astype(int).clip(0)
    high = np.ceil(line.corners.max(0)).astype(int)
    near = PIL.Image.fromarray(pixels[low[1] : high[1], low[0] : high[0]])
    top_left, top_right, bottom_right, bottom_left = (line.corners - low).tolist()
    corners = (*top_left, *bottom_left, *bottom_right, *top_right)
    flat = near.transform((across, down), PIL.Image.Transform.QUAD, corners, PIL.Image.Resampling.BICUBIC)
    turn = PIL.Image.Transpose
    if down >= UPRIGHT * across:
        return [_strip(flat.transpose(way)) for way in (turn.ROTATE_90, turn.ROTATE_270)]
    return [_strip(flat), _strip(flat.transpose(turn.ROTATE_180))]


def _strip(flat: PilImage) -> Strip:
    import PIL.Image

    width = min(WIDEST, max(1, round(flat.width * HEIGHT / flat.height)))
    return np.asarray(flat.resize((width, HEIGHT), PIL.Image.Resampling.BILINEAR))


class Letters:
    """The network with its characters: strips in, words and certainties out.

    Arguments:
        net: ``(n, 3, 48, w)`` float32 to ``(n, steps, 2 + characters)`` likelihoods: of none, of each
            character, of a space.
        characters: as the weights' file lists them.
    """

    def __init__(self, net: Callable[[np.ndarray], np.ndarray], characters: Sequence[str]):
        self.net, self.characters = net, ("", *characters, " ")
        self.latin = np.array([not c or _is_latin(c) for c in self.characters])

    def read(self, lines: Sequence[Strip], batch: int, script: str = "any") -> list[tuple[str, float]]:
        """The words on each strip and the mean certainty of their characters, 0 where there are none."""
        widths = [min(WIDEST, max(NARROWEST, -(-strip.shape[1] // STEP) * STEP)) for strip in lines]
        found: list[tuple[str, float]] = [("", 0.0)] * len(lines)
        for width in sorted(set(widths)):
            same = [i for i, other in enumerate(widths) if other == width]
            for start in range(0, len(same), batch):
                part = same[start : start + batch]
                values = np.zeros((len(part), 3, HEIGHT, width), np.float32)
                for row, i in enumerate(part):
                    values[row, :, :, : lines[i].shape[1]] = normal(lines[i])
                for i, likely in zip(part, self.net(values), strict=True):
                    found[i] = self._words(likely, script)
        return found

    def _words(self, likely: np.ndarray, script: str) -> tuple[str, float]:
        if script == "latin":
            likely = np.where(self.latin, likely, 0.0)
        best = likely.argmax(1)
        told = (best != 0) & (best != np.concatenate([[-1], best[:-1]]))
        if not told.any():
            return "", 0.0
        words = "".join(self.characters[k] for k in best[told])
        return words, round(float(likely[told, best[told]].mean()), 4)


def _is_latin(character: str) -> bool:
    """Whether Latin writing uses it: letters of that alphabet, digits, and plain punctuation."""
    if character.isascii():
        return True
    name = unicodedata.name(character, "")
    if name.startswith("LATIN"):
        return True
    return "\u00a0" <= character <= "\u00ff" or "\u2010" <= character <= "\u203a" or character in "€№™"
