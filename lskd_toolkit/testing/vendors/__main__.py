"""``python -m lskd_toolkit.testing.vendors``: one line of JSON says where they are, then they serve until
SIGTERM, or until a pipe on their standard input is closed."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import stat
import sys
from dataclasses import fields
from typing import Any

from .options import VendorOptions
from .scripts import read_script
from .server import FakeVendors

FILES = {"log": "append every billed request to this file, a line of JSON each"}


def options_of(words: list[str]) -> tuple[int, VendorOptions]:
    """The port and the options of a command line: every plain field of `VendorOptions` is a flag."""
    parser = argparse.ArgumentParser(prog="python -m lskd_toolkit.testing.vendors", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--latency", type=_latency, default=0.0, help="seconds, or two with a comma between")
    parser.add_argument("--script", type=read_script, default=[], help="a JSON file of rules for faults")
    for field in fields(VendorOptions):
        if field.name not in ("latency", "script", "strict_schemas"):
            kind = type(field.default)
            parser.add_argument(
                f"--{field.name.replace('_', '-')}",
                type=kind,
                default=field.default,
                help=FILES.get(field.name),
            )
    given: dict[str, Any] = vars(parser.parse_args(words))
    return given.pop("port"), VendorOptions(**given)


def _latency(text: str) -> float | tuple[float, float]:
    least, _, most = text.partition(",")
    return (float(least), float(most)) if most else float(least)


async def serve(port: int, options: VendorOptions) -> None:
    """Serve until it is told to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if _is_pipe():
        loop.add_reader(sys.stdin.fileno(), _watch, stop)
    async with FakeVendors(options, port=port) as vendors:
        urls = {"anthropic_url": vendors.anthropic_url, "openai_url": vendors.openai_url}
        print(json.dumps({"port": vendors.port, "pid": os.getpid(), **urls}), flush=True)
        await stop.wait()


def _is_pipe() -> bool:
    """If somebody holds the other end: a terminal or /dev/null, as of a job in the background, is none."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _watch(stop: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        stop.set()


if __name__ == "__main__":
    asyncio.run(serve(*options_of(sys.argv[1:])))
