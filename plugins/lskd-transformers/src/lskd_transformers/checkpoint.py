"""A trained student on disk: weights in safetensors, everything else in JSON."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from lskd_toolkit import LskdError

from .nets.blip2_itm import Blip2Itm
from .nets.config import Blip2ItmConfig

FORMAT = 1
FOLDER = "model"


def save(folder: Path, model: Blip2Itm, tokenizer: PreTrainedTokenizerBase, facts: Mapping[str, Any]) -> Path:
    """Write the student under ``folder/model``, whole or not at all, in place of one that is there.

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
    (growing / "student.json").write_text(text + "\n", encoding="utf-8")
    for file in growing.iterdir():
        _flush(file)
    _flush(growing)
    if place.exists():
        os.replace(place, old)
    os.replace(growing, place)
    _flush(folder)
    shutil.rmtree(old, ignore_errors=True)
    return place


def load(folder: Path) -> tuple[Blip2Itm, PreTrainedTokenizerFast, dict[str, Any]]:
    """The student under ``folder``: model in evaluation mode on the CPU, tokenizer, facts.

    Raises:
        LskdError: there is none, it is of a newer format, or it is damaged.
    """
    place = folder / FOLDER
    try:
        facts: dict[str, Any] = json.loads((place / "student.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LskdError(
            f"{folder} holds no trained student; train one with: lskd run --student blip2-itm"
        ) from None
    except (OSError, ValueError) as error:
        raise LskdError(
            f"{place / 'student.json'} cannot be read ({error}); train the student again"
        ) from error
    if not isinstance(facts, dict) or not isinstance(facts.get("format"), int):
        raise LskdError(f"{place / 'student.json'} is not a student's; train the student again")
    if facts["format"] > FORMAT:
        raise LskdError(f"{folder} was written by a newer lskd-transformers; update it to load this student")
    try:
        model = Blip2Itm(Blip2ItmConfig.from_pretrained(place, local_files_only=True))
        model.load_state_dict(load_file(place / "model.safetensors"), strict=True)
        tokenizer = PreTrainedTokenizerFast.from_pretrained(place, local_files_only=True)
    except Exception as error:  # whatever is damaged, the library's message names it
        raise LskdError(
            f"{place} cannot be loaded ({_first_line(error)}); train the student again"
        ) from error
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
