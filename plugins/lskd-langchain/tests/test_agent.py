"""The agent looks, then writes; asked again it asks nobody; what stops it comes out as it was raised."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from lskd_langchain.agent import agent

from lskd_toolkit import (
    BudgetReached,
    ChatReply,
    Descriptor,
    Image,
    Lesson,
    PluginError,
    Region,
    Scene,
    ToolCall,
    ToolSpec,
    Unreachable,
)
from lskd_toolkit.errors import ConfigError, Deferred
from lskd_toolkit.llm import Budget, Door, Ledger
from lskd_toolkit.teaching.options import TeacherOptions
from lskd_toolkit.teaching.prompt import Prompt
from lskd_toolkit.teaching.toolbox import Tool, Toolbox

SCENE = Scene(
    Image("a", "a", "ab" * 32, 64, 64),
    (Region(0, (0, 0, 9, 9), label="dog"), Region(3, (9, 9, 20, 20), label="ball")),
    (Descriptor("global", "a park"),),
)
PROMPT = Prompt(
    name="p", version=1, instruction="{{ scene }}", system="Be good.", inference_types=("intent",),
    look="Look {{ steps }} times.", enough="Write now.",
)  # fmt: skip
STATEMENT = {"question": "Why does [0] run?", "answer": "It wants [3].", "rationale": "[3] rolls.",
             "inference": "intent", "evidence": [1], "confidence": "high"}  # fmt: skip
WRITTEN = json.dumps({"statements": [STATEMENT]})


def look(region=0, **more):
    return ChatReply("", usd=0.01, calls=(ToolCall("ask", {"region": region, **more}),))


class Scripted:
    """A model that says what it is told to, in order; an exception is raised."""

    endpoint, model, can = "test", "m1", frozenset({"schema", "tools"})

    def __init__(self, *replies):
        self.replies, self.requests = list(replies), []

    async def complete(self, request):
        self.requests.append(request)
        reply = self.replies[len(self.requests) - 1]
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, ChatReply) else ChatReply(reply, usd=0.01)

    def usd(self, tokens_in, tokens_out):
        return 0.0


def asker(asked):
    """A tool that knows that everything is red, and notes when it is asked."""

    async def see(arguments):
        if arguments.get("region") not in (0, 3):
            raise ValueError("region must be 0 or 3")
        asked.append(arguments["region"])
        return Descriptor(
            "dynamic", f"[{arguments['region']}] is red", (arguments["region"],), 0.9, "vqa", "?"
        )

    spec = ToolSpec("ask", "Ask.", {"type": "object", "properties": {"region": {"type": "integer"}}})
    return Tool(spec, see, {})


def lesson_over(backend, ledger=None, tools=None, asked=None, scene=SCENE, prompt=PROMPT, **options):
    door = Door(backend, ledger or Ledger.in_memory(), Budget())
    tools = [asker([] if asked is None else asked)] if tools is None else tools
    return Lesson(scene, prompt, door, TeacherOptions(**options), 0, Toolbox(door, {}, tools))


def taught(*arguments, **named):
    return asyncio.run(agent(lesson_over(*arguments, **named)))


def test_it_looks_and_then_writes():
    asked = []
    backend = Scripted(look(0), look(3), WRITTEN)
    made = taught(backend, asked=asked)
    assert asked == [0, 3]
    assert [s.answer for s in made.statements] == ["It wants [3]."]
    assert [d.text for d in made.descriptors] == ["[0] is red", "[3] is red"]
    assert len(made.replies) == 3
    first, second, third = backend.requests
    assert first.messages[-1].text.endswith("Look 4 times.")
    assert [t.name for t in first.tools] == ["ask"]
    assert [(m.role, m.text) for m in second.messages[1:]] == [("assistant", ""), ("tool", "[0] is red")]
    assert second.messages[1].calls == (ToolCall("ask", {"region": 0}),)
    assert all(r.schema == first.schema for r in (second, third))


def test_asked_again_nothing_is_asked_of_anybody():
    asked, ledger = [], Ledger.in_memory()
    backend = Scripted(look(0), look(3), WRITTEN)
    made = [taught(backend, ledger, asked=asked) for _ in range(3)]
    assert made[0] == made[1] == made[2]
    assert len(backend.requests) == 3
    assert asked == [0, 3]


def test_keys_are_the_same_in_another_process(tmp_path):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from test_agent import *; "
        "print(*taught(Scripted(look(0), look(3), WRITTEN)).replies)"
    )
    folder = str(Path(__file__).parent)
    told = [
        subprocess.run(
            [sys.executable, "-c", code, folder], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert told[0] == told[1]
    assert len(told[0].split()) == 3


@pytest.mark.parametrize("error", [BudgetReached("cap"), Deferred("batch"), Unreachable("gone")])
@pytest.mark.parametrize("at", [0, 1])
def test_what_stops_it_comes_out_as_it_was_raised_and_the_conversation_goes_on_later(at, error, monkeypatch):
    monkeypatch.setattr("lskd_toolkit.llm.rate.FIRST_WAIT", 0.0)
    asked, ledger = [], Ledger.in_memory()
    replies = [look(0), look(3), WRITTEN]
    failing = Scripted(*replies[:at], *[error] * 8)
    with pytest.raises(type(error)):
        taught(failing, ledger, asked=asked)
    backend = Scripted(*replies[at:])
    assert len(taught(backend, ledger, asked=asked).statements) == 1
    assert len(backend.requests) == 3 - at
    assert asked == [0, 3]


def test_an_answer_is_durable_before_the_model_is_asked_on(tmp_path):
    path = tmp_path / "ledger.sqlite"
    seen = []

    class Watching(Scripted):
        async def complete(self, request):
            other = Ledger(path, readonly=True)
            seen.append(other._reader.execute("SELECT COUNT(*) FROM answers").fetchone()[0])
            other.close()
            return await super().complete(request)

    ledger = Ledger(path)
    taught(Watching(look(0), look(3), WRITTEN), ledger)
    ledger.close()
    assert seen == [0, 1, 2]


@pytest.mark.parametrize("bound", [{"steps": 2}, {"max_usd_a_scene": 0.02}])
def test_after_so_many_looks_or_so_much_money_it_has_to_write(bound):
    backend = Scripted(look(0), look(3), WRITTEN)
    made = taught(backend, **bound)
    assert len(made.statements) == 1
    last = backend.requests[-1]
    assert last.messages[-1].text == "Write now."
    assert (last.tool_choice, backend.requests[0].tool_choice) == ("none", "auto")
    assert len(last.tools) == 1


def test_one_that_will_not_stop_looking_is_read_and_asked_once_more():
    backend = Scripted(*[look(0)] * 3, WRITTEN)
    made = taught(backend, steps=2)
    assert len(made.statements) == 1
    assert len(backend.requests) == 4
    assert "cannot be used" in backend.requests[-1].messages[-1].text


def test_a_call_that_does_not_fit_is_told_so_counts_and_becomes_no_descriptor():
    backend = Scripted(look(7), ChatReply("", calls=(ToolCall("fly", {}),)), WRITTEN)
    made = taught(backend, steps=2)
    told = [m.text for m in backend.requests[-1].messages if m.role == "tool"]
    assert told[0] == "region must be 0 or 3"
    # In words of ours: LangChain's own might change, and the requests' keys with them.
    assert told[1] == "there is no tool 'fly'; there are: ask"
    assert made.descriptors == ()
    assert backend.requests[-1].tool_choice == "none"


def test_calls_made_together_are_answered_in_their_order():
    both = ChatReply("", calls=(ToolCall("ask", {"region": 3}), ToolCall("ask", {"region": 0})))
    backend = Scripted(both, WRITTEN)
    taught(backend)
    assert [m.text for m in backend.requests[1].messages[-2:]] == ["[3] is red", "[0] is red"]


@pytest.mark.parametrize("status", ["refused", "cut"])
def test_a_conversation_that_is_refused_or_cut_ends(status):
    backend = Scripted(look(0), ChatReply("no", status, calls=(ToolCall("ask", {"region": 3}),)))
    made = taught(backend)
    assert made.statements == ()
    assert made.rejected
    assert len(backend.requests) == 2


def test_each_region_asked_about_has_a_conversation_of_its_own():
    class Writes(Scripted):
        async def complete(self, request):
            self.requests.append(request)
            await asyncio.sleep(0)
            return ChatReply(WRITTEN) if any(m.role == "tool" for m in request.messages) else look(0)

    backend = Writes()
    prompt = PROMPT.model_copy(update={"focus": "region", "instruction": "{{ focus }} {{ scene }}"})
    made = taught(backend, prompt=prompt)
    assert len(backend.requests) == 4
    assert [s.id for s in made.statements] == [0, 1]


def test_many_at_once_do_not_mix():
    class Echo(Scripted):
        async def complete(self, request):
            await asyncio.sleep(0)
            image = (
                next(m.text for m in request.messages if "here is" in m.text).split("here is ")[1].split()[0]
            )
            if any(m.role == "tool" for m in request.messages):
                return ChatReply(json.dumps({"statements": [{**STATEMENT, "answer": f"{image} wants [3]."}]}))
            return look(0)

    ledger = Ledger.in_memory()

    def lesson(i):
        scene = Scene(
            Image(str(i), "", f"{i:064}", 9, 9), SCENE.regions, (Descriptor("global", f"here is {i}"),)
        )
        return agent(lesson_over(Echo(), ledger, scene=scene))

    async def all_of_them():
        return await asyncio.gather(*map(lesson, range(40)))

    made = asyncio.run(all_of_them())
    assert [t.statements[0].answer for t in made] == [f"{i} wants [3]." for i in range(40)]


def test_without_a_tool_that_helps_it_just_writes():
    backend = Scripted(WRITTEN)
    assert len(taught(backend, tools=[]).statements) == 1
    assert backend.requests[0].tools == ()


def test_a_backend_that_cannot_call_tools_is_named_with_what_to_do():
    backend = Scripted(WRITTEN)
    backend.can = frozenset({"schema"})
    with pytest.raises(ConfigError, match="--strategy reflect"):
        taught(backend)


def test_money_is_bounded_only_where_it_is_known():
    backend = Scripted(WRITTEN)
    backend.usd = lambda tokens_in, tokens_out: None
    with pytest.raises(ConfigError, match="price"):
        taught(backend, max_usd_a_scene=0.1)
    assert backend.requests == []


def test_a_scene_s_money_is_shared_among_its_samples():
    backend = Scripted(look(0), look(3), WRITTEN)
    taught(backend, max_usd_a_scene=0.08, samples=4)
    assert [r.tool_choice for r in backend.requests] == ["auto", "auto", "none"]


def test_of_calls_made_together_no_more_are_heard_than_looks_are_left():
    asked = []
    many = ChatReply("", calls=tuple(ToolCall("ask", {"region": i % 2 * 3}) for i in range(9)))
    backend = Scripted(look(0), many, WRITTEN)
    taught(backend, steps=3, asked=asked)
    last = backend.requests[-1]
    assert sum(m.role == "tool" for m in last.messages) == 3
    assert [len(m.calls) for m in last.messages if m.role == "assistant" and m.calls] == [1, 2]
    assert last.tool_choice == "none"


def test_descriptors_stand_in_the_order_of_the_calls_whichever_is_answered_first():
    async def see(arguments):
        await asyncio.sleep(0.05 if arguments["region"] == 0 else 0)
        return Descriptor("dynamic", f"[{arguments['region']}] is red", (arguments["region"],))

    tool, ledger = (
        Tool(ToolSpec("ask", "Ask.", {"type": "object", "properties": {}}), see, {}),
        Ledger.in_memory(),
    )
    both = ChatReply("", calls=(ToolCall("ask", {"region": 0}), ToolCall("ask", {"region": 3})))
    first = taught(Scripted(both, WRITTEN), ledger, tools=[tool])
    assert [d.text for d in first.descriptors] == ["[0] is red", "[3] is red"]
    assert taught(Scripted(), ledger, tools=[tool]) == first


def test_a_tool_that_breaks_comes_out_as_it_broke_and_costs_the_others_nothing():
    asked, broken = [], True

    async def see(arguments):
        if arguments["region"] == 0 and broken:
            raise PluginError("the vqa part broke")
        await asyncio.sleep(0.02)
        asked.append(arguments["region"])
        return Descriptor("dynamic", f"[{arguments['region']}] is red", (arguments["region"],))

    tool, ledger = (
        Tool(ToolSpec("ask", "Ask.", {"type": "object", "properties": {}}), see, {}),
        Ledger.in_memory(),
    )
    both = ChatReply("", calls=(ToolCall("ask", {"region": 0}), ToolCall("ask", {"region": 3})))
    backend = Scripted(both, WRITTEN)
    with pytest.raises(PluginError, match="the vqa part broke"):
        taught(backend, ledger, tools=[tool])
    assert asked == [3]
    broken = False
    assert len(taught(backend, ledger, tools=[tool]).descriptors) == 2
    assert asked == [3, 0]
    assert len(backend.requests) == 2


def test_an_answer_without_words_is_an_answer():
    asked = []

    async def see(arguments):
        asked.append(1)
        return Descriptor("dynamic", "", (0,), 0.0)

    tool = Tool(ToolSpec("ask", "Ask.", {"type": "object", "properties": {}}), see, {})
    backend = Scripted(look(0), WRITTEN)
    taught(backend, tools=[tool])
    assert asked == [1]
    assert backend.requests[1].messages[-1].text == ""


ONE_PROCESS = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from test_agent import *
path, at = sys.argv[2], int(sys.argv[3])

class Counting(Scripted):
    async def complete(self, request):
        looked = sum(m.role == "tool" for m in request.messages)
        if looked == at:
            os.kill(os.getpid(), signal.SIGKILL)
        print("asked", flush=True)
        return ChatReply(WRITTEN) if looked == 2 else look(3 * looked)

made = taught(Counting(), Ledger(path))
print("taught", len(made.statements), [d.text for d in made.descriptors])
"""


