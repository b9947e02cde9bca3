"""A context for components that a unit test builds by hand::

    Brightness(BrightnessOptions(dark=0.2), SimpleContext(seed=3)).verbalize([picture], [scene])

The contracts do not need it: they build a component by its name, with the context of a run.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from ..llm.budget import Budget
from ..llm.door import Door
from ..llm.ledger import Ledger
from ..protocols import Backend


class SimpleContext:
    """The six names that a component may ask for, answered from what the test gives.

    Arguments:
        llms: backends by the name that the component asks for; each is put behind a ledger in memory.
        parts: other parts by name, or by kind where the component names none, handed over as they are.
        cache: a folder; a temporary one, gone with this object, if not given.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        device: str = "cpu",
        cache: Path | None = None,
        llms: Mapping[str, Backend] | None = None,
        parts: Mapping[str, Any] | None = None,
    ):
        self.seed, self.device = seed, device
        self._folder = None if cache else tempfile.TemporaryDirectory(prefix="lskd-cache-")
        self.cache = cache or Path(self._folder.name if self._folder else "")
        self._doors = {n: Door(b, Ledger.in_memory(), Budget()) for n, b in (llms or {}).items()}
        self._parts = dict(parts or {})
        self._models: dict[str, Any] = {}

    def model(self, key: str, loader: Callable[[], Any]) -> Any:
        """The model under ``key``, loaded once."""
        if key not in self._models:
            self._models[key] = loader()
        return self._models[key]

    def llm(self, name: str = "backend") -> Door:
        """The backend of that name behind its door.

        Raises:
            ConfigError: the test gave none, as a user may.
        """
        if name not in self._doors:
            raise ConfigError(f"no backend {name!r}; give SimpleContext(llms={{{name!r}: …}})")
        return self._doors[name]

    def part(self, kind: str, name: str = "") -> Any:
        """The part of that name or kind; with the name ``*`` a list of what there is of that kind.

        Raises:
            ConfigError: the test gave none, as a user may.
        """
        if name == "*":
            return [self._parts[kind]] if kind in self._parts else []
        if (name or kind) not in self._parts:
            raise ConfigError(f"no part {name or kind!r}; give SimpleContext(parts={{{name or kind!r}: …}})")
        return self._parts[name or kind]
