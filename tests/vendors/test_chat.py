"""A chat with each fake vendor through its real SDK: replies by schema, tools, images, tokens, the bill."""

from __future__ import annotations

import asyncio
import base64
import io

import anthropic
import openai
from PIL import Image as PIL

from lskd_toolkit.records import Image, Region, Scene
from lskd_toolkit.teaching.parsing import parse
from lskd_toolkit.teaching.prompt import load_prompt, schema, turn
from lskd_toolkit.testing.vendors import FakeVendors

IDS = (0, 3, 12)
NOTES = """\
Regions:
[0] person (centre, large): (n1) a child in a hat
[3] cake (centre bottom, medium): (n2) a cake with candles
[12] person (right, medium): (n3) a woman with a telephone
"""


def teacher_request(notes=NOTES, ids=IDS):
    """The user's turn and the schema as our teacher makes them."""
    prompt = load_prompt("qar-id")
    wanted = ("intent", "after", "spatial")
    return turn(prompt, notes, ids, None, wanted, 3), dict(schema(prompt, ids, None, wanted, 3))


def without_bounds(value):
    """A schema as Anthropic takes it."""
    if isinstance(value, dict):
        return {k: without_bounds(v) for k, v in value.items() if k not in ("maxItems", "minItems")}
    return [without_bounds(v) for v in value] if isinstance(value, list) else value


def ask_claude(client, text, form=None, **more):
    config = (
        {"output_config": {"format": {"type": "json_schema", "schema": without_bounds(form)}}} if form else {}
    )
    return client.messages.create(
        model="claude-x", max_tokens=2000, messages=[{"role": "user", "content": text}], **config, **more
    )


def ask_chatgpt(client, text, form=None, **more):
    named = {"name": "statements", "schema": form, "strict": True}
    config = {"response_format": {"type": "json_schema", "json_schema": named}} if form else {}
    return client.chat.completions.create(
        model="gpt-x", messages=[{"role": "user", "content": text}], **config, **more
    )


def picture(kind="PNG", size=(300, 150)):
    data = io.BytesIO()
    PIL.new("RGB", size).save(data, kind)
    return base64.b64encode(data.getvalue()).decode()


def accepted(text):
    """What our own parser makes of a reply."""
    scene = Scene(
        Image("a", "a", "0" * 64, 100, 100), tuple(Region(i, (0, 0, 9, 9), label="person") for i in IDS)
    )
    return parse(text, scene, load_prompt("qar-id"))


def test_both_vendors_write_statements_that_our_parser_takes(claude, chatgpt, transport):
    text, form = teacher_request()

    async def chat():
        async with FakeVendors() as vendors:
            async with claude(vendors, **transport(anthropic)) as client:
                message = await ask_claude(client, text, form)
            async with chatgpt(vendors, **transport(openai)) as client:
                completion = await ask_chatgpt(client, text, form)
            return message, completion, vendors.calls

    message, completion, calls = asyncio.run(chat())
    assert message.stop_reason == "end_turn"
    assert completion.choices[0].finish_reason == "stop"
    for reply in (message.content[0].text, completion.choices[0].message.content):
        statements, rejected = accepted(reply)
        assert statements
        assert not rejected
        assert len(statements) <= 3
        assert {s.inference for s in statements} <= {"intent", "after", "spatial"}
        assert {i for s in statements for i in s.evidence} <= {1, 2, 3}
    assert [(call.vendor, call.route, call.model) for call in calls] == [
        ("anthropic", "messages", "claude-x"),
        ("openai", "chat", "gpt-x"),
    ]
