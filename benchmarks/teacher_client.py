"""One case of `teacher_throughput.py` in a process of its own: so many requests to a chat vendor.

    python benchmarks/teacher_client.py ours --vendor openai --url http://127.0.0.1:8000/v1 --folder made

Prints JSON: CPU seconds of this process (all threads) and wall seconds around the requests, peak memory.
Modules are imported and one request is sent before the clock starts, in every case.

`prepare` writes to the folder what the others send: each scene's request as the backend encodes it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import overhead

from lskd_toolkit import Component, Descriptor, Region, hookimpl
from lskd_toolkit.config import RunConfig
from lskd_toolkit.images.picture import Picture
from lskd_toolkit.llm import Ledger
from lskd_toolkit.llm.budget import Budget
from lskd_toolkit.pipeline.context import Workshop
from lskd_toolkit.pipeline.garbage import seldom_collected
from lskd_toolkit.pipeline.running import configure, run
from lskd_toolkit.records import Image, Scene
from lskd_toolkit.teaching.asking import first_requests

BACKENDS = {"openai": "chatgpt", "anthropic": "claude"}
MAX_USD = 1_000.0
"""A cap far off, so that every request is reserved for and given back."""
CHUNK = 32
"""Scenes that walk together, as in a run."""
THINGS = ("woman", "man", "child", "dog", "table", "cup", "window", "bicycle", "book", "lamp", "bag", "tree")
DOINGS = ("stands", "leans", "waits", "lies", "rests", "hangs", "sits", "turns")
PLACES = ("by the door", "in the light", "near the wall", "at the edge", "in front of a shelf", "on the left")

Ask = Callable[[int], Awaitable[int]]
"""Sends the request about a scene; how many statements came of it."""


# --- scenes ---------------------------------------------------------------------------------------------


def scene(number: int) -> Scene:
    """Eight regions and 24 descriptors, of its own words."""
    draw = random.Random(number)
    image = Image(f"image-{number:07}.png", f"made:{number}", f"{number:064x}", 640, 480)
    return Scene(image, regions(draw), descriptors(draw))


def regions(draw: random.Random) -> tuple[Region, ...]:
    made = []
    for number in range(8):
        x, y = draw.uniform(0, 400), draw.uniform(0, 300)
        box = (x, y, x + draw.uniform(20, 200), y + draw.uniform(20, 150))
        made.append(Region(number, box, label=draw.choice(THINGS), score=0.9, proposer="made"))
    return tuple(made)


def descriptors(draw: random.Random) -> tuple[Descriptor, ...]:
    def words() -> str:
        return f"{draw.choice(DOINGS)} {draw.choice(PLACES)} with a {draw.choice(THINGS)}"

    made = [Descriptor("global", f"A {draw.choice(THINGS)} {words()}", verbalizer="made") for _ in range(4)]
    made += [Descriptor("local", words(), (n % 8,), verbalizer="made") for n in range(16)]
    made += [
        Descriptor("relation", f"[{n}] is {draw.choice(PLACES)} of [{n + 1}]", (n, n + 1), verbalizer="made")
        for n in range(4)
    ]
    return tuple(made)


class Verbalizer:
    """Words of its own for every image of a whole run."""

    def __init__(self, options: Any, ctx: Any): ...

    def verbalize(self, pictures: Any, scenes: Any) -> Any:
        return [descriptors(random.Random(each.image.id)) for each in scenes]


class Plugin(overhead.Plugin):
    """The source and the proposer of `overhead.py`, and words."""

    @hookimpl
    def lskd_verbalizers(self) -> Any:
        where = f"{__name__}:{Verbalizer.__name__}"
        yield Component("verbalizer", "made", "Words of its own for every image.", where, reads=())


# --- the teacher --------------------------------------------------------------------------------------


def configured(vendor: str, url: str, in_flight: int, **flags: Any) -> RunConfig:
    backend = {"use": BACKENDS[vendor], "base_url": url, "in_flight": in_flight}
    return configure(None, None, {"teacher": {"use": "llm", "parts": {"backend": backend}}, **flags})


def prepare(vendor: str, folder: Path, requests: int) -> None:
    """Write what the teacher sends about each scene, a line each; the last is for warming up."""
    config = configured(vendor, "http://127.0.0.1:9/v1", 1)
    workshop = Workshop(budget=Budget(MAX_USD))
    teacher = workshop.host(config.teacher).instance()
    with (folder / f"{vendor}.jsonl").open("wb") as file:
        for number in range(requests + 1):
            picture, made = scened(number)
            told = asyncio.run(teacher.choose(made)).scene
            (request,) = first_requests(teacher.lesson(picture, told))
            file.write(teacher.llm.backend.encoded(request) + b"\n")
    workshop.close()


def scened(number: int) -> tuple[Picture, Scene]:
    made = scene(number)

    def pixels() -> Any:
        raise AssertionError("a blind teacher does not look")

    return Picture(made.image, pixels), made


@asynccontextmanager
async def ours(vendor: str, url: str, in_flight: int, folder: Path, transport: str) -> AsyncIterator[Ask]:
    """The teacher `llm` with its strategy `oneshot`: rendering, keys, ledger on disk, limits, parsing."""
    config = configured(vendor, url, in_flight)
    workshop = Workshop(ledger=Ledger(folder / "ledger.sqlite"), budget=Budget(MAX_USD))
    teacher = workshop.host(config.teacher).instance()

    async def ask(number: int) -> int:
        picture, made = scenes[number]
        (taught,) = await teacher.teach([picture], [made])
        return len(taught.statements)

    scenes = [scened(number) for number in range(len(bodies(vendor, folder)))]
    yield ask
    workshop.close()


# --- the bare SDKs --------------------------------------------------------------------------------------


def bodies(vendor: str, folder: Path) -> list[bytes]:
    return (folder / f"{vendor}.jsonl").read_bytes().splitlines()


def client(vendor: str, url: str, in_flight: int, transport: str) -> Any:
    import httpx2

    limits = httpx2.Limits(max_connections=in_flight + 8, max_keepalive_connections=in_flight + 8)
    if vendor == "openai":
        import openai as sdk

        kind: Any = sdk.AsyncOpenAI
    else:
        import anthropic as sdk  # type: ignore[no-redef]

        kind = sdk.AsyncAnthropic
    http = sdk.DefaultAioHttpClient if transport == "aiohttp" else sdk.DefaultAsyncHttpxClient
    return kind(base_url=url, api_key="any", max_retries=0, http_client=http(limits=limits, timeout=300))


@asynccontextmanager
async def bare(vendor: str, url: str, in_flight: int, folder: Path, transport: str) -> AsyncIterator[Ask]:
    """The SDK as its documentation uses it: `create`, and a record of the SDK's own back. The requests are
    parsed beforehand."""
    sdk = client(vendor, url, in_flight, transport)
    create = sdk.chat.completions.create if vendor == "openai" else sdk.messages.create
    made = [json.loads(line) for line in bodies(vendor, folder)]

    async def ask(number: int) -> int:
        reply = await create(**made[number])
        return bool(reply.choices[0].message.content if vendor == "openai" else reply.content[0].text)

    async with sdk:
        yield ask


@asynccontextmanager
async def posted(vendor: str, url: str, in_flight: int, folder: Path, transport: str) -> AsyncIterator[Ask]:
    """The SDK's client with its records left out on both ways: encoded bytes there, plain JSON back."""
    import httpx2

    sdk = client(vendor, url, in_flight, transport)
    path = "/chat/completions" if vendor == "openai" else "/v1/messages"
    made = bodies(vendor, folder)
    headers = {"content-type": "application/json"}

    async def ask(number: int) -> int:
        options = {"headers": headers}
        reply = await sdk.post(path, content=made[number], cast_to=httpx2.Response, options=options)
        return bool(json.loads(reply.content))

    async with sdk:
        yield ask


