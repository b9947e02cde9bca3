"""One random augmentation after another, each seeded, those refused left out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..geometry import boxes
from .light import photometric
from .moves import crop, flip, scale
from .numbering import renumber
from .sample import Refused, Sample, mentioned


@dataclass(frozen=True, slots=True)
class Recipe:
    """How samples are augmented at random.

    ``flip`` is the probability of a flip. ``crop`` are the least and the largest share of the picture that
    a crop keeps, at the picture's aspect; (1, 1): none. ``least`` is the share of a region that has to be
    in it. ``brightness``, ``contrast`` and ``saturation`` change by a factor of at most 1 more or less
    this. ``size`` is the width and height that comes out, in pixels (None: whatever it is). ``shuffle``
    draws the regions, and so numbers them, in a random order, as the paper's training does.
    """

    flip: float = 0.5
    crop: tuple[float, float] = (0.6, 1.0)
    least: float = 0.5
    brightness: float = 0.2
    contrast: float = 0.2
    saturation: float = 0.2
    size: tuple[int, int] | None = None
    shuffle: bool = False

    def __post_init__(self) -> None:
        """Raises:
        ValueError: a share or a probability is none.
        """
        shares = (self.flip, *self.crop, self.least, self.brightness, self.contrast, self.saturation)
        if not all(0 <= share <= 1 for share in shares) or not 0 < self.crop[0] <= self.crop[1]:
            raise ValueError(f"probabilities and shares lie between 0 and 1, the least crop first: {self}")


@dataclass(frozen=True, slots=True)
class Augmented:
    """What became of a sample, and the reasons of what was refused on the way."""

    sample: Sample
    refused: tuple[str, ...] = ()


def augment(sample: Sample, recipe: Recipe, random: np.random.Generator) -> Augmented:
    """The sample after light, crop, flip, scale and numbering from 0, in this order; a step that is refused
    leaves it as it was. The same generator state gives the same result, and as many numbers are drawn from
    it whatever is refused."""
    turns = random.uniform(size=8)
    order = random.permutation(len(sample.regions)).tolist()
    refused: list[str] = []

    def tried(result: Sample | Refused, before: Sample) -> Sample:
        if isinstance(result, Refused):
            refused.append(result.reason)
            return before
        return result

    factors = (
        1 + (2 * turns[at] - 1) * width
        for at, width in enumerate((recipe.brightness, recipe.contrast, recipe.saturation))
    )
    done = tried(photometric(sample, *factors), sample)
    if recipe.crop[0] < 1:
        share = recipe.crop[0] + turns[3] * (recipe.crop[1] - recipe.crop[0])
        done = tried(_cropped(done, share, turns[4], turns[5], recipe.least), done)
    if turns[6] < recipe.flip:
        done = tried(flip(done), done)
    if recipe.size:
        done = scale(done, *recipe.size)
    ids = [region.id for region in done.regions]
    if recipe.shuffle:
        places = {sample.regions[i].id: place for place, i in enumerate(order)}
        ids.sort(key=places.__getitem__)
    return Augmented(tried(renumber(done, ids), done), tuple(refused))


def _cropped(sample: Sample, share: float, across: float, down: float, least: float) -> Sample | Refused:
    """A crop of that share of the picture that holds every region mentioned, at a place given by two
    numbers in [0, 1]."""
    width = max(1, round(sample.width * math.sqrt(share)))
    height = max(1, round(sample.height * math.sqrt(share)))
    spoken = set(mentioned(sample.texts))
    some = [region.box for region in sample.regions if region.id in spoken]
    x1, y1, x2, y2 = boxes.hull(some) if some else (sample.width, sample.height, 0, 0)
    left, right = max(0, math.ceil(x2) - width), min(math.floor(x1), sample.width - width)
    top, bottom = max(0, math.ceil(y2) - height), min(math.floor(y1), sample.height - height)
    if left > right or top > bottom:
        return Refused(f"no crop of {width}x{height} holds every region that the text mentions")
    x, y = left + int(across * (right - left + 1)), top + int(down * (bottom - top + 1))
    x, y = min(x, right), min(y, bottom)
    return crop(sample, (x, y, x + width, y + height), least)
