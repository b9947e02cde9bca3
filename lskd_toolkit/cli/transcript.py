"""The conversation about one image in the terminal, for ``lskd why --transcript``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import click

from ..corpus.exchanges import Asked, Exchange, Turn, conversation
from ..llm.messages import ChatReply
from .main import plain
from .passages import headline, passage


def transcript(exchanges: Iterable[Exchange]) -> None:
    """Print what was asked and answered, each thing once; worked examples are counted, not printed."""
    told = conversation(exchanges)
    if not told:
        click.echo("no backend was asked about it")
    for asked in told:
        click.echo()
        _request(asked)
        _reply(asked.reply, asked.number)


def as_values(exchanges: Iterable[Exchange]) -> list[dict[str, Any]]:
    """All of it as plain values, for ``--json``."""
    return [
        {
            "key": each.key,
            "request": dict(each.request),
            "reply": None if each.reply is None else {
                "status": each.reply.status, "text": each.reply.text, "model": each.reply.model,
                "calls": [[call.name, dict(call.arguments)] for call in each.reply.calls],
                "tokens_in": each.reply.tokens_in, "tokens_out": each.reply.tokens_out,
                "cached": each.reply.cached, "usd": each.reply.usd,
            },
        }
        for each in exchanges
    ]  # fmt: skip


def _request(asked: Asked) -> None:
    settings = ", ".join(f"{name} {value}" for name, value in asked.settings.items() if value != {})
    headline(f"request {asked.number}: {settings or 'no longer in the ledger'} (key {asked.key[:12]})")
    if asked.again:
        click.echo(f"  the same as request {asked.follows}, drawn again")
    elif asked.follows:
        repeated = "" if asked.turns and asked.turns[0].role == "assistant" else " and its reply"
        click.echo(f"  goes on from request {asked.follows}{repeated}")
    if asked.system and asked.system_again and not asked.follows:
        click.echo("  system: as above")
    elif asked.system and not asked.follows:
        passage("system", asked.system)
    if asked.examples:
        size = sum(len(turn.text) for turn in asked.examples)
        click.echo(f"  {len(asked.examples) // 2} worked examples, {size} characters (--json prints them)")
    for turn in asked.turns:
        _turn(turn)
    for name, about, _ in asked.tools:
        click.echo(f"  tool {plain(name)}: {plain(about)}")
    if asked.schema is not None:
        size = len(json.dumps(asked.schema))
        click.echo(f"  a schema that the reply must follow, {size} characters (--json prints it)")


def _turn(turn: Turn) -> None:
    for picture in turn.pictures:
        click.echo(f"  with {plain(picture)}")
    passage({"tool": "tool answer"}.get(turn.role, turn.role), turn.text)
    for call in turn.calls:
        click.echo(f"    calls {plain(call)}")


def _reply(reply: ChatReply | None, number: int) -> None:
    if reply is None:
        headline(f"reply {number}: no longer in the ledger")
        return
    money = "price not known" if reply.usd is None else f"${reply.usd:.6f}"
    cached = f" ({reply.cached} from the vendor's cache)" if reply.cached else ""
    spent = f"{reply.tokens_in} tokens in{cached}, {reply.tokens_out} out, {money}"
    passage(f"reply {number}: {reply.status}, {spent}", reply.text or "(no text)")
    for call in reply.calls:
        given = json.dumps(dict(call.arguments), ensure_ascii=False)
        click.echo(f"    calls {plain(call.name)} {plain(given)}")
