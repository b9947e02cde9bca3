"""Who may judge the judge: every labelled image serves one purpose only.

What a critic was trained on, what its probabilities were fitted to, what its threshold was chosen on and
what it is measured on are different images. The role of an image follows from its bytes and a seed alone, so
it stays the same when labels are added, in another order, or in another run with the same picture.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from ..errors import UsageError

if TYPE_CHECKING:
    from ..labelling.matching import Labelled

Role = Literal["calibrate", "threshold", "test"]
ROLES: tuple[Role, ...] = ("calibrate", "threshold", "test")
FRACTIONS = (0.4, 0.4, 0.2)
"""Of the images, by role. To calibrate and to certify want more labels than a last look does."""


def role(
    image: str,
    *,
    seed: int = 0,
    fractions: Sequence[float] = FRACTIONS,
    excluded: Collection[str] = frozenset(),
) -> Role | None:
    """What the image with this sha256 of its bytes is for; None for what is ``excluded``, having been
    trained on.

    Raises:
        UsageError: ``fractions`` are not three numbers of at least 0 that sum to 1.
    """
    if len(fractions) != len(ROLES) or min(fractions) < 0 or abs(sum(fractions) - 1) > 1e-9:
        raise UsageError(
            f"shares to calibrate, threshold and test are three numbers that sum to 1, not {list(fractions)}"
        )
    if image in excluded:
        return None
    place = int.from_bytes(hashlib.sha256(f"{seed}:{image}".encode()).digest()[:8]) / 2**64
    below = 0.0
    for name, fraction in zip(ROLES, fractions, strict=True):
        below += fraction
        if place < below:
            return name
    return next(name for name, fraction in reversed([*zip(ROLES, fractions, strict=True)]) if fraction)


def shared_out(
    found: Iterable[Labelled],
    *,
    seed: int = 0,
    fractions: Sequence[float] = FRACTIONS,
    excluded: Collection[str] = frozenset(),
) -> tuple[dict[Role, list[Labelled]], list[Labelled]]:
    """Labelled statements by the role of their image, every role there, and those without one."""
    shares: dict[Role, list[Labelled]] = {name: [] for name in ROLES}
    seen: list[Labelled] = []
    for each in found:
        purpose = role(each.scene.image.sha256, seed=seed, fractions=fractions, excluded=excluded)
        (seen if purpose is None else shares[purpose]).append(each)
    return shares, seen
