"""What can be set, and what of it is part of a row's key."""

from __future__ import annotations

import pytest
from lskd_anthropic.claude import Claude
from lskd_anthropic.options import ClaudeOptions
from pydantic import ValidationError


def test_every_option_is_described():
    assert all(info.description for info in ClaudeOptions.model_fields.values())


def test_only_what_changes_replies_is_part_of_the_key():
    given = ClaudeOptions(
        model="claude-opus-5-5", base_url="http://127.0.0.1:1", effort="low", in_flight=7, timeout=9.0,
        usd_per_million_in=1.0, usd_per_million_out=1.0, cache=False, batch_settles=5.0, schema_detail="full",
        sampling=True, thinking="adaptive",
    )  # fmt: skip
    assert given.key() == {
        "model": "claude-opus-5-5", "base_url": "http://127.0.0.1:1", "effort": "low",
        "schema_detail": "full", "sampling": True, "thinking": "adaptive",
    }  # fmt: skip


def test_the_backend_shows_what_its_options_say():
    claude = Claude(ClaudeOptions(model="claude-haiku-5-5", in_flight=3, batch_settles=5.0))
    assert (claude.endpoint, claude.model) == ("https://api.anthropic.com", "claude-haiku-5-5")
    assert claude.in_flight == 3
    assert claude.can == {"images", "schema", "tools"}
    assert claude.batches.settles == 5.0
    assert Claude(None).model == ClaudeOptions().model


@pytest.mark.parametrize(
    ("given", "endpoint"),
    [
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080"),
        ("https://gateway.example/anthropic/v1/", "https://gateway.example/anthropic"),
    ],
)
def test_one_server_has_one_endpoint_however_it_is_written(given, endpoint):
    assert Claude(ClaudeOptions(base_url=given)).endpoint == endpoint


@pytest.mark.parametrize("url", ["http://me:hidden@h/", "https://h/?key=hidden", "https://h/#hidden"])
def test_a_url_with_a_secret_in_it_is_refused_and_not_repeated(url):
    with pytest.raises(ValidationError, match="ANTHROPIC_API_KEY") as refused:
        ClaudeOptions(base_url=url)
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("url", ["", "localhost:8080", "ftp://h", "http://"])
def test_what_is_no_url_is_refused(url):
    with pytest.raises(ValidationError, match="give a URL"):
        ClaudeOptions(base_url=url)


def test_options_that_contradict_each_other_are_refused():
    with pytest.raises(ValidationError, match="neither"):
        ClaudeOptions(usd_per_million_in=1.0)
    with pytest.raises(ValidationError, match="thinking=adaptive"):
        ClaudeOptions(effort="max")
    assert ClaudeOptions(effort="max", thinking="adaptive").effort == "max"


@pytest.mark.parametrize(
    ("options", "takes"),
    [
        ({"model": "claude-sonnet-5-5"}, False),
        ({"model": "claude-sonnet-4-6"}, True),
        ({"model": "claude-of-tomorrow"}, False),
        ({"model": "claude-of-tomorrow", "usd_per_million_in": 1.0, "usd_per_million_out": 1.0}, False),
        ({"model": "smollm", "base_url": "http://127.0.0.1:1"}, True),
        ({"model": "claude-sonnet-5-5", "base_url": "http://127.0.0.1:1"}, False),
        ({"model": "claude-of-tomorrow", "sampling": True}, True),
        ({"model": "claude-sonnet-4-6", "sampling": False}, False),
    ],
)
def test_who_takes_a_temperature(options, takes):
    assert Claude(ClaudeOptions(**options)).sampling is takes
