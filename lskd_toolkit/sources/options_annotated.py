"""Options that all sources with annotations share."""

from __future__ import annotations

import os
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ..options import Options, runtime


def _several(value: Any) -> Any:
    """One path is a list of one: ``--set source.annotations=file.json``."""
    return (os.fspath(value),) if isinstance(value, str | os.PathLike) else value


Paths = Annotated[tuple[str, ...], BeforeValidator(_several)]


class AnnotatedOptions(Options):
    """Where annotations and images are, and how large an image may be.

    Which files are named stays out of the rows' keys, as with the source ``folder``: an image's regions
    are part of its identity already.
    """

    annotations: Paths = runtime((), "Annotation files, in the order they are read.")
    paths: Paths = runtime(
        (), "Folders that the images lie in, tried in this order; the annotation file's own if none is given."
    )
    max_megapixels: float = Field(
        100.0, gt=0, description="Larger images are refused from their header, undecoded."
    )
