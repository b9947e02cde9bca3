"""Several runs over the same scenes, side by side: what each teacher or prompt gave, and for how much."""

from .comparison import compare
from .write import write_comparison

__all__ = ["compare", "write_comparison"]
