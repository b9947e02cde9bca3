"""A chat with each fake vendor through its real SDK: replies by schema, tools, images, tokens, the bill."""

from __future__ import annotations

import asyncio
import base64
import io
import json

import anthropic
import openai
import pytest
from PIL import Image as Pillow

from lskd_toolkit.records import Image, Region, Scene
from lskd_toolkit.teaching.parsing import parse
from lskd_toolkit.teaching.prompt import load_prompt, schema, turn
from lskd_toolkit.testing.vendors import FakeVendors, fake_vendors

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
    Pillow.new("RGB", size).save(data, kind)
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
        assert all(s.inference for s in statements)
        assert {i for s in statements for i in s.evidence} <= {1, 2, 3}
    assert [(call.vendor, call.route, call.model) for call in calls] == [
        ("anthropic", "messages", "claude-x"),
        ("openai", "chat", "gpt-x"),
    ]


def test_the_same_request_has_the_same_reply_and_another_has_another(chatgpt):
    text, form = teacher_request()

    async def chat():
        async with FakeVendors() as vendors, chatgpt(vendors) as client:
            replies = [await ask_chatgpt(client, t, form) for t in (text, text, text + " Please.")]
            return [r.choices[0].message.content for r in replies], [c.sha256 for c in vendors.calls]

    replies, digests = asyncio.run(chat())
    assert replies[0] == replies[1] != replies[2]
    assert digests[0] == digests[1] != digests[2]


def test_several_choices_of_one_request_differ(chatgpt):
    text, form = teacher_request()

    async def chat():
        async with FakeVendors() as vendors, chatgpt(vendors) as client:
            return await ask_chatgpt(client, text, form, n=3)

    assert len({choice.message.content for choice in asyncio.run(chat()).choices}) == 3


def test_without_a_schema_the_statements_come_as_text(claude, chatgpt):
    text, _ = teacher_request()

    async def chat():
        async with FakeVendors() as vendors, claude(vendors) as one, chatgpt(vendors) as other:
            return (
                (await ask_claude(one, text)).content[0].text,
                (await ask_chatgpt(other, text)).choices[0].message.content,
            )

    for reply in asyncio.run(chat()):
        statements, rejected = accepted(reply)
        assert statements
        assert not rejected


def test_regions_go_by_description_where_the_prompt_forbids_numbers(claude):
    text = NOTES + "\nWrite at most 3 statements. Describe each region, never by its number."

    async def chat():
        async with FakeVendors() as vendors, claude(vendors) as client:
            return (await ask_claude(client, text)).content[0].text

    written = json.loads(asyncio.run(chat()))["statements"]
    said = " ".join(f"{s['question']} {s['answer']} {s['rationale']}" for s in written)
    assert "[" not in said
    assert "the person at the centre" in said or "the cake at the centre bottom" in said


class Looker:
    """A conversation with tools, on either vendor, until it answers."""

    parameters = {  # noqa: RUF012
        "type": "object",
        "properties": {
            "first": {"type": "integer", "enum": list(IDS)},
            "second": {"type": "integer", "enum": list(IDS)},
            "question": {"type": "string"},
        },
        "required": ["first", "second", "question"],
        "additionalProperties": False,
    }

    async def with_claude(self, client, text, form):
        messages, calls = [{"role": "user", "content": text}], []
        tools = [{"name": "compare", "description": "Compare.", "input_schema": self.parameters}]
        while True:
            message = await client.messages.create(
                model="m", max_tokens=2000, messages=messages, tools=tools,
                output_config={"format": {"type": "json_schema", "schema": without_bounds(form)}},
            )  # fmt: skip
            used = [block for block in message.content if block.type == "tool_use"]
            if not used:
                return calls, message.stop_reason, message.content[0].text
            assert message.stop_reason == "tool_use"
            calls += [block.input for block in used]
            messages.append({"role": "assistant", "content": [b.model_dump() for b in used]})
            results = [{"type": "tool_result", "tool_use_id": b.id, "content": "alike"} for b in used]
            messages.append({"role": "user", "content": results})

    async def with_chatgpt(self, client, text, form):
        messages, calls = [{"role": "user", "content": text}], []
        function = {"name": "compare", "parameters": self.parameters, "strict": True}
        form = {"type": "json_schema", "json_schema": {"name": "s", "schema": form, "strict": True}}
        while True:
            completion = await client.chat.completions.create(
                model="m", messages=messages, tools=[{"type": "function", "function": function}],
                response_format=form,
            )  # fmt: skip
            choice = completion.choices[0]
            if not choice.message.tool_calls:
                return calls, choice.finish_reason, choice.message.content
            assert choice.finish_reason == "tool_calls"
            calls += [json.loads(call.function.arguments) for call in choice.message.tool_calls]
            messages.append(choice.message.model_dump(exclude_none=True))
            for call in choice.message.tool_calls:
                messages.append({"role": "tool", "tool_call_id": call.id, "content": "alike"})


