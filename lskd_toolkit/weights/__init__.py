"""Weights: which files the installed parts use, where each is had, and the cache that holds them.

Nothing is ever bundled. A file is pinned by its sha256, fetched by the ordinary client of the place
it comes from, checked while it is written, and put into the cache in one step.
"""

from ..components import Origin, WeightFile
from .cache import is_here, verify
from .catalog import catalog, lookup
from .fetching import fetch, fetch_all, fetch_missing, weight_path

__all__ = [
    "Origin",
    "WeightFile",
    "catalog",
    "fetch",
    "fetch_all",
    "fetch_missing",
    "is_here",
    "lookup",
    "verify",
    "weight_path",
]
