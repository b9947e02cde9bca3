"""Vendors' batches through the real SDKs: what is shown, what is hidden, what is billed and when."""

from __future__ import annotations

import asyncio
import json

import anthropic
import openai
import pytest

from lskd_toolkit.testing.vendors import FakeVendors

TEXT = "Regions:\n[0] person (centre, large)\nWrite at most 2 statements."
URL = "/v1/chat/completions"


def messages(n, first=0):
    """Requests of an Anthropic batch."""
    return [
        {
            "custom_id": f"r-{i}",
            "params": {
                "model": "m",
                "max_tokens": 500,
                "messages": [{"role": "user", "content": f"{TEXT} {i}"}],
            },
        }
        for i in range(first, first + n)
    ]


def lines(n, **change):
    """Lines of an OpenAI batch's input file."""
    body = {"model": "m", "messages": [{"role": "user", "content": TEXT}]}
    return [
        {"custom_id": f"r-{i}", "method": "POST", "url": URL, "body": {**body, "seed": i}, **change}
        for i in range(n)
    ]


async def upload(client, requests, name="in.jsonl"):
    content = "\n".join(json.dumps(line) for line in requests).encode()
    return await client.files.create(file=(name, content), purpose="batch")


async def submit(client, requests, **more):
    """An OpenAI batch of these requests."""
    file = await upload(client, requests)
    return await client.batches.create(input_file_id=file.id, endpoint=URL, completion_window="24h", **more)


async def ended(client, batch):
    """The batch once it has ended, on either vendor."""
    over = ("ended", "completed", "failed", "expired", "cancelled")
    while True:
        if isinstance(client, anthropic.AsyncAnthropic):
            batch = await client.messages.batches.retrieve(batch.id)
            state = batch.processing_status
        else:
            batch = await client.batches.retrieve(batch.id)
            state = batch.status
        if state in over:
            return batch
        await asyncio.sleep(0.01)


async def results(client, batch):
    """Results by custom id."""
    return {r.custom_id: r.result async for r in await client.messages.batches.results(batch.id)}


async def read(client, file):
    """The lines of a file by custom id."""
    if file is None:
        return {}
    found = map(json.loads, (await client.files.content(file)).text.splitlines())
    return {line["custom_id"]: line for line in found}


# Anthropic


def test_a_message_batch_from_submission_to_results(claude, transport):
    async def run():
        async with (
            FakeVendors(batch_seconds=0.1) as vendors,
            claude(vendors, **transport(anthropic)) as client,
        ):
            batch = await client.messages.batches.create(requests=messages(3))
            assert batch.processing_status == "in_progress"
            assert batch.request_counts.processing == 3
            assert batch.results_url is None
            assert vendors.calls == []
            batch = await ended(client, batch)
            return batch, await results(client, batch), vendors.calls

    batch, found, calls = asyncio.run(run())
    assert (batch.request_counts.processing, batch.request_counts.succeeded) == (0, 3)
    assert set(found) == {"r-0", "r-1", "r-2"}
    assert list(found) != sorted(found)
    assert all(json.loads(r.message.content[0].text)["statements"] for r in found.values())
    assert found["r-0"].message.usage.service_tier == "batch"
    assert [(c.custom_id, c.batch, c.route) for c in calls] == [
        (f"r-{i}", batch.id, "batches.item") for i in range(3)
    ]


def test_results_are_hidden_until_the_batch_has_ended(claude):
    async def run():
        async with FakeVendors(batch_seconds=60) as vendors, claude(vendors) as client:
            batch = await client.messages.batches.create(requests=messages(1))
            with pytest.raises(anthropic.AnthropicError):
                await client.messages.batches.results(batch.id)
            with pytest.raises(anthropic.BadRequestError, match="has not ended"):
                await client.get(f"/v1/messages/batches/{batch.id}/results", cast_to=object)

    asyncio.run(run())


def test_a_batch_is_processed_and_billed_though_nobody_asks(claude):
    async def run():
        async with FakeVendors(batch_seconds=0.05) as vendors, claude(vendors) as client:
            await client.messages.batches.create(requests=messages(2))
            await asyncio.sleep(0.2)
            return len(vendors.calls)

    assert asyncio.run(run()) == 2


