"""ledger.sqlite: every paid reply, durable before anything is made of it, and never bought twice.

It is a file of its own so that several runs may share one. Before a request is sent its intent is
written; an intent without a reply is a request that was in flight when the process died, the only
kind that may be paid for twice.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..canonical import canonical
from ..store.database import connect
from ..store.durable import commit, reported
from .messages import ChatReply

VERSION = 2
SCHEMA = """
CREATE TABLE IF NOT EXISTS replies (
    key TEXT PRIMARY KEY, request TEXT NOT NULL, status TEXT NOT NULL, text TEXT NOT NULL,
    tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, usd REAL, model TEXT NOT NULL,
    at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS retired (
    key TEXT NOT NULL, status TEXT NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
    usd REAL);
CREATE TABLE IF NOT EXISTS intents (key TEXT PRIMARY KEY, request TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, question TEXT NOT NULL, answer TEXT NOT NULL);
"""


class Ledger:
    """Replies by key. ``path`` may be ':memory:' for a ledger that lasts as long as the process."""

    def __init__(self, path: Path | str, *, readonly: bool = False):
        self.folder = Path(path).parent
        self._db = connect(Path(path), SCHEMA, VERSION, readonly=readonly)
        self._flights: dict[str, asyncio.Future[ChatReply]] = {}

    @classmethod
    def in_memory(cls) -> Ledger:
        """A ledger for components used outside a run."""
        import sqlite3

        ledger = cls.__new__(cls)
        ledger.folder = Path()
        ledger._db = sqlite3.connect(":memory:", check_same_thread=False)
        ledger._db.executescript(SCHEMA)
        ledger._flights = {}
        return ledger

    def close(self) -> None:
        self._db.close()

    def find(self, key: str) -> ChatReply | None:
        row = self._db.execute(
            "SELECT text, status, tokens_in, tokens_out, usd, model FROM replies WHERE key=?", (key,)
        ).fetchone()
        if row is None:
            return None
        text, status, tokens_in, tokens_out, usd, model = row
        return ChatReply(text, status, tokens_in, tokens_out, usd, model, key)

    async def once(
        self, key: str, request: dict[str, Any], send: Callable[[], Awaitable[ChatReply]]
    ) -> ChatReply:
        """The reply for ``key``: the stored one, the one already on its way, or a new one from ``send``."""
        found = self.find(key)
        if found is not None:
            return found
        flight = self._flights.get(key)
        if flight is not None:
            return await asyncio.shield(flight)
        flight = self._flights[key] = asyncio.get_running_loop().create_future()
        try:
            text = canonical(request)
            with reported(self.folder):
                self._db.execute("INSERT OR REPLACE INTO intents VALUES (?,?,?)", (key, text, time.time()))
                commit(self._db)
            reply = replace(await send(), key=key)
            with reported(self.folder):
                self._db.execute(
                    "INSERT OR REPLACE INTO replies VALUES (?,?,?,?,?,?,?,?,?)",
                    (key, text, reply.status, reply.text, reply.tokens_in, reply.tokens_out, reply.usd,
                     reply.model, time.time()),
                )  # fmt: skip
                self._db.execute("DELETE FROM intents WHERE key=?", (key,))
                commit(self._db)
            flight.set_result(reply)
            return reply
        except BaseException as error:
            flight.set_exception(error)
            flight.exception()  # seen here; those who wait get it too
            raise
        finally:
            del self._flights[key]

    def mark(self, key: str, status: str) -> None:
        """Change a reply's status once it is known what could be made of it."""
        with reported(self.folder):
            self._db.execute("UPDATE replies SET status=? WHERE key=?", (status, key))
            commit(self._db)

    def keys_with(self, statuses: Iterable[str]) -> set[str]:
        """The keys of replies of these statuses."""
        return {
            row[0]
            for status in statuses
            for row in self._db.execute("SELECT key FROM replies WHERE status=?", (status,))
        }

    def retire(self, keys: Iterable[str]) -> None:
        """Set replies aside, so that a retry asks again. What they cost stays counted."""
        with reported(self.folder):
            for key in keys:
                self._db.execute(
                    "INSERT INTO retired SELECT key, status, tokens_in, tokens_out, usd FROM replies "
                    "WHERE key=?",
                    (key,),
                )
                self._db.execute("DELETE FROM replies WHERE key=?", (key,))
            commit(self._db)

    def request(self, key: str) -> dict[str, Any] | None:
        """The request that a reply answers, in canonical form."""
        row = self._db.execute("SELECT request FROM replies WHERE key=?", (key,)).fetchone()
        return json.loads(row[0]) if row else None

    def totals(self) -> tuple[dict[str, int], int, int, float | None, int]:
        """Replies by status, tokens in, tokens out, money (None if any price is unknown), open intents."""
        by_status = dict(self._db.execute("SELECT status, COUNT(*) FROM replies GROUP BY status").fetchall())
        tokens_in, tokens_out, usd, unknown = self._db.execute(
            "SELECT TOTAL(tokens_in), TOTAL(tokens_out), TOTAL(usd), TOTAL(usd IS NULL) FROM "
            "(SELECT tokens_in, tokens_out, usd FROM replies "
            "UNION ALL SELECT tokens_in, tokens_out, usd FROM retired)"
        ).fetchone()
        intents = self._db.execute("SELECT COUNT(*) FROM intents").fetchone()[0]
        return by_status, int(tokens_in), int(tokens_out), None if unknown else float(usd), intents