# --- measuring ------------------------------------------------------------------------------------------


async def walked(ask: Ask, requests: int, in_flight: int, chunk: int) -> dict[str, float]:
    """Ask about every scene; ``chunk`` of them start together, as many chunks as keep ``in_flight`` busy."""
    assert await ask(requests), "no statements"
    chunks = iter(range(0, requests, chunk))
    # As in a run. Without it the bare clients wait for Python's garbage collector as well, a little less.
    with seldom_collected():
        return await timed(ask, requests, in_flight, chunk, chunks)


async def timed(
    ask: Ask, requests: int, in_flight: int, chunk: int, chunks: Iterator[int]
) -> dict[str, float]:
    cpu, wall = time.process_time(), time.perf_counter()

    async def walk(starts: Iterator[int]) -> int:
        told = 0
        for start in starts:
            some = range(start, min(start + chunk, requests))
            told += sum(await asyncio.gather(*map(ask, some))) if chunk > 1 else await ask(start)
        return told

    walks = -(-in_flight // chunk) + (chunk > 1)
    told = sum(await asyncio.gather(*(walk(chunks) for _ in range(walks))))
    took = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    assert told >= requests, f"{told} statements of {requests} requests"
    return took


def whole_run(vendor: str, url: str, in_flight: int, folder: Path, requests: int) -> dict[str, float]:
    """`lskd run` over so many small images: intake, a proposer, a verbalizer, the teacher, a critic."""
    import os

    from lskd_toolkit.plugins import plugins

    os.environ["LSKD_BENCHMARK_IMAGES"] = str(requests)
    plugins().register(Plugin(requests), "lskd-benchmark")
    config = configured(
        vendor, url, in_flight, source="ready", proposer="ready", refiner=[], verbalizer="made", critic=[],
        max_usd=MAX_USD,
    )  # fmt: skip
    __import__("openai" if vendor == "openai" else "anthropic")
    cpu, wall = time.process_time(), time.perf_counter()
    counts = run(config, folder / "run")
    took = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    assert counts["images_ok"] == requests, counts
    assert counts["statements"] >= requests, counts
    shutil.rmtree(folder / "run")
    return took


CASES = ("prepare", "sdk-httpx", "sdk-aiohttp", "post-aiohttp", "ours", "run")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--vendor", choices=tuple(BACKENDS), required=True)
    parser.add_argument("--url", default="")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--in-flight", type=int, default=100)
    given = parser.parse_args()
    where = (given.vendor, given.url, given.in_flight, given.folder)
    if given.case == "prepare":
        prepare(given.vendor, given.folder, given.requests)
        return
    if given.case == "run":
        took = whole_run(*where, given.requests)
    else:
        kind, _, transport = given.case.partition("-")

        async def measured() -> dict[str, float]:
            make = {"sdk": bare, "post": posted, "ours": ours}[kind]
            async with make(*where, transport) as ask:
                return await walked(ask, given.requests, given.in_flight, CHUNK if kind == "ours" else 1)

        took = asyncio.run(measured())
    print(json.dumps({**took, "peak_mb": overhead.peak_mb()}))


if __name__ == "__main__":
    main()
