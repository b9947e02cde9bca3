"""Backend ``smallworld``: a scripted chat model that reads the scene in the prompt and answers by the
schema. It refuses, is cut and babbles as often as it is told, each request always in the same way."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from ..llm.messages import ChatReply, ChatRequest, Message, ToolCall
from .grammar import Knowledge, read, tell_local
from .hallucination import Said
from .options import BackendOptions
from .teaching import TYPES, statements
from .vlm import pointed_at, seen
from .world import chance

_REGION = re.compile(r"^\[(\d+)\] (.+)$", re.MULTILINE)


class SmallworldBackend:
    endpoint, model = "smallworld", "scripted-1"
    can = frozenset({"schema", "tools", "images"})

    def __init__(self, options: BackendOptions, ctx: Any = None):
        self.options = options
        self.in_flight = options.in_flight

    def usd(self, tokens_in: int, tokens_out: int) -> float:
        o = self.options
        return (tokens_in * o.usd_per_million_in + tokens_out * o.usd_per_million_out) / 1e6

    async def complete(self, request: ChatRequest) -> ChatReply:
        """A reply made from the request alone. The call is on the log before it is answered, as a
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
        call = _look(request, options.looks)
        if call is not None:
            return replace(self._reply("", "ok", tokens_in), calls=(call,))
        answer = self._answer(request)
        if fate < options.refuse_rate + options.garbage_rate + options.cut_rate:
            return self._reply(answer[: len(answer) // 2], "cut", tokens_in)
        return self._reply(answer, "ok", tokens_in)

    def _answer(self, request: ChatRequest) -> str:
        if request.schema is None and request.messages[-1].sights:
            return _described(request.messages[-1])
        schema = dict(request.schema or {}).get("properties", {})
        if "checks" in schema:
            return json.dumps({"checks": _checks(request)})
        if "judgements" in schema:
            return json.dumps({"judgements": _judgements(request)})
        if "questions" in schema:
            return json.dumps({"questions": _questions(request)[: schema["questions"].get("maxItems", 4)]})
        items = schema.get("statements", {})
        fields = items.get("items", {}).get("properties", {})
        types = fields.get("inference", {}).get("enum", TYPES)
        # Told what is wrong with its statements, it writes them again without its habits of error.
        wrong = 0.0 if _told_off(request) else self.options.hallucinated
        made: list[dict[str, Any]] = [
            {"question": s.question, "answer": s.answer, "rationale": s.rationale, "inference": s.inference}
            for s in statements(_known(request), types, wrong)
        ]
        fit = [each for each in made if _fits(each, fields)]
        if "evidence" in fields:
            fit = [{**each, "evidence": [], "confidence": "high"} for each in fit]
        return json.dumps({"statements": fit[: items.get("maxItems", 4)]})

    def _reply(self, text: str, status: Any, tokens_in: int) -> ChatReply:
        tokens_out = len(text) // 4
        return ChatReply(text, status, tokens_in, tokens_out, self.usd(tokens_in, tokens_out), self.model)


def _known(request: ChatRequest) -> Knowledge:
    """What the last scene of a conversation says, and what tools have answered since."""
    at = max((i for i, m in enumerate(request.messages) if _REGION.search(m.text)), default=0)
    text = request.messages[at].text.partition("<statements>")[0]  # what is to be judged is no knowledge
    local = [(int(i), words) for i, words in _REGION.findall(text)]
    lines = text.splitlines()
    for before, message in pairwise(request.messages[at:]):
        if message.role == "tool" and before.calls:
            lines += message.text.split("; ")
            if isinstance(region := before.calls[0].arguments.get("region"), int):
                local.append((region, message.text))
    return read(local, lines)


def _told_off(request: ChatRequest) -> bool:
    """Whether the last turn answers the model's own words and brings no new scene."""
    *before, last = request.messages
    return bool(before) and before[-1].role == "assistant" and not _REGION.search(last.text)


def _look(request: ChatRequest, looks: int) -> ToolCall | None:
    """The next call: what each region is, one after the other, as many as it is told to look."""
    asked = [call for m in request.messages for call in m.calls]
    offered = request.tools if request.tool_choice == "auto" else ()
    tool = next((t for t in offered if t.name == "ask"), None)
    if tool is None or len(asked) >= looks:
        return None
    ids = tool.parameters["properties"]["region"]["enum"]
    return ToolCall("ask", {"region": ids[len(asked) % len(ids)], "question": "What is it?"})


def _checks(request: ChatRequest) -> list[dict[str, Any]]:
    """Each statement of a list in the request held against the scene in it."""
    text = request.messages[-1].text
    start = text.find("[\n")
    written, _ = json.JSONDecoder().raw_decode(text, start) if start >= 0 else ([], 0)
    true = {(s.question, s.answer) for s in statements(_known(request), TYPES)}
    return [
        {
            "statement": at, "supported": ok,
            "problem": "" if ok else f"{each['answer']} is not what the notes say",
        }
        for at, each in enumerate(written)
        for ok in [(each["question"], each["answer"]) in true]
    ]  # fmt: skip


def _judgements(request: ChatRequest) -> list[dict[str, Any]]:
    """Each statement of the list in the conversation held against the scene in it: 5 for what the scene
    says, else 1. Asked again, it judges those that it is asked about."""
    given = request.messages[0].text.partition("<statements>")[2].partition("</statements>")[0]
    last = request.messages[-1].text
    wanted = None if "<statements>" in last else {int(n) for n in re.findall(r"\d+", last.rpartition(":")[2])}
    true = statements(_known(request), TYPES)
    answers, whole = ({f(s) for s in true} for f in (_claim, lambda s: (*_claim(s), s.rationale)))
    judged = []
    for each in map(json.loads, given.strip().splitlines()):
        right = (each["question"], each["answer"]) in answers
        justified = (each["question"], each["answer"], each["rationale"]) in whole
        reason = "it is what the notes say" if justified else "the notes do not say it"
        if wanted is None or each["statement"] in wanted:
            judged.append(
                {
                    "statement": each["statement"], "reason": reason, "answer": 5 if right else 1,
                    "rationale": 5 if justified else 1, "accept": right and justified,
                }
            )  # fmt: skip
    return judged


def _claim(said: Said) -> tuple[str, str]:
    return said.question, said.answer


def _described(message: Message) -> str:
    """What the last picture shows: the thing that is asked about, or all that there is."""
    pixels = message.sights[-1].render()
    if (
        "?" not in message.text
        and " region " not in message.text
        and "this picture shows" not in message.text
    ):
        return " and ".join(tell_local(thing) for thing, _ in seen(pixels)) or "nothing"
    found = pointed_at(pixels, None)
    if found is None:
        return "unknown"
    return found[0].colour if "colour" in message.text else f"{tell_local(found[0])}."


def _questions(request: ChatRequest) -> list[dict[str, Any]]:
    """What there is to be asked about each region of the scene that was not asked before."""
    text = "\n".join(message.text for message in request.messages)
    ids = list(dict.fromkeys(int(i) for i, _ in _REGION.findall(request.messages[0].text)))
    asked = [(f"What colour is [{i}]?", [i]) for i in ids] + [(f"What is [{i}]?", [i]) for i in ids]
    asked += [(f"Where is [{a}] relative to [{b}]?", [a, b]) for a, b in pairwise(ids)]
    return [{"question": q, "regions": about} for q, about in asked if q not in text]


def _fits(statement: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
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
