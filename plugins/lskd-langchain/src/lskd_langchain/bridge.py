"""A LangChain chat model that asks our door, so that an agent's every request is in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from functools import cache
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.outputs import ChatResult
from langchain_core.tools import BaseTool

from .talk import Talk

TALK: ContextVar[Talk] = ContextVar("talk")
"""The conversation that a graph is run for. The graph itself is the same for all that have its tools."""
ANY = {"type": "object", "properties": {}, "additionalProperties": True}


class Bridge(BaseChatModel):
    """A model without state: it hands LangChain's messages to the conversation and its reply back.

    It answers ``ainvoke`` itself, as `Look` does: the callbacks, caches and tracers that LangChain puts
    around a model and a tool are all the door's here, and cost more than reading a reply back.
    """

    @property
    def _llm_type(self) -> str:
        return "lskd"

    def bind_tools(self, tools: Sequence[Any], **named: Any) -> Bridge:
        """The request tells the model of its tools; nothing is bound here."""
        return self

    async def ainvoke(self, input: Any, config: Any = None, **named: Any) -> AIMessage:
        return await TALK.get().asked(input)

    def _generate(self, *arguments: Any, **named: Any) -> ChatResult:
        raise NotImplementedError("agents are asynchronous")


class Look(BaseTool):
    """A tool of the conversation's toolbox, by name. Arguments go through as they are: our tools say
    themselves what does not fit."""

    description: str = "look"
    args_schema: Any = ANY

    async def ainvoke(self, input: Any, config: Any = None, **named: Any) -> ToolMessage:
        told = await TALK.get().looked(self.name, input["args"], input["id"])
        return ToolMessage(told, name=self.name, tool_call_id=input["id"])

    def _run(self, *arguments: Any, **named: Any) -> Any:
        raise NotImplementedError("agents are asynchronous")


@cache
def graph(names: tuple[str, ...]) -> Any:
    """LangChain's agent with these tools, made once: building it takes longer than running it."""
    return create_agent(Bridge(), [Look(name=name) for name in names])
