"""The backend ``langchain``: one request in, one reply out, by whichever chat model LangChain makes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lskd_toolkit import ChatReply, ChatRequest, Unreachable, UsageError, price_of

from .options import LangChainOptions
from .quiet import quiet

if TYPE_CHECKING:
    from lskd_toolkit import Context


class LangChain:
    """A model of ``provider:name``. It is made when the first request is sent, so that a finished run is
    read back without its package and without a key."""

    can = frozenset({"images", "schema", "tools"})

    def __init__(self, options: LangChainOptions, ctx: Context | None = None):
        self.options = options
        provider, _, self.model = options.model.partition(":")
        self.endpoint = f"langchain:{provider}{f' {options.base_url}' if options.base_url else ''}"
        self.in_flight = options.in_flight
        self.price = price_of(self.model)
        self._made: Any = None
        self._making = asyncio.Lock()
        takes = self.price is None or self.price.temperature
        self._sampling = takes if options.sampling is None else options.sampling

    def usd(self, tokens_in: int, tokens_out: int) -> float | None:
        o = self.options
        if o.usd_per_million_in is not None and o.usd_per_million_out is not None:
            return (tokens_in * o.usd_per_million_in + tokens_out * o.usd_per_million_out) / 1e6
        return None if self.price is None else self.price.most(tokens_in, tokens_out)

    def _cost(self, reply: ChatReply) -> float | None:
        if self.options.usd_per_million_in is not None and self.options.usd_per_million_out is not None:
            return self.usd(reply.tokens_in, reply.tokens_out)
        if self.price is None:
            return None
        return self.price.usd(reply.tokens_in, reply.tokens_out, reply.cached)

    async def complete(self, request: ChatRequest) -> ChatReply:
        """The reply to a request, sent once.

        Raises:
            Busy, Unreachable: it may be sent again.
            RequestRejected: never send it again.
            KeyMissing, UsageError: the key, the model's name or its package is missing or wrong.
        """
        from . import faults, talking

        model = await self._model()
        messages = await asyncio.to_thread(talking.theirs, request)
        try:
            with quiet():
                async with asyncio.timeout(self.options.timeout):
                    raw = await self._asked(model, request).ainvoke(messages)
        except TimeoutError as error:
            raise Unreachable(f"{self.endpoint} gave no answer in {self.options.timeout:g} s") from error
        except Exception as error:
            reply = talking.unfinished(error, self.model)
            if reply is None:
                raise faults.ours(error, self.endpoint) from error
        else:
            reply = talking.ours(raw, self.model)
        return replace(reply, usd=self._cost(reply))

    def _asked(self, model: Any, request: ChatRequest) -> Any:
        """The model with this request's schema, tools and sampling bound to it."""
        named: dict[str, Any] = {"max_tokens": request.max_tokens}
        if self._sampling:
            named["temperature"] = request.temperature
        if request.stop:
            named["stop"] = list(request.stop)
        named = {**{k: v for k, v in named.items() if k not in self.options.kwargs}, **request.options}
        if request.tools:
            tools = [
                {
                    "type": "function",
                    "function": {
                        "name": t.name, "description": t.description, "parameters": dict(t.parameters),
                    },
                }
                for t in request.tools
            ]  # fmt: skip
            choice = {"tool_choice": "none"} if request.tool_choice == "none" else {}
            return model.bind_tools(tools, **choice).bind(**named)
        if request.schema is not None and self.options.structured:
            bound = _structured(model, request)
            if bound is not None:
                return bound.bind(**named)
        return model.bind(**named)

    async def _model(self) -> Any:
        async with self._making:
            if self._made is None:
                self._made = await asyncio.to_thread(self._make)
            return self._made

    def _make(self) -> Any:
        """The model, told not to retry: waiting and sending again happen in one place, the core's."""
        from langchain.chat_models import init_chat_model

        given: dict[str, Any] = {"max_retries": 0, **self.options.kwargs}
        if self.options.model.startswith("openai:"):
            given.setdefault("use_responses_api", False)  # what compatible servers speak is the older one
        if self.options.base_url:
            given["base_url"] = self.options.base_url
        try:
            with quiet():
                return init_chat_model(self.options.model, **given)
        except ImportError as error:
            raise UsageError(f"{self.options.model}: {' '.join(str(error).split())}") from error
        except Exception as error:
            from . import faults

            told = faults.ours(error, self.endpoint)
            if isinstance(told, Unreachable):
                raise UsageError(
                    f"the model {self.options.model!r} cannot be made: {' '.join(str(error).split())[:300]}"
                ) from error
            raise told from error


def _structured(model: Any, request: ChatRequest) -> Any:
    """The model bound to answer by the schema in its provider's own way, or None if it has none."""
    schema = {"title": "statements", "description": "The reply.", **(request.schema or {})}
    try:
        chain = model.with_structured_output(schema, method="json_schema", include_raw=True)
    except (NotImplementedError, TypeError, ValueError):
        return None
    # The chain is the bound model and a parser after it; ours is more tolerant, so the model alone is taken.
    first = getattr(chain, "first", None)
    steps = getattr(first, "steps__", None) or {}
    bound = steps.get("raw")
    return bound if hasattr(bound, "bind") else None
