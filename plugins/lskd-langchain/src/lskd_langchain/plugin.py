"""What lskd-langchain announces: a backend over any chat model, and the strategy ``agent``."""

from __future__ import annotations

from collections.abc import Iterator

from lskd_toolkit import Component, Strategy, hookimpl


@hookimpl
def lskd_backends() -> Iterator[Component]:
    yield Component(
        "backend", "langchain", "Any chat model that LangChain knows: teacher.model=provider:name.",
        "lskd_langchain.backend:LangChain", "lskd_langchain.options:LangChainOptions",
        paid=True, reads=(),
    )  # fmt: skip


@hookimpl
def lskd_strategies() -> Iterator[Strategy]:
    yield Strategy(
        "agent", "Looks with tools before it writes, by LangChain's agent.", "lskd_langchain.agent:agent",
        looks=True,
    )  # fmt: skip
