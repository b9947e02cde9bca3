"""The run folder: run.sqlite and what is durable."""

from .rows import Row, from_json, to_json
from .store import ImageEntry, StageKey, Store

__all__ = ["ImageEntry", "Row", "StageKey", "Store", "from_json", "to_json"]