def test_the_list_of_message_batches_is_paged_both_ways_and_shows_no_custom_ids(claude):
    async def run():
        async with FakeVendors() as vendors, claude(vendors) as client:
            made = [(await client.messages.batches.create(requests=messages(1, i))).id for i in range(7)]
            listed = [batch.id async for batch in client.messages.batches.list(limit=2)]
            first = await client.messages.batches.list(limit=3)
            newer = await client.messages.batches.list(limit=2, before_id=made[2])
            older = await client.messages.batches.list(limit=50, after_id=made[2])
            return made, listed, first, newer, older

    made, listed, first, newer, older = asyncio.run(run())
    assert listed == made[::-1]
    assert [b.id for b in first.data] == made[:3:-1]
    assert first.has_more
    assert [b.id for b in newer.data] == [made[4], made[3]]
    assert newer.has_more
    assert [b.id for b in older.data] == [made[1], made[0]]
    assert not older.has_more
    assert "r-0" not in first.model_dump_json()


@pytest.mark.parametrize("delay", [0.0, 0.2])
def test_a_new_batch_shows_in_the_lists_only_after_their_delay(claude, chatgpt, delay):
    async def run():
        async with (
            FakeVendors(list_delay=delay) as vendors,
            claude(vendors) as one,
            chatgpt(vendors) as other,
        ):
            await one.messages.batches.create(requests=messages(1))
            await submit(other, lines(1))
            before = len((await one.messages.batches.list()).data), len((await other.batches.list()).data)
            await asyncio.sleep(delay)
            after = len((await one.messages.batches.list()).data), len((await other.batches.list()).data)
            return before, after

    assert asyncio.run(run()) == ((0, 0) if delay else (1, 1), (1, 1))


def test_some_messages_of_a_batch_fail_or_expire_and_are_not_billed(claude):
    rules = [
        {"match": {"route": "batches.item", "nth": 1}, "fault": "errored"},
        {"match": {"route": "batches.item", "nth": 2}, "fault": "expired"},
        {"match": {"route": "batches.item", "nth": 3}, "fault": "refusal"},
    ]

    async def run():
        async with FakeVendors(script=rules, batch_seconds=0.05) as vendors, claude(vendors) as client:
            batch = await client.messages.batches.create(requests=messages(5))
            batch = await ended(client, batch)
            return batch.request_counts, await results(client, batch), vendors.calls

    counts, found, calls = asyncio.run(run())
    assert (counts.errored, counts.expired, counts.succeeded) == (1, 1, 3)
    assert found["r-0"].error.error.type == "api_error"
    assert found["r-1"].type == "expired"
    assert found["r-2"].message.stop_reason == "refusal"
    assert [call.custom_id for call in calls] == ["r-2", "r-3", "r-4"]


def test_a_bad_request_in_a_batch_is_an_error_of_its_own(claude):
    requests = messages(2)
    del requests[0]["params"]["max_tokens"]

    async def run():
        async with FakeVendors(batch_seconds=0.05) as vendors, claude(vendors) as client:
            return await results(
                client, await ended(client, await client.messages.batches.create(requests=requests))
            )

    found = asyncio.run(run())
    assert found["r-0"].error.error.type == "invalid_request_error"
    assert found["r-1"].type == "succeeded"


def test_a_whole_message_batch_may_expire(claude):
    rules = [{"match": {"route": "batches.create", "nth": 1}, "fault": "expired"}]

    async def run():
        async with FakeVendors(script=rules, batch_seconds=0.05) as vendors, claude(vendors) as client:
            batch = await ended(client, await client.messages.batches.create(requests=messages(3)))
            return batch.request_counts.expired, await results(client, batch), vendors.calls

    expired, found, calls = asyncio.run(run())
    assert (expired, len(found), calls) == (3, 3, [])


def test_a_cancelled_message_batch_ends_without_a_bill(claude):
    async def run():
        async with FakeVendors(batch_seconds=1) as vendors, claude(vendors) as client:
            batch = await client.messages.batches.create(requests=messages(2))
            cancelled = await client.messages.batches.cancel(batch.id)
            assert cancelled.processing_status == "canceling"
            assert cancelled.cancel_initiated_at is not None
            batch = await ended(client, batch)
            return batch.request_counts.canceled, vendors.calls

    assert asyncio.run(run()) == (2, [])


