"""A LangChain chat model that asks our door, so that an agent's every request is in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import cache
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import StructuredTool

from .talk import Talk

TALK: ContextVar[Talk] = ContextVar("talk")
"""The conversation that a graph is run for. The graph itself is the same for all that have its tools."""
ANY = {"type": "object", "properties": {}, "additionalProperties": True}
"""Arguments go through as they are: our tools say themselves what does not fit."""


class Bridge(BaseChatModel):
    """A model without state: it hands LangChain's messages to the conversation and its reply back."""

    @property
    def _llm_type(self) -> str:
        return "lskd"

    def bind_tools(self, tools: Sequence[Any], **named: Any) -> Bridge:  # type: ignore[override]
        """The request tells the model of its tools; nothing is bound here."""
        return self

    def _generate(self, *arguments: Any, **named: Any) -> ChatResult:
        raise NotImplementedError("agents are asynchronous")

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **named: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=await TALK.get().asked(messages))])


def _tool(name: str) -> Callable[..., Any]:
    async def use(**arguments: Any) -> str:
        return await TALK.get().looked(name, arguments)

    return use


@cache
def graph(names: tuple[str, ...]) -> Any:
    """LangChain's agent with these tools, made once: building it takes longer than running it."""
    tools = [
        StructuredTool(name=name, description=name, args_schema=ANY, coroutine=_tool(name)) for name in names
    ]
    return create_agent(Bridge(), tools)
