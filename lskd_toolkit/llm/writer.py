"""Many writers, few commits: what is asked for while the disk is busy becomes durable together.

A commit waits for the disk. One commit a reply, one after the other on the event loop, would hold up
hundreds of requests in flight; so one thread commits all that has gathered since its last commit, and
each writer waits only for its own to be durable.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ..store.durable import commit, reported

Write = tuple[str, tuple[Any, ...]]
"""An SQL statement and its values."""


class Writer:
    """The one door to a database for writing. ``threaded=False`` writes at once, for one in memory."""

    def __init__(self, database: sqlite3.Connection, folder: Path, *, threaded: bool = True):
        self._db, self._folder = database, folder
        self._lock = threading.Lock()
        self._waiting: list[tuple[tuple[Write, ...], asyncio.Future[None]]] = []
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="ledger") if threaded else None
        self._busy = False

    async def write(self, *work: Write) -> None:
        """Returns when the work, all of it in one commit, is durable.

        Raises:
            StoreError: it could not be written.
        """
        if self._pool is None:
            self.write_now(*work)
            return
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self._waiting.append((work, future))
        if not self._busy:
            self._start(loop)
        await future

    def write_now(self, *work: Write) -> None:
        """The same, where no event loop may wait."""
        with self._lock, reported(self._folder):
            try:
                for sql, values in work:
                    self._db.execute(sql, values)
                commit(self._db)
            except BaseException:
                self._db.rollback()
                raise

    def close(self) -> None:
        """Wait for what is being written."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hand over what waits. On the loop's thread, as are all who add to it: nothing slips between."""
        together, self._waiting, self._busy = self._waiting, [], True
        assert self._pool is not None
        self._pool.submit(self._commit, together, loop)

    def _commit(
        self,
        together: list[tuple[tuple[Write, ...], asyncio.Future[None]]],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        errors: list[Exception | None] = [self._failed(*(write for work, _ in together for write in work))]
        if errors[0] is not None and len(together) > 1:
            # One value that cannot be stored must not cost those that were written with it.
            errors = [self._failed(*work) for work, _ in together]
        else:
            errors *= len(together)
        loop.call_soon_threadsafe(self._done, together, errors, loop)

    def _failed(self, *work: Write) -> Exception | None:
        """Write, and why it could not be."""
        try:
            self.write_now(*work)
        except Exception as error:
            return error
        return None

    def _done(
        self,
        together: list[tuple[tuple[Write, ...], asyncio.Future[None]]],
        errors: list[Exception | None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        for (_, future), error in zip(together, errors, strict=True):
            if future.done():
                continue
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)
        if self._waiting:
            self._start(loop)
        else:
            self._busy = False
