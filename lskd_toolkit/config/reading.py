"""run.yaml and flags to one validated, frozen configuration.

A part is written ``{use: NAME, as: ALIAS, option: value, parts: {vqa: {use: NAME}}}`` or just ``NAME``.
Precedence: defaults, then run.yaml, then flags. ``--set ALIAS.option=value`` reaches any part; a list
with one part also answers to its kind's name, and an option that a teacher does not know but its
backend does is the backend's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ..components import KINDS
from ..errors import ConfigError
from .lending import SHARED

if TYPE_CHECKING:
    pass

LISTS = ("proposer", "refiner", "verbalizer", "critic")
SINGLE = ("source", *SHARED, "teacher", "student")

DEFAULTS: dict[str, Any] = {
    "source": "folder",
    "proposer": ["nanodet"],
    "refiner": ["top"],
    "visual_prompt": "numbered",
    "verbalizer": ["objects", "colours", "relations", "caption-composed"],
    "teacher": "smollm",
    "critic": ["grounding"],
}

SETTINGS: dict[str, tuple[type, Any]] = {
    "seed": (int, 0),
    "chunk": (int, 32),
    "threshold": (float, 0.5),
    "prompt": (str, ""),
    "strategy": (str, ""),
    "teacher_input": (str, ""),
    "without": (str, ""),
    "device": (str, "auto"),
    "schedule": (str, "auto"),
    "in_flight": (int, 4),
    "max_usd": (float, None),
    "max_requests": (int, None),
    "batch": (bool, False),
}
"""What is not a part: name, type, default."""
TEACHING = {"prompt": "prompt", "strategy": "strategy", "teacher_input": "input", "without": "without"}
"""Settings that stand for an option of whichever teacher there is."""
SELECTION = "selection"
"""A mapping of its own: what decides about statements beyond the threshold."""


def read_yaml(path: Path) -> dict[str, Any]:
    """A run.yaml as a mapping.

    Raises:
        ConfigError: unreadable, not YAML, not a mapping.
    """
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(loaded, dict):
        raise ConfigError(f"{path} holds no mapping; write one with: lskd init")
    return loaded


def write_yaml(raw: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(raw), sort_keys=False, allow_unicode=True)


def normalise(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Every part as a mapping, every list kind as a list, unknown keys refused."""
    known = (*SINGLE, *LISTS, *SETTINGS, SELECTION)
    result: dict[str, Any] = {}
    for key, value in raw.items():
        if key not in known:
            near = get_close_matches(str(key), known, n=1)
            raise ConfigError(f"unknown key {key!r} in the configuration{mean(near)}")
        if key in LISTS:
            items = value if isinstance(value, list) else [] if value is None else [value]
            result[key] = [mapping(key, item) for item in items]
        elif key in SINGLE:
            result[key] = None if value is None else mapping(key, value)
        elif key == SELECTION:
            if not isinstance(value, Mapping):
                raise ConfigError(f"{key}: expected a mapping, got {value!r}")
            result[key] = dict(value)
        else:
            result[key] = _setting(key, value)
    return result


def mapping(kind: str, value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"use": value}
    if isinstance(value, Mapping) and isinstance(value.get("use"), str):
        return dict(value)
    raise ConfigError(f"{kind}: expected a name or a mapping with 'use', got {value!r}")


def _setting(key: str, value: Any) -> Any:
    kind, default = SETTINGS[key]
    if value is None and default is None:
        return None
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if isinstance(value, int | float) and key.startswith("max_") and not 0 <= value < float("inf"):
        raise ConfigError(f"{key}: expected a number from 0 up, got {value!r}")
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ConfigError(f"{key}: expected {kind.__name__}, got {value!r}")
    return value


def merged(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Later layers win, key by key. A later layer that only names a part an earlier one configured
    keeps its configuration: ``--source smallworld`` over a file's ``{use: smallworld, count: 200}``."""
    result: dict[str, Any] = {}
    for layer in layers:
        for key, value in normalise(layer).items():
            before = result.get(key)
            if key in LISTS:
                known = {part["use"]: part for part in before or ()}
                value = [known.get(p["use"], p) if len(p) == 1 else p for p in value]  # noqa: PLW2901
            elif key in SINGLE and value and len(value) == 1 and before and before["use"] == value["use"]:
                continue
            result[key] = value
    return result


def apply_sets(raw: dict[str, Any], assignments: Iterable[str]) -> dict[str, Any]:
    """Lay ``ALIAS.option=value`` words over a normalised configuration.

    Raises:
        ConfigError: not of that form, or no part answers to the alias.
    """
    for text in assignments:
        path, equals, value = text.partition("=")
        names = path.strip().split(".")
        if not equals or not all(names):
            raise ConfigError(f"--set takes ALIAS.option=value, got {text!r}")
        try:
            parsed = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ConfigError(f"--set {path}: {value!r} is not a YAML value") from error
        if len(names) == 1:
            raw.update(normalise({names[0]: parsed}))
            continue
        if names[0] == SELECTION and len(names) == 2:
            raw[SELECTION] = {**raw.get(SELECTION, {}), names[1]: parsed}
            continue
        target = _addressed(raw, names[:-1], text)
        if names[-1] in target.get("parts", {}):  # a part of its own is named anew: the later word wins
            target["parts"] = {name: own for name, own in target["parts"].items() if name != names[-1]}
        target[names[-1]] = parsed
        if target is raw.get("teacher"):
            for setting, option in TEACHING.items():
                if option == names[-1]:
                    raw.pop(setting, None)  # the later word wins over the flag
    return raw


def _addressed(raw: dict[str, Any], names: list[str], text: str) -> dict[str, Any]:
    candidates: dict[str, dict[str, Any]] = {}
    for kind in SINGLE:
        if raw.get(kind):
            candidates[kind] = raw[kind]
    for kind in LISTS:
        parts = raw.get(kind, [])
        for part in parts:
            candidates[part.get("as", part["use"])] = part
            candidates[f"{kind}/{part.get('as', part['use'])}"] = part
        if len(parts) == 1:
            candidates.setdefault(kind, parts[0])
    head, *rest = names
    if head in LISTS and rest and f"{head}/{rest[0]}" in candidates:
        head, rest = f"{head}/{rest[0]}", rest[1:]
    if head not in candidates:
        near = get_close_matches(head, candidates, n=1)
        raise ConfigError(f"--set {text}: no part answers to {head!r}{mean(near)}")
    target = candidates[head]
    for name in rest:
        parts = target["parts"] = dict(target.get("parts", {}))  # the caller's own stays as it is
        nested = parts.get(name)
        if nested is None and name in KINDS:
            nested = target.pop(name, None)  # said in short: --set teacher.visual_prompt=crop
        if nested is None:
            raise ConfigError(f"--set {text}: {head!r} has no part {name!r}")
        parts[name] = target = mapping(name, nested)
    return target


def mean(near: list[str]) -> str:
    return f"; did you mean {near[0]!r}?" if near else ""
