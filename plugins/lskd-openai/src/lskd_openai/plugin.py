"""What lskd-openai announces: ChatGPT, and what speaks as it does, as a chat backend."""

from __future__ import annotations

from collections.abc import Iterator

from lskd_toolkit import Component, hookimpl


@hookimpl
def lskd_backends() -> Iterator[Component]:
    yield Component(
        "backend", "chatgpt", "ChatGPT, or any server of OpenAI's API (vLLM, Ollama, llama.cpp): sighted.",
        "lskd_openai.chatgpt:ChatGpt", "lskd_openai.options:ChatGptOptions", reads=(), paid=True,
    )  # fmt: skip
