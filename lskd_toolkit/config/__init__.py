"""run.yaml and flags to one validated, frozen configuration."""

from .lending import lend
from .parts import Part, RunConfig
from .reading import (
    DEFAULTS,
    LISTS,
    SELECTION,
    SETTINGS,
    SINGLE,
    apply_sets,
    merged,
    normalise,
    read_yaml,
    write_yaml,
)
from .resolving import completed, option_fields, resolve, resolve_part, validate

__all__ = [
    "DEFAULTS",
    "LISTS",
    "SELECTION",
    "SETTINGS",
    "SINGLE",
    "Part",
    "RunConfig",
    "apply_sets",
    "completed",
    "lend",
    "merged",
    "normalise",
    "option_fields",
    "read_yaml",
    "resolve",
    "resolve_part",
    "validate",
    "write_yaml",
]
