"""Regions numbered as they are drawn, and their mentions with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..mentions import renumber as renumber_text
from ..records import Dropped
from .sample import Refused, Sample, mentioned


def renumber(sample: Sample, order: Sequence[int] | None = None) -> Sample | Refused:
    """The sample with its regions numbered from 0 in the order in which they are drawn, in the texts too.

    ``order`` are the ids of the regions to draw, the first to be number 0; None: all, as they stand. A
    region that is not in it is dropped; refused where a text mentions it.

    Raises:
        ValueError: an id in the order is no region's, or is there twice.
    """
    by_id = {region.id: region for region in sample.regions}
    chosen = list(by_id) if order is None else list(order)
    wrong = [id for id in chosen if id not in by_id]
    if wrong:
        raise ValueError(f"there is no region {wrong[0]} to number; there are {list(by_id)}")
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"a region is drawn once, not as in {chosen}")
    numbers = {id: number for number, id in enumerate(chosen)}
    missing = [id for id in mentioned(sample.texts) if id not in numbers]
    if missing:
        return Refused(f"a text mentions region {missing[0]}, which would not be drawn")
    return replace(
        sample,
        regions=tuple(replace(by_id[id], id=number) for id, number in numbers.items()),
        texts=tuple(renumber_text(text, numbers) for text in sample.texts),
        dropped=(
            *sample.dropped,
            *(Dropped(r, "it is not drawn") for r in sample.regions if r.id not in numbers),
        ),
    )
