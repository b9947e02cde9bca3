"""Anthropic's Message Batches: what the vendor shows of them, and hides until they have ended."""

from __future__ import annotations

import re
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .anthropic import TONGUE
from .desk import Desk, parsed
from .faults import Fault
from .http import Answer, Request, as_json
from .tongue import Denied

CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
DAY = 24 * 3600.0
COUNTS = ("processing", "succeeded", "errored", "canceled", "expired")


@dataclass(slots=True)
class _Batch:
    id: str
    created: float
    requests: list[dict[str, Any]]
    expires: bool = False
    cancelled: float = 0.0
    ended: float = 0.0
    results: list[dict[str, Any]] = field(default_factory=list)


class MessageBatches:
    """The batches of one server, newest last."""

    def __init__(self, desk: Desk):
        self._desk = desk
        self._batches: dict[str, _Batch] = {}

    def create(self, request: Request, fault: Fault | None = None) -> Answer:
        options = self._desk.options
        if len(request.body) > options.anthropic_batch_bytes:
            raise Denied(413, "Request exceeds the maximum size")
        body, _ = parsed(request.body)
        requests = body["requests"]
        if not requests:
            raise Denied(400, "requests: List should have at least 1 item after validation, not 0")
        if len(requests) > options.anthropic_batch_requests:
            raise Denied(
                400,
                f"requests: List should have at most {options.anthropic_batch_requests} items after "
                f"validation, not {len(requests)}",
            )
        for at, each in enumerate(requests):
            if not CUSTOM_ID.fullmatch(each["custom_id"]):
                raise Denied(
                    400, f"requests.{at}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'"
                )
            if "params" not in each:
                raise Denied(400, f"requests.{at}.params: Field required")
        twice = [i for i, n in Counter(each["custom_id"] for each in requests).items() if n > 1]
        if twice:
            raise Denied(400, f"requests: custom_id must be unique within a batch; duplicate: {twice[0]}")
        batch = _Batch(f"msgbatch_{secrets.token_hex(12)}", time.time(), requests)
        batch.expires = fault is not None and fault.kind == "expired"
        self._batches[batch.id] = batch
        self._desk.later(options.batch_seconds, lambda: self._process(batch))
        return self._shown(batch, request)

    def page(self, request: Request) -> Answer:
        """Newest first; ``after_id`` goes on to older ones, ``before_id`` back to newer ones."""
        limit = int(request.query.get("limit", 20))
        if not 1 <= limit <= 1000:
            raise Denied(400, "limit: Input should be between 1 and 1000")
        now = time.time()
        shown = [
            b for b in reversed(self._batches.values()) if now - b.created >= self._desk.options.list_delay
        ]
        ids = [batch.id for batch in shown]
        if "after_id" in request.query:
            rest = shown[ids.index(self._found(request.query["after_id"]).id) + 1 :]
            page = rest[:limit]
        elif "before_id" in request.query:
            rest = shown[: ids.index(self._found(request.query["before_id"]).id)]
            page = rest[-limit:]
        else:
            rest, page = shown, shown[:limit]
        data = [self._form(batch, request) for batch in page]
        ends = {"first_id": data[0]["id"] if data else None, "last_id": data[-1]["id"] if data else None}
        return Answer(200, as_json({"data": data, "has_more": len(rest) > len(page), **ends}))

    def get(self, request: Request, batch: str) -> Answer:
        return self._shown(self._found(batch), request)

    def cancel(self, request: Request, batch: str) -> Answer:
        """Whatever is not yet processed will not be, and is not paid for."""
        found = self._found(batch)
        if not found.ended and not found.cancelled:
            found.cancelled = time.time()
            self._desk.later(self._desk.options.batch_seconds / 10, lambda: self._process(found))
        return self._shown(found, request)

    def results(self, request: Request, batch: str) -> Answer:
        found = self._found(batch)
        if not found.ended:
            raise Denied(400, f"Batch {batch} has no results yet; its processing has not ended")
        lines = b"".join(as_json(result) + b"\n" for result in found.results)
        return Answer(200, lines, type="application/x-jsonl")

    def _process(self, batch: _Batch) -> None:
        if batch.ended:
            return
        for each in batch.requests:
            reply: dict[str, Any] = {}
            kind = "expired" if batch.expires else "canceled"
            if not batch.expires and not batch.cancelled:
                kind, _, reply = self._desk.work(TONGUE, each["params"], each["custom_id"], batch.id)
            result: dict[str, Any] = {"type": kind}
            if kind == "ok":
                result = {"type": "succeeded", "message": reply}
            elif kind == "errored":
                result = {"type": "errored", "error": reply}
            batch.results.append({"custom_id": each["custom_id"], "result": result})
        # The order of results is not that of the requests.
        batch.results.reverse()
        batch.ended = time.time()

    def _found(self, batch: str) -> _Batch:
        if batch not in self._batches:
            raise Denied(404, f"Batch {batch} not found")
        return self._batches[batch]

    def _shown(self, batch: _Batch, request: Request) -> Answer:
        return Answer(200, as_json(self._form(batch, request)))

    def _form(self, batch: _Batch, request: Request) -> dict[str, Any]:
        """Nothing of the requests but their number."""
        counts = dict.fromkeys(COUNTS, 0)
        if batch.ended:
            counts.update(Counter(result["result"]["type"] for result in batch.results))
        else:
            counts["processing"] = len(batch.requests)
        status = "ended" if batch.ended else "canceling" if batch.cancelled else "in_progress"
        url = f"http://{request.headers.get('host', '127.0.0.1')}/v1/messages/batches/{batch.id}/results"
        return {
            "id": batch.id, "type": "message_batch", "processing_status": status, "request_counts": counts,
            "created_at": _at(batch.created), "expires_at": _at(batch.created + DAY),
            "ended_at": _at(batch.ended), "cancel_initiated_at": _at(batch.cancelled), "archived_at": None,
            "results_url": url if batch.ended else None,
        }  # fmt: skip


def _at(moment: float) -> str | None:
    return datetime.fromtimestamp(moment, UTC).isoformat() if moment else None
