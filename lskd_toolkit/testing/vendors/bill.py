"""The vendors' bill: every request that is paid for, noted before its answer leaves."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from types import TracebackType


@dataclass(frozen=True, slots=True)
class Call:
    """One billed request. ``sha256`` is of the body in canonical JSON, ``custom_id`` and ``batch`` are of
    requests in batches, ``retry`` is what the SDK says of its own repetitions."""

    time: float
    vendor: str
    route: str
    sha256: str
    model: str
    tokens_in: int
    tokens_out: int
    custom_id: str = ""
    batch: str = ""
    fault: str = ""
    retry: int = 0


class Bill:
    """The calls in memory, and in a JSONL file if one is named: one appending write for each line, so that
    it is whole whatever happens next."""

    def __init__(self, path: str = ""):
        self.calls: list[Call] = []
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644) if path else -1

    def __enter__(self) -> Bill:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def note(
        self, vendor: str, route: str, sha256: str, model: str, tokens: tuple[int, int],
        custom_id: str = "", batch: str = "", fault: str = "", retry: int = 0,
    ) -> None:  # fmt: skip
        call = Call(time.time(), vendor, route, sha256, model, *tokens, custom_id, batch, fault, retry)
        self.calls.append(call)
        if self._file >= 0:
            os.write(self._file, json.dumps(asdict(call), separators=(",", ":")).encode() + b"\n")

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
