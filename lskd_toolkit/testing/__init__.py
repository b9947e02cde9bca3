"""Contract tests for authors of plugins: what every component of a kind has to keep; and
fake vendors for whoever talks to Anthropic or OpenAI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .context import SimpleContext
from .contracts import (
    check_backend,
    check_component,
    check_critic,
    check_depth,
    check_encoder,
    check_exporter,
    check_proposer,
    check_refiner,
    check_source,
    check_student,
    check_teacher,
    check_verbalizer,
    check_visual_prompt,
    check_vlm,
    check_vqa,
    contracts,
)

if TYPE_CHECKING:
    from .vendors import FakeVendors, fake_vendors, spawn_vendors

__all__ = [
    "FakeVendors",
    "SimpleContext",
    "check_backend",
    "check_component",
    "check_critic",
    "check_depth",
    "check_encoder",
    "check_exporter",
    "check_proposer",
    "check_refiner",
    "check_source",
    "check_student",
    "check_teacher",
    "check_verbalizer",
    "check_visual_prompt",
    "check_vlm",
    "check_vqa",
    "contracts",
    "fake_vendors",
    "spawn_vendors",
]


def __getattr__(name: str) -> Any:
    """The fake vendors, loaded when they are first used: contract tests need no server."""
    if name not in ("FakeVendors", "fake_vendors", "spawn_vendors"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import vendors

    return getattr(vendors, name)
