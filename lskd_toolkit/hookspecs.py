"""Every extension point on one page.

A plugin is a module named by an entry point of group ``lskd``. It implements any of these hooks with
``@hookimpl`` and yields records; nothing heavy is imported to do so, because a record names its
implementation and its options as import strings::

    from lskd_toolkit import Component, hookimpl

    @hookimpl
    def lskd_proposers():
        yield Component("proposer", "centre", "One box in the middle.", "mine.centre:Centre")

The hooks of the component kinds are made from the table in `lskd_toolkit.components.KINDS`, one
``lskd_<kind>s`` each, so that a kind is defined in exactly one place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import pluggy

from .components import KINDS

if TYPE_CHECKING:
    from .components import Command, Component, PromptSet, ShapeType, Strategy, WeightFile

PROJECT = "lskd"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


def _component_hook(kind: str, summary: str) -> Callable[[], Iterable[Component]]:
    def hook() -> Iterable[Component]:
        raise NotImplementedError

    hook.__name__ = hook.__qualname__ = f"lskd_{kind}s"
    hook.__doc__ = f"Yield `Component` records of kind ``{kind}``. {summary}"
    return hookspec(hook)


for _kind in KINDS.values():
    globals()[_kind.hook] = _component_hook(_kind.name, _kind.summary)


@hookspec
def lskd_weights() -> Iterable[WeightFile]:  # type: ignore[empty-body]
    """Yield `WeightFile` records: where a component's weights come from, licence, size, sha256."""


@hookspec
def lskd_strategies() -> Iterable[Strategy]:  # type: ignore[empty-body]
    """Yield `Strategy` records: how a teacher talks with a backend about one scene."""


@hookspec
def lskd_prompts() -> Iterable[PromptSet]:  # type: ignore[empty-body]
    """Yield `PromptSet` records: versioned files of what a teacher is asked."""


@hookspec
def lskd_shapes() -> Iterable[ShapeType]:  # type: ignore[empty-body]
    """Yield `ShapeType` records: geometries beyond box, mask, polygon and points."""


@hookspec
def lskd_commands() -> Iterable[Command]:  # type: ignore[empty-body]
    """Yield `Command` records: verbs added to the ``lskd`` command line."""


@hookspec
def lskd_run_started(folder: str, config: Any) -> None:
    """Called once when a run begins or resumes. ``config`` is the validated `RunConfig`."""


@hookspec
def lskd_rows_stored(folder: str, stage: str, images: list[str]) -> None:
    """Called after a chunk's rows of one stage are durable. ``images`` are the ids they belong to."""


@hookspec
def lskd_run_finished(folder: str, counts: dict[str, int]) -> None:
    """Called once when every stage and fold of a run is done."""
