"""Message Batches: many requests at once, at half the price, within a day.

The vendor marks no batch with words of ours: its list shows ids, times and counts, and whose requests a
batch holds is seen in its results alone.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lskd_toolkit import BatchSeen, ChatReply, ChatRequest, Unreachable

from .faults import of_result
from .reading import decoded, reply, seconds

if TYPE_CHECKING:
    import httpx2

    from .claude import Claude

PATH = "/v1/messages/batches"
HEAD, TAIL = b'{"requests":[', b"]}"
PIECE = 1 << 20
"""Bytes read from the spool at once."""
UPLOAD_SECONDS = 3600.0
PAGE = 1000


class ClaudeBatches:
    """The `Batches` of a `Claude`."""

    max_requests = 100_000
    max_bytes = 256_000_000 - len(HEAD) - len(TAIL)
    discount = 0.5

    def __init__(self, claude: Claude):
        self._claude = claude
        self.settles = claude.options.batch_settles

    def line(self, key: str, request: ChatRequest) -> bytes:
        """One request, its custom id the key."""
        return b'{"custom_id":%s,"params":%s}' % (
            json.dumps(key).encode(), self._claude.encoded(request, hour=True)
        )  # fmt: skip

    async def warm(self, request: ChatRequest) -> ChatReply:
        """Send a request live, so that the others of its batch find their beginning in the cache."""
        return await self._claude.send(request, hour=True)

    async def submit(self, spool: Path, tag: str) -> str:
        """Send the lines of a file as one batch. ``tag`` goes nowhere: the vendor has no place for it."""
        size = await asyncio.to_thread(_size, spool)
        response = await self._claude.post(
            PATH, _enveloped(spool), f"{self._claude.endpoint} has no batches; run without --batch",
            seconds=max(UPLOAD_SECONDS, self._claude.options.timeout), size=size,
        )  # fmt: skip
        batch = decoded(response.content).get("id")
        if not isinstance(batch, str) or not batch:
            raise Unreachable(f"{self._claude.endpoint} took a batch and gave it no id")
        return batch

    async def look(self, batch: str) -> BatchSeen:
        """Where a batch stands.

        Raises:
            UsageError: it is not to be seen with this key.
        """
        return _seen(await self._get(f"{PATH}/{batch}", self._gone(batch)))

    async def listed(self, since: float) -> Sequence[BatchSeen]:
        """The batches made after ``since``, newest first, page by page."""
        seen: list[BatchSeen] = []
        query = f"?limit={PAGE}"
        while True:
            page = await self._get(PATH + query, f"{self._claude.endpoint} has no batches")
            batches = [_seen(each) for each in page.get("data") or () if isinstance(each, Mapping)]
            seen += [batch for batch in batches if batch.created >= since]
            older = not batches or batches[-1].created < since
            if older or not page.get("has_more"):
                return sorted(seen, key=lambda batch: -batch.created)
            query = f"?limit={PAGE}&after_id={page.get('last_id') or batches[-1].id}"

    async def results(self, batch: str) -> AsyncIterator[tuple[str, ChatReply | Exception]]:
        """An ended batch, request by request, as it is read from the wire."""
        claude = self._claude
        lines = await self._stream(batch)
        try:
            while True:
                async with claude.reaching(self._gone(batch), claude.options.timeout):
                    line = await anext(lines, None)
                if line is None:
                    return
                if line.strip():
                    yield self._outcome(decoded(line))
        finally:
            await lines.aclose()

    # --- the wire -------------------------------------------------------------------------------------

    async def _get(self, path: str, missing: str) -> dict[str, Any]:
        import httpx2

        claude = self._claude
        async with claude.reaching(missing, claude.options.timeout) as client:
            response = await client.get(path, cast_to=httpx2.Response, options={"headers": claude.headers})
        return decoded(response.content)

    async def _stream(self, batch: str) -> AsyncGenerator[bytes, None]:
        import httpx2

        claude = self._claude
        async with claude.reaching(self._gone(batch), claude.options.timeout) as client:
            response = await client.get(
                f"{PATH}/{batch}/results", cast_to=httpx2.Response, stream=True,
                options={"headers": {**claude.headers, "accept": "application/binary"}},
            )  # fmt: skip
        return _lines(response)

    def _outcome(self, told: Mapping[str, Any]) -> tuple[str, ChatReply | Exception]:
        claude, result = self._claude, told.get("result") or {}
        kind, key = result.get("type"), str(told.get("custom_id", ""))
        if kind == "succeeded":
            try:
                return key, reply(result.get("message") or {}, claude.model, claude.price, batch=True)
            except Unreachable as error:
                return key, error
        if kind == "errored":
            return key, of_result(result.get("error") or {}, claude.key())
        return key, Unreachable(f"{kind or 'lost'} in its batch")

    def _gone(self, batch: str) -> str:
        return (
            f"the batch {batch} is not to be seen at {self._claude.endpoint}: it was deleted, or made with "
            "the key of another workspace; set that key in ANTHROPIC_API_KEY"
        )


def _seen(told: Mapping[str, Any]) -> BatchSeen:
    counts = told.get("request_counts") or {}
    total = sum(value for value in counts.values() if isinstance(value, int))
    return BatchSeen(
        id=str(told.get("id", "")),
        created=seconds(told.get("created_at")),
        ended=told.get("processing_status") == "ended",
        requests=total or None,
        done=total - (counts.get("processing") or 0),
        failed="its results are kept no longer" if told.get("archived_at") else "",
    )


def _size(spool: Path) -> int:
    """Bytes of the body that the spool's lines make."""
    with spool.open("rb") as file:
        file.seek(0, 2)
        size = file.tell()
        if size:
            file.seek(size - 1)
            size -= file.read(1) == b"\n"
    return len(HEAD) + size + len(TAIL)


async def _enveloped(spool: Path) -> AsyncIterator[bytes]:
    """The spool's lines as one JSON body, piece by piece: each line's end becomes a comma, and inside a
    line there is none."""
    yield HEAD
    with await asyncio.to_thread(spool.open, "rb") as file:
        held = b""
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield held
            held = piece.replace(b"\n", b",")
        yield held.removesuffix(b",")
    yield TAIL


async def _lines(response: httpx2.Response) -> AsyncGenerator[bytes, None]:
    """The lines of a body. Only a line feed ends one: JSON may hold every other separator as it is."""
    try:
        rest = b""
        async for piece in response.aiter_bytes():
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                yield line
        if rest:
            yield rest
    finally:
        await response.aclose()
