"""The backend ``langchain``: one request in, one reply out, by whichever chat model LangChain makes."""

from __future__ import annotations

import asyncio
import itertools
import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lskd_toolkit import ChatReply, ChatRequest, KeyMissing, Price, Unreachable, UsageError, price_of

from .manners import VENDORS, at_vendor, forbids_calls, gated, key_name, made_with, may_call, strict
from .options import LangChainOptions
from .quiet import quiet

if TYPE_CHECKING:
    from lskd_toolkit import Context

SCHEMA_NAME = "reply"
MADE = itertools.count(1)
"""Models made in this process: each has a time-out of its own."""


class LangChain:
    """A model of ``provider:name``. It is made when it is first needed, so that a finished run is read back
    without its package and without a key."""

    def __init__(self, options: LangChainOptions | None, ctx: Context | None = None):
        self.options = options = options or LangChainOptions()
        self.provider, _, self.model = options.model.partition(":")
        self.endpoint = f"langchain:{self.provider}{f' {options.base_url}' if options.base_url else ''}"
        self.in_flight = options.in_flight
        known = price_of(self.model)
        self.price = _price(options, self.model, known)
        self.given = {
            **made_with(self.provider, self.model, options.base_url, known), **options.kwargs,
        }  # fmt: skip
        tools = ["tools"] if may_call(self.provider, self.model, self.given, known) else []
        self.can = frozenset({"images", "schema", *tools})
        takes = known is None or known.temperature
        self._sampling = takes if options.sampling is None else options.sampling
        # A model holds connections, and those belong to the loop they were made in.
        self._models: dict[asyncio.AbstractEventLoop, Any] = {}

    def usd(self, tokens_in: int, tokens_out: int) -> float | None:
        """The most that a request can cost."""
        return None if self.price is None else self.price.most(tokens_in, tokens_out)

    def ready(self) -> None:
        """Asked before a run begins.

        Raises:
            KeyMissing, UsageError: the key, the model's name or its package is missing or wrong.
        """
        self._make()

    async def complete(self, request: ChatRequest) -> ChatReply:
        """The reply to a request, sent once.

        Raises:
            Busy, Unreachable: it may be sent again.
            RequestRejected: never send it again.
            KeyMissing, UsageError: the key, the model's name or its package is missing or wrong.
            BackendUnavailable: the provider wants money first.
        """
        model = await self._model()
        from . import faults, talking

        if any(message.sights for message in request.messages):
            messages = await asyncio.to_thread(talking.theirs, request)
        else:
            messages = talking.theirs(request)
        try:
            with quiet():
                async with asyncio.timeout(self.options.timeout):
                    asked, by_tool = self._asked(model, request)
                    raw = await asked.ainvoke(messages)
        except TimeoutError as error:
            raise Unreachable(f"{self._where} gave no answer in {self.options.timeout:g} s") from error
        except Exception as error:
            raise faults.ours(error, self._where, key_name(self.provider)) from None
        return talking.ours(raw, self.model, self.price, by_tool=by_tool)

    @property
    def _where(self) -> str:
        return f"{self.model} at {self.endpoint}"

    # --- what is asked ----------------------------------------------------------------------------------

    def _asked(self, model: Any, request: ChatRequest) -> tuple[Any, bool]:
        """The model with this request's schema, tools and sampling bound to it, and whether its reply comes
        as the arguments of a call."""
        named: dict[str, Any] = {"max_tokens": request.max_tokens}
        if self._sampling:
            named["temperature"] = request.temperature
        if request.stop:
            named["stop"] = list(request.stop)
        named = {**{k: v for k, v in named.items() if k not in self.options.kwargs}, **request.options}
        form, by_tool = self._form(model, request)
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
            choice = forbids_calls(model) if request.tool_choice == "none" else {}
            model = model.bind_tools(tools, **choice)
        return model.bind(**form, **named), by_tool

    def _form(self, model: Any, request: ChatRequest) -> tuple[dict[str, Any], bool]:
        """What binds the reply to the request's schema, in its provider's own way; nothing where it has
        none. Beside tools only for providers that are known to take both."""
        if request.schema is None or not self.options.structured:
            return {}, False
        at_home = at_vendor(self.provider, self.options.base_url)
        if self.provider == "openai" and not self.given.get("use_responses_api"):
            # Servers that bind the decoding to a schema from the first token on would never call a tool.
            if request.tools and request.tool_choice == "auto" and not at_home:
                return {}, False
            return _openai_form(model, request, at_home), False
        if request.tools and self.provider != "anthropic":
            return {}, False
        return _form_of(model, request)

    # --- the model --------------------------------------------------------------------------------------

    async def _model(self) -> Any:
        loop = asyncio.get_running_loop()
        if loop not in self._models:
            made = await asyncio.to_thread(self._make)
            self._models = {each: kept for each, kept in self._models.items() if not each.is_closed()}
            self._models.setdefault(loop, made)
        return self._models[loop]

    def _make(self) -> Any:
        """The model, told not to retry: waiting and sending again happen in one place, the core's."""
        key, at_home = key_name(self.provider), at_vendor(self.provider, self.options.base_url)
        if self.provider in VENDORS and at_home and not os.environ.get(key):
            # One class is made without, and fails at the first request; another takes LangSmith's instead.
            raise KeyMissing(f"{key} is not set: export {key}=…")
        if gated() and "base_url" not in self.given:
            raise UsageError(
                "LANGSMITH_GATEWAY would send all that is asked to LangSmith: unset it, or say where the "
                "model is with --set teacher.base_url=URL"
            )
        from langchain.chat_models import init_chat_model

        given = dict(self.given)
        if self.provider in VENDORS:
            # LangChain's models of the same time-out share connections, also with a loop that is long closed.
            given.setdefault("timeout", self.options.timeout + 1 + next(MADE) / 1000)
        try:
            with quiet():
                return init_chat_model(self.options.model, **given)
        except ImportError as error:
            raise UsageError(f"{self.options.model}: {' '.join(str(error).split())}") from error
        except Exception as error:
            from . import faults

            told = faults.ours(error, self._where, key)
            if isinstance(told, Unreachable):
                raise UsageError(
                    f"the model {self.options.model!r} cannot be made: {faults.said(error)}"
                ) from None
            raise told from None


