"""Large vocabularies of others, fetched out of PyPI packages when they are asked for by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lskd_toolkit import Origin, WeightFile

WAY = 1
"""Raised when the same file comes to other labels."""
BEHIND = ("door", "platform")
"""What stands behind what it is part of; any other word after a slash is a kind, and stands before."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A vocabulary in a pinned file. ``labels`` reads its lines."""

    file: WeightFile
    labels: Callable[[Iterable[str]], list[str]]
    templates: tuple[str, ...]


def places(lines: Iterable[str]) -> list[str]:
    """``church/indoor`` as ``indoor church``."""
    made = []
    for line in lines:
        name, _, kind = line.strip().replace("_", " ").partition("/")
        made.append(" ".join([name, kind] if kind in BEHIND else [kind, name]).strip())
    return made


def things(lines: Iterable[str]) -> list[str]:
    """``alarm_clock`` as ``alarm clock``."""
    return [line.strip().replace("_", " ") for line in lines]


def synsets(lines: Iterable[str]) -> list[str]:
    """The first word of each synset: ``n00007846<tab>person, individual`` as ``person``."""
    return [line.partition("\t")[2].partition(",")[0].strip() for line in lines]


_TFDS = ("pypi", "tensorflow-datasets", "4.9.10")
_THING = ("a photo of {}.", "a cropped photo of {}.")

FETCHED = {
    "places365": Fetched(
        WeightFile(
            "places365.txt", "Names of the 365 places of Places365.", "Apache-2.0",
            "B. Zhou and others, Places (names of its categories), packaged by tensorflow-datasets",
            4_389, "2cfed682675873cea050e14d2b1186f36bc5b7cef1abdfa841c4754765accee3",
            Origin(*_TFDS, "tensorflow_datasets/image_classification/categories_places365.txt"),
        ),
        places, ("a photo of {}.", "a photo taken in {}.", "this is {}."),
    ),
    "lvis": Fetched(
        WeightFile(
            "lvis.txt", "Names of the 1,203 things of LVIS.", "CC-BY-4.0",
            "A. Gupta and others, LVIS v1 (names of its categories), packaged by tensorflow-datasets",
            11_977, "ec0290d86a7d76b7f7057c9af07ea20fb7888b3e1a81f5c3200aa07106281b8d",
            Origin(*_TFDS, "tensorflow_datasets/datasets/lvis/classes.txt"),
        ),
        things, _THING,
    ),
    "imagenet-21k": Fetched(
        WeightFile(
            "imagenet-21k.txt", "First words of the 21,844 synsets of ImageNet.", "LicenseRef-WordNet",
            "Princeton University, WordNet 3.0, as chosen by ImageNet, packaged by timm (Apache-2.0)",
            741_457, "1b8babda187421a4bde0c9c5a197c36f6bdda962f7ca11ffb2813806cbb2178f",
            Origin("pypi", "timm", "1.0.31", "timm/data/_info/imagenet_synset_to_lemma.txt"),
        ),
        synsets, _THING,
    ),
}  # fmt: skip
"""By the name that an option gives."""

WEIGHTS = tuple(each.file for each in FETCHED.values())