def test_tools_are_called_for_as_many_turns_as_are_set_and_then_it_answers(claude, chatgpt):
    text, form = teacher_request()

    async def chat():
        async with (
            FakeVendors(tool_turns=3, tool_calls=2) as vendors,
            claude(vendors) as one,
            chatgpt(vendors) as other,
        ):
            return (
                await Looker().with_claude(one, text, form),
                await Looker().with_chatgpt(other, text, form),
                len(vendors.calls),
            )

    first, second, billed = asyncio.run(chat())
    assert billed == 8
    assert first[1:2] + second[1:2] == ("end_turn", "stop")
    for calls, _, text in (first, second):
        assert len(calls) == 6
        assert all(call["first"] != call["second"] for call in calls)
        assert all({call["first"], call["second"]} <= set(IDS) for call in calls)
        assert accepted(text)[0]


def test_tool_results_must_answer_the_calls_that_were_made(claude, chatgpt):
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    result = {"role": "tool", "tool_call_id": "call_2", "content": "x"}
    used = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}

    async def chat():
        async with FakeVendors() as vendors, claude(vendors) as one, chatgpt(vendors) as other:
            with pytest.raises(openai.BadRequestError, match="tool_calls"):
                await other.chat.completions.create(
                    model="m", messages=[{"role": "assistant", "tool_calls": [call]}, result]
                )
            with pytest.raises(anthropic.BadRequestError, match="tool_use"):
                await one.messages.create(
                    model="m", max_tokens=9, messages=[{"role": "assistant", "content": [used]},
                                                       {"role": "user", "content": "and?"}],
                )  # fmt: skip
            return vendors.calls

    assert asyncio.run(chat()) == []


def claude_image(data, kind="image/png"):
    return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": data}}


