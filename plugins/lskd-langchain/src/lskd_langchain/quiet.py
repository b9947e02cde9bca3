"""Nothing is told to anybody but the model: LangSmith does not listen, whatever the environment says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Within it LangChain traces nothing, also where LANGSMITH_TRACING or LANGCHAIN_TRACING_V2 ask for it."""
    from langsmith import tracing_context

    with tracing_context(enabled=False):
        yield
