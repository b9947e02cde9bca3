"""Vocabularies: labels with their source and licence, from a file of ours or of the user's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from lskd_toolkit import UsageError

from .fetched import FETCHED, WAY

PLAIN = ("a photo of {}.",)
"""How a label is put into a sentence where its file does not say."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """``labels`` in order, each once; ``templates`` are sentences with ``{}`` for the label."""

    name: str
    labels: tuple[str, ...]
    templates: tuple[str, ...] = PLAIN
    source: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Probes of which at most one holds. ``says`` puts a label into words about a region; ``otherwise`` are
    sentences that hold where none does."""

    vocabulary: Vocabulary
    says: str
    otherwise: tuple[str, ...]


def vocabulary(name: str) -> Vocabulary:
    """The vocabulary of that name, or of a file: ``.txt`` with a label a line (``#`` begins a remark), or
    ``.yaml`` with ``labels`` and, if wanted, ``templates``, ``source`` and ``licence``. Others' are fetched
    first if they are not here.

    Raises:
        UsageError: there is none, it cannot be read, or it has no label.
        WeightsMissing: it is not here and cannot be fetched.
    """
    if name in FETCHED:
        return _brought(name)
    if name.endswith(".txt"):
        lines = _text(Path(name)).splitlines()
        return _made(name, {"labels": [line.partition("#")[0].strip() for line in lines]})
    return _made(name, _loaded(name))


def content(name: str) -> list[Any]:
    """What tells one content of a vocabulary from another. Nothing is fetched for it."""
    if name in FETCHED:
        return [FETCHED[name].file.sha256, WAY]
    words = vocabulary(name)
    return [words.labels, words.templates]


def _brought(name: str) -> Vocabulary:
    from lskd_toolkit.weights import weight_path

    known = FETCHED[name]
    labels = known.labels(_text(weight_path(known.file.name)).splitlines())
    told = {"source": known.file.source, "licence": known.file.licence}
    return _made(name, {"labels": labels, "templates": known.templates, **told})


def groups(name: str) -> tuple[Group, ...]:
    """The groups of probes of that name or file (``.yaml``).

    Raises:
        UsageError: there is none, or it does not fit.
    """
    loaded = _loaded(name)
    told = loaded.get("groups")
    if not isinstance(told, Mapping) or not told:
        raise UsageError(f"{name} has no groups; see: lskd components show attributes")
    made = []
    for label, group in told.items():
        if not isinstance(group, Mapping) or "{}" not in str(group.get("says", "")):
            raise UsageError(f"{name}: the group {label!r} needs 'labels' and 'says' with {{}} in it")
        otherwise = tuple(map(str, group.get("otherwise") or ()))
        made.append(Group(_made(f"{name}/{label}", group), str(group["says"]), otherwise))
    return tuple(made)


def _made(name: str, loaded: Mapping[str, Any]) -> Vocabulary:
    listed = loaded.get("labels")
    if not isinstance(listed, list):
        raise UsageError(f"the vocabulary {name} has no list of labels")
    labels = tuple(dict.fromkeys(" ".join(str(label).split()) for label in listed if str(label).strip()))
    if not labels:
        raise UsageError(f"the vocabulary {name} has no label")
    templates = tuple(map(str, loaded.get("templates") or PLAIN))
    return Vocabulary(
        name, labels, checked(templates, name), str(loaded.get("source", "")), str(loaded.get("licence", ""))
    )


def checked(templates: tuple[str, ...], where: str) -> tuple[str, ...]:
    """The templates.

    Raises:
        UsageError: one has no ``{}``.
    """
    wrong = [template for template in templates if "{}" not in template]
    if wrong:
        raise UsageError(f"{where}: the template {wrong[0]!r} has no {{}} for the label")
    return templates


def _loaded(name: str) -> Mapping[str, Any]:
    if name.endswith((".yaml", ".yml")):
        text = _text(Path(name))
    else:
        ours = files("lskd_transformers").joinpath("vocabularies")
        known = sorted(
            each.name.removesuffix(".yaml") for each in ours.iterdir() if each.name.endswith(".yaml")
        )
        if name not in known:
            raise UsageError(
                f"no vocabulary is called {name!r}; there are {', '.join((*known, *FETCHED))}; "
                "or give a file that ends in .txt or .yaml"
            )
        text = ours.joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"the vocabulary {name} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(loaded, Mapping):
        raise UsageError(f"the vocabulary {name} holds no mapping with 'labels'")
    return loaded


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the vocabulary {path}: {error}") from error
