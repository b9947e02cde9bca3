"""OpenAI's Batch: made of an uploaded file, told apart by metadata, answered in two files."""

from __future__ import annotations

import json
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .desk import Desk, parsed
from .faults import Fault
from .http import Answer, Request, as_json
from .openai import TONGUE
from .openai_files import Files, listed
from .tongue import Denied

DAY = 24 * 3600
URL = "/v1/chat/completions"
VALIDATING, FINALIZING = 0.1, 0.9
"""From and until which share of a batch's time it is in progress."""


@dataclass(slots=True)
class _Batch:
    id: str
    created: float
    body: dict[str, Any]
    metadata: dict[str, str]
    lines: list[dict[str, Any]]
    errors: list[dict[str, Any]]
    expires: bool = False
    cancelling: float = 0.0
    ended: float = 0.0
    output: str | None = None
    failures: str | None = None
    counts: Counter[str] = field(default_factory=Counter)


class OpenAIBatches:
    """The batches of one server, newest last."""

    def __init__(self, desk: Desk, files: Files):
        self._desk, self._files = desk, files
        self._batches: dict[str, _Batch] = {}

    def create(self, request: Request, fault: Fault | None = None) -> Answer:
        body, _ = parsed(request.body)
        for name in ("input_file_id", "endpoint", "completion_window"):
            if name not in body:
                raise Denied(400, f"Missing required parameter: '{name}'.", "missing_required_parameter")
        if body["completion_window"] != "24h":
            raise Denied(400, "Invalid value for 'completion_window': must be '24h'.", "invalid_value")
        if body["endpoint"] != URL:
            raise Denied(400, f"This server takes batches for {URL} only.", "invalid_value")
        file = self._files.found(body["input_file_id"])
        if file.purpose != "batch":
            raise Denied(400, f"File {file.id} has the purpose {file.purpose!r}; it must be 'batch'.")
        metadata = body.get("metadata") or {}
        if len(metadata) > 16 or any(len(k) > 64 or len(v) > 512 for k, v in metadata.items()):
            raise Denied(
                400, "Invalid 'metadata': at most 16 pairs, keys of 64 and values of 512 characters."
            )
        lines, errors = self._validated(file.content)
        if fault is not None and fault.kind == "failed":
            errors = [_error("token_limit_exceeded", "Enqueued token limit reached", None)]
        batch = _Batch(f"batch_{secrets.token_hex(12)}", time.time(), body, metadata, lines, errors)
        batch.expires = fault is not None and fault.kind == "expired"
        self._batches[batch.id] = batch
        if not errors:
            self._desk.later(self._desk.options.batch_seconds, lambda: self._process(batch))
        return self._shown(batch)

    def page(self, request: Request) -> Answer:
        """Newest first, ``after`` goes on to older ones."""
        limit = int(request.query.get("limit", 20))
        if not 1 <= limit <= 100:
            raise Denied(400, "Invalid 'limit': must be between 1 and 100.", "invalid_value")
        now = time.time()
        shown = [
            b for b in reversed(self._batches.values()) if now - b.created >= self._desk.options.list_delay
        ]
        if "after" in request.query:
            after = self._found(request.query["after"])
            shown = [batch for batch in shown if batch.created < after.created]
        data = [self._form(batch) for batch in shown[:limit]]
        return Answer(200, as_json(listed(data, len(shown) > limit)))

    def get(self, request: Request, batch: str) -> Answer:
        return self._shown(self._found(batch))

    def cancel(self, request: Request, batch: str) -> Answer:
        found = self._found(batch)
        if self._status(found) in ("completed", "failed", "expired", "cancelled"):
            raise Denied(409, f"Cannot cancel a batch with status '{self._status(found)}'.")
        if not found.cancelling:
            found.cancelling = time.time()
            self._desk.later(self._desk.options.batch_seconds / 10, lambda: self._process(found))
        return self._shown(found)

    def _validated(self, content: bytes) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The requests of an input file, and what is wrong with it: a batch made of it fails then."""
        limit = self._desk.options.openai_batch_requests
        lines: list[dict[str, Any]] = []
        errors = []
        seen: set[str] = set()
        for number, text in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
            if not text.strip():
                continue
            try:
                line = json.loads(text)
                custom_id, url, body = line["custom_id"], line["url"], line["body"]
            except (ValueError, KeyError, TypeError) as error:
                errors.append(
                    _error("invalid_json_line", f"This line is not a valid request: {error!r}", number)
                )
                continue
            if custom_id in seen:
                errors.append(
                    _error("duplicate_custom_id", f"The custom_id {custom_id!r} was used before.", number)
                )
            if url != URL or line.get("method") != "POST":
                errors.append(_error("mismatched_endpoint", f"method and url must be POST {URL}.", number))
            if lines and body.get("model") != lines[0]["body"].get("model"):
                errors.append(
                    _error("mismatched_model", "All requests of a batch must be to one model.", number)
                )
            seen.add(custom_id)
            lines.append(line)
        if not lines and not errors:
            errors.append(_error("empty_file", "The input file is empty.", None))
        if len(lines) > limit:
            errors.append(_error("request_limit_exceeded", f"A batch holds at most {limit} requests.", None))
        return lines, errors

    def _process(self, batch: _Batch) -> None:
        if batch.ended:
            return
        good: list[dict[str, Any]] = []
        bad: list[dict[str, Any]] = []
        reply: dict[str, Any]
        for line in batch.lines:
            status, reply = 0, {}
            kind = "expired" if batch.expires else "canceled"
            if not batch.expires and not batch.cancelling:
                kind, status, reply = self._desk.work(TONGUE, line["body"], line["custom_id"], batch.id)
            result: dict[str, Any] = {
                "id": f"batch_req_{secrets.token_hex(8)}", "custom_id": line["custom_id"], "response": None,
                "error": None,
            }  # fmt: skip
            if status:
                result["response"] = {
                    "status_code": status, "request_id": f"req_{secrets.token_hex(8)}", "body": reply
                }  # fmt: skip
            elif kind == "expired":
                result["error"] = {
                    "code": "batch_expired",
                    "message": "This request could not be executed before the completion window expired.",
                }
            else:
                result["error"] = {
                    "code": "batch_cancelled", "message": "The batch was cancelled before this request."
                }  # fmt: skip
            (good if kind == "ok" else bad).append(result)
            batch.counts["completed" if kind == "ok" else "failed"] += 1
        # The order of results is not that of the requests.
        batch.output = self._written(batch, "output", good[::-1])
        batch.failures = self._written(batch, "error", bad[::-1])
        batch.ended = time.time()

    def _written(self, batch: _Batch, what: str, results: list[dict[str, Any]]) -> str | None:
        if not results:
            return None
        content = b"".join(as_json(result) + b"\n" for result in results)
        return self._files.add(f"{batch.id}_{what}.jsonl", "batch_output", content).id

    def _found(self, batch: str) -> _Batch:
        if batch not in self._batches:
            raise Denied(404, f"No batch found with id '{batch}'.")
        return self._batches[batch]

    def _status(self, batch: _Batch) -> str:
        if batch.ended:
            if batch.expires:
                return "expired"
            return "cancelled" if batch.cancelling else "completed"
        if batch.cancelling:
            return "cancelling"
        share = (time.time() - batch.created) / max(1e-9, self._desk.options.batch_seconds)
        if share < VALIDATING:
            return "validating"
        if batch.errors:
            return "failed"
        return "in_progress" if share < FINALIZING else "finalizing"

    def _shown(self, batch: _Batch) -> Answer:
        return Answer(200, as_json(self._form(batch)))

    def _form(self, batch: _Batch) -> dict[str, Any]:
        status = self._status(batch)
        span = self._desk.options.batch_seconds
        started = batch.created + span * VALIDATING
        running = status not in ("validating", "failed")

        def at(moment: float, when: bool) -> int | None:
            return int(moment) if when else None

        return {
            "id": batch.id, "object": "batch", "endpoint": batch.body["endpoint"],
            "input_file_id": batch.body["input_file_id"], "completion_window": "24h", "status": status,
            "errors": {"object": "list", "data": batch.errors} if status == "failed" else None,
            "output_file_id": batch.output, "error_file_id": batch.failures,
            "created_at": int(batch.created), "expires_at": int(batch.created) + DAY,
            "in_progress_at": at(started, running),
            "finalizing_at": at(batch.created + span * FINALIZING, status in ("finalizing", "completed")),
            "completed_at": at(batch.ended, status == "completed"),
            "failed_at": at(started, status == "failed"),
            "expired_at": at(batch.ended, status == "expired"),
            "cancelling_at": at(batch.cancelling, batch.cancelling > 0),
            "cancelled_at": at(batch.ended, status == "cancelled"),
            "request_counts": {
                "total": len(batch.lines) if running else 0,
                "completed": batch.counts["completed"], "failed": batch.counts["failed"],
            },
            "metadata": batch.metadata,
        }  # fmt: skip


def _error(code: str, message: str, line: int | None) -> dict[str, Any]:
    return {"code": code, "message": message, "line": line, "param": None}
