"""run.yaml and flags to one validated, frozen configuration.

A part is written ``{use: NAME, as: ALIAS, option: value, parts: {vqa: {use: NAME}}}`` or just ``NAME``.
Precedence: defaults, then run.yaml, then flags. ``--set ALIAS.option=value`` reaches any part; a list
with one part also answers to its kind's name, and an option that a teacher does not know but its
backend does is the backend's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import yaml

from .canonical import digest
from .components import KINDS, Component
from .errors import ConfigError, InvalidOptions, PluginError
from .plugins import Announced, Plugins, load

if TYPE_CHECKING:
    from .options import Options

LISTS = ("proposer", "refiner", "verbalizer", "critic")
SINGLE = ("source", "visual_prompt", "teacher", "student", "vqa")

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
    "device": (str, "auto"),
    "schedule": (str, "auto"),
    "in_flight": (int, 4),
    "max_usd": (float, None),
    "max_requests": (int, None),
}
"""What is not a part: name, type, default."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part, resolved: which component, its options, its own parts."""

    kind: str
    alias: str
    component: Component
    distribution: str
    version: str
    options: Options | None
    parts: Mapping[str, Part] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of its stage and its address in ``--set``: ``teacher``, ``critic.grounding``."""
        return self.kind if self.kind == self.alias else f"{self.kind}.{self.alias}"

    @property
    def paid(self) -> bool:
        return self.component.paid or any(part.paid for part in self.parts.values())

    @property
    def memory_mb(self) -> int:
        return self.component.memory_mb + sum(part.memory_mb for part in self.parts.values())

    def key(self) -> dict[str, Any]:
        """All of it that outputs depend on."""
        key: dict[str, Any] = {
            "component": f"{self.distribution}:{self.component.name}",
            "behaviour": self.component.behaviour,
            "options": self.options.key() if self.options is not None else {},
        }
        if self.parts:
            key["parts"] = {name: part.key() for name, part in sorted(self.parts.items())}
        return key


@dataclass(frozen=True, slots=True)
class RunConfig:
    """A run's whole configuration. ``raw`` is what run.yaml holds; the rest is resolved from it."""

    raw: Mapping[str, Any]
    source: Part
    proposer: tuple[Part, ...]
    refiner: tuple[Part, ...]
    visual_prompt: Part
    verbalizer: tuple[Part, ...]
    teacher: Part | None
    critic: tuple[Part, ...]
    student: Part | None
    vqa: Part | None
    seed: int
    chunk: int
    threshold: float
    device: str
    schedule: str
    in_flight: int
    max_usd: float | None
    max_requests: int | None

    def maps(self) -> Iterable[Part]:
        """The parts that work image by image, in the order of the walk."""
        yield from (*self.proposer, *self.refiner, *self.verbalizer)
        if self.teacher is not None:
            yield self.teacher
        yield from self.critic

    def digest(self) -> str:
        return digest(dict(self.raw))


# --- reading --------------------------------------------------------------------------------------


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
    known = (*SINGLE, *LISTS, *SETTINGS)
    result: dict[str, Any] = {}
    for key, value in raw.items():
        if key not in known:
            near = get_close_matches(str(key), known, n=1)
            raise ConfigError(f"unknown key {key!r} in the configuration{_mean(near)}")
        if key in LISTS:
            items = value if isinstance(value, list) else [] if value is None else [value]
            result[key] = [_mapping(key, item) for item in items]
        elif key in SINGLE:
            result[key] = None if value is None else _mapping(key, value)
        else:
            result[key] = _setting(key, value)
    return result


def _mapping(kind: str, value: Any) -> dict[str, Any]:
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
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ConfigError(f"{key}: expected {kind.__name__}, got {value!r}")
    return value


