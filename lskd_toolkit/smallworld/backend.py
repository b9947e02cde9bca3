"""Backend ``smallworld``: a scripted chat model that reads the scene in the prompt and answers by the
schema. It refuses, is cut and babbles as often as it is told, each request always in the same way."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Mapping
from typing import Any

from ..llm.messages import ChatReply, ChatRequest
from .grammar import read
from .options import BackendOptions
from .teaching import TYPES, statements
from .world import chance

_REGION = re.compile(r"^\[(\d+)\] (.+)$", re.MULTILINE)


class SmallworldBackend:
    endpoint, model = "smallworld", "scripted-1"

    def __init__(self, options: BackendOptions, ctx: Any = None):
        self.options = options

    def usd(self, tokens_in: int, tokens_out: int) -> float:
        o = self.options
        return (tokens_in * o.usd_per_million_in + tokens_out * o.usd_per_million_out) / 1e6

    async def complete(self, request: ChatRequest) -> ChatReply:
        """A reply made from the last message alone. The call is on the log before it is answered, as a
        vendor's bill is."""
        options = self.options
        text = request.messages[-1].text
        if options.log:
            _note(options.log, text)
        if options.latency:
            await asyncio.sleep(options.latency)
        fate = chance("fate", text, request.draw, request.seed)
        tokens_in = (len(request.system) + sum(len(m.text) for m in request.messages)) // 4
        if fate < options.refuse_rate:
            return self._reply("I cannot help with that.", "refused", tokens_in)
        if fate < options.refuse_rate + options.garbage_rate:
            return self._reply("Well, it is hard to say what goes on here.", "ok", tokens_in)
        answer = self._answer(request, text)
        if fate < options.refuse_rate + options.garbage_rate + options.cut_rate:
            return self._reply(answer[: len(answer) // 2], "cut", tokens_in)
        return self._reply(answer, "ok", tokens_in)

    def _answer(self, request: ChatRequest, text: str) -> str:
        schema = dict(request.schema or {})
        items = schema.get("properties", {}).get("statements", {})
        fields = items.get("items", {}).get("properties", {})
        types = fields.get("inference", {}).get("enum", TYPES)
        knowledge = read([(int(i), words) for i, words in _REGION.findall(text)], text.splitlines())
        made: list[dict[str, str]] = [
            {"question": s.question, "answer": s.answer, "rationale": s.rationale, "inference": s.inference}
            for s in statements(knowledge, types, self.options.hallucinated)
        ]
        fit = [each for each in made if _fits(each, fields)]
        return json.dumps({"statements": fit[: items.get("maxItems", 4)]})

    def _reply(self, text: str, status: Any, tokens_in: int) -> ChatReply:
        tokens_out = len(text) // 4
        return ChatReply(text, status, tokens_in, tokens_out, self.usd(tokens_in, tokens_out), self.model)


def _fits(statement: dict[str, str], fields: Mapping[str, Any]) -> bool:
    """Whether each part is of the pattern that the schema asks for."""
    return all(re.search(fields.get(name, {}).get("pattern", ""), text) for name, text in statement.items())


def _note(path: str, text: str) -> None:
    """Add a line to the log in one write, so that several processes may share it."""
    line = json.dumps(text[-60:]).encode() + b"\n"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(file, line)
    finally:
        os.close(file)
