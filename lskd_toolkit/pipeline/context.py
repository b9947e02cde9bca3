"""The six names that a component may ask for, and the workshop that answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ..components import KINDS
from ..config import Part
from ..errors import ConfigError, LskdError, PluginError
from ..extensions import know_shapes
from ..llm.batcher import Batcher
from ..llm.budget import Budget
from ..llm.door import Door
from ..llm.ledger import Ledger
from ..llm.rate import Rate
from ..llm.spool import Returned
from ..plugins import load
from ..weights.cache import cache_folder
from .workers import Host, PartProxy


def default_device() -> str:
    """``cuda`` where an NVIDIA driver is loaded, else ``cpu``; found without loading torch."""
    return "cuda" if Path("/dev/nvidiactl").exists() else "cpu"


class Models:
    """Weights in memory, one for each key and device, and one lock: models take turns, so that parts
    that use each other's can never wait for each other."""

    def __init__(self) -> None:
        self._models: dict[str, Any] = {}
        self.lock = threading.RLock()

    def get(self, key: str, loader: Callable[[], Any]) -> Any:
        with self.lock:
            if key not in self._models:
                self._models[key] = loader()
            return self._models[key]

    def release(self, keys: set[str]) -> None:
        for key in keys:
            self._models.pop(key, None)


class Workshop:
    """Builds parts and owns what they share: models, ledger, budget, device, seed, cache."""

    def __init__(
        self,
        *,
        seed: int = 0,
        device: str = "auto",
        ledger: Ledger | None = None,
        budget: Budget | None = None,
        batch: Path | None = None,
        gathers: bool = True,
        say: Callable[[str], None] | None = None,
        stopped: Callable[[], BaseException | None] = lambda: None,
    ):
        """``batch`` is the folder for what goes to the vendors in batches, or None where there are none; if
        not ``gathers``, only those are waited for that an earlier process made, and the rest is asked one by
        one. ``say`` tells the user of pauses and batches; ``stopped`` is asked while waiting for them."""
        know_shapes()
        self.seed = seed
        self.device = default_device() if device == "auto" else device
        self.cache = cache_folder()
        self.models = Models()
        self.ledger = ledger or Ledger.in_memory()
        self.budget = budget or Budget()
        self.batchers: list[Batcher] = []
        self._batch, self._gathers, self._say, self._stopped = batch, gathers, say, stopped
        self._returned = Returned()
        self._rates: dict[tuple[str, str], Rate] = {}
        self._hosts: dict[int, Host] = {}
        self._doors: dict[int, Door] = {}
        self._parts: list[Part] = []

    def host(self, part: Part) -> Host:
        """The host of a part; the same part has one host."""
        if id(part) not in self._hosts:
            self._hosts[id(part)] = Host(part, lambda: self._build(part), self.models)
            self._parts.append(part)  # keeps the part alive, so that its id stays its own
        return self._hosts[id(part)]

    def door(self, part: Part) -> Door:
        """The door to the backend of that part."""
        if id(part) not in self._doors:
            backend = self.host(part).instance()
            rate = self._rate(backend)
            settings = part.options.key() if part.options is not None else {}
            self._doors[id(part)] = Door(
                backend, self.ledger, self.budget, rate, self._batcher(part, backend, rate), settings
            )
        return self._doors[id(part)]

    def shut(self, part: Part, door: Any) -> None:
        """Put ``door`` before the backend of that part, in place of one that sends."""
        self._doors[id(part)] = door
        self._parts.append(part)

    def _rate(self, backend: Any) -> Rate:
        """One pace for an endpoint and model, however many parts ask it."""
        at = (backend.endpoint, backend.model)
        if at not in self._rates:
            most = getattr(backend, "in_flight", 16)
            self._rates[at] = Rate(
                most, name=backend.model, say=self._say, seed=self.seed, stopped=self._stopped
            )
        return self._rates[at]

    def _batcher(self, part: Part, backend: Any, rate: Rate) -> Batcher | None:
        if self._batch is None:
            return None
        batches = getattr(backend, "batches", None)
        if not self._gathers and not (batches and self.ledger.batches(backend.endpoint, backend.model)):
            return None
        if batches is None:
            raise ConfigError(
                f"the backend {part.component.name!r} has no batches; leave out --batch, or use one "
                "that has: claude, chatgpt"
            )
        batcher = Batcher(
            backend, batches, self.ledger, self.budget, rate, self._batch, returned=self._returned,
            gathers=self._gathers, say=self._say, stopped=self._stopped,
        )  # fmt: skip
        self.batchers.append(batcher)
        return batcher

    def _build(self, part: Part) -> tuple[Any, PartContext]:
        context = PartContext(self, part)
        label = f"{part.component.kind} {part.component.name!r} of {part.distribution}"
        try:
            built = load(part.component.implementation)(part.options, context)
        except LskdError:
            raise
        except Exception as error:
            raise PluginError(
                f"{label} could not be set up: {type(error).__name__}: {error}. See: lskd doctor"
            ) from error
        lacking = [v for v in KINDS[part.kind].verbs if not callable(getattr(built, v, None))]
        if lacking:
            raise PluginError(f"{label} lacks the verb {lacking[0]!r} of its kind")
        return built, context

    def release(self, part: Part, later: Iterable[Part] = ()) -> None:
        """Drop the models of a part and of its own parts, but for what ``later`` parts work with: the end of
        its phase."""
        needed = {id(p) for each in later for p in each.walk()}
        for ended in part.walk():
            if id(ended) in needed:
                continue
            self._doors.pop(id(ended), None)
            host = self._hosts.pop(id(ended), None)
            if host is not None:
                left = host.close()
                self.models.release(left.difference(*(other.models() for other in self._hosts.values())))

    def close(self) -> None:
        for host in self._hosts.values():
            host.close()
        self._hosts.clear()


