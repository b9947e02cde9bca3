"""The words that choose a run's parts: the same for every command that takes a configuration."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from ..errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])


def named(*kinds: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Shell completion by the names of the parts of these kinds; after a comma for the next."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        from ..plugins import plugins

        before, comma, last = incomplete.rpartition(",")
        names = sorted({found.record.name for kind in kinds for found in plugins().components(kind)})
        return [f"{before}{comma}{name}" for name in names if name.startswith(last)]

    return complete


def strategies(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Shell completion by the names of the strategies."""
    from ..plugins import plugins

    names = (found.record.name for found in plugins().announced("lskd_strategies"))
    return sorted(name for name in names if name.startswith(incomplete))


def words(text: str | None) -> list[str] | None:
    """``a,b`` as a list; None where the flag was not given."""
    return None if text is None else [word.strip() for word in text.split(",") if word.strip()]


def as_critic(word: str) -> str | dict[str, Any]:
    """A critic by its name, or by the folder of a trained one, which then goes by the folder's name.

    Raises:
        UsageError: the folder holds no trained critic.
    """
    from ..critique.trained import facts, is_trained

    folder = Path(word)
    if not is_trained(folder) and os.sep not in word:
        return word
    told = facts(folder)
    alias = folder.resolve().name.replace(".", "-")
    options = {name: value for name, value in told["options"].items() if name != "folder"}
    return {"use": told["component"], "as": alias, **options, "folder": str(folder.resolve())}


def trained_parts(sets: Iterable[str]) -> list[str]:
    """The words of ``--set`` with ``swap.critic=critics/first`` as the critic that this folder holds."""
    from ..critique.trained import is_trained

    def said(text: str) -> str:
        path, _, value = text.partition("=")
        if not (path.strip().endswith(".critic") and value and is_trained(Path(value))):
            return text
        part = as_critic(value)
        assert not isinstance(part, str)
        return f"{path}={json.dumps({name: own for name, own in part.items() if name != 'as'})}"

    return [said(text) for text in sets]


_WORDS = (
    click.argument("images", nargs=-1, type=click.Path(path_type=str)),
    click.option("--source", shell_complete=named("source"),
                 help="Where images come from, if not files: coco, vcr, samples, …"),
    click.option("--annotations", multiple=True, type=click.Path(path_type=str),
                 help="Files of a source that brings its own regions; may be repeated."),
    click.option("--proposer", shell_complete=named("proposer"),
                 help="Who proposes regions; several with commas; yolo+sam: boxes of yolo, masks of sam."),
    click.option("--refine", shell_complete=named("refiner"),
                 help="Refiners, in order: filter, merge, top, …; 'none' for none."),
    click.option("--visual-prompt", shell_complete=named("visual_prompt"),
                 help="How regions are shown to models: numbered, crop, alpha, …"),
    click.option("--verbalizer", shell_complete=named("verbalizer"),
                 help="Who puts images into words; several with commas."),
    click.option("--vlm", shell_complete=named("vlm"),
                 help="The vision-language model that captions and answers: blip2, chat, florence, …"),
    click.option("--vqa", shell_complete=named("vqa"),
                 help="Who answers questions about pictures: an agent's, and those of 'dynamic'."),
    click.option("--depth", shell_complete=named("depth"),
                 help="Who says how far things are; relations are told with it."),
    click.option("--encoder", shell_complete=named("encoder"),
                 help="Who tells when two notes say the same; each is then told once."),
    click.option("--teacher", shell_complete=named("teacher", "backend"),
                 help="A teacher, or a backend for the teacher 'llm'."),
    click.option("--prompt", help="What the teacher is asked: a prompt set or a YAML file."),
    click.option("--strategy", shell_complete=strategies,
                 help="How the teacher works: oneshot, reflect, agent."),
    click.option("--teacher-input", type=click.Choice(["text", "image", "both"]),
                 help="What the teacher is given: words, the picture with numbered regions, or both."),
    click.option("--without", metavar="NAMES",
                 help="What the teacher is not told: scopes (local, dynamic, …), verbalizers; with commas."),
    click.option("--critic", shell_complete=named("critic"),
                 help="Who scores statements: names, folders of trained critics; with commas."),
    click.option("--student", shell_complete=named("student"),
                 help="The model to distil into; none if not given."),
    click.option("--set", "sets", multiple=True, metavar="ALIAS.OPTION=VALUE",
                 help="Set any option of any part."),
    click.option("--config", type=click.Path(path_type=Path, dir_okay=False),
                 help="A run.yaml to start from."),
    click.option("--seed", type=int, help="Seed of everything that is drawn."),
    click.option("--device", help="cpu, cuda, cuda:1; found by itself if not given."),
)  # fmt: skip


def choosing(command: F) -> F:
    """Give a command the words above."""
    return _WORDS[0](choosing_parts(command))


def choosing_parts(command: F) -> F:
    """The same without IMAGES, for a command that is about one image."""
    for word in reversed(_WORDS[1:]):
        command = word(command)
    return command


def flags(images: tuple[str, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given on the command line as a layer of configuration."""
    from ..config import SETTINGS, SINGLE

    layer: dict[str, Any] = {}
    if given.get("source"):
        layer["source"] = given.get("source")
    if images:
        from ..config import option_fields
        from ..plugins import plugins

        source = given.get("source") or "folder"
        if "paths" not in option_fields(plugins().component("source", source)):
            raise UsageError(f"IMAGES and --source {source} exclude each other")
        layer["source"] = {"use": source, "paths": [os.path.abspath(image) for image in images]}
    if given.get("annotations"):
        files = [os.path.abspath(file) for file in given["annotations"]]
        if not given.get("source"):
            raise UsageError("--annotations needs to know whose: --source coco, vcr, sherlock, …")
        spec = layer["source"] if isinstance(layer["source"], dict) else {"use": layer["source"]}
        layer["source"] = {**spec, "annotations": files}
    for kind, flag in (
        ("proposer", "proposer"),
        ("refiner", "refine"),
        ("verbalizer", "verbalizer"),
        ("critic", "critic"),
    ):
        named = words(given.get(flag))
        if named is not None:
            if kind == "proposer":
                named = [name for word in named for name in word.split("+")[:1]]
                refiners = [name for word in words(given.get(flag)) or [] for name in word.split("+")[1:]]
                if refiners and given.get("refine") is None:
                    layer["refiner"] = [*refiners, "top"]
            layer[kind] = [as_critic(word) for word in named] if kind == "critic" else named
    for name in (*SINGLE, *SETTINGS):
        if name != "source" and given.get(name) is not None:
            layer[name] = given[name]
    if str(layer.get("prompt", "")).endswith((".yaml", ".yml")):
        layer["prompt"] = os.path.abspath(layer["prompt"])  # a run goes on from any folder
    return layer
