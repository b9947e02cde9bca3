"""The first commands of the pages on captions and questions print what the pages show."""

from __future__ import annotations

import shlex

import pytest
from click.testing import CliRunner

from lskd_toolkit.cli.main import lskd

from .blocks import blocks


@pytest.mark.parametrize("page", ["how-to/caption-regions.md", "how-to/ask-questions.md"])
def test_the_first_example_prints_what_is_shown(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command, script, shown = blocks(page)[:3]
    words = shlex.split(command.text.replace("\\\n", " "))
    assert words[:2] == ["lskd", "run"]
    assert CliRunner().invoke(lskd, words[1:]).exit_code == 0
    exec(compile(script.text, page, "exec"), {})
    assert capsys.readouterr().out == shown.text
