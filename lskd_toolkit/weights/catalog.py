"""The weights that installed parts announce through the hook ``lskd_weights``."""

from __future__ import annotations

from collections import Counter
from difflib import get_close_matches

from ..components import WeightFile
from ..errors import AmbiguousComponent, UsageError
from ..plugins import Announced, plugins

HOOK = "lskd_weights"


def catalog() -> dict[str, Announced]:
    """Every announced `WeightFile` by name, sorted; by ``distribution:name`` where two share a name."""
    announced = plugins().announced(HOOK)
    times = Counter(each.record.name for each in announced)
    return {each.record.name if times[each.record.name] == 1 else each.qualified: each for each in announced}


def lookup(name: str) -> WeightFile:
    """The record of that name.

    Raises:
        UsageError: no installed part announces it; says which name is near.
        AmbiguousComponent: two distributions announce it; says how to name one.
    """
    # A name may hold a colon of its own, so it is compared whole before a distribution is split off.
    found = [each for each in plugins().announced(HOOK) if name in (each.record.name, each.qualified)]
    if len(found) > 1:
        both = " and ".join(each.distribution for each in found)
        raise AmbiguousComponent(
            f"weights {name!r} are offered by {both}; name one, for example {found[0].qualified}"
        )
    if not found:
        near = get_close_matches(name, list(catalog()), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"no weights are called {name!r}{hint} See: lskd weights list")
    record: WeightFile = found[0].record
    return record
