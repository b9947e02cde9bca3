"""Which way of pointing can be read, measured on the small world."""

from .ablate import ablate, work
from .folder import plot, summary
from .measure import CONTROLS, Arm, Setting, Way, measure, way
from .pairs import Pair, not_told_apart, pairs

__all__ = [
    "CONTROLS",
    "Arm",
    "Pair",
    "Setting",
    "Way",
    "ablate",
    "measure",
    "not_told_apart",
    "pairs",
    "plot",
    "summary",
    "way",
    "work",
]
