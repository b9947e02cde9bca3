"""Drawing: regions onto pixels, so that a model can be pointed at them."""

from .numbered import draw_numbered
from .paper_overlay import draw_overlay
from .pointed import Pointed

__all__ = ["Pointed", "draw_numbered", "draw_overlay"]
