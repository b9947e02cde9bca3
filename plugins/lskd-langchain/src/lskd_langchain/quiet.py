"""Nothing is told to anybody but the model: LangSmith does not listen, whatever the environment says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from lskd_toolkit import UsageError

OLD = ("LANGCHAIN_TRACING", "LANGCHAIN_HANDLER")
"""Variables of a tracer that is gone: with one set LangChain works only while it is traced by the new one."""


@contextmanager
def quiet() -> Iterator[None]:
    """Within it LangChain traces nothing, also where LANGSMITH_TRACING or LANGCHAIN_TRACING_V2 ask for it, or
    a program that all this is a part of.

    Raises:
        UsageError: the environment forbids LangChain to work untraced.
    """
    from langchain_core.tracers.context import tracing_v2_callback_var
    from langsmith import tracing_context

    for name in OLD:
        if os.environ.get(name, "") not in ("", "0", "false", "False"):
            raise UsageError(f"LangChain does not work untraced while {name} is set: unset {name}")
    outer = tracing_v2_callback_var.set(None)
    try:
        with tracing_context(enabled=False):
            yield
    finally:
        tracing_v2_callback_var.reset(outer)
