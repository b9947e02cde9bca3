"""What the documentation tells people to type exists: commands, options, files that are linked."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from lskd_toolkit.cli.main import lskd

from .blocks import DOCS, blocks

ROOT = DOCS.parent
PAGES = sorted(
    [*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("plugins/*/README.md")]
)
NAMES = [path.relative_to(ROOT).as_posix() for path in PAGES]


def commands(path: Path) -> list[list[str]]:
    """Every ``lskd …`` line of the page's shell blocks, as words without comments."""
    found = []
    for block in blocks(path):
        if block.language not in ("bash", "console", "sh"):
            continue
        for line in block.text.replace("\\\n", " ").splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            while words and re.match(r"\w+=", words[0]):
                words = words[1:]
            if words[:1] == ["lskd"]:
                found.append(words[1:])
    return found


EVERY = [
    pytest.param(words, id=f"{name}: {' '.join(words)}")
    for name, path in zip(NAMES, PAGES, strict=True)
    for words in commands(path)
]


def test_there_are_commands_to_check():
    assert len(EVERY) > 40


@pytest.mark.parametrize("words", EVERY)
def test_a_command_and_its_options_exist(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    command: click.Command | None = lskd
    parent = None
    while isinstance(command, click.Group):
        parent = command.make_context(command.name, list(words), parent=parent)
        while words[0].startswith("-"):
            words = words[1:]
        command, words = command.get_command(parent, words[0]), words[1:]
    assert command is not None
    with command.make_context(command.name, list(words), parent=parent):
        pass


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_a_linked_file_exists(path: Path):
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.S)
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    missing = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_python_blocks_are_python(path: Path):
    for block in blocks(path):
        if block.language == "python" and block.title != "signature":
            compile(block.text, path.name, "exec")
