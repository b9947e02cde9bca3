"""The fake vendors for tests without a loop: in a thread, or in a process that outlives a killed client."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .bill import Call
from .options import VendorOptions
from .server import FakeVendors


@contextmanager
def fake_vendors(options: VendorOptions | None = None, **fields: Any) -> Iterator[FakeVendors]:
    """`FakeVendors` in a thread of its own; ``calls`` may be read at any time."""
    vendors = FakeVendors(options, **fields)
    loop = asyncio.new_event_loop()
    ready, leave = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with vendors:
            ready.set()
            await leave.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    if not ready.wait(10):
        raise RuntimeError(f"the fake vendors did not start on port {vendors.port}; is it taken?")
    try:
        yield vendors
    finally:
        loop.call_soon_threadsafe(leave.set)
        thread.join(10)
        loop.close()


@dataclass(frozen=True, slots=True)
class SpawnedVendors:
    """Fake vendors in another process, and where their bill is."""

    anthropic_url: str
    openai_url: str
    port: int
    log: Path
    process: subprocess.Popen[str]

    @property
    def calls(self) -> list[Call]:
        """Every billed request so far, in order."""
        if not self.log.exists():
            return []
        return [Call(**json.loads(line)) for line in self.log.read_text(encoding="utf-8").splitlines()]


@contextmanager
def spawn_vendors(log: Path, script: Path | None = None, **flags: Any) -> Iterator[SpawnedVendors]:
    """The fake vendors in a process of their own. ``flags`` are those of the command line, with
    underscores: ``latency=0.2, batch_seconds=1``."""
    command = [sys.executable, "-m", "lskd_toolkit.testing.vendors", "--log", str(log)]
    command += ["--script", str(script)] if script else []
    command += [word for name, value in flags.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("the fake vendors did not start; see what they wrote above")
        said = json.loads(line)
        yield SpawnedVendors(said["anthropic_url"], said["openai_url"], said["port"], log, process)
    finally:
        process.terminate()
        process.communicate(timeout=10)
