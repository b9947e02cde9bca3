"""The scripted backend answers by the scene and the schema, and fails as often as it is told to."""

from __future__ import annotations

import json

import pytest

from lskd_toolkit import ChatRequest, Message, create

SCENE = "Regions:\n[0] star: a red star\n[4] cup: an upright blue cup\n- [0] is above [4]"


def request(types=("attribute", "spatial"), most=3, **patterns):
    fields = {name: {"type": "string", "pattern": pattern} for name, pattern in patterns.items()}
    fields["inference"] = {"enum": list(types)}
    schema = {"properties": {"statements": {"maxItems": most, "items": {"properties": fields}}}}
    return ChatRequest((Message("user", SCENE),), schema=schema)


def answers(request, **options):
    reply = create("backend", "smallworld", **options).complete(request)
    return reply, [s["answer"] for s in json.loads(reply.text)["statements"]] if reply.status == "ok" else []


def test_the_scripted_backend_answers_by_the_scene_and_the_schema():
    assert answers(request())[1] == ["[0] is red.", "[0] is above [4].", "[4] is blue."]
    assert answers(request(most=1))[1] == ["[0] is red."]
    assert answers(request(types=["spatial"]))[1] == ["[0] is above [4]."]
    assert answers(request(question=r"^What colour is \[4\]"))[1] == ["[4] is blue."]


def test_the_scripted_backend_fails_when_told_to_and_logs_each_call_and_names_its_price(tmp_path):
    log = tmp_path / "calls"
    assert answers(request(), refuse_rate=1.0, log=str(log))[0].status == "refused"
    assert answers(request(), cut_rate=1.0, log=str(log))[0].status == "cut"
    with pytest.raises(ValueError):
        answers(request(), garbage_rate=1.0, log=str(log))
    assert len(log.read_text().splitlines()) == 3
    reply, _ = answers(request(), usd_per_million_in=1000.0, usd_per_million_out=2000.0)
    assert reply.usd == pytest.approx(reply.tokens_in / 1e3 + reply.tokens_out / 500)
    assert reply.usd > 0
