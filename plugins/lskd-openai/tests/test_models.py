"""What is known of each model, and what an option changes of it."""

from __future__ import annotations

import pytest
from lskd_openai.chatgpt import ChatGpt
from lskd_openai.models import THOUGHTS, manner
from lskd_openai.options import ChatGptOptions
from pydantic import ValidationError

LOCAL = "http://127.0.0.1:8000/v1"


def spoken_to(**options):
    return manner(ChatGptOptions(**options))


@pytest.mark.parametrize(
    ("model", "effort", "temperature", "tools"),
    [
        ("gpt-6.2-sol", "low", False, False),
        ("gpt-6.1-terra", "none", True, True),
        ("gpt-6.1-terra-2026-10-26", "none", True, True),
        ("gpt-6.1-sol", "low", False, False),
        ("gpt-6-astra", "low", False, False),
        ("gpt-6-luna", "none", True, True),
        ("gpt-5.6-terra", "none", True, True),
        ("gpt-5.4-mini", "none", True, True),
        ("gpt-5.1", "none", True, True),
        ("gpt-5-mini", "minimal", False, True),
        ("gpt-5", "minimal", False, True),
        ("gpt-4.1-mini", "", True, True),
        ("gpt-4o", "", True, True),
        ("o4-mini", "low", False, True),
    ],
)
def test_models_of_openai_think_as_little_as_they_can(model, effort, temperature, tools):
    made = spoken_to(model=model)
    assert (made.effort, made.temperature, made.tools) == (effort, temperature, tools)
    assert made.thoughts == (THOUGHTS[effort] if effort else 0)
    assert (made.limit, made.strict, made.shape) == ("max_completion_tokens", True, True)


@pytest.mark.parametrize("model", ["Qwen/Qwen3-VL-8B-Instruct", "openai/gpt-oss-20b", "llama3.3", "mistral"])
def test_models_of_others_are_spoken_to_plainly(model):
    made = spoken_to(base_url=LOCAL, model=model)
    assert (made.effort, made.thoughts, made.temperature, made.tools) == ("", 0, True, True)
    assert (made.limit, made.strict, made.shape) == ("max_tokens", False, False)


def test_a_model_of_openai_is_known_by_its_name_at_a_router_too():
    assert spoken_to(base_url=LOCAL, model="openai/gpt-5-mini").limit == "max_completion_tokens"
    assert spoken_to(base_url=LOCAL, model="openai/gpt-5-mini").effort == "minimal"


def test_a_model_that_thinks_has_room_for_it():
    made = spoken_to(reasoning_effort="high")
    assert (made.effort, made.thoughts) == ("high", 25_000)
    assert not made.temperature, "the vendor refuses it from a model that thinks"
    assert not made.tools, "the vendor refuses them too"
    assert spoken_to(reasoning_effort="high", reasoning_tokens=3000).thoughts == 3000


def test_what_is_set_holds():
    made = spoken_to(model="gpt-5-mini", sampling=True, max_tokens_name="max_tokens", strict="no")
    assert (made.temperature, made.limit, made.strict, made.shape) == (True, "max_tokens", False, False)
    assert spoken_to(base_url=LOCAL, model="qwen", reasoning_effort="low").effort == "low"
    assert spoken_to(base_url=LOCAL, model="qwen", sampling=False).temperature is False


def test_what_a_backend_can_follows_from_its_model():
    assert ChatGpt(ChatGptOptions()).can == {"images", "schema", "tools"}
    assert ChatGpt(ChatGptOptions(model="gpt-6.2-sol")).can == {"images", "schema"}


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org",
        "example.org",
        "http://",
        "https://user:hunter2@example.org/v1",
        "http://h/v1?key=hunter2",
    ],
)
def test_a_url_that_does_not_fit_is_refused_and_not_repeated(url):
    with pytest.raises(ValidationError) as caught:
        ChatGptOptions(base_url=url)
    assert "hunter2" not in str(caught.value)


def test_a_slash_at_the_end_of_a_url_changes_nothing():
    assert ChatGpt(ChatGptOptions(base_url=LOCAL + "/")).endpoint == LOCAL


@pytest.mark.parametrize(
    ("url", "own"), [("https://eu.api.openai.com/v1", True), ("https://api.openai.com.evil.org", False)]
)
def test_the_vendor_is_told_by_its_host(url, own):
    assert ChatGptOptions(base_url=url).at_vendor is own


def test_what_only_changes_speed_or_money_is_no_part_of_a_key():
    changed = ChatGptOptions(
        in_flight=3, timeout=9, usd_per_million_in=1, usd_per_million_out=2, batch_settles=0
    )
    assert changed.key() == {}
    assert ChatGptOptions(base_url=LOCAL, strict="no").key() == {"base_url": LOCAL, "strict": "no"}


def test_half_a_price_is_none():
    with pytest.raises(ValidationError, match="both"):
        ChatGptOptions(usd_per_million_in=1)


def test_every_option_says_what_it_is_for():
    assert all(field.description for field in ChatGptOptions.model_fields.values())
