"""Which statements are trained on and which are held out, by image."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def hold_out(images: Sequence[str], fraction: float, seed: int) -> frozenset[str]:
    """The images held out, of ``images`` (an identity for each statement, with repeats).

    Two statements on one image are never parted. At least one image is held out of five or more when
    ``fraction`` asks for any; at least two always remain. An image's lot depends on its identity and
    the seed, not on its place.
    """
    distinct = sorted(set(images), key=lambda image: hashlib.blake2b(f"{seed} {image}".encode()).digest())
    wanted = round(fraction * len(distinct))
    if fraction > 0 and len(distinct) >= 5:
        wanted = max(1, wanted)
    return frozenset(distinct[: max(0, min(wanted, len(distinct) - 2))])
