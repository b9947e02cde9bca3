"""Nothing is paid for twice without a word: a change that would redo a paid stage asks first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import ConsentNeeded
from ..llm.ledger import Ledger
from ..store import Store
from .differences import all_keys, differences
from .stages import Stage


@dataclass(frozen=True, slots=True)
class Redo:
    """A paid stage that would be done again: for how many images, what changed, what it may cost."""

    stage: str
    images: int
    changes: tuple[str, ...]
    usd: float | None


def would_redo(store: Store, stages: Sequence[Stage], ledger: Ledger) -> list[Redo]:
    """The paid stages whose present images have a result under a former key and none under this one."""
    redone = []
    known = all_keys(store, stages)
    for stage in stages:
        if not stage.part.paid:
            continue
        count = store.lacking_but_had(stage.key)
        if count:
            former = store.former_stages(stage.key)[0]
            changes = tuple(differences(known, former, stage.key))
            redone.append(Redo(stage.name, count, changes, _usd(ledger, store, stage, count)))
    return redone


def _usd(ledger: Ledger, store: Store, stage: Stage, images: int) -> float | None:
    """Money for so many images, by what they have cost in this ledger so far."""
    by_status, _, _, usd, _ = ledger.totals()
    paid = sum(store.rows_ever(stage.name).values())
    if usd is None or not by_status or not paid:
        return None
    return usd / paid * images


def ask_before_paying_again(store: Store, stages: Sequence[Stage], ledger: Ledger, yes: bool) -> None:
    """Stop if paid work would be redone and nobody agreed.

    Raises:
        ConsentNeeded: names the stage, the number of images, the change, the money.
    """
    if yes:
        return
    for redo in would_redo(store, stages, ledger):
        money = "" if redo.usd is None else f", about ${redo.usd:.2f}"
        raise ConsentNeeded(
            f"{redo.stage} would be paid for again for {redo.images} images{money}, because "
            f"{'; '.join(redo.changes)}. Agree with --yes, or undo the change"
        )
