"""Contract tests for authors of plugins: what every component of a kind has to keep."""

from .context import SimpleContext
from .contracts import (
    check_backend,
    check_component,
    check_critic,
    check_exporter,
    check_proposer,
    check_refiner,
    check_source,
    check_student,
    check_teacher,
    check_verbalizer,
    check_visual_prompt,
    check_vqa,
    contracts,
)

__all__ = [
    "SimpleContext",
    "check_backend",
    "check_component",
    "check_critic",
    "check_exporter",
    "check_proposer",
    "check_refiner",
    "check_source",
    "check_student",
    "check_teacher",
    "check_verbalizer",
    "check_visual_prompt",
    "check_vqa",
    "contracts",
]
