"""Which split an image belongs to: a function of its bytes, so that no image is ever in two."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def split_of(sha256: str, splits: Mapping[str, float], seed: int = 0) -> str:
    """The split of the image whose bytes have that digest.

    ``splits`` maps names to shares that sum to 1. The same bytes always fall into the same split,
    whatever else the corpus holds and under whichever name they are found.
    """
    hashed = hashlib.sha256(f"{seed}:{sha256}".encode()).digest()
    place = int.from_bytes(hashed[:8], "big") / 2**64
    edge, name = 0.0, ""
    for name, share in splits.items():
        edge += share
        if share > 0 and place < edge:
            return name
    return next(last for last in reversed(list(splits)) if splits[last] > 0)
