"""A trained net on disk: weights in safetensors, everything else in JSON."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from safetensors.torch import load_file, save_file
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from lskd_toolkit import LskdError

from .nets.blip2_critic import Blip2Critic
from .nets.blip2_itm import Blip2Itm
from .nets.config import Blip2ItmConfig

FORMAT = 1
FOLDER = "model"

Net = TypeVar("Net", bound=Blip2Itm)


@dataclass(frozen=True, slots=True)
class Kept(Generic[Net]):
    """What is kept: ``net`` its class, ``what`` its word, which also names its JSON, ``made`` the command
    that makes one."""

    net: type[Net]
    what: str
    made: str


STUDENT = Kept(Blip2Itm, "student", "lskd run --student blip2-itm")
CRITIC = Kept(Blip2Critic, "critic", "lskd critic train RUN --out CRITIC")


def save(
    folder: Path, model: Net, tokenizer: PreTrainedTokenizerBase, facts: Mapping[str, Any], kind: Kept[Net]
) -> Path:
    """Write the net under ``folder/model``, whole or not at all, in place of one that is there.

    ``facts`` is JSON: what must be known to score with it.
    """
    place, growing, old = (folder / name for name in (FOLDER, f"{FOLDER}.part", f"{FOLDER}.old"))
    for leftover in (growing, old):
        shutil.rmtree(leftover, ignore_errors=True)
    growing.mkdir(parents=True)
    model.config.save_pretrained(growing)
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    save_file(weights, growing / "model.safetensors", metadata={"format": "pt"})
    tokenizer.save_pretrained(growing)
    text = json.dumps({"format": FORMAT, **facts}, indent=2, sort_keys=True, ensure_ascii=False)
    (growing / f"{kind.what}.json").write_text(text + "\n", encoding="utf-8")
    for file in growing.iterdir():
        _flush(file)
    _flush(growing)
    if place.exists():
        os.replace(place, old)
    os.replace(growing, place)
    _flush(folder)
    shutil.rmtree(old, ignore_errors=True)
    return place


def load(folder: Path, kind: Kept[Net]) -> tuple[Net, PreTrainedTokenizerFast, dict[str, Any]]:
    """The net under ``folder``: model in evaluation mode on the CPU, tokenizer, facts.

    Raises:
        LskdError: there is none, it is of a newer format, or it is damaged.
    """
    place, what = folder / FOLDER, kind.what
    file = place / f"{what}.json"
    try:
        facts: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LskdError(f"{folder} holds no trained {what}; train one with: {kind.made}") from None
    except (OSError, ValueError) as error:
        raise LskdError(f"{file} cannot be read ({error}); train the {what} again") from error
    if not isinstance(facts, dict) or not isinstance(facts.get("format"), int):
        raise LskdError(f"{file} is not a {what}'s; train the {what} again")
    if facts["format"] > FORMAT:
        raise LskdError(f"{folder} was written by a newer lskd-transformers; update it to load this {what}")
    try:
        model = kind.net(Blip2ItmConfig.from_pretrained(place, local_files_only=True))
        model.load_state_dict(load_file(place / "model.safetensors"), strict=True)
        tokenizer = PreTrainedTokenizerFast.from_pretrained(place, local_files_only=True)
    except Exception as error:  # whatever is damaged, the library's message names it
        raise LskdError(f"{place} cannot be loaded ({_first_line(error)}); train the {what} again") from error
    return model.eval(), tokenizer, facts


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _flush(path: Path) -> None:
    """Make a file's or folder's content durable before it is put in its place."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
