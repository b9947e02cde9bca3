"""The page of the command line is what the commands say of themselves."""

from __future__ import annotations

import importlib.util
import re
from types import ModuleType

import pytest

from lskd_toolkit.cli.main import COMMANDS

from .blocks import DOCS

PAGE = DOCS / "reference" / "cli.md"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("cli_page", DOCS / "cli_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date():
    if PAGE.read_text(encoding="utf-8") != generator().page():
        pytest.fail("docs/reference/cli.md is older than the commands; run: python docs/cli_page.py")


def test_every_command_is_on_it():
    headings = re.findall(r"^## lskd (\S+)$", PAGE.read_text(encoding="utf-8"), re.M)
    assert headings == list(COMMANDS)


def test_every_command_has_an_example():
    sections = re.split(r"^## lskd ", PAGE.read_text(encoding="utf-8"), flags=re.M)[1:]
    without = [s.splitlines()[0] for s in sections if not re.search(r"^  Examples?:\n    lskd ", s, re.M)]
    assert without == []