@pytest.mark.parametrize(
    ("requests", "error", "what"),
    [
        ([*messages(1), *messages(1)], anthropic.BadRequestError, "unique"),
        (messages(4), anthropic.BadRequestError, "at most 3"),
        ([{**messages(1)[0], "custom_id": "a b"}], anthropic.BadRequestError, "pattern"),
        ([], anthropic.BadRequestError, "at least 1"),
        (
            [{"custom_id": "big", "params": {"text": "x" * 3000}}],
            anthropic.RequestTooLargeError,
            "maximum size",
        ),
    ],
)
def test_message_batches_that_are_refused(claude, requests, error, what):
    limits = {"anthropic_batch_requests": 3, "anthropic_batch_bytes": 3000}

    async def run():
        async with FakeVendors(**limits) as vendors, claude(vendors) as client:
            with pytest.raises(error, match=what):
                await client.messages.batches.create(requests=requests)
            assert (await client.messages.batches.list()).data == []

    asyncio.run(run())


def test_a_batch_may_be_made_though_its_answer_is_lost(claude, chatgpt):
    rules = [{"match": {"route": "batches.create"}, "fault": "cut_body"}]

    async def run():
        async with FakeVendors(script=rules) as vendors, claude(vendors) as one, chatgpt(vendors) as other:
            with pytest.raises(anthropic.APIConnectionError):
                await one.messages.batches.create(requests=messages(1))
            with pytest.raises(openai.APIConnectionError):
                await submit(other, lines(1))
            return len((await one.messages.batches.list()).data), len((await other.batches.list()).data)

    assert asyncio.run(run()) == (1, 1)


def test_a_batch_that_is_refused_is_not_made(claude):
    rules = [{"match": {"route": "batches.create"}, "fault": "503"}]

    async def run():
        async with FakeVendors(script=rules) as vendors, claude(vendors) as client:
            with pytest.raises(anthropic.InternalServerError):
                await client.messages.batches.create(requests=messages(1))
            return (await client.messages.batches.list()).data

    assert asyncio.run(run()) == []


# OpenAI


def test_a_file_goes_there_and_back(chatgpt, transport):
    content = b'{"a": 1}\r\n\r\n--not the boundary\n'

    async def run():
        async with FakeVendors() as vendors, chatgpt(vendors, **transport(openai)) as client:
            made = await client.files.create(file=("in.jsonl", content), purpose="batch")
            back = (await client.files.content(made.id)).content
            kept = await client.files.retrieve(made.id)
            listed = [file.id async for file in client.files.list(purpose="batch")]
            gone = await client.files.delete(made.id)
            with pytest.raises(openai.NotFoundError):
                await client.files.retrieve(made.id)
            return made, back, kept, listed, gone

    made, back, kept, listed, gone = asyncio.run(run())
    assert back == content
    assert (made.bytes, made.filename, made.purpose) == (len(content), "in.jsonl", "batch")
    assert kept == made
    assert listed == [made.id]
    assert gone.deleted


def test_a_batch_of_openai_from_upload_to_results(chatgpt, transport):
    async def run():
        async with FakeVendors(batch_seconds=0.3) as vendors, chatgpt(vendors, **transport(openai)) as client:
            batch = await submit(client, lines(3), metadata={"run": "one"})
            assert vendors.calls == []
            states = [batch.status]
            while batch.status != "completed":
                batch = await client.batches.retrieve(batch.id)
                if batch.status != states[-1]:
                    states.append(batch.status)
                await asyncio.sleep(0.01)
            return batch, states, await read(client, batch.output_file_id), vendors.calls

    batch, states, output, calls = asyncio.run(run())
    assert states == ["validating", "in_progress", "finalizing", "completed"]
    assert (batch.request_counts.total, batch.request_counts.completed) == (3, 3)
    assert batch.metadata == {"run": "one"}
    assert batch.error_file_id is None
    assert list(output) == ["r-2", "r-1", "r-0"]
    body = output["r-0"]["response"]["body"]
    assert output["r-0"]["response"]["status_code"] == 200
    assert json.loads(body["choices"][0]["message"]["content"])["statements"]
    assert [(call.custom_id, call.batch) for call in calls] == [(f"r-{i}", batch.id) for i in range(3)]


def test_the_list_of_openai_batches_is_paged_and_shows_metadata(chatgpt):
    async def run():
        async with FakeVendors() as vendors, chatgpt(vendors) as client:
            made = [(await submit(client, lines(1), metadata={"n": str(i)})).id for i in range(5)]
            listed = [(b.id, b.metadata["n"]) async for b in client.batches.list(limit=2)]
            return made, listed

    made, listed = asyncio.run(run())
    assert listed == [(made[i], str(i)) for i in reversed(range(5))]


