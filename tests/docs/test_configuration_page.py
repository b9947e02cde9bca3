"""The page of configuration has every key, with the defaults of the code."""

from __future__ import annotations

import re

import pytest
import yaml

from lskd_toolkit.config import DEFAULTS, LISTS, SETTINGS, SINGLE, resolve
from lskd_toolkit.plugins import Plugins

from .blocks import DOCS, blocks

PAGE = "reference/configuration.md"
TEXT = (DOCS / PAGE).read_text(encoding="utf-8")


def table(header: str) -> dict[str, list[str]]:
    """The rows of the table that begins with ``header``, by their first cell."""
    lines = TEXT[TEXT.index(header) :].split("\n\n", 1)[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0].strip("`"): row[1:] for row in rows}


def test_every_part_is_there_with_its_default():
    rows = table("| key | takes | default |")
    assert set(rows) == {*SINGLE, *LISTS}
    for key, (_, default) in rows.items():
        expected = DEFAULTS.get(key)
        names = [expected] if isinstance(expected, str) else expected or []
        assert re.findall(r"`([^`]+)`", default) == names, key


def test_every_setting_is_there_with_its_type_and_default():
    rows = table("| key | type | default | meaning |")
    assert set(rows) == set(SETTINGS)
    for key, (kind, default, meaning) in rows.items():
        expected, value = SETTINGS[key]
        assert kind == expected.__name__, key
        shown = {None: "none", "": "empty"}.get(value, f"`{value}`")
        assert default == shown, key
        assert meaning


@pytest.mark.parametrize("variable", re.findall(r"^\| `(LSKD_\w+)`", TEXT, re.M))
def test_an_environment_variable_on_the_page_is_read_by_the_code(variable: str):
    package = DOCS.parent / "lskd_toolkit"
    assert any(variable in path.read_text(encoding="utf-8") for path in package.rglob("*.py"))


def test_the_example_of_parts_is_accepted():
    (example,) = (block.text for block in blocks(PAGE) if block.language == "yaml")
    config = resolve(yaml.safe_load(example), Plugins())
    assert [part.alias for part in config.proposer] == ["nanodet", "people"]


def test_what_the_page_says_is_in_no_key_is_in_none():
    from lskd_toolkit.pipeline.stages import plan_stages

    def keys(**settings):
        config = resolve({**without_plugins, **settings}, Plugins(wanted=""))
        return [stage.key.key for stage in plan_stages(config)]

    without_plugins = {
        "proposer": [], "refiner": ["top"], "verbalizer": [], "teacher": None, "critic": [],
    }  # fmt: skip
    (sentence,) = re.findall(r"^Changing (.*?) redoes no image's rows", TEXT, re.M | re.S)
    free = re.findall(r"`(\w+)`", sentence)
    changed = {
        "chunk": 7, "threshold": 0.9, "device": "cuda", "schedule": "phased", "in_flight": 1,
        "max_usd": 1.0, "max_requests": 1,
    }  # fmt: skip
    assert len(free) == 5
    for name in (*free, "max_usd", "max_requests"):
        assert keys(**{name: changed[name]}) == keys(), name
    assert keys(seed=1) != keys()
