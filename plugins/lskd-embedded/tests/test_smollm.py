"""The small backend: its words to llama.cpp, and that a request has one reply."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pytest
from lskd_embedded.options_language import SmolLMOptions
from lskd_embedded.smollm import MODEL, WEIGHTS, SmolLM, body, read, seed

from lskd_toolkit import ChatRequest, Descriptor, Image, Message, PluginError, Region, Scene, Sight

SCHEMA = {
    "type": "object",
    "properties": {
        "question": {"type": "string", "pattern": "^Why is [a-z ]{3,20} \\[(0|2)\\] here\\?$"},
        "answer": {"type": "string", "pattern": "^The [a-z]{3,8}( [a-z]{1,9}){2,8}\\.$"},
    },
    "required": ["question", "answer"],
    "additionalProperties": False,
}
A = ChatRequest(
    (Message("user", "A photo of a dog [0] and a ball [2]. Ask why the dog is here, and answer."),),
    system="You answer in one sentence.", schema=SCHEMA, max_tokens=80, temperature=0.7, seed=3,
)  # fmt: skip
B = ChatRequest((Message("user", "Name two animals."),), max_tokens=12, temperature=0.7)


def context():
    models: dict[str, object] = {}

    def model(key, loader):
        if key not in models:
            models[key] = loader()
        return models[key]

    return SimpleNamespace(device="cpu", seed=0, model=model)


@pytest.fixture(scope="module")
def smollm(need):
    need(WEIGHTS)
    return SmolLM(None, context())


def ask(backend: SmolLM, *requests: ChatRequest):
    async def all_of_them():
        return [await backend.complete(request) for request in requests]

    return asyncio.run(all_of_them())


def test_a_request_in_the_words_of_llama_cpp():
    asked = body(replace(A, stop=("END",), options={"top_p": 0.9, "cache_prompt": True}))
    assert [m["role"] for m in asked["messages"]] == ["system", "user"]
    assert asked["cache_prompt"] is False, "options must not undo what makes replies repeatable"
    assert (asked["top_p"], asked["stop"], asked["max_tokens"]) == (0.9, ["END"], 80)
    head, _, schema = asked["grammar"].partition("%json ")
    assert head.startswith("%llguidance")
    assert list(json.loads(schema)["properties"]) == ["question", "answer"], "fields come in the order asked"
    assert "grammar" not in body(B)


def test_each_draw_has_its_own_seed_and_each_request_the_same_one_again():
    draws = [seed(replace(A, draw=n)) for n in range(5)]
    assert len(set(draws)) == 5
    assert draws == [seed(replace(A, draw=n)) for n in range(5)]
    assert all(0 <= value < 2**32 - 1 for value in draws)


def test_an_answer_of_llama_cpp_becomes_a_reply():
    answer = {
        "choices": [{"message": {"content": "A d"}, "finish_reason": "length"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 2},
    }
    reply = read(answer)
    assert (reply.text, reply.status, reply.tokens_in, reply.tokens_out) == ("A d", "cut", 7, 2)
    assert (reply.model, reply.usd) == (MODEL, 0.0)
    answer["choices"][0]["finish_reason"] = "stop"
    assert read(answer).status == "ok"


def test_a_full_context_is_an_error_that_says_how_to_mend_it():
    error = {"error": {"type": "exceed_context_size_error", "message": "request (9 tokens) exceeds"}}
    with pytest.raises(PluginError, match=r"smollm\.context"):
        read(error)


def test_pictures_are_refused_before_anything_is_loaded():
    sight = Sight("0" * 64, "plain", lambda: np.zeros((2, 2, 3), np.uint8))
    with pytest.raises(PluginError, match="sees no pictures"):
        ask(SmolLM(None, context()), ChatRequest((Message("user", "What is this?", (sight,)),)))


def test_it_costs_nothing():
    assert SmolLM(None, context()).usd(10**6, 10**6) == 0.0


def test_the_reply_does_not_depend_on_what_was_asked_before(smollm):
    first, other, again = ask(smollm, A, B, A)
    assert first == again
    assert first.text != other.text
    assert ask(smollm, replace(A, draw=1))[0].text != first.text, "another draw is another sample"


def test_the_reply_follows_the_schema_and_counts_its_tokens(smollm):
    (reply,) = ask(smollm, A)
    said = json.loads(reply.text)
    assert list(said) == ["question", "answer"]
    assert said["question"].endswith(("[0] here?", "[2] here?"))
    assert reply.status == "ok"
    assert 0 < reply.tokens_out <= 80 < reply.tokens_in + 80


def test_a_reply_that_meets_the_limit_is_cut(smollm):
    (reply,) = ask(smollm, replace(A, max_tokens=4))
    assert (reply.status, reply.tokens_out) == ("cut", 4)


def test_the_loop_stays_free_while_it_thinks(smollm):
    async def ticks():
        asked = asyncio.ensure_future(smollm.complete(A))
        n = 0
        while not asked.done():
            await asyncio.sleep(0.001)
            n += 1
        return n

    assert asyncio.run(ticks()) > 5


def test_the_same_in_another_process_with_more_threads_and_silent(smollm):
    (here,) = ask(smollm, A)
    script = """