def test_errors_of_an_openai_batch_have_a_file_of_their_own(chatgpt):
    rules = [
        {"match": {"route": "batches.item", "nth": 1}, "fault": "500"},
        {"match": {"route": "batches.item", "nth": 2}, "fault": "expired"},
    ]

    async def run():
        async with FakeVendors(script=rules, batch_seconds=0.05) as vendors, chatgpt(vendors) as client:
            batch = await ended(client, await submit(client, lines(4)))
            return (
                batch.request_counts,
                await read(client, batch.output_file_id),
                await read(client, batch.error_file_id),
                [call.custom_id for call in vendors.calls],
            )

    counts, output, failures, billed = asyncio.run(run())
    assert (counts.completed, counts.failed) == (2, 2)
    assert set(output) == {"r-2", "r-3"}
    assert failures["r-0"]["response"]["status_code"] == 500
    assert failures["r-1"]["error"]["code"] == "batch_expired"
    assert billed == ["r-2", "r-3"]


@pytest.mark.parametrize(("fault", "status"), [("expired", "expired"), ("failed", "failed")])
def test_a_whole_openai_batch_may_expire_or_fail(chatgpt, fault, status):
    rules = [{"match": {"route": "batches.create"}, "fault": fault}]

    async def run():
        async with FakeVendors(script=rules, batch_seconds=0.05) as vendors, chatgpt(vendors) as client:
            batch = await ended(client, await submit(client, lines(2)))
            return batch, await read(client, batch.error_file_id), vendors.calls

    batch, failures, calls = asyncio.run(run())
    assert batch.status == status
    assert batch.output_file_id is None
    assert calls == []
    if fault == "expired":
        assert {line["error"]["code"] for line in failures.values()} == {"batch_expired"}
    else:
        assert batch.errors.data[0].code == "token_limit_exceeded"


def test_a_cancelled_openai_batch_ends_without_a_bill(chatgpt):
    async def run():
        async with FakeVendors(batch_seconds=1) as vendors, chatgpt(vendors) as client:
            batch = await submit(client, lines(2))
            assert (await client.batches.cancel(batch.id)).status == "cancelling"
            batch = await ended(client, batch)
            with pytest.raises(openai.ConflictError):
                await client.batches.cancel(batch.id)
            return batch.status, vendors.calls

    assert asyncio.run(run()) == ("cancelled", [])


@pytest.mark.parametrize(
    ("requests", "code", "line"),
    [
        ([*lines(1), *lines(1)], "duplicate_custom_id", 2),
        (lines(4), "request_limit_exceeded", None),
        (lines(1, url="/v1/embeddings"), "mismatched_endpoint", 1),
        ([*lines(1), {**lines(2)[1], "body": {"model": "other"}}], "mismatched_model", 2),
        ([{"custom_id": "x"}], "invalid_json_line", 1),
        ([], "empty_file", None),
    ],
)
def test_openai_batches_that_fail_when_they_are_validated(chatgpt, requests, code, line):
    async def run():
        async with (
            FakeVendors(openai_batch_requests=3, batch_seconds=0.05) as vendors,
            chatgpt(vendors) as client,
        ):
            batch = await ended(client, await submit(client, requests))
            await asyncio.sleep(0.1)
            return batch, vendors.calls

    batch, calls = asyncio.run(run())
    assert batch.status == "failed"
    assert (batch.errors.data[0].code, batch.errors.data[0].line) == (code, line)
    assert calls == []


def test_files_that_are_too_large_or_of_another_kind_are_refused(chatgpt):
    async def run():
        async with FakeVendors(openai_batch_bytes=100) as vendors, chatgpt(vendors) as client:
            with pytest.raises(openai.APIStatusError, match="too large"):
                await upload(client, lines(5))
            with pytest.raises(openai.BadRequestError, match="jsonl"):
                await upload(client, [], name="in.txt")
            with pytest.raises(openai.NotFoundError):
                await client.batches.create(input_file_id="file-x", endpoint=URL, completion_window="24h")

    asyncio.run(run())


def test_metadata_has_its_limits(chatgpt):
    async def run():
        async with FakeVendors() as vendors, chatgpt(vendors) as client:
            with pytest.raises(openai.BadRequestError, match="metadata"):
                await submit(client, lines(1), metadata={"k": "v" * 513})

    asyncio.run(run())
