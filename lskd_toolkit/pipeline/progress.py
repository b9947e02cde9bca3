"""What a run tells whoever watches it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Progress(Protocol):
    def note(self, text: str) -> None:
        """Something the user should know, once."""

    def images(self, counts: Mapping[str, int]) -> None:
        """Images found so far by status (ok, refused, duplicate)."""

    def advance(self, stage: str, images: int, fresh: int) -> None:
        """A chunk passed a stage: ``images`` of which ``fresh`` were worked on now."""

    def training(self, step: int, steps: int, metrics: Mapping[str, float]) -> None:
        """A student took a step."""


class Silent:
    """Tells nobody."""

    def note(self, text: str) -> None:
        pass

    def images(self, counts: Mapping[str, int]) -> None:
        pass

    def advance(self, stage: str, images: int, fresh: int) -> None:
        pass

    def training(self, step: int, steps: int, metrics: Mapping[str, float]) -> None:
        pass
