"""What reading an agent's conversation back costs: all replies and tool answers are in the ledger.

    python benchmarks/agent_replay.py               200 scenes of three steps, five rounds

Each scene's lesson is begun anew and walks through LangChain's agent as it did the first time: two looks,
then the statements. The limit is 5 ms of CPU a scene. Two other numbers tell where it goes: LangChain's graph
alone with a model and tools that answer at once, and the strategy ``oneshot`` over the same scenes. Of each:
the mean over the scenes in the median round, and the median scene (p50).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage
from lskd_langchain.agent import agent
from lskd_langchain.bridge import TALK, graph
from lskd_langchain.quiet import quiet

from lskd_toolkit import ChatReply, Descriptor, Image, Lesson, Region, Scene, ToolCall, ToolSpec
from lskd_toolkit.llm import Budget, Door, Ledger
from lskd_toolkit.teaching.oneshot import oneshot
from lskd_toolkit.teaching.options import TeacherOptions
from lskd_toolkit.teaching.prompt import load_prompt
from lskd_toolkit.teaching.toolbox import Tool, Toolbox

LOOKS = 2
SPEC = ToolSpec(
    "ask", "Ask about a region.", {"type": "object", "properties": {"region": {"type": "integer"}}}
)
WRITTEN = json.dumps(
    {
        "statements": [
            {
                "inference": "intent", "evidence": [1], "question": f"What may happen to [{k}] next?",
                "answer": f"[{k}] is taken away soon.", "rationale": f"[{k}] stands near [{k + 1}], ready.",
                "confidence": "low",
            }
            for k in range(4)
        ]
    }
)  # fmt: skip


class Backend:
    """Looks twice, then writes; counts how often it is asked."""

    endpoint, model, can = "replay", "replay", frozenset({"schema", "tools"})

    def __init__(self) -> None:
        self.calls = 0

    async def complete(self, request: Any) -> ChatReply:
        self.calls += 1
        looked = sum(m.role == "tool" for m in request.messages)
        if request.tools and looked < LOOKS:
            return ChatReply("", tokens_in=900, tokens_out=30, calls=(ToolCall("ask", {"region": looked}),))
        return ChatReply(WRITTEN, tokens_in=1000, tokens_out=300)

    def usd(self, tokens_in: int, tokens_out: int) -> float:
        return 0.0


def scene(number: int) -> Scene:
    """8 regions and 24 descriptors."""
    regions = tuple(Region(k, (k * 10, 5, k * 10 + 30, 60), label="thing") for k in range(8))
    words = (
        *(Descriptor("global", f"a place of kind {number} and {k}") for k in range(9)),
        *(Descriptor("local", f"thing {k} of scene {number}, from the side", (k,)) for k in range(8)),
        *(Descriptor("relation", f"[{k}] is left of [{k + 1}]", (k, k + 1)) for k in range(7)),
    )
    return Scene(Image(str(number), "", f"{number:064x}", 640, 480), regions, words)


def lesson(each: Scene, door: Door) -> Lesson:
    async def look(arguments: Any) -> Descriptor:
        return Descriptor("dynamic", "it is red", (arguments["region"],), 0.9, "vqa", "What colour?")

    box = Toolbox(door, {"image": each.image.sha256}, [Tool(SPEC, look, {})])
    return Lesson(each, load_prompt("qar-id"), door, TeacherOptions(), 0, box)


Cost = dict[str, float]


async def timed(scenes: list[Scene], work: Callable[[Scene], Awaitable[Any]], rounds: int) -> Cost:
    """Milliseconds of CPU a scene: the mean of the median round, and the median scene of all rounds."""
    means, took = [], []
    for _ in range(rounds):
        started = last = time.process_time()
        for each in scenes:
            await work(each)
            now = time.process_time()
            took.append((now - last) * 1000)
            last = now
        means.append((last - started) / len(scenes) * 1000)
    return {"mean": statistics.median(means), "p50": statistics.median(took)}


async def graph_alone(scenes: list[Scene], rounds: int) -> Cost:
    class Ready:
        def __init__(self) -> None:
            self.said = 0

        async def asked(self, messages: Any) -> AIMessage:
            self.said += 1
            call = {"name": "ask", "args": {"region": 0}, "id": f"call-{self.said}", "type": "tool_call"}
            return AIMessage("", tool_calls=[call] if self.said <= LOOKS else [])

        async def looked(self, name: str, arguments: Any, call: str) -> str:
            return "it is red"

    async def one(each: Scene) -> None:
        TALK.set(Ready())  # type: ignore[arg-type]
        with quiet():
            await graph(("ask",)).ainvoke({"messages": [HumanMessage("begin", id="begin")]})

    return await timed(scenes, one, rounds)


async def measured(count: int, rounds: int) -> dict[str, Any]:
    scenes = [scene(i) for i in range(count)]
    with tempfile.TemporaryDirectory(prefix="lskd-replay-") as folder:
        ledger, backend = Ledger(Path(folder) / "ledger.sqlite"), Backend()
        door = Door(backend, ledger, Budget())
        first = [await agent(lesson(each, door)) for each in scenes]
        asked = backend.calls
        cost = await timed(scenes, lambda each: agent(lesson(each, door)), rounds)
        again = [await agent(lesson(each, door)) for each in scenes]
        assert first == again
        assert all(len(t.statements) == 4 and len(t.descriptors) == LOOKS for t in again)
        assert backend.calls == asked == count * (LOOKS + 1)
        await oneshot(replace(lesson(scenes[0], door), draw=1))
        for each in scenes:
            await oneshot(lesson(each, door))
        told = {
            "scenes": count, "steps": LOOKS + 1, "new_calls": backend.calls - asked - count - 1,
            "agent_ms": cost,
            "graph_alone_ms": await graph_alone(scenes, rounds),
            "oneshot_ms": await timed(scenes, lambda each: oneshot(lesson(each, door)), rounds),
        }  # fmt: skip
        ledger.close()
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    told = asyncio.run(measured(given.scenes, given.rounds))
    if given.json:
        print(json.dumps(told, indent=2))
        return
    print(f"{told['scenes']} scenes of {told['steps']} steps, milliseconds of CPU a scene      mean    p50")
    rows = {
        "agent, from the ledger": "agent_ms", "LangChain's graph alone": "graph_alone_ms",
        "oneshot, from the ledger": "oneshot_ms",
    }  # fmt: skip
    for words, name in rows.items():
        limit = f"   (limit 5; new calls: {told['new_calls']})" if name == "agent_ms" else ""
        print(f"  {words:<52} {told[name]['mean']:6.2f} {told[name]['p50']:6.2f}{limit}")


if __name__ == "__main__":
    main()
