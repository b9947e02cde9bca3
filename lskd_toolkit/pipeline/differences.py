"""What changed between two keys of a stage, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..store import StageKey, Store
from .stages import Stage


def all_keys(store: Store, planned: Iterable[Stage]) -> dict[str, StageKey]:
    """Every stage that is stored or planned, by its key."""
    return {**{s.key: s for s, _ in store.stages()}, **{stage.key.key: stage.key for stage in planned}}


def differences(stages: Mapping[str, StageKey], former: StageKey, now: StageKey) -> list[str]:
    """Each part of the key that differs, once. A changed stage upstream is followed to its own cause;
    ``stages`` holds those that may be met, by key."""
    return list(dict.fromkeys(_differences(stages, former, now)))


def _differences(stages: Mapping[str, StageKey], former: StageKey, now: StageKey) -> Iterator[str]:
    before, after = dict(former.parts), dict(now.parts)
    upstream_before, upstream_after = before.pop("upstream", {}), after.pop("upstream", {})
    for path, old, new in _differing(before, after, now.name):
        yield f"{path} changed from {_shown(old)} to {_shown(new)}"
    for name in sorted({*upstream_before, *upstream_after}):
        old_key, new_key = upstream_before.get(name), upstream_after.get(name)
        if old_key == new_key:
            continue
        if old_key is None or new_key is None:
            yield f"{name} was {'added' if old_key is None else 'taken away'} before {now.name}"
        elif old_key in stages and new_key in stages:
            yield from _differences(stages, stages[old_key], stages[new_key])


def _differing(before: Any, after: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}):
            yield from _differing(before.get(name), after.get(name), f"{path}.{name}")
    elif before != after:
        yield path, before, after


def _shown(value: Any) -> str:
    text = "the default" if value is None else repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
