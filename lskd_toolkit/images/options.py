"""Options of the source ``folder``."""

from __future__ import annotations

from pydantic import Field

from ..options import Options, runtime

EXTENSIONS = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".gif", ".webp", ".bmp", ".dib", ".tif",
    ".tiff", ".avif",
)  # fmt: skip
"""What a walk takes for an image by its name, in any case. A file named outright needs none of these."""


class FolderOptions(Options):
    """Which files are images, and how large one may be.

    What only chooses images (``paths``, ``recursive``, ``extensions``) stays out of the rows' keys: a
    folder added to a run must not redo the others.
    """

    paths: tuple[str, ...] = runtime((), "Image files and folders, in the order they are walked.")
    recursive: bool = runtime(True, "Walk folders within folders too.")
    extensions: tuple[str, ...] = runtime(EXTENSIONS, "Endings that make a file in a folder an image.")
    max_megapixels: float = Field(
        100.0, gt=0, description="Larger images are refused from their header, undecoded."
    )
