"""A run read back: views, statistics, export and import."""

from .corpus import Entry, Failure, ImageRow, Spending, StageInfo, Verdict
from .reading import Corpus, open_run

__all__ = ["Corpus", "Entry", "Failure", "ImageRow", "Spending", "StageInfo", "Verdict", "open_run"]
