"""The run folder: run.sqlite and what is durable."""

from .rows import Row, from_json, to_json
from .schema import ImageEntry, StageKey
from .store import Store

__all__ = ["ImageEntry", "Row", "StageKey", "Store", "from_json", "to_json"]
