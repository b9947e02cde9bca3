"""Where components work: each has one thread of its own, and each model one door.

A plain verb runs on its host's thread while holding the locks of the models that the component uses,
so that two components sharing a model take turns and the event loop is never blocked. An ``async
def`` verb runs on the loop itself. Single questions that many agents ask of a part at once are put
together into batches while the thread is busy with the batch before.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

from ..components import KINDS
from ..errors import PluginError

if TYPE_CHECKING:
    from ..config import Part

WHOSE: ContextVar[tuple[str, int]] = ContextVar("whose", default=("", -1))
"""The stage and the content of the image that an ``async def`` verb is at work for, for those who count what
is asked meanwhile."""

MICRO_BATCH = 32
"""How many single questions are put together at most; the memory of one batch bounds it."""


class _Locks(Protocol):
    lock: threading.RLock


@contextmanager
def contained(part: Part) -> Iterator[None]:
    """What is worse than an exception (an exit, a panic of a compiled library, a cancellation that nobody
    asked for) becomes one, with the plugin's name: a plugin may not end the run."""
    try:
        yield
    except (Exception, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        task = None
        with suppress(RuntimeError):
            task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise
        raise PluginError(
            f"{part.kind} {part.component.name!r} of {part.distribution} raised "
            f"{type(error).__name__}: {error}"
        ) from error


class Host:
    """One part at work: built when first needed, its plain verbs on one thread."""

    def __init__(self, part: Part, build: Callable[[], tuple[Any, Any]], models: _Locks):
        self.part = part
        self._build, self._models = build, models
        self._built: tuple[Any, Any] | None = None
        self._guard = threading.Lock()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=part.alias)
        self._waiting: dict[str, list[tuple[tuple[Any, ...], asyncio.Future[Any]]]] = {}
        self._draining: set[asyncio.Task[None]] = set()

    def instance(self) -> Any:
        """The component itself."""
        with self._guard:
            if self._built is None:
                self._built = self._build()
            return self._built[0]

    def stand_in(self, instance: Any) -> None:
        """Have ``instance`` do this part's work from now on, as a rehearsal does."""
        self._built = (instance, None)

    async def ready(self) -> Any:
        """Build the component off the loop, where loading weights may take its time."""
        if self._built is None:
            await asyncio.get_running_loop().run_in_executor(self._pool, self.instance)
        return self.instance()

    async def is_async(self, verb: str) -> bool:
        return inspect.iscoroutinefunction(getattr(await self.ready(), verb))

    def call_plainly(self, verb: str, *arguments: Any) -> Any:
        """Call a plain verb here and now, through the door of its models."""
        method = getattr(self.instance(), verb)
        assert self._built is not None
        with (
            self._models.lock if getattr(self._built[1], "models", ()) else nullcontext(),
            contained(self.part),
        ):
            return method(*arguments)

    async def call(self, verb: str, *arguments: Any) -> Any:
        """Call a verb with a whole batch."""
        method = getattr(await self.ready(), verb)
        if inspect.iscoroutinefunction(method):
            with contained(self.part):
                return await method(*arguments)
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, lambda: self.call_plainly(verb, *arguments)
        )

    async def ask(self, verb: str, *items: Any) -> Any:
        """One item's result, worked on together with whatever else is asked meanwhile."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        queue = self._waiting.setdefault(verb, [])
        queue.append((items, future))
        if len(queue) == 1:
            task = asyncio.create_task(self._drain(verb))
            self._draining.add(task)
            task.add_done_callback(self._draining.discard)
        return await future

    async def _drain(self, verb: str) -> None:
        await self.ready()
        queue = self._waiting[verb]
        while queue:
            batch = queue[:MICRO_BATCH]
            try:
                results = await self.call(
                    verb, *(list(column) for column in zip(*(i for i, _ in batch), strict=True))
                )
                check_length(self.part, verb, results, len(batch))
                outcomes: list[Any] = list(results)
            except Exception as error:
                outcomes = [error] if len(batch) == 1 else await self._singly(verb, [i for i, _ in batch])
            for (_, future), outcome in zip(batch, outcomes, strict=True):
                if future.done():
                    continue
                if isinstance(outcome, Exception):
                    future.set_exception(outcome)
                else:
                    future.set_result(outcome)
            del queue[: len(batch)]

    async def _singly(self, verb: str, items: list[tuple[Any, ...]]) -> list[Any]:
        outcomes: list[Any] = []
        for item in items:
            try:
                outcomes.append((await self.call(verb, *([each] for each in item)))[0])
            except Exception as error:
                outcomes.append(error)
        return outcomes

    def models(self) -> set[str]:
        """The keys of the models that this part uses."""
        return set(getattr(self._built[1], "models", ())) if self._built else set()

    def close(self) -> set[str]:
        """Stop the thread; the keys of the models that this part used."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        return self.models()


def check_length(part: Part, verb: str, results: Sequence[Any], expected: int) -> None:
    """A component must give one result an image.

    Raises:
        PluginError: it did not.
    """
    try:
        count = len(results)
    except TypeError:
        raise PluginError(
            f"{part.kind} {part.component.name!r} of {part.distribution}: {verb} gave "
            f"{type(results).__name__}, not a list"
        ) from None
    if count != expected:
        raise PluginError(
            f"{part.kind} {part.component.name!r} of {part.distribution}: {verb} gave {count} results "
            f"for {expected} images"
        )


class PartProxy:
    """A part as another component sees it. In async code await its verbs, one batch of one at a time
    (calls from many tasks are worked on together); in plain code call them."""

    def __init__(self, host: Host):
        self._host = host
        self.alias, self.key = host.part.alias, host.part.key()
        self.gives, self.takes = host.part.component.gives, host.part.component.takes

    def plainly(self, verb: str) -> Any:
        """A plain verb to be called here and now, wherever that is: it may hold up an event loop."""
        return functools.partial(self._host.call_plainly, verb)

    def __getattr__(self, verb: str) -> Any:
        if verb.startswith("_"):
            raise AttributeError(verb)
        host = self._host
        if verb not in KINDS[host.part.kind].verbs:  # a verb is called later, and built where that is
            value = getattr(host.instance(), verb)
            if not callable(value):
                return value

        def call(*arguments: Any) -> Any:
            try:
                asyncio.get_running_loop()
            except RuntimeError:
                return host.call_plainly(verb, *arguments)
            return self._await(verb, arguments)

        return call

    async def _await(self, verb: str, arguments: tuple[Any, ...]) -> Any:
        lists = all(isinstance(a, list | tuple) for a in arguments)
        if not lists or await self._host.is_async(verb):
            return await self._host.call(verb, *arguments)
        tasks = (self._host.ask(verb, *items) for items in zip(*arguments, strict=True))
        return list(await asyncio.gather(*tasks))
