"""Rows as bytes: records to JSON and back, typed by the kind of stage that made them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import msgspec

from ..records import Descriptor, Judgement, Refined, Region, Taught

RowStatus = Literal["ok", "failed", "skipped"]

BODIES: dict[str, Any] = {
    "proposer": tuple[Region, ...] | Refined,
    "refiner": Refined,
    "verbalizer": tuple[Descriptor, ...],
    "teacher": Taught,
    "critic": tuple[Judgement, ...],
}
"""What a stage of each kind stores for one image; a proposer a bare list where it left nothing out."""


@dataclass(frozen=True, slots=True)
class Row:
    """One image's result in one stage. ``body`` is None unless ``status`` is ok; then ``reason`` is
    empty. A skipped row waits for an earlier stage that failed. ``data`` is the body as stored, where it
    has been written already."""

    status: RowStatus
    reason: str = ""
    body: Any = None
    data: bytes | None = field(default=None, compare=False, repr=False)


_encode = msgspec.json.Encoder(order="deterministic").encode


@cache
def _decoder(kind: str) -> Any:
    return msgspec.json.Decoder(BODIES[kind])


def encode(row: Row) -> bytes | None:
    if row.data is not None or row.body is None:
        return row.data
    data: bytes = _encode(row.body)
    return data


def decode(kind: str, status: RowStatus, reason: str, body: bytes | None) -> Row:
    return Row(status, reason, None if body is None else _decoder(kind).decode(body))


def to_json(record: Any) -> Any:
    """A record as plain JSON values."""
    return msgspec.to_builtins(record)


def from_json(value: Any, kind: Any) -> Any:
    """Plain JSON values as a record of type ``kind``."""
    return msgspec.convert(value, kind)
