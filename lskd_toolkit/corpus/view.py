"""What exporters, statistics and reports ask of a corpus: a protocol, so that they need no run folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ..images.picture import Picture
    from ..records import Image
    from .corpus import Entry, ImageRow, Spending, StageInfo
    from .exchanges import Exchange


class CorpusView(Protocol):
    """A run read back. Everything is streamed in order of image id, so that 250,000 images fit."""

    @property
    def folder(self) -> Path: ...

    @property
    def config(self) -> Mapping[str, Any]: ...

    @property
    def seed(self) -> int: ...

    @property
    def stages(self) -> tuple[StageInfo, ...]: ...

    @property
    def spending(self) -> Spending: ...

    @property
    def student(self) -> Mapping[str, Any] | None:
        """What training gave: ``metrics`` and the ``folder`` of the weights; None when none was trained."""

    def images(self) -> Iterator[ImageRow]:
        """Every image of the source, used or not, sorted by id."""

    def entries(self) -> Iterator[Entry]:
        """Every usable image with all that is known of it, sorted by id."""

    def entry(self, image_id: str) -> Entry: ...

    def exchanges(self, image_id: str) -> tuple[Exchange, ...]:
        """What was asked of the teacher's backend about one image, and what it answered."""

    def picture(self, image: Image) -> Picture:
        """The image with pixels that are decoded when looked at."""
