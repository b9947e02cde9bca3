"""Longer texts in the terminal: prompts, replies, schemas. What drives a terminal is left out of them."""

from __future__ import annotations

import json
from typing import Any

import click

from .main import plain


def unarmed(text: str) -> str:
    """The same lines without control characters: text from files and models must not drive the terminal."""
    return "\n".join(
        "".join(c if c.isprintable() else " " for c in line).rstrip() for line in text.splitlines()
    )


def headline(text: str) -> None:
    click.echo(click.style(plain(text), bold=True))


def passage(title: str, text: str, indent: int = 2) -> None:
    """A titled text, set off from what stands around it."""
    edge = " " * indent
    click.echo(edge + click.style(plain(title), fg="cyan"))
    for line in unarmed(text).splitlines() or [""]:
        click.echo(f"{edge}  {line}".rstrip())


def form(title: str, value: Any, indent: int = 2) -> None:
    """A titled piece of JSON."""
    passage(title, json.dumps(value, ensure_ascii=False), indent)
