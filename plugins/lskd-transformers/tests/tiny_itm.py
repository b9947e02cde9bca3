"""A BLIP-2 image-text model at tiny size in a folder, as a checkpoint on the hub lies there."""

from __future__ import annotations

from pathlib import Path

import torch
from lskd_transformers.data.words import build
from lskd_transformers.nets.blip2_itm import Blip2Itm
from lskd_transformers.nets.config import tiny
from lskd_transformers.squares import COLOURS

SIDE, TOKENS = 32, 40


def checkpoint(folder: Path, seed: int = 0) -> Path:
    """One with random weights that reads the words of `squares`."""
    torch.manual_seed(seed)
    texts = [
        f"what colour is the square ? answer : it is filled with {colour} . rationale" for colour in COLOURS
    ]
    tokenizer = build(texts, 400)
    Blip2Itm(tiny(len(tokenizer), SIDE, TOKENS)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
