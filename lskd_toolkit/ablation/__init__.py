"""Which way of pointing can be read, measured on the small world."""

from .folder import finished, plot, write
from .measure import CONTROLS, Arm, measure

__all__ = ["CONTROLS", "Arm", "finished", "measure", "plot", "write"]
