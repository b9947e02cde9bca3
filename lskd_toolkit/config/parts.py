"""The configuration when it is resolved: each part with its component, options and own parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..canonical import digest
from ..components import Component

if TYPE_CHECKING:
    from ..options import Options
    from .selection import SelectionOptions


@dataclass(frozen=True, slots=True)
class Part:
    """One part, resolved: which component, its options, its own parts."""

    kind: str
    alias: str
    component: Component
    distribution: str
    version: str
    options: Options | None
    parts: Mapping[str, Part] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of its stage and its address in ``--set``: ``teacher``, ``critic.grounding``."""
        return self.kind if self.kind == self.alias else f"{self.kind}.{self.alias}"

    @property
    def paid(self) -> bool:
        return self.component.paid or any(part.paid for part in self.parts.values())

    @property
    def memory_mb(self) -> int:
        return self.component.memory_mb + sum(part.memory_mb for part in self.parts.values())

    def walk(self) -> Iterable[Part]:
        """The part, its own parts, and theirs."""
        yield self
        for part in self.parts.values():
            yield from part.walk()

    def key(self) -> dict[str, Any]:
        """All of it that outputs depend on."""
        key: dict[str, Any] = {
            "component": f"{self.distribution}:{self.component.name}",
            "behaviour": self.component.behaviour,
            "options": self.options.key() if self.options is not None else {},
        }
        if self.parts:
            key["parts"] = {name: part.key() for name, part in sorted(self.parts.items())}
        return key


@dataclass(frozen=True, slots=True)
class RunConfig:
    """A run's whole configuration. ``raw`` is what run.yaml holds; the rest is resolved from it."""

    raw: Mapping[str, Any]
    source: Part
    proposer: tuple[Part, ...]
    refiner: tuple[Part, ...]
    verbalizer: tuple[Part, ...]
    teacher: Part | None
    critic: tuple[Part, ...]
    student: Part | None
    seed: int
    chunk: int
    threshold: float
    selection: SelectionOptions
    device: str
    schedule: str
    in_flight: int
    max_usd: float | None
    max_requests: int | None
    batch: bool

    def maps(self) -> Iterable[Part]:
        """The parts that work image by image, in the order of the walk."""
        yield from (*self.proposer, *self.refiner, *self.verbalizer)
        if self.teacher is not None:
            yield self.teacher
        yield from self.critic

    def digest(self) -> str:
        return digest(dict(self.raw))