@pytest.mark.parametrize("at", [0, 1, 2])
def test_killed_in_the_middle_of_a_conversation_it_goes_on_there(at, tmp_path):
    def process(at):
        words = [sys.executable, "-c", ONE_PROCESS, str(Path(__file__).parent), str(tmp_path / "l.sqlite")]
        done = subprocess.run([*words, str(at)], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.split("\n")[:-1]

    assert process(at) == (-signal.SIGKILL, ["asked"] * at)
    end = "taught 1 ['[0] is red', '[3] is red']"
    assert process(-1) == (0, [*["asked"] * (3 - at), end])
    assert process(-1) == (0, [end])


@pytest.mark.parametrize(
    ("provider", "model"), [("openai", "gpt-6.1-terra"), ("anthropic", "claude-sonnet-5-5")]
)
def test_through_a_provider_s_own_class_it_looks_and_writes(provider, model, monkeypatch):
    pytest.importorskip(f"langchain_{provider}")
    from lskd_langchain.backend import LangChain
    from lskd_langchain.options import LangChainOptions

    from lskd_toolkit.teaching.prompt import load_prompt
    from lskd_toolkit.testing.vendors import fake_vendors

    asked, ledger = [], Ledger.in_memory()
    with fake_vendors() as vendors:
        url = vendors.openai_url if provider == "openai" else vendors.anthropic_url
        backend = LangChain(LangChainOptions(model=f"{provider}:{model}", base_url=url))
        made = [taught(backend, ledger, asked=asked, prompt=load_prompt("qar-id"), steps=2) for _ in range(2)]
        assert made[0] == made[1]
        assert len(vendors.calls) == len(made[0].replies) >= 2
    assert made[0].statements
    assert made[0].descriptors
    assert asked


def test_a_tracer_of_the_program_around_it_hears_nothing():
    from langchain_core.tracers.context import tracing_v2_callback_var

    class Tracer:
        def __getattr__(self, name):
            raise AssertionError("somebody listens")

    outer = tracing_v2_callback_var.set(Tracer())
    try:
        assert taught(Scripted(look(0), WRITTEN)).statements
    finally:
        tracing_v2_callback_var.reset(outer)
