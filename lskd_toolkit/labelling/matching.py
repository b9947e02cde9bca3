"""Labels beside the statements that they are about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from ..errors import StoreError
from ..mentions import find
from ..records import Scene, Statement
from .labels import Label, LabelFile, Problem, words_sha256

if TYPE_CHECKING:
    from ..corpus.view import CorpusView


@dataclass(frozen=True, slots=True)
class Labelled:
    """A statement with its scene and every label of it that counts, at least one, sorted by annotator.

    For a synthetic negative the statement is the spoiled one, with the origin's number.
    """

    scene: Scene
    statement: Statement
    labels: tuple[Label, ...]


def match(file: LabelFile, corpus: CorpusView) -> Iterator[Labelled | Problem]:
    """Every labelled statement of the run, by image and number, and a `Problem` for every label whose
    statement is not there: no such image, no such number, or other words than those that were labelled."""
    numbered = sorted(
        zip(file.labels, file.lines, strict=True),
        key=lambda found: (found[0].image, found[0].statement, found[0].sha256, found[0].annotator),
    )
    for image, of_image in groupby(numbered, lambda found: found[0].image):
        mine = list(of_image)
        try:
            entry = corpus.entry(image)
        except StoreError as error:
            yield from (Problem(number, "unknown", str(error)) for _, number in mine)
            continue
        statements = {each.id: each for each in entry.statements}
        for _, alike in groupby(mine, lambda found: (found[0].statement, found[0].sha256)):
            found = list(alike)
            statement, reason = _statement(found[0][0], statements)
            if statement is None:
                yield from (Problem(number, "unknown", reason) for _, number in found)
            else:
                yield Labelled(entry.scene, statement, tuple(label for label, _ in found))


def matched(file: LabelFile, corpus: CorpusView) -> tuple[list[Labelled], list[Problem]]:
    """`match`, sorted into what can be used and what cannot."""
    found = list(match(file, corpus))
    return (
        [each for each in found if isinstance(each, Labelled)],
        [each for each in found if isinstance(each, Problem)],
    )


def _statement(label: Label, statements: dict[int, Statement]) -> tuple[Statement | None, str]:
    statement = statements.get(label.statement)
    if label.words is not None:
        question, answer, rationale = label.words
        # Told of another image it has that one's words, but not the type and teacher of its namesake there.
        foreign = statement is None or label.synthetic.startswith("swapped-images")
        origin = Statement(label.statement, "", "", "") if foreign or statement is None else statement
        spoiled = replace(
            origin, question=question, answer=answer, rationale=rationale,
            regions=tuple(find("\n".join(label.words))),
        )  # fmt: skip
        if words_sha256(spoiled) != label.sha256:
            return None, "its sha256 is not that of its words"
        return spoiled, ""
    if statement is None:
        return None, f"image {label.image!r} has no statement {label.statement}"
    if words_sha256(statement) != label.sha256:
        return None, f"statement {label.statement} of image {label.image!r} has other words now"
    return statement, ""


def accepted(labels: Sequence[Label]) -> float:
    """The fraction of annotators who accept: the soft label, in [0, 1]."""
    return sum(label.accept for label in labels) / len(labels)


def right(labels: Sequence[Label], axis: Literal["answer", "rationale"]) -> float | None:
    """The fraction of annotators who call it right, of those who said anything about it; None where nobody
    did."""
    said = [word for label in labels if (word := getattr(label, axis)) is not None]
    return sum(said) / len(said) if said else None
