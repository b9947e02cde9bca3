"""Open vocabularies: words of the user's as the classes of a YOLO-World or YOLOE.

ultralytics does this with a package that it installs from GitHub and a file that it fetches into the current
folder. Here the text encoder is one that is there already: CLIP by transformers, whose vectors YOLO-World was
trained with, or the TorchScript that YOLOE was.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from lskd_toolkit import UsageError, WeightsMissing

from .finding import found

CLIP = "openai/clip-vit-base-patch32"
LONGEST = 77
"""Tokens that CLIP takes, with those for beginning and end."""


def is_open(yolo: Any) -> bool:
    """Whether its classes are words: not so with a YOLOE whose vocabulary is built in (``-pf``, or fused)."""
    head = yolo.model.model[-1]
    kind = type(yolo).__name__
    return kind == "YOLOWorld" or (kind == "YOLOE" and not hasattr(head, "lrpc") and not head.is_fused)


def teach(yolo: Any, classes: Sequence[str], text_model: str, cache: Path) -> None:
    """Make the words the model's classes; where they are already, no text encoder is needed.

    Raises:
        WeightsMissing: the text encoder is not here; says how to fetch it.
        UsageError: it does not fit.
    """
    net, names = yolo.model, list(classes)
    known = net.names
    if names == (list(known.values()) if isinstance(known, dict) else list(known)):
        return
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"the class {twice[0]!r} is named twice in proposer.yolo.classes")
    world = type(yolo).__name__ == "YOLOWorld"
    vectors = _vectors(names, text_model or (CLIP if world else _of_yoloe(net)), cache)
    width = 512 if world else net.model[-1].embed
    if vectors.shape[-1] != width:
        raise UsageError(
            f"{text_model!r} makes vectors of {vectors.shape[-1]} numbers, and this model takes {width}; "
            "name its own text encoder: --set proposer.yolo.text_model=NAME"
        )
    with torch.no_grad():
        if world:
            net.txt_feats = vectors[None]
            net.model[-1].nc = len(names)
            net.names = dict(enumerate(names))
        else:
            net.set_classes(names, net.model[-1].get_tpe(vectors[None]))


def _of_yoloe(net: Any) -> str:
    """The text encoder that a YOLOE was trained with."""
    variant = getattr(net, "text_model", "mobileclip:blt")
    if variant.startswith("clip:"):
        return CLIP
    return "mobileclip2_b.ts" if variant.startswith("mobileclip2") else "mobileclip_blt.ts"


def _vectors(words: Sequence[str], text_model: str, cache: Path) -> torch.Tensor:
    """float32 ``(words, width)``, each of length 1."""
    with torch.inference_mode():
        if text_model.endswith(".ts"):
            encoder = torch.jit.load(str(found(text_model, cache)), map_location="cpu")  # type: ignore[no-untyped-call]
            vectors = encoder(_tokens(words, CLIP, 0))
        else:
            vectors = _clip(text_model)(input_ids=_tokens(words, text_model)).text_embeds
        vectors = vectors.float() / vectors.float().norm(dim=-1, keepdim=True)
    return torch.clone(vectors)  # what is made in inference mode could not be used outside of it


def _clip(name: str) -> Any:
    transformers = _transformers()
    return _local(transformers.CLIPTextModelWithProjection, name).eval()


def _tokens(words: Sequence[str], name: str, filler: int | None = None) -> torch.Tensor:
    """Numbers of the words' pieces, int64 ``(words, 77)``; ``filler`` stands behind their ends."""
    tokenizer = _local(_transformers().CLIPTokenizer, name)
    made = tokenizer(
        list(words), padding="max_length", truncation=True, max_length=LONGEST, return_tensors="pt"
    )
    tokens: torch.Tensor = made["input_ids"]
    if filler is not None:
        tokens = tokens.masked_fill(made["attention_mask"] == 0, filler)
    return tokens


def _local(kind: Any, name: str) -> Any:
    """From a folder, or from what has been fetched from the hub: nothing is fetched unasked."""
    try:
        return kind.from_pretrained(name, local_files_only=True)
    except (OSError, ValueError) as error:
        raise WeightsMissing(
            f"the text encoder {name!r} is not here, and none is fetched unasked; hf download {name}"
        ) from error


def _transformers() -> Any:
    try:
        import transformers
    except ImportError as error:
        raise UsageError(
            "words of an open vocabulary are read by transformers; pip install transformers"
        ) from error
    return transformers
