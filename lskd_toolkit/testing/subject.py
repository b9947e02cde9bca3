"""The component under test: found, validated, built, and called as the pipeline calls it."""

from __future__ import annotations

import asyncio
import functools
import inspect
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar
from unittest import SkipTest

from ..components import Component
from ..config import Part, lend, resolve_part
from ..images.picture import Picture
from ..pipeline.context import Workshop
from ..plugins import plugins
from ..weights import is_here

SEED = 7
LENT = (
    ("backend", "smallworld"),
    ("visual_prompt", "numbered"),
    ("vlm", "smallworld"),
    ("vqa", "smallworld"),
)
T = TypeVar("T")


@dataclass(frozen=True)
class Subject:
    """A component by kind and name, the options it is tested with, and the pictures it is tried on
    (none: those of `testing.samples`). What is costly to make is made once (`once`)."""

    kind: str
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    pictures: tuple[Picture, ...] = ()
    _made: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def record(self) -> Component:
        record: Component = plugins().component(self.kind, self.name).record
        return record

    def fail(self, message: str) -> NoReturn:
        raise AssertionError(f"{self.kind} {self.name!r}: {message}")

    def require(self, kept: object, message: str) -> None:
        if not kept:
            self.fail(message)

    def part(self) -> Part:
        return resolve_part(self.kind, {"use": self.name, **self.options}, plugins())

    def build(self) -> Any:
        """A fresh instance with a context of its own, lent what a run of the small world would lend it.

        Raises:
            SkipTest: its weights are not in the cache.
        """
        lacking = [name for name in self.record.weights if not is_here(name)]
        if lacking and self.kind != "source":
            raise SkipTest(f"not in the cache; run: lskd weights fetch {' '.join(lacking)}")
        pool = [resolve_part(kind, {"use": name, "as": kind}, plugins()) for kind, name in LENT]
        return Workshop(seed=SEED, device="cpu").host(lend(self.part(), pool)).instance()

    def once(self, key: str, make: Callable[[], T]) -> T:
        """What ``make`` gives, made when first asked for."""
        if key not in self._made:
            self._made[key] = make()
        made: T = self._made[key]
        return made

    @property
    def instance(self) -> Any:
        """The instance that most checks share, as a run's images do."""
        return self.once("instance", self.build)


def call(instance: Any, verb: str, *arguments: Any) -> Any:
    """Call a verb, ``async def`` or plain. All coroutines run on one loop, as in a run, and on a thread
    of its own, so that an async test may call this too."""
    result = getattr(instance, verb)(*arguments)
    return together([result])[0] if inspect.isawaitable(result) else result


def together(awaitables: list[Any]) -> list[Any]:
    """The results of several awaitables that are under way at the same time."""
    return asyncio.run_coroutine_threadsafe(_gathered(awaitables), _loop()).result()


async def _gathered(awaitables: list[Any]) -> list[Any]:
    return list(await asyncio.gather(*awaitables))


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="contracts", daemon=True).start()
    return loop
