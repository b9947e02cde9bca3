"""Laying a checkpoint that lacks its frozen parts over a net that has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from lskd_toolkit import UsageError

from ..nets.blip2_itm import Blip2Itm
from .names import EYE, UNUSED, ours


@dataclass(frozen=True, slots=True)
class Released:
    """A kind of released checkpoint: ``what`` it is called, and how names begin that it need not bring,
    ``spared``, unless one of ``needed`` begins them too."""

    what: str
    needed: tuple[str, ...]
    spared: tuple[str, ...]


CRITIC = Released(
    "critic",
    needed=("vision_model.post_layernorm.",),
    spared=("vision_model.", "vision_projection.", "text_projection.", "temp", "cls."),
)
"""It has no contrastive part, and does not use the language-modelling head."""


@torch.no_grad()
def lay(state: Mapping[str, torch.Tensor], model: Blip2Itm, kind: Released, path: Path, option: str) -> int:
    """Put the checkpoint's weights into the net, all or none; how many there were.

    ``path`` is where they are from, and ``option`` is where the user names another base.

    Raises:
        UsageError: names or shapes do not fit, or a weight is no number. The first few are named.
    """
    if eye := [name for name in state if name.startswith(EYE)]:
        raise UsageError(
            f"{path} brings a vision encoder of its own ({eye[0]} and {len(eye) - 1} more), and the released "
            f"{kind.what} does not: name its checkpoint_best.pth"
        )
    there = model.state_dict()
    source: dict[str, str] = {}
    unknown = []
    for name in state.keys() - UNUSED:
        target = ours(name)
        if target is None or target not in there:
            unknown.append(name)
        elif target not in source:
            source[target] = name
        elif not torch.equal(state[name], state[source[target]]):
            raise UsageError(
                f"{path}: {name} and {source[target]} are one weight and differ; download it again"
            )
    lacking = [name for name in there if name not in source and _must_bring(name, kind)]
    if unknown or lacking:
        said = [
            f"it {word} {_some(names)}" for word, names in (("lacks", lacking), ("has", unknown)) if names
        ]
        raise UsageError(
            f"{path} is no released {kind.what} over this base: {', and '.join(said)}; name another file, "
            f"or another base: --set {option}=…"
        )
    wrong = [
        f"{name} is {tuple(state[name].shape)} and should be {tuple(there[target].shape)}"
        for target, name in source.items()
        if state[name].shape != there[target].shape
    ]
    if wrong:
        raise UsageError(
            f"{path} is of another size than the base: {_some(wrong)}; name the base that it was made from: "
            f"--set {option}=…"
        )
    for name in source.values():
        if not state[name].is_floating_point() or not torch.isfinite(state[name]).all():
            raise UsageError(f"{path}: {name} holds what is no number; download it again")
    for target, name in source.items():
        there[target].copy_(state[name])
    return len(source)


def _must_bring(name: str, kind: Released) -> bool:
    return name.startswith(kind.needed) or not name.startswith(kind.spared)


def _some(names: Iterable[str]) -> str:
    """The first three, and how many more."""
    first = sorted(names)
    more = f" and {len(first) - 3} more" if len(first) > 3 else ""
    return ", ".join(first[:3]) + more
