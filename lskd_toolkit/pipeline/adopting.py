"""Critics that were trained elsewhere, made ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..components import Component
from ..config import Part
from ..critique.trained import complete, file_sha256
from ..errors import UsageError
from ..plugins import load
from .context import Workshop
from .critic_folders import critic_folder


def adopts(record: Component) -> bool:
    """Whether the critic can begin as one that was trained elsewhere; loads its code."""
    return hasattr(load(record.implementation), "adopt")


def adopt_critic(
    part: Part, checkpoint: Path, out: Path, prior: float,
    *, seed: int = 0, device: str = "auto", overwrite: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Have the part make a trained critic of the checkpoint, in ``out``, whole or not at all. What it says of
    itself. Which images it learned from is not known, and it says that.

    Raises:
        UsageError: the part cannot do that, the checkpoint is refused, or ``out`` is there already.
    """
    if part.options is None or not adopts(part.component):
        raise UsageError(
            f"the critic {part.component.name!r} cannot begin as another's; import it as: --critic blip2"
        )
    if not checkpoint.is_file():
        raise UsageError(f"{checkpoint} is no file; name the checkpoint that was downloaded")
    with critic_folder(out, overwrite) as growing:
        workshop = Workshop(seed=seed, device=device)
        try:
            metrics = workshop.host(part).call_plainly("adopt", checkpoint, growing, prior)
        finally:
            workshop.close()
        told = {
            "component": part.component.name,
            "distribution": part.distribution,
            "version": part.version,
            "options": part.options.key(),
            "parts": {name: own.key() for name, own in sorted(part.parts.items())},
            "seed": seed,
            "checkpoint": {"name": checkpoint.name, "sha256": file_sha256(checkpoint)},
            "labels": {"images": "unknown"},
            "metrics": dict(metrics),
        }
        complete(growing, told, ())
    return told