def _price(options: LangChainOptions, model: str, known: Price | None) -> Price | None:
    """The prices that hold; None when nobody knows them. Prices that the user gives hold for cached tokens
    too: what a cache saves there is not known."""
    usd_in, usd_out = options.usd_per_million_in, options.usd_per_million_out
    if usd_in is None or usd_out is None:
        return known
    line = known or Price(model, 0.0, 0.0, datetime.now(UTC).date(), "options")
    return replace(
        line, usd_in=usd_in, usd_out=usd_out, cache_read=None, cache_write=None, cache_write_hour=None,
        source="options",
    )  # fmt: skip


def _openai_form(model: Any, request: ChatRequest, at_home: bool) -> dict[str, Any]:
    """As Chat Completions want it. It goes past LangChain into the body: with a schema of its own knowing it
    refuses tools that are not strict, and raises in place of a reply that was cut."""
    form: dict[str, Any] = {"name": SCHEMA_NAME, "schema": dict(request.schema or {})}
    if at_home and strict(request.schema):
        form["strict"] = True
    body = getattr(model, "extra_body", None) or {}
    return {"extra_body": {**body, "response_format": {"type": "json_schema", "json_schema": form}}}


def _form_of(model: Any, request: ChatRequest) -> tuple[dict[str, Any], bool]:
    """As the model's class binds a schema, less the parser after it: ours is more tolerant."""
    schema = {"title": SCHEMA_NAME, "description": "The reply.", **(request.schema or {})}
    try:
        chain = model.with_structured_output(schema, method="json_schema", include_raw=True)
    except (NotImplementedError, TypeError, ValueError):
        return {}, False
    steps = getattr(getattr(chain, "first", None), "steps__", None) or {}
    form = dict(getattr(steps.get("raw"), "kwargs", None) or {})
    form.pop("ls_structured_output_format", None)  # meant for LangSmith
    return form, "tools" in form
