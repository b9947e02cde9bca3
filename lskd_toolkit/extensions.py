"""What plugins add to rooms that may not know of plugins: shapes for the geometry."""

from __future__ import annotations

import functools

from .errors import PluginError
from .geometry import shapes
from .plugins import load, plugins


@functools.cache
def know_shapes() -> None:
    """Add the shapes that plugins announce to those that are built in, once a process.

    Raises:
        PluginError: an implementation cannot be loaded; names the distribution.
    """
    for found in plugins().announced("lskd_shapes"):
        try:
            shapes.register(found.record.name, load(found.record.implementation))
        except Exception as error:
            raise PluginError(
                f"shape {found.record.name!r} of {found.distribution} could not be loaded: "
                f"{type(error).__name__}: {error}"
            ) from error