class PartContext:
    """What one part sees of its surroundings: `lskd_toolkit.Context` for it."""

    def __init__(self, workshop: Workshop, part: Part):
        self._workshop, self._part = workshop, part
        self.device, self.seed, self.cache = workshop.device, workshop.seed, workshop.cache
        self.models: set[str] = set()

    def model(self, key: str, loader: Callable[[], Any]) -> Any:
        """The model under ``key``; ask in ``__init__`` so that the pipeline knows whose it is."""
        full = f"{self.device}/{key}"
        self.models.add(full)
        return self._workshop.models.get(full, loader)

    def llm(self, name: str = "backend") -> Door:
        """The chat backend that the part ``name`` configures.

        Raises:
            ConfigError: there is no such part.
        """
        part = self._part.parts.get(name)
        if part is None:
            own = f"{name}=NAME" if name in KINDS else f"parts='{{{name}: {{use: NAME}}}}'"
            raise ConfigError(
                f"{self._part.name} needs a backend; name one: --set {self._part.alias}.{own}"
                + ("; or a teacher that has one: --teacher NAME" if self._lendable(name) else "")
            )
        return self._workshop.door(part)

    def part(self, kind: str, name: str = "") -> Any:
        """The part's own of that kind, or the run's that it is lent; with the name ``*`` a list of all.

        Raises:
            ConfigError: there is none. The run's is lent to a part whose record ``reads`` the kind, or whose
                options ``borrow`` it.
        """
        if name == "*":
            return [PartProxy(self._workshop.host(p)) for p in self._part.parts.values() if p.kind == kind]
        own = self._part.parts.get(name or kind)
        if own is None and not self._lendable(kind):
            raise ConfigError(
                f"{self._part.component.name!r} uses the run's {kind} but its record does not say so; "
                f"add {kind!r} to its reads, so that it enters the key"
            )
        if own is None:
            raise ConfigError(
                f"{self._part.name} needs a {kind}; name one with --{kind.replace('_', '-')} NAME"
            )
        return PartProxy(self._workshop.host(own))

    def _lendable(self, kind: str) -> bool:
        """Whether the part says that it works with the run's part of that kind."""
        options = self._part.options
        return kind in self._part.component.reads or (options is not None and kind in options.borrows())
