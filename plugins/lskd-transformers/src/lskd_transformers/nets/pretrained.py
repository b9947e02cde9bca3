"""A net that begins as a pretrained one."""

from __future__ import annotations

from typing import TypeVar

import torch
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from lskd_toolkit import WeightsMissing

from .blip2_itm import Blip2Itm

Net = TypeVar("Net", bound=Blip2Itm)


def pretrained(net: type[Net], base: str, option: str) -> tuple[Net, PreTrainedTokenizerBase]:
    """A BLIP-2 image-text model as ``net``, and its tokenizer, from a folder or the hub; what the model lacks
    of the net is fresh. ``option`` is where the user names another.

    Raises:
        WeightsMissing: it cannot be had.
    """
    try:
        model = net.from_pretrained(base, use_safetensors=True, dtype=torch.float32)
        return model, AutoTokenizer.from_pretrained(base)
    except (OSError, ValueError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise WeightsMissing(
            f"the base model {base!r} cannot be had ({reason}); fetch it with: hf download {base}, "
            f"or name a folder: --set {option}=FOLDER"
        ) from error
