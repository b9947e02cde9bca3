"""What models cost and can take: one table, with the day that each line was read.

The table is ``prices.yaml`` beside this file. A file of the same form named by the environment variable
``LSKD_PRICES`` is laid over it, model by model.
"""

from __future__ import annotations

import functools
import os
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from ..errors import ConfigError

STALE_DAYS = 90
MILLION = 1e6
_DATE = re.compile(r"\d{8}|\d{4}-\d\d-\d\d|\d{4}")


@dataclass(frozen=True, slots=True)
class Price:
    """A model's prices in US dollars a million tokens, and its limits in tokens.

    ``cache_read`` and ``cache_write`` are the prices of prompt tokens read from and written to the vendor's
    cache (for five minutes; ``cache_write_hour`` for an hour), ``batch`` what a batch costs of the ordinary
    price. ``temperature`` is false for models that refuse it. ``read`` is the day the line was read from
    ``source``.
    """

    model: str
    usd_in: float
    usd_out: float
    read: date
    source: str
    cache_read: float | None = None
    cache_write: float | None = None
    cache_write_hour: float | None = None
    batch: float = 0.5
    context: int = 0
    max_out: int = 0
    temperature: bool = True

    def usd(self, tokens_in: int, tokens_out: int, cached: int = 0, written: int = 0) -> float:
        """Money for a request: ``cached`` and ``written`` are parts of ``tokens_in``."""
        read = self.usd_in if self.cache_read is None else self.cache_read
        write = self.usd_in if self.cache_write is None else self.cache_write
        plain = tokens_in - cached - written
        return (plain * self.usd_in + cached * read + written * write + tokens_out * self.usd_out) / MILLION

    def most(self, tokens_in: int, tokens_out: int) -> float:
        """The most that a request of so many tokens can cost: all of it written to the cache."""
        dearest = max(self.usd_in, self.cache_write or 0.0, self.cache_write_hour or 0.0)
        return (tokens_in * dearest + tokens_out * self.usd_out) / MILLION

    def stale(self, today: date | None = None) -> bool:
        """Whether the line was read so long ago that it should be looked up again."""
        return ((today or datetime.now(UTC).date()) - self.read).days > STALE_DAYS


def price_of(model: str) -> Price | None:
    """The line for a model: its own, or that of the longest name which it continues with a dash (a dated
    version ``gpt-x-2026-01-02`` costs what ``gpt-x`` does); None when there is none."""
    table = _table(os.environ.get("LSKD_PRICES", ""))
    fitting = [name for name in table if model == name or _dated(model, name)]
    return table[max(fitting, key=len)] if fitting else None


def _dated(model: str, name: str) -> bool:
    """Whether ``model`` is ``name`` with a date: ``x-mini`` and ``x-5-2`` are other models than ``x``."""
    return model.startswith(name + "-") and _DATE.fullmatch(model[len(name) + 1 :]) is not None


@functools.cache
def _table(own: str) -> dict[str, Price]:
    lines = _read(files(__package__).joinpath("prices.yaml"))
    if own:
        lines = {**lines, **_read(Path(own))}
    return lines


def _read(path: Any) -> dict[str, Price]:
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
        return {name: Price(model=name, **line) for name, line in loaded["models"].items()}
    except OSError as error:
        raise ConfigError(f"cannot read the prices {path}: {error.strerror}; see LSKD_PRICES") from error
    except (yaml.YAMLError, TypeError, KeyError, AttributeError) as error:
        raise ConfigError(f"the prices {path} do not fit: {' '.join(str(error).split())}") from error
