"""The small world's parts: exact, fast, weightless. What the promises of the toolkit are proved on."""

from __future__ import annotations

from collections.abc import Iterator

from ..components import Component
from ..hookspecs import hookimpl

_HERE = "lskd_toolkit.smallworld"


def _part(
    kind: str,
    name: str,
    summary: str,
    where: str,
    options: str = "",
    paid: bool = False,
    reads: tuple[str, ...] = (),
    gives: tuple[str, ...] = (),
) -> Component:
    options = f"{_HERE}.options:{options}" if options else ""
    return Component(kind, name, summary, f"{_HERE}.{where}", options, paid=paid, reads=reads, gives=gives)


@hookimpl
def lskd_sources() -> Iterator[Component]:
    yield _part("source", "smallworld", "Procedural scenes with exact truth.",
                "source:SmallworldSource", "SourceOptions")  # fmt: skip


@hookimpl
def lskd_proposers() -> Iterator[Component]:
    yield _part("proposer", "smallworld", "The small world's exact regions, or with habits of error.",
                "proposer:SmallworldProposer", "ProposerOptions")  # fmt: skip


@hookimpl
def lskd_verbalizers() -> Iterator[Component]:
    for scope, fact in (("global", "counts"), ("local", "colours and states"), ("relation", "places")):
        yield _part("verbalizer", f"smallworld-{scope}", f"The small world's {fact}.",
                    f"verbalizers:{scope.capitalize()}Verbalizer", "VerbalizerOptions",
                    gives=(scope,))  # fmt: skip


@hookimpl
def lskd_vlms() -> Iterator[Component]:
    yield Component(
        "vlm", "smallworld", "Knows the small world's shapes and colours by their pixels.",
        f"{_HERE}.vlm:SmallworldVlm", f"{_HERE}.options:VlmOptions", takes=("rgb", "images"),
    )  # fmt: skip


@hookimpl
def lskd_vqas() -> Iterator[Component]:
    yield _part(
        "vqa", "smallworld", "Answers from the small world's truth.", "vqa:SmallworldVqa", "VqaOptions"
    )


@hookimpl
def lskd_teachers() -> Iterator[Component]:
    yield _part("teacher", "smallworld", "Rules over descriptors; blind.",
                "teacher:SmallworldTeacher", "TeacherOptions", reads=("descriptors",))  # fmt: skip


@hookimpl
def lskd_backends() -> Iterator[Component]:
    yield _part("backend", "smallworld", "A scripted chat model that reads the scene in its prompt.",
                "backend:SmallworldBackend", "BackendOptions", paid=True)  # fmt: skip


@hookimpl
def lskd_critics() -> Iterator[Component]:
    yield _part("critic", "smallworld", "Labels from the small world's truth.",
                "critic:SmallworldCritic", "CriticOptions")  # fmt: skip
    yield _part("critic", "random", "Scores by chance: the control.", "critic:RandomCritic")


@hookimpl
def lskd_students() -> Iterator[Component]:
    yield _part("student", "smallworld", "Counts words: the language-only baseline.",
                "student:SmallworldStudent")  # fmt: skip
