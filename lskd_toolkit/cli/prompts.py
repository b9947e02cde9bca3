"""``lskd prompts``: the prompt sets there are, and exactly what one of them would send about a picture."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import LskdError, UsageError
from ..plugins import plugins
from .choosing import choosing_parts
from .main import plain
from .output import emit_json, table
from .passages import form, headline, passage

if TYPE_CHECKING:
    from ..teaching.prompt import Prompt

WORDS = ("look", "enough", "check", "revise", "repair", "sight")
"""The fields that hold the words of later steps."""


@click.group(
    invoke_without_command=True,
    epilog="\b\nExamples:\n  lskd prompts list\n  lskd prompts show qar-id --image dog.jpg",
)
@click.pass_context
def prompts(ctx: click.Context) -> None:
    """List what teachers are asked, and see what would be sent."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_prompts, as_json=False)


@prompts.command("list", epilog="\b\nExample:\n  lskd prompts list --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_prompts(as_json: bool) -> None:
    """List the prompt sets of all plugins."""
    from ..teaching.prompt import load_prompt

    told = []
    for found in plugins().announced("lskd_prompts"):
        each = {"name": found.record.name, "version": None, "style": "",
                "summary": found.record.summary, "distribution": found.distribution}  # fmt: skip
        try:
            prompt = load_prompt(found.qualified)
        except LskdError as error:  # one that does not load hides no other
            each["summary"] = f"broken: {error}"
        else:
            each |= {"version": prompt.version, "style": prompt.style}
        told.append(each)
    if as_json:
        emit_json(told)
        return
    table(
        [(e["name"], e["version"] or "?", e["style"], e["summary"], e["distribution"]) for e in told],
        ("name", "version", "style", "what it asks", "from"),
    )


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    names = (found.record.name for found in plugins().announced("lskd_prompts"))
    return sorted(name for name in names if name.startswith(incomplete))


SHOW_EXAMPLES = """\b
Examples:
  lskd prompts show qar-id                                the prompt set itself
  lskd prompts show qar-id --image dog.jpg                what would be sent about a photo
  lskd prompts show ./mine.yaml --image dog.jpg --teacher claude --teacher-input both
  lskd prompts show qar-id --source samples --image walkers.jpg
"""


@prompts.command("show", epilog=SHOW_EXAMPLES)
@click.argument("name", shell_complete=_names)
@click.option("--image", help="A photo, or with --source the id of one of its images.")
@click.option("--save-picture", type=click.Path(path_type=Path, file_okay=False),
              help="Save the pictures that would be sent in this folder, as JPEG.")  # fmt: skip
@choosing_parts
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(
    name: str,
    image: str | None,
    save_picture: Path | None,
    sets: tuple[str, ...],
    config: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Show the prompt set NAME, a name or a YAML file; with --image exactly what would be sent about it.

    The free stages (proposer, refiners, verbalizers) run on that image alone. The teacher's requests are
    made and printed; none is sent, and no key is needed.
    """
    from ..teaching.prompt import load_prompt
    from .unsent import configured, show_requests, unsent

    if given.get("prompt") not in (None, name):
        raise UsageError(f"the prompt is named twice: {name} and --prompt {given['prompt']}")
    prompt = load_prompt(name)
    if image is None:
        idle = [word for word, value in {**given, "set": sets, "config": config}.items() if value]
        if save_picture is not None or idle:
            word = idle[0] if idle else "save_picture"
            raise UsageError(f"--{word.replace('_', '-')} says how a picture is asked about; add --image")
        _show_prompt(prompt, as_json)
        return
    resolved = configured(name, image, sets, config, given)
    told = asyncio.run(unsent(resolved, image, given.get("source") is not None, save_picture))
    if as_json:
        emit_json({"prompt": prompt.key(), **told})
    else:
        show_requests(told, resolved, save_picture)


def _show_prompt(prompt: Prompt, as_json: bool) -> None:
    from ..pipeline.rehearsing import estimated_tokens
    from ..teaching.prompt import Prompt, shots

    pool = prompt.all_examples()
    dealt = shots(prompt, "an image")
    tokens = {
        "system": estimated_tokens(prompt.system, ()),
        "instruction": estimated_tokens(prompt.instruction, ()),
        "examples": estimated_tokens("", dealt),
        "scene_at_most": prompt.tokens,
    }
    if as_json:
        emit_json({
            **prompt.model_dump(mode="json"), "sha256": prompt.key()["sha256"], "pool_size": len(pool),
            "examples_dealt": len(dealt) // 2, "tokens": tokens,
        })  # fmt: skip
        return
    headline(f"{prompt.name}, version {prompt.version}: {prompt.summary}")
    about = "the scene" if prompt.focus == "scene" else f"each of up to {prompt.max_focus} regions"
    hands = f", one of {prompt.hands} fixed hands" if prompt.hands else ""
    lines = [
        f"asks for {prompt.statements} statements about {about}, regions named by {prompt.style}",
        f"kinds of inference: {', '.join(prompt.inference_types)}",
        f"a statement has: {', '.join(prompt.fields)}",
        f"temperature {prompt.temperature:g}, a reply has at most {prompt.max_tokens} tokens",
        f"a scene has at most {prompt.max_regions} regions and about {prompt.tokens} tokens",
        f"{len(dealt) // 2} of {len(pool)} worked examples go before the question{hands}",
        f"about {tokens['system']} tokens of system, {tokens['examples']} of examples, "
        f"{tokens['instruction']} of instruction",
    ]
    for line in lines:
        click.echo(f"  {plain(line)}")
    click.echo()
    passage("system", prompt.system)
    passage("instruction (a template)", prompt.instruction)
    if prompt.layout:
        passage("layout of a scene (a template)", prompt.layout)
    if prompt.patterns:
        form("patterns that fields of a reply are bound by", prompt.patterns)
    for field in WORDS:
        ours = getattr(prompt, field) == Prompt.model_fields[field].default
        passage(f"{field}{' (the default)' if ours else ''}", getattr(prompt, field))
    for message in dealt[:2]:
        passage(f"{message.role}, of the first example that an image might see", message.text)
