"""Names to components, words to validated options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..components import KINDS
from ..errors import ConfigError, InvalidOptions, PluginError
from ..plugins import Announced, Plugins, load
from ..validation import SCOPES

if TYPE_CHECKING:
    from ..options import Options
    from .selection import SelectionOptions

from .lending import SHARED, lend
from .parts import Part, RunConfig
from .reading import DEFAULTS, SELECTION, SETTINGS, TEACHING, mapping, mean, merged


def completed(raw: Mapping[str, Any], plugins: Plugins) -> dict[str, Any]:
    """The configuration with the defaults for what it leaves open, and ``yolo+sam`` as the proposer yolo
    whose regions the refiner sam is given first. Images that come with regions are not searched for
    others."""
    complete = _spread(merged(DEFAULTS, raw))
    source = complete["source"]["use"] if complete["source"] else "none"
    if "proposer" in raw or source == "none":
        return complete
    if "regions" in plugins.component("source", source).record.gives:
        complete["proposer"] = [{"use": "given"}]
    return complete


def _spread(raw: dict[str, Any]) -> dict[str, Any]:
    proposers: list[dict[str, Any]] = []
    refiners: dict[str, dict[str, Any]] = {}
    for part in raw["proposer"]:
        first, *then = part["use"].split("+")
        proposers.append({**part, "use": first})
        refiners |= {name: {"use": name} for name in then}
    there = {part["use"] for part in raw["refiner"]}
    first_of_all = [part for name, part in refiners.items() if name not in there]
    return {**raw, "proposer": proposers, "refiner": [*first_of_all, *raw["refiner"]]}


def resolve(raw: Mapping[str, Any], plugins: Plugins) -> RunConfig:
    """The validated configuration. Loads options (pydantic), never implementations.

    Raises:
        UsageError: an unknown component, an option that is refused, a setting out of range.
    """
    complete = completed(raw, plugins)
    settings = {name: complete.get(name, default) for name, (_, default) in SETTINGS.items()}
    if not 1 <= settings["chunk"] <= 4096 or settings["in_flight"] < 1:
        raise ConfigError("chunk must be 1 to 4096 and in_flight at least 1")
    if not 0.0 <= settings["threshold"] <= 1.0:
        raise ConfigError(f"threshold must be between 0 and 1, got {settings['threshold']}")
    if settings["schedule"] not in ("auto", "streamed", "phased"):
        raise ConfigError(f"schedule must be auto, streamed or phased, got {settings['schedule']!r}")
    for name, option in TEACHING.items():
        value = settings.pop(name)
        if value and complete.get("teacher"):
            complete["teacher"] = {**complete["teacher"], option: value}

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

    source = single("source")
    teacher = single("teacher")
    # The teacher's backend is lent, so that whoever else asks a language model needs none of its own.
    pool = [p for p in (teacher.parts.values() if teacher else ()) if p.kind == "backend"]
    for kind in SHARED:
        shared = single(kind)
        if shared is not None:
            pool.append(lend(shared, pool))
    if source is None or "visual_prompt" not in {part.kind for part in pool}:
        raise ConfigError("a run needs a source and a visual_prompt")
    verbalizers = tuple(lend(part, pool) for part in several("verbalizer"))
    if teacher is not None:
        teacher = lend(teacher, (*pool, *verbalizers))
        _can_be_left_out(teacher, verbalizers)
    critics = tuple(lend(part, pool) for part in several("critic"))
    student = single("student")
    if student is not None:
        student = lend(student, pool)
    for part in (*pool, *verbalizers, *critics, *(p for p in (teacher, student) if p is not None)):
        _can_be_shown(part)
    return RunConfig(
        raw=MappingProxyType(complete),
        source=source, proposer=several("proposer"), refiner=several("refiner"),
        verbalizer=verbalizers, teacher=teacher, critic=critics, student=student,
        selection=_selection(complete.get(SELECTION, {})), **settings,
    )  # fmt: skip


def _selection(values: Mapping[str, Any]) -> SelectionOptions:
    """What decides beyond the threshold.

    Raises:
        InvalidOptions: names each option that does not fit.
    """
    from .selection import SelectionOptions

    options: SelectionOptions = built(SelectionOptions, values, SELECTION, "See: lskd select --help")
    return options


def _can_be_left_out(teacher: Part, verbalizers: Sequence[Part]) -> None:
    """Whether what the teacher is not to be told is there.

    Raises:
        ConfigError: a name is neither a scope nor one of the run's verbalizers.
    """
    known = (*SCOPES, *(part.component.name for part in verbalizers))
    for name in getattr(teacher.options, "without", ()):
        if name not in known:
            near = get_close_matches(name, known, n=1)
            raise ConfigError(
                f"--without {name}: no scope and no verbalizer of this run{mean(near)}; "
                f"there are {', '.join(known)}"
            )


def _can_be_shown(part: Part) -> None:
    """Whether the part, or the vision-language model that it works with, can look at what its visual prompt
    gives.

    Raises:
        ConfigError: it cannot; names both and what would do.
    """
    shown, model = part.parts.get("visual_prompt"), part.parts.get("vlm")
    if shown is None:
        return
    gives, takes = shown.component.gives or ("rgb",), part.component.takes or ("rgb",)
    if model is not None:
        takes = tuple(dict.fromkeys((*takes, *model.component.takes)))
    wrong = [each for each in gives if each not in takes]
    if wrong:
        raise ConfigError(
            f"{part.kind} {part.component.name!r} takes {', '.join(takes)}, and the visual prompt "
            f"{shown.component.name!r} gives {', '.join(gives)}; "
            f"choose another for it: --set {part.alias}.visual_prompt=numbered"
        )


def resolve_part(kind: str, spec: Mapping[str, Any], plugins: Plugins) -> Part:
    """One part with its nested parts."""
    spec = dict(spec)
    use, alias = spec.pop("use"), spec.pop("as", None)
    nested = {name: mapping(name, value) for name, value in (spec.pop("parts", None) or {}).items()}
    for name in [name for name in spec if name in KINDS]:
        # A part of its own said in short: --set teacher.visual_prompt=crop
        nested[name] = mapping(name, spec.pop(name))
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
    options: Options = built(
        options_model(announced), values, f"{component.kind} {component.name!r}",
        f"See: lskd components show {component.name}",
    )  # fmt: skip
    return options


def built(model: Any, values: Mapping[str, Any], whose: str, see: str) -> Any:
    """Options from a mapping.

    Raises:
        InvalidOptions: names each option that does not fit, and the nearest name there is.
    """
    from pydantic import ValidationError

    try:
        return model(**values)
    except ValidationError as error:
        problems = []
        for problem in error.errors(include_url=False):
            where = ".".join(str(step) for step in problem["loc"])
            if problem["type"] == "extra_forbidden":
                near = get_close_matches(where, list(model.model_fields), n=1)
                problems.append(f"unknown option {where!r}{mean(near)}")
            else:
                problems.append(f"option {where!r}: {problem['msg']}, got {problem['input']!r}")
        raise InvalidOptions(f"{whose}: {'; '.join(problems)} {see}") from error
