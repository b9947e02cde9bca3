"""ledger.sqlite: every paid reply, durable before anything is made of it, and never bought twice.

It is a file of its own so that several runs may share one. Before a request is sent its intent is
written; an intent without a reply is a request that was in flight when the process died, the only
kind that may be paid for twice.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..canonical import canonical
from ..store.database import connect
from .abridging import Form, abridged, unabridged
from .messages import ChatReply, ToolCall
from .writer import Write, Writer

VERSION = 4
SCHEMA = """
CREATE TABLE IF NOT EXISTS replies (
    key TEXT PRIMARY KEY, request TEXT NOT NULL, status TEXT NOT NULL, text TEXT NOT NULL,
    tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, usd REAL, model TEXT NOT NULL,
    at REAL NOT NULL, calls TEXT NOT NULL DEFAULT '[]', cached INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS retired (
    key TEXT NOT NULL, status TEXT NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
    usd REAL);
CREATE TABLE IF NOT EXISTS intents (key TEXT PRIMARY KEY, request TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, question TEXT NOT NULL, answer TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS batches (
    tag TEXT PRIMARY KEY, endpoint TEXT NOT NULL, model TEXT NOT NULL, vendor_id TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL, requests INTEGER NOT NULL, bound REAL NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS batched (
    key TEXT PRIMARY KEY, batch TEXT NOT NULL REFERENCES batches (tag), request TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS batched_batch ON batched (batch);
CREATE TABLE IF NOT EXISTS texts (sha256 TEXT PRIMARY KEY, text TEXT NOT NULL);
"""
MIGRATIONS = {
    3: "ALTER TABLE replies ADD COLUMN calls TEXT NOT NULL DEFAULT '[]';"
    "ALTER TABLE replies ADD COLUMN cached INTEGER NOT NULL DEFAULT 0;"
}
_REPLY = "INSERT OR REPLACE INTO replies VALUES (?,?,?,?,?,?,?,?,?,?,?)"
_FIND = "SELECT text, status, tokens_in, tokens_out, usd, model, calls, cached FROM replies WHERE key=?"


class Ledger:
    """Replies and tool answers by key."""

    def __init__(self, path: Path | str, *, readonly: bool = False):
        """Open or create ``path``.

        Raises:
            StoreError: of a newer version, damaged, or not writable.
        """
        self.folder = Path(path).parent
        self._db = connect(Path(path), SCHEMA, VERSION, readonly=readonly, migrations=MIGRATIONS)
        # Reading has a connection of its own: a commit that waits for the disk would hold it up.
        self._reader = self._db if readonly else connect(Path(path), SCHEMA, VERSION, readonly=True)
        self.writer = Writer(self._db, self.folder)
        self._flights: dict[str, asyncio.Future[Any]] = {}
        self._texts: set[str] = set()

    @classmethod
    def in_memory(cls) -> Ledger:
        """A ledger for components used outside a run, that lasts as long as the process."""
        import sqlite3

        ledger = cls.__new__(cls)
        ledger.folder = Path()
        ledger._db = ledger._reader = sqlite3.connect(":memory:", check_same_thread=False)
        ledger._db.executescript(SCHEMA)
        ledger.writer = Writer(ledger._db, Path(), threaded=False)
        ledger._flights = {}
        ledger._texts = set()
        return ledger

    def close(self) -> None:
        self.writer.close()
        if self._reader is not self._db:
            self._reader.close()
        self._db.close()

    # --- replies ------------------------------------------------------------------------------------

    def find(self, key: str) -> ChatReply | None:
        """The stored reply to the request of that key."""
        row = self._reader.execute(_FIND, (key,)).fetchone()
        if row is None:
            return None
        text, status, tokens_in, tokens_out, usd, model, calls, cached = row
        made = tuple(ToolCall(*call) for call in json.loads(calls)) if calls != "[]" else ()
        return ChatReply(text, status, tokens_in, tokens_out, usd, model, key, made, cached)

    async def once(self, key: str, send: Callable[[], Awaitable[ChatReply]], request: Form) -> ChatReply:
        """The reply for ``key``: the stored one, the one already on its way, or a new one from ``send``,
        which is durable when this returns."""
        found = self.find(key)
        if found is not None:
            return found

        async def buy() -> ChatReply:
            reply = await send()
            reply = replace(reply, text=_storable(reply.text), key=key, pace=None)
            await self._write_with(
                request,
                lambda short: (
                    (_REPLY, _row(key, short, reply)),
                    ("DELETE FROM intents WHERE key=?", (key,)),
                ),
            )
            return reply

        reply: ChatReply = await self._flown(key, buy)
        return reply

    async def _write_with(self, request: Form, work: Callable[[str], tuple[Write, ...]]) -> None:
        """What is to be written with a request as it is kept, and those of its long texts that are not
        known to be there."""
        short, texts = abridged(request)
        new = texts.keys() - self._texts
        await self.writer.write(
            *(("INSERT OR IGNORE INTO texts VALUES (?,?)", (at, _storable(texts[at]))) for at in new),
            *work(short),
        )
        self._texts |= new

    async def intend(self, key: str) -> None:
        """Note that the request of that key is about to be sent. By its key alone: what it says comes
        again with the same command, and writing it twice is most of what a request costs the disk."""
        await self.writer.write(("INSERT OR REPLACE INTO intents VALUES (?,'',?)", (key, time.time())))

    async def withdraw(self, key: str) -> None:
        """Forget an intent: the vendor refused the request, so nothing is on its way."""
        await self.writer.write(("DELETE FROM intents WHERE key=?", (key,)))

    async def answer(
        self, key: str, question: str, look: Callable[[], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:
        """The answer of a tool for ``key``: the stored one, or a new one, durable when this returns."""
        row = self._reader.execute("SELECT answer FROM answers WHERE key=?", (key,)).fetchone()
        if row is not None:
            return dict(json.loads(row[0]))

        async def made() -> dict[str, Any]:
            told = _storable(canonical(await look()))
            await self.writer.write(
                ("INSERT OR REPLACE INTO answers VALUES (?,?,?)", (key, _storable(question), told))
            )
            return dict(json.loads(told))

        return dict(await self._flown(key, made))

    async def _flown(self, key: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Work that is done once for all who ask for it at the same time."""
        flight = self._flights.get(key)
        if flight is not None:
            return await asyncio.shield(flight)
        flight = self._flights[key] = asyncio.get_running_loop().create_future()
        try:
            result = await work()
            flight.set_result(result)
            return result
        except BaseException as error:
            flight.set_exception(error)
            flight.exception()  # seen here; those who wait get it too
            raise
        finally:
            del self._flights[key]

    def mark(self, key: str, status: str) -> None:
        """Change a reply's status once it is known what could be made of it."""
        self.writer.write_now(("UPDATE replies SET status=? WHERE key=?", (status, key)))

    def keys_with(self, statuses: Iterable[str]) -> set[str]:
        """The keys of replies of these statuses."""
        return {
            row[0]
            for status in statuses
            for row in self._reader.execute("SELECT key FROM replies WHERE status=?", (status,))
        }

    def retire(self, keys: Iterable[str]) -> None:
        """Set replies aside, so that a retry asks again. What they cost stays counted."""
        work: list[tuple[str, tuple[Any, ...]]] = []
        for key in keys:
            work += [
                (
                    "INSERT INTO retired SELECT key, status, tokens_in, tokens_out, usd FROM replies "
                    "WHERE key=?",
                    (key,),
                ),
                ("DELETE FROM replies WHERE key=?", (key,)),
            ]
        self.writer.write_now(*work)

    def request(self, key: str) -> dict[str, Any] | None:
        """The request that a reply answers, as plain JSON."""
        row = self._reader.execute("SELECT request FROM replies WHERE key=?", (key,)).fetchone()
        return unabridged(row[0], self._text) if row else None

    def _text(self, sha256: str) -> str:
        row = self._reader.execute("SELECT text FROM texts WHERE sha256=?", (sha256,)).fetchone()
        return str(row[0]) if row else ""

    def totals(self) -> tuple[dict[str, int], int, int, float | None, int]:
        """Replies by status, tokens in, tokens out, money (None if any price is unknown), open intents."""
        read = self._reader.execute
        by_status = dict(read("SELECT status, COUNT(*) FROM replies GROUP BY status").fetchall())
        tokens_in, tokens_out, usd, unknown = read(
            "SELECT TOTAL(tokens_in), TOTAL(tokens_out), TOTAL(usd), TOTAL(usd IS NULL) FROM "
            "(SELECT tokens_in, tokens_out, usd FROM replies "
            "UNION ALL SELECT tokens_in, tokens_out, usd FROM retired)"
        ).fetchone()
        intents = read("SELECT COUNT(*) FROM intents").fetchone()[0]
        return by_status, int(tokens_in), int(tokens_out), None if unknown else float(usd), intents

    def bought(self) -> int:
        """How many replies were bought, those that were set aside too."""
        count = "SELECT (SELECT COUNT(*) FROM replies) + (SELECT COUNT(*) FROM retired)"
        return int(self._reader.execute(count).fetchone()[0])

    # --- batches ------------------------------------------------------------------------------------

    def batches(self, endpoint: str, model: str) -> list[tuple[str, str, str, int, float, float]]:
        """The open batches of a model, the oldest first: tag, vendor's id, status (intended, submitted),
        requests, most that they cost, when they were intended (seconds of the epoch)."""
        return self._reader.execute(
            "SELECT tag, vendor_id, status, requests, bound, at FROM batches "
            "WHERE endpoint=? AND model=? AND status<>'done' ORDER BY at, tag",
            (endpoint, model),
        ).fetchall()

    def batched(self, key: str) -> bool:
        """Whether the request of that key is on its way in a batch."""
        return self._reader.execute("SELECT 1 FROM batched WHERE key=?", (key,)).fetchone() is not None

    def keys_in(self, tag: str) -> set[str]:
        """The keys of a batch whose replies are not in yet."""
        return {row[0] for row in self._reader.execute("SELECT key FROM batched WHERE batch=?", (tag,))}

    def vendor_ids(self) -> set[str]:
        """The vendors' ids of all batches, those that are done too."""
        return {row[0] for row in self._reader.execute("SELECT vendor_id FROM batches WHERE vendor_id<>''")}

    async def spool(self, key: str, request: Form) -> None:
        """Note a request that waits to become part of a batch."""
        await self._write_with(
            request, lambda short: (("INSERT OR IGNORE INTO batched VALUES (?,'',?)", (key, short)),)
        )

    def unspool(self, key: str = "") -> None:
        """Forget a request that waits; without a key all those, left by a process that has died."""
        if key:
            self.writer.write_now(("DELETE FROM batched WHERE key=?", (key,)))
        else:
            self.writer.write_now(("DELETE FROM batched WHERE batch=''", ()))

    def intend_batch(
        self, tag: str, endpoint: str, model: str, keys: Collection[str], bound: float, at: float
    ) -> None:
        """Note which of the waiting requests are about to be submitted as one batch."""
        self.writer.write_now(
            (
                "INSERT INTO batches (tag, endpoint, model, status, requests, bound, at) "
                "VALUES (?,?,?,?,?,?,?)",
                (tag, endpoint, model, "intended", len(keys), bound, at),
            ),
            *(("UPDATE batched SET batch=? WHERE key=?", (tag, key)) for key in keys),
        )

    def submitted(self, tag: str, vendor_id: str) -> None:
        """Note the vendor's id of a batch."""
        self.writer.write_now(
            ("UPDATE batches SET vendor_id=?, status='submitted' WHERE tag=?", (vendor_id, tag))
        )

    def bring(self, replies: Iterable[ChatReply]) -> None:
        """Store replies that a batch has brought, in one commit."""
        work: list[tuple[str, tuple[Any, ...]]] = []
        for reply in replies:
            _, _, *rest = _row(reply.key, "", reply)
            work += [
                (
                    "INSERT OR REPLACE INTO replies SELECT key, request, ?,?,?,?,?,?,?,?,? FROM batched "
                    "WHERE key=?",
                    (*rest, reply.key),
                ),
                ("DELETE FROM batched WHERE key=?", (reply.key,)),
                ("DELETE FROM intents WHERE key=?", (reply.key,)),
            ]
        self.writer.write_now(*work)

    def close_batch(self, tag: str) -> None:
        """A batch is done: what it brought no reply for is free to be asked again."""
        self.writer.write_now(
            ("DELETE FROM batched WHERE batch=?", (tag,)),
            ("UPDATE batches SET status='done' WHERE tag=?", (tag,)),
        )


def _storable(text: str) -> str:
    """The text without halves of characters, which the database refuses: models write them, and names of
    files hold them."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _row(key: str, request: str, reply: ChatReply) -> tuple[Any, ...]:
    calls = json.dumps([[c.name, dict(c.arguments)] for c in reply.calls]) if reply.calls else "[]"
    return (
        key, request, reply.status, _storable(reply.text), reply.tokens_in, reply.tokens_out,
        reply.usd, reply.model, time.time(), calls, reply.cached,
    )  # fmt: skip
