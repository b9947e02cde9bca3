"""OpenAI's Batch API: a file of requests goes up, and within a day files of answers and errors come down,
at half the price. A batch bears our mark as metadata, by which it is found again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from lskd_toolkit import BatchSeen, ChatReply, ChatRequest, LskdError, Price, Unreachable

from .body import encoded
from .faults import of_result, words
from .models import Manner
from .reading import decoded, reply
from .wire import Wire

URL = "/v1/chat/completions"
"""What a line of a batch names, whatever the base URL."""
MARK = "lskd"
PAGE = 100
ENDED = frozenset({"completed", "expired", "cancelled", "failed"})


class ChatGptBatches:
    """The `Batches` of a `ChatGpt`."""

    max_requests = 50_000
    max_bytes = 200_000_000

    def __init__(self, wire: Wire, model: str, manner: Manner, price: Price | None, settles: float):
        self._wire, self._model, self._manner, self._price = wire, model, manner, price
        self.settles = settles
        self.discount = 0.5 if price is None else price.batch

    def line(self, key: str, request: ChatRequest) -> bytes:
        """One request, its custom id the key."""
        return b'{"custom_id":%s,"method":"POST","url":"%s","body":%s}' % (
            json.dumps(key).encode(), URL.encode(), encoded(request, self._model, self._manner),
        )  # fmt: skip

    async def submit(self, spool: Path, tag: str) -> str:
        """Send the lines of a file as one batch, marked with ``tag``."""
        uploaded = await self._wire.upload("/files", spool, {"purpose": "batch"}, self._none)
        file = _id(uploaded.content, self._wire.endpoint, "file")
        asked = {
            "input_file_id": file, "endpoint": URL, "completion_window": "24h", "metadata": {MARK: tag},
        }  # fmt: skip
        try:
            made = await self._wire.post("/batches", json.dumps(asked).encode(), self._none)
        except Unreachable:
            raise  # the batch may have been made all the same, and then needs its file
        except LskdError:
            with suppress(LskdError):
                await self._wire.delete(f"/files/{file}", self._none)
            raise
        return _id(made.content, self._wire.endpoint, "batch")

    async def look(self, batch: str) -> BatchSeen:
        """Where a batch stands.

        Raises:
            UsageError: it is not to be seen with this key.
        """
        return self._seen(await self._told(batch))

    async def listed(self, since: float) -> Sequence[BatchSeen]:
        """The batches made after ``since``, newest first, page by page."""
        seen: list[BatchSeen] = []
        query = f"?limit={PAGE}"
        while True:
            page = decoded((await self._wire.get(f"/batches{query}", self._none)).content)
            batches = [self._seen(each) for each in page.get("data") or () if isinstance(each, Mapping)]
            seen += [batch for batch in batches if batch.created >= since]
            older = not batches or batches[-1].created < since
            if older or not page.get("has_more"):
                return sorted(seen, key=lambda batch: -batch.created)
            query = f"?limit={PAGE}&after={page.get('last_id') or batches[-1].id}"

    async def results(self, batch: str) -> AsyncIterator[tuple[str, ChatReply | Exception]]:
        """An ended batch, request by request, as it is read from the wire: first the answers, then the
        errors. A batch that expired or was cancelled has both for what it got to."""
        told = await self._told(batch)
        for name in ("output_file_id", "error_file_id"):
            if not told.get(name):
                continue
            missing = f"the results of the batch {batch} are kept no longer at {self._wire.endpoint}"
            async for line in self._wire.lines(f"/files/{told[name]}/content", missing):
                if line.strip():
                    yield self._outcome(decoded(line))

    # --- what is told -----------------------------------------------------------------------------------

    async def _told(self, batch: str) -> dict[str, Any]:
        missing = (
            f"the batch {batch} is not to be seen at {self._wire.endpoint}: it was made with the key of "
            "another project; set that key in OPENAI_API_KEY"
        )
        return decoded((await self._wire.get(f"/batches/{batch}", missing)).content)

    def _outcome(self, told: Mapping[str, Any]) -> tuple[str, ChatReply | Exception]:
        """A line of an output or an error file."""
        key, response = str(told.get("custom_id", "")), told.get("response")
        if not isinstance(response, Mapping):
            why = words({"error": told.get("error")}, self._wire.key()) or "lost"
            return key, Unreachable(f"no answer in its batch: {why}")
        status, answer = int(response.get("status_code") or 500), response.get("body")
        if status >= 400:
            return key, of_result(status, answer, self._wire.endpoint, self._wire.key())
        try:
            told = answer if isinstance(answer, Mapping) else {}
            return key, reply(told, self._model, self._price, batch=True)
        except Unreachable as error:
            return key, error

    def _seen(self, told: Mapping[str, Any]) -> BatchSeen:
        counts = told.get("request_counts") or {}
        status = told.get("status")
        why = ""
        if status == "failed":
            errors = (told.get("errors") or {}).get("data") or [{}]
            why = words({"error": errors[0]}, self._wire.key()) or "the vendor refuses it"
        return BatchSeen(
            id=str(told.get("id", "")),
            created=float(told.get("created_at") or 0.0),
            ended=status in ENDED,
            tag=str((told.get("metadata") or {}).get(MARK) or ""),
            requests=counts.get("total") or None,
            done=(counts.get("completed") or 0) + (counts.get("failed") or 0),
            failed=why,
        )

    @property
    def _none(self) -> str:
        return f"{self._wire.endpoint} has no batches; run without --batch"


def _id(data: bytes, endpoint: str, what: str) -> str:
    found = decoded(data).get("id")
    if not isinstance(found, str) or not found:
        raise Unreachable(f"{endpoint} took a {what} and gave it no id")
    return found
