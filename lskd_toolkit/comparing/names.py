"""What the runs are called, and in what their configurations differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config import normalise

if TYPE_CHECKING:
    from ..corpus.view import CorpusView

UNSET = "not set"


def run_names(folders: Sequence[Path]) -> list[str]:
    """The shortest ends of the paths that tell them apart: ``a``, or ``x/a`` and ``y/a``."""
    parts = [folder.resolve().parts for folder in folders]
    for length in range(1, max(map(len, parts), default=1) + 1):
        names = ["/".join(each[-length:]) for each in parts]
        if len(set(names)) == len(names):
            return names
    return [str(folder) for folder in folders]


def teacher_name(corpus: CorpusView) -> str:
    """Who taught the run: the teacher, over its backend if it has one."""
    spec = normalise(corpus.config).get("teacher")
    if not spec:
        return "none"
    backend = _use((spec.get("parts") or {}).get("backend"))
    return f"{spec['use']} over {backend}" if backend else str(spec["use"])


def differences(corpora: Sequence[CorpusView]) -> dict[str, list[str]]:
    """Every setting in which the runs differ, with each run's value. Options come from the stages as they
    ran, so a prompt that changed under its name is seen."""
    flat = [_settings(corpus) for corpus in corpora]
    keys = dict.fromkeys(key for each in flat for key in each)
    table = {key: [each.get(key, UNSET) for each in flat] for key in keys}
    return {key: values for key, values in table.items() if len(set(values)) > 1}


def judges(corpus: CorpusView) -> list[tuple[str, str, str]]:
    """The critics of a run with their options: scores of other critics do not compare."""
    return sorted(
        (stage.name, stage.component, repr(sorted(stage.options.items())))
        for stage in corpus.stages
        if stage.name.partition(".")[0] == "critic"
    )


def _settings(corpus: CorpusView) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in normalise(corpus.config).items():
        if isinstance(value, list):
            found[key] = ", ".join(str(item.get("as") or item["use"]) for item in value)
            for item in value:
                found |= _flat(f"{key}.{item.get('as') or item['use']}", _options(item))
        elif isinstance(value, Mapping):
            found[key] = str(value["use"])
            found |= _flat(key, _options(value))
        elif value is not None:
            found[key] = str(value)
    for stage in corpus.stages:
        prompt = stage.options.get("prompt")
        if stage.name.partition(".")[0] == "teacher" and isinstance(prompt, Mapping):
            version, sha = prompt.get("version", ""), str(prompt.get("sha256", ""))
            found["prompt"] = f"{prompt.get('name', '')}@{version} ({sha[:8]})"
            found.pop("teacher.prompt", None)
    return found


def _options(part: Mapping[str, Any]) -> dict[str, Any]:
    """A part's options, its own parts flattened in."""
    options = {key: value for key, value in part.items() if key not in ("use", "as", "parts")}
    for name, nested in (part.get("parts") or {}).items():
        options[name] = _use(nested)
        if isinstance(nested, Mapping):
            options |= {f"{name}.{key}": value for key, value in _options(nested).items()}
    return options


def _use(part: Any) -> str:
    if isinstance(part, Mapping):
        return str(part.get("use", ""))
    if isinstance(part, list):
        return ", ".join(map(_use, part))
    return str(part or "")


def _flat(prefix: str, options: Mapping[str, Any]) -> dict[str, str]:
    return {f"{prefix}.{key}": str(value) for key, value in options.items()}
