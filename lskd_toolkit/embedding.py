"""One component outside a run: in a script, a notebook, another project."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Coroutine
from typing import Any

from .components import KINDS
from .config import lend, resolve_part
from .images import as_picture
from .pipeline.context import Workshop
from .plugins import plugins


class Embedded:
    """A component whose verbs take paths, bytes, Pillow images, arrays or `Picture` objects wherever
    its kind takes pictures, and are called plainly even where an event loop is running."""

    def __init__(self, kind: str, instance: Any):
        self._kind, self.component = kind, instance

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.component, name)
        if name not in KINDS[self._kind].verbs:
            return value

        def verb(*arguments: Any, **named: Any) -> Any:
            if arguments and isinstance(arguments[0], list | tuple) and _takes_pictures(value):
                arguments = ([as_picture(each) for each in arguments[0]], *arguments[1:])
            result = value(*arguments, **named)
            return _finished(result) if inspect.iscoroutine(result) else result

        return verb

    def __repr__(self) -> str:
        return f"<{self._kind} {type(self.component).__name__}>"


def _takes_pictures(method: Any) -> bool:
    return next(iter(inspect.signature(method).parameters), "") == "pictures"


def _finished(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The coroutine's result. In a thread of its own, so that a notebook's running loop is no matter."""
    outcome: list[Any] = []

    def work() -> None:
        try:
            outcome.append((asyncio.run(coroutine), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    value, error = outcome[0]
    if error is not None:
        raise error
    return value


def create(kind: str, name: str, *, seed: int = 0, device: str = "auto", **options: Any) -> Embedded:
    """Build one component with its options; ``parts={...}`` as in run.yaml.

    >>> create("refiner", "top", count=3)
    <refiner Top>

    Raises:
        UnknownComponent: no plugin has it; says what to install.
        InvalidOptions: an option that it refuses.
    """
    part = resolve_part(kind, {"use": name, **options}, plugins())
    numbered = resolve_part("visual_prompt", {"use": "numbered", "as": "visual_prompt"}, plugins())
    workshop = Workshop(seed=seed, device=device)
    return Embedded(kind, workshop.host(lend(part, [numbered])).instance())
