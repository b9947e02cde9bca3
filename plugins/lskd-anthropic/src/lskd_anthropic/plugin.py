"""What lskd-anthropic announces: Claude as a chat backend."""

from __future__ import annotations

from collections.abc import Iterator

from lskd_toolkit import Component, hookimpl


@hookimpl
def lskd_backends() -> Iterator[Component]:
    yield Component(
        "backend", "claude", "Claude, by Anthropic's Messages API: sighted, with tools and batches.",
        "lskd_anthropic.claude:Claude", "lskd_anthropic.options:ClaudeOptions", reads=(), paid=True,
    )  # fmt: skip