def merged(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Later layers win, key by key."""
    result: dict[str, Any] = {}
    for layer in layers:
        result.update(normalise(layer))
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
        target = _addressed(raw, names[:-1], text)
        target[names[-1]] = parsed
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
        raise ConfigError(f"--set {text}: no part answers to {head!r}{_mean(near)}")
    target = candidates[head]
    for name in rest:
        parts = target.setdefault("parts", {})
        nested = parts.get(name)
        if nested is None:
            raise ConfigError(f"--set {text}: {head!r} has no part {name!r}")
        parts[name] = target = _mapping(name, nested)
    return target


def _mean(near: list[str]) -> str:
    return f"; did you mean {near[0]!r}?" if near else ""


# --- resolving ------------------------------------------------------------------------------------


def resolve(raw: Mapping[str, Any], plugins: Plugins) -> RunConfig:
    """The validated configuration. Loads options (pydantic), never implementations.

    Raises:
        UsageError: an unknown component, an option that is refused, a setting out of range.
    """
    complete = merged(DEFAULTS, raw)
    settings = {name: complete.get(name, default) for name, (_, default) in SETTINGS.items()}
    if settings["chunk"] < 1 or settings["in_flight"] < 1:
        raise ConfigError("chunk and in_flight must be at least 1")
    if not 0.0 <= settings["threshold"] <= 1.0:
        raise ConfigError(f"threshold must be between 0 and 1, got {settings['threshold']}")
    if settings["schedule"] not in ("auto", "streamed", "phased"):
        raise ConfigError(f"schedule must be auto, streamed or phased, got {settings['schedule']!r}")
    prompt = settings.pop("prompt")
    if prompt and complete.get("teacher"):
        complete["teacher"] = {**complete["teacher"], "prompt": prompt}

    def single(kind: str) -> Part | None:
        spec = complete.get(kind)
        if not spec or spec["use"] == "none":
            return None
        return resolve_part(kind, {"as": kind, **spec}, plugins)

    def several(kind: str) -> tuple[Part, ...]:
        parts = tuple(
            resolve_part(kind, spec, plugins) for spec in complete.get(kind, []) if spec["use"] != "none"
        )
        aliases = [part.alias for part in parts]
        for alias in aliases:
            if aliases.count(alias) > 1:
                raise ConfigError(f"{kind} {alias!r} is there twice; tell them apart with 'as: NAME'")
        return parts

    source, visual_prompt = single("source"), single("visual_prompt")
    if source is None or visual_prompt is None:
        raise ConfigError("a run needs a source and a visual_prompt")
    return RunConfig(
        raw=MappingProxyType(complete),
        source=source, proposer=several("proposer"), refiner=several("refiner"),
        visual_prompt=visual_prompt, verbalizer=several("verbalizer"), teacher=single("teacher"),
        critic=several("critic"), student=single("student"), vqa=single("vqa"), **settings,
    )  # fmt: skip


def resolve_part(kind: str, spec: Mapping[str, Any], plugins: Plugins) -> Part:
    """One part with its nested parts."""
    spec = dict(spec)
    use, alias = spec.pop("use"), spec.pop("as", None)
    nested = {name: _mapping(name, value) for name, value in (spec.pop("parts", None) or {}).items()}
    if kind == "teacher":
        use, spec, nested = _teacher_over_backend(use, spec, nested, plugins)
    announced = plugins.component(kind, use)
    parts = {
        name: resolve_part(str(value.pop("kind", name)), {"as": name, **value}, plugins)
        for name, value in nested.items()
    }
    return Part(
        kind=kind, alias=alias or use.rpartition(":")[2], component=announced.record,
        distribution=announced.distribution, version=announced.version,
        options=validate(announced, spec), parts=MappingProxyType(parts),
    )  # fmt: skip


def _teacher_over_backend(
    use: str, spec: dict[str, Any], nested: dict[str, dict[str, Any]], plugins: Plugins
) -> tuple[str, dict[str, Any], dict[str, dict[str, Any]]]:
    """``claude`` where no teacher has that name means ``llm`` over the backend ``claude``; options
    that the teacher lacks go to its backend."""
    if plugins.find(KINDS["teacher"].hook, use) is None:
        backend = plugins.find(KINDS["backend"].hook, use)
        if backend is None:
            return use, spec, nested
        nested = {"backend": {"use": use}, **nested}
        use = "llm"
    if "backend" in nested:
        known = option_fields(plugins.component("teacher", use))
        backend_known = option_fields(plugins.component("backend", nested["backend"]["use"]))
        theirs = {k: v for k, v in spec.items() if k not in known and k in backend_known}
        spec = {k: v for k, v in spec.items() if k not in theirs}
        suited = plugins.component("backend", nested["backend"]["use"]).record.prompt
        if suited and "prompt" in known:
            spec = {"prompt": suited, **spec}
        nested["backend"] = {**nested["backend"], **theirs}
    return use, spec, nested


def option_fields(announced: Announced) -> dict[str, Any]:
    """The options of a component by name (pydantic field information); empty when it has none."""
    if not announced.record.options:
        return {}
    return dict(options_model(announced).model_fields)


def options_model(announced: Announced) -> Any:
    """The pydantic model that a record names.

    Raises:
        PluginError: it cannot be imported; names the distribution.
    """
    component = announced.record
    try:
        return load(component.options)
    except Exception as error:
        raise PluginError(
            f"the options of {component.kind} {component.name!r} of {announced.distribution} could not be "
            f"loaded: {type(error).__name__}: {error}. See: lskd doctor"
        ) from error


def validate(announced: Announced, values: Mapping[str, Any]) -> Options | None:
    """The component's options from a mapping.

    Raises:
        InvalidOptions: names each option that does not fit, and the nearest name there is.
    """
    component = announced.record
    if not component.options:
        if values:
            raise InvalidOptions(
                f"{component.kind} {component.name!r} takes no options, got {', '.join(values)}"
            )
        return None
    from pydantic import ValidationError

    model = options_model(announced)
    try:
        options: Options = model(**values)
    except ValidationError as error:
        problems = []
        for problem in error.errors(include_url=False):
            where = ".".join(str(step) for step in problem["loc"])
            if problem["type"] == "extra_forbidden":
                near = get_close_matches(where, list(model.model_fields), n=1)
                problems.append(f"unknown option {where!r}{_mean(near)}")
            else:
                problems.append(f"option {where!r}: {problem['msg']}, got {problem['input']!r}")
        raise InvalidOptions(
            f"{component.kind} {component.name!r}: {'; '.join(problems)} "
            f"See: lskd components show {component.name}"
        ) from error
    return options


def settings_of(config: RunConfig) -> dict[str, Any]:
    """The settings as plain values, for printing."""
    return {f.name: getattr(config, f.name) for f in fields(config) if f.name in SETTINGS}
