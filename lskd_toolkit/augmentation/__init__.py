"""Changes of a picture that keep its regions and the words about them true."""

from .light import photometric
from .moves import crop, flip, scale
from .numbering import renumber
from .recipe import Augmented, Recipe, augment
from .sample import Refused, Sample
from .sides import swap_sides

__all__ = [
    "Augmented",
    "Recipe",
    "Refused",
    "Sample",
    "augment",
    "crop",
    "flip",
    "photometric",
    "renumber",
    "scale",
    "swap_sides",
]
