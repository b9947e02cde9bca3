"""What is gathered for the next batch, and what is known of those that have come back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ..errors import LskdError
from .abridging import Form
from .messages import ChatRequest

WORTH_WARMING = 8
"""Requests of one batch with the same beginning from which on it pays to warm the vendor's cache."""
MOST_HELD = 64
"""Beginnings of which a line is held back; prompts without hands have one for each scene."""


@dataclass
class Line:
    """A request as it stands in a batch; ``bound`` is the most that it costs there."""

    key: str
    form: Form
    data: bytes
    bound: float
    request: ChatRequest


@dataclass
class Spool:
    """What is gathered for the next batch. One line of each shared beginning is held back: it may be sent
    at once, to warm the vendor's cache for the others. It is the one of the least key, whoever comes first,
    so that the same work costs the same."""

    path: Path
    file: IO[bytes]
    keys: list[str] = field(default_factory=list)
    size: int = 0
    bound: float = 0.0
    held: dict[str, Line] = field(default_factory=dict)
    sharing: dict[str, int] = field(default_factory=dict)

    def add(self, line: Line, warms: bool) -> None:
        """Gather a line; ``warms``: the vendor's cache can be warmed."""
        self.size += len(line.data) + 1
        beginning = _beginning(line.request) if warms and line.request.shared else ""
        if beginning:
            self.sharing[beginning] = self.sharing.get(beginning, 0) + 1
        other = self.held.get(beginning)
        if other is not None and line.key < other.key:
            self.held[beginning], line = line, other
        if beginning and other is None and len(self.held) < MOST_HELD:
            self.held[beginning] = line
        else:
            self.write(line)

    def write(self, line: Line) -> None:
        self.keys.append(line.key)
        self.bound += line.bound
        self.file.write(line.data + b"\n")


@dataclass
class Returned:
    """What batches came back with beside replies, for all who gather requests in one run: who asks for
    one is not always who collected its batch."""

    refused: dict[str, LskdError] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)
    recovered: set[tuple[str, str]] = field(default_factory=set)


def _beginning(request: ChatRequest) -> str:
    """The part of a request that a vendor's cache may hold, as a digest."""
    told = [request.system, *(m.text for m in request.messages[: request.shared])]
    return hashlib.sha256("\x00".join(told).encode("utf-8", "surrogatepass")).hexdigest()