def chatgpt_image(data, kind="image/png"):
    return {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{data}"}}


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_images_are_looked_into_and_count_as_tokens(claude, chatgpt, kind):
    data, media = picture(kind, (600, 300)), f"image/{kind.lower()}"

    async def chat():
        async with FakeVendors() as vendors, claude(vendors) as one, chatgpt(vendors) as other:
            message = await ask_claude(one, [{"type": "text", "text": "look"}, claude_image(data, media)])
            completion = await ask_chatgpt(
                other, [{"type": "text", "text": "look"}, chatgpt_image(data, media)]
            )
            return message.usage.input_tokens, completion.usage.prompt_tokens

    assert asyncio.run(chat()) == (1 + 600 * 300 // 750, 1 + 85 + 2 * 170)


@pytest.mark.parametrize(
    ("data", "kind", "what"),
    [
        ("@@@", "image/png", "base64"),
        ("aGVsbG8=", "image/png", "image"),
        (picture(), "image/jpeg", "image/png"),
    ],
)
def test_what_is_no_image_is_refused(claude, chatgpt, data, kind, what):
    async def chat():
        async with FakeVendors() as vendors, claude(vendors) as one, chatgpt(vendors) as other:
            with pytest.raises(anthropic.BadRequestError, match=what):
                await ask_claude(one, [claude_image(data, kind)])
            with pytest.raises(openai.BadRequestError, match=what):
                await ask_chatgpt(other, [chatgpt_image(data, kind)])

    asyncio.run(chat())


def test_a_marked_prefix_is_written_to_the_cache_and_then_read(claude):
    system = [{"type": "text", "text": "word " * 2000, "cache_control": {"type": "ephemeral"}}]

    async def chat():
        async with FakeVendors() as vendors, claude(vendors) as client:
            return [
                (await ask_claude(client, text, system=system)).usage for text in ("one", "two", "a third")
            ]

    first, second, third = asyncio.run(chat())
    assert (first.cache_creation_input_tokens, first.cache_read_input_tokens) == (2500, 0)
    assert (second.cache_creation_input_tokens, second.cache_read_input_tokens) == (0, 2500)
    assert (first.input_tokens, third.input_tokens, third.cache_read_input_tokens) == (1, 2, 2500)


def test_a_prefix_can_be_read_only_once_its_writer_is_answered(claude):
    system = [{"type": "text", "text": "word " * 2000, "cache_control": {"type": "ephemeral"}}]

    async def chat():
        async with FakeVendors(latency=0.1) as vendors, claude(vendors) as client:
            return await asyncio.gather(*(ask_claude(client, f"{i}", system=system) for i in range(3)))

    assert [message.usage.cache_read_input_tokens for message in asyncio.run(chat())] == [0, 0, 0]


def test_a_shared_beginning_is_cached_unasked(chatgpt):
    async def chat():
        async with FakeVendors() as vendors, chatgpt(vendors) as client:
            replies = [await ask_chatgpt(client, "word " * 1600 + end) for end in ("one", "two")]
            return [r.usage.prompt_tokens_details.cached_tokens for r in replies]

    first, second = asyncio.run(chat())
    assert first == 0
    assert second == 1920


def test_a_reply_past_the_token_limit_is_cut(claude, chatgpt):
    text, form = teacher_request()

    async def chat():
        async with FakeVendors() as vendors, claude(vendors) as one, chatgpt(vendors) as other:
            message = await one.messages.create(
                model="m", max_tokens=20, messages=[{"role": "user", "content": text}]
            )
            return message, await ask_chatgpt(other, text, form, max_completion_tokens=20)

    message, completion = asyncio.run(chat())
    assert (message.stop_reason, message.usage.output_tokens) == ("max_tokens", 20)
    assert (completion.choices[0].finish_reason, completion.usage.completion_tokens) == ("length", 20)
    assert len(message.content[0].text) == 80


def test_headers_say_what_is_left_of_the_limits(claude, chatgpt):
    async def chat():
        async with FakeVendors(requests_per_window=10) as vendors, claude(vendors) as one:
            raw = await one.messages.with_raw_response.create(
                model="m", max_tokens=9, messages=[{"role": "user", "content": "hello"}]
            )
            async with chatgpt(vendors) as other:
                more = await other.chat.completions.with_raw_response.create(
                    model="m", messages=[{"role": "user", "content": "hello"}]
                )
            return raw.headers, more.headers

    one, other = asyncio.run(chat())
    assert one["anthropic-ratelimit-requests-limit"] == "10"
    assert one["anthropic-ratelimit-requests-remaining"] == "9"
    assert one["anthropic-ratelimit-requests-reset"].endswith("Z")
    assert other["x-ratelimit-remaining-requests"] == "9"
    assert other["x-ratelimit-reset-requests"].endswith("s")
    assert one["request-id"].startswith("req_")
    assert other["x-request-id"].startswith("req_")


def test_more_requests_than_a_window_holds_are_refused_and_not_billed(claude):
    async def chat():
        async with FakeVendors(requests_per_window=2, window=0.5) as vendors, claude(vendors) as client:
            for text in ("one", "two"):
                await ask_claude(client, text)
            with pytest.raises(anthropic.RateLimitError) as caught:
                await ask_claude(client, "three")
            assert 0 < float(caught.value.response.headers["retry-after"]) <= 0.5
            await asyncio.sleep(0.5)
            await ask_claude(client, "three")
            return len(vendors.calls)

    assert asyncio.run(chat()) == 3


@pytest.mark.parametrize(
    ("change", "what"),
    [({"maxItems": 3}, "maxItems"), ({"minItems": 2}, "minItems")],
)
def test_anthropic_refuses_bounds_in_a_schema(claude, change, what):
    form = {
        "type": "object", "additionalProperties": False, "required": ["a"],
        "properties": {"a": {"type": "array", "items": {"type": "string"}, **change}},
    }  # fmt: skip

    async def chat():
        async with FakeVendors() as vendors, claude(vendors) as client:
            await client.messages.create(
                model="m", max_tokens=9, messages=[{"role": "user", "content": "hello"}],
                output_config={"format": {"type": "json_schema", "schema": form}},
            )  # fmt: skip

    with pytest.raises(anthropic.BadRequestError, match=what):
        asyncio.run(chat())


def test_openai_refuses_a_strict_schema_whose_fields_are_not_all_required(chatgpt):
    form = {"type": "object", "additionalProperties": False, "properties": {"a": {"type": "string"}}}

    async def chat():
        async with FakeVendors() as vendors, chatgpt(vendors) as client:
            await ask_chatgpt(client, "hello", form)

    with pytest.raises(openai.BadRequestError, match="Missing 'a'"):
        asyncio.run(chat())


def test_models_that_reason_want_their_limit_by_its_new_name(chatgpt):
    async def chat():
        async with FakeVendors() as vendors, chatgpt(vendors) as client:
            await client.chat.completions.create(
                model="gpt-5-mini", max_tokens=9, messages=[{"role": "user", "content": "hello"}]
            )

    with pytest.raises(openai.BadRequestError, match="max_completion_tokens"):
        asyncio.run(chat())


def test_a_request_without_a_key_is_refused(chatgpt):
    async def chat():
        async with (
            FakeVendors() as vendors,
            chatgpt(vendors, default_headers={"Authorization": ""}) as client,
        ):
            await ask_chatgpt(client, "hello")

    with pytest.raises(openai.AuthenticationError):
        asyncio.run(chat())


def test_an_unknown_route_is_not_found(chatgpt):
    async def chat():
        async with FakeVendors() as vendors, chatgpt(vendors) as client:
            await client.embeddings.create(model="m", input="hello")

    with pytest.raises(openai.NotFoundError, match="/v1/embeddings"):
        asyncio.run(chat())


def test_blocking_tests_have_it_in_a_thread():
    with fake_vendors() as vendors, openai.OpenAI(base_url=vendors.openai_url, api_key="k") as client:
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hello"}])
        with anthropic.Anthropic(base_url=vendors.anthropic_url, api_key="k") as other:
            other.messages.create(model="m", max_tokens=50, messages=[{"role": "user", "content": "hello"}])
        assert [call.vendor for call in vendors.calls] == ["openai", "anthropic"]
