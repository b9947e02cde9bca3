"""Whose images and weights stand behind a corpus, and under which licence, where somebody says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..config import normalise, resolve_part
from ..errors import LskdError
from ..plugins import implementation, plugins

if TYPE_CHECKING:
    from .view import CorpusView

NOT_STATED = ("not stated", "")


def image_licences(config: Mapping[str, Any]) -> Callable[[str], tuple[str, str]]:
    """From an image's uri to its licence and whose it is.

    A source may have a method ``licence(uri) -> (licence, whose) | None``; images that are announced as
    files (`lskd_toolkit.WeightFile`) have theirs there. Of all others it is not stated.
    """
    announced = {each.record.name: each.record for each in plugins().announced("lskd_weights")}
    ask = getattr(_source(config), "licence", None)

    def licence(uri: str) -> tuple[str, str]:
        said = ask(uri) if ask is not None else None
        if said is not None:
            return str(said[0]), str(said[1])
        known = announced.get(uri)
        return NOT_STATED if known is None else (known.licence, known.source)

    return licence


def _source(config: Mapping[str, Any]) -> Any:
    """The run's source; None where it cannot be made here, which costs the card its licences only."""
    spec = normalise({"source": config.get("source", "folder")})["source"]
    try:
        part = resolve_part("source", {"as": "source", **spec}, plugins())
        return implementation(plugins().component("source", spec["use"]))(part.options, None)
    except LskdError:
        return None


def weights(corpus: CorpusView) -> Iterator[tuple[str, str, str]]:
    """Name, licence and source of the weights behind the run's components, as installed plugins state them.
    What a source is made of is images."""
    used = {stage.component for stage in corpus.stages} | set(uses(corpus.config))
    names = {
        weight
        for each in plugins().components()
        if each.record.name in used and each.record.kind != "source"
        for weight in each.record.weights
    }
    known = {each.record.name: each.record for each in plugins().announced("lskd_weights")}
    for name in sorted(names):
        record = known.get(name)
        yield (name, "not known here", "") if record is None else (name, record.licence, record.source)


def uses(spec: Any) -> Iterator[str]:
    """Every component that a configuration names, however deep."""
    if isinstance(spec, Mapping):
        if isinstance(spec.get("use"), str):
            yield spec["use"]
        for value in spec.values():
            yield from uses(value)
    elif isinstance(spec, list | tuple):
        for value in spec:
            yield from uses(value)
