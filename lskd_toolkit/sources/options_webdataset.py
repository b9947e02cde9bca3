"""Options of the source ``webdataset``."""

from __future__ import annotations

from pydantic import Field

from ..options import Options, runtime
from .options_annotated import Paths


class WebdatasetOptions(Options):
    """Which shards are read, and which part of a sample holds its regions."""

    paths: Paths = runtime((), "Tar files, or folders of them, in the order they are read.")
    sidecar: str = Field("json", description="The ending of the member beside an image with its regions.")
    max_megapixels: float = Field(
        100.0, gt=0, description="Larger images are refused from their header, undecoded."
    )