import asyncio, json, sys
from dataclasses import asdict
from types import SimpleNamespace
from lskd_embedded.options_language import SmolLMOptions
from lskd_embedded.smollm import SmolLM
from lskd_toolkit import ChatRequest, Message
asked = json.load(sys.stdin)
asked["messages"] = tuple(Message(m["role"], m["text"]) for m in asked["messages"])
ctx = SimpleNamespace(device="cpu", seed=0, model=lambda key, loader: loader())
print(asyncio.run(SmolLM(SmolLMOptions(threads=2), ctx).complete(ChatRequest(**asked))).text)
"""
    there = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps(asdict(A)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.rstrip("\n") == here.text
    assert there.stderr == ""


def test_threads_and_context_are_no_part_of_a_key():
    assert SmolLMOptions(threads=4, context=2048, debug=True).key() == {}


def prompt():
    from lskd_toolkit.teaching.prompt import load_prompt

    return load_prompt("qar-small")


def test_the_examples_of_the_small_prompt_keep_to_its_own_patterns():
    small = prompt()
    assert len(small.examples) >= 10
    for example in small.examples:
        ids = "(" + "|".join(map(str, example.ids)) + ")"
        for each in example.statements:
            statement = each.reply(small.style, small.fields)
            assert list(statement) == ["question", "answer", "rationale", "inference"]
            assert statement["inference"] in small.inference_types
            for name, pattern in small.patterns.items():
                bound = pattern.replace("{ids}", ids).replace("{focus}", str(example.focus))
                assert re.fullmatch(bound, statement[name]), statement[name]


def test_the_small_prompt_asks_about_the_region_and_says_how_it_lies():
    from lskd_toolkit.teaching.layout import lay_out
    from lskd_toolkit.teaching.prompt import turn

    regions = (
        Region(0, (0, 0, 9, 9), label="person"),
        Region(3, (0, 0, 9, 9), label="kite"),
        Region(4, (0,) * 4),
    )
    descriptors = (
        Descriptor("global", "a person and a kite", verbalizer="objects"),
        Descriptor("local", "[0] is on the left, small", (0,), verbalizer="relations"),
        Descriptor("relation", "[3] is above [0]", (3, 0), verbalizer="relations"),
    )
    scene = lay_out(prompt(), Scene(Image("a", "a", "0", 9, 9), regions, descriptors))
    assert scene.splitlines() == [
        "A photo of a person and a kite",
        "the person [0] is below the kite [3]",
        "the kite [3] is above the person [0]",
        "the thing [4] is in the photo",
    ]
    assert turn(prompt(), scene, [0, 3, 4], 0, ["spatial"], 1).splitlines() == [
        "A photo of a person and a kite. The person [0] is below the kite [3].",
        "Why is the person [0] near the kite [3]?",
    ]
    assert turn(prompt(), scene, [0, 3, 4], 3, ["role"], 1).endswith("What is the kite [3] used for?")
    assert turn(prompt(), scene, [0, 3, 4], 4, ["cause"], 1).endswith("Why is the thing [4] here?")
    asked = {turn(prompt(), scene, [0], 0, [kind], 1).splitlines()[1] for kind in prompt().inference_types}
    assert len(asked) == len(prompt().inference_types), "each type of inference is another question"
