"""The base of every component's options: a pydantic model that refuses what it does not know.

Options are part of a row's key, except those marked with `runtime`, which change how fast or where
the work is done but not what comes out. Only values that differ from the default enter the key, so
that adding an option to a component does not redo finished work.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """Subclass me: annotated fields with defaults and ``Field(description=…)``."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    def borrows(self) -> tuple[str, ...]:
        """Kinds of the run's parts that a component with these options works with. They become parts of
        its own, beside those it has, and so enter its key."""
        return ()

    def key(self) -> dict[str, Any]:
        """The part of the options that a row's key holds: set away from the default, not runtime."""
        runtime = {
            name
            for name, info in type(self).model_fields.items()
            if isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get("runtime")
        }
        return self.model_dump(mode="json", exclude_defaults=True, exclude=runtime)


def runtime(default: Any, description: str, **constraints: Any) -> Any:
    """A field that does not change outputs (threads, batch size, a URL's timeout)."""
    return Field(default, description=description, json_schema_extra={"runtime": True}, **constraints)
