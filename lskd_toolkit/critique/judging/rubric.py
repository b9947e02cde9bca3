"""What a judge is told: the rubric, a versioned file, the toolkit's or the user's."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib.resources import files
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ...canonical import digest
from ...errors import ConfigError
from ...records import Scene, Statement
from ...teaching.layout import lay_out
from ...teaching.prompt import SIGHT, Prompt
from ...teaching.prompt_file import load_prompt_file


class Rubric(BaseModel):
    """A file of how to judge. ``instruction`` is a template of ``scene`` (its layout in words), ``pointing``
    (how the attached pictures show regions; empty for a blind judge), ``statements`` (one a line, as JSON)
    and ``n``; ``repair`` of ``problem`` and ``numbers``, those still to be judged; ``sight`` says how
    regions are shown where the visual prompt has no words of its own. ``tokens`` is the budget of the
    laid-out scene, which has ``max_regions`` regions at most, or all that are mentioned; a reply may take
    ``max_tokens`` and ``max_tokens_each`` more for every statement."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    version: int = Field(ge=1)
    summary: str = ""
    temperature: float = Field(0.0, ge=0.0, le=2.0)
    max_tokens: int = Field(100, ge=16)
    max_tokens_each: int = Field(120, ge=16)
    tokens: int = Field(900, ge=50)
    max_regions: int = Field(10, ge=1)
    system: str = ""
    instruction: str
    repair: str
    sight: str = SIGHT

    @model_validator(mode="after")
    def _works(self) -> Rubric:
        """A template that fails is found before the teacher is paid, not when the first scene is judged."""
        shown = "{statements}"
        try:
            for pointing in ("", "pointing"):
                told = _template(self.instruction).render(
                    scene="scene", pointing=pointing, statements=shown, n=1
                )
                if shown not in told:
                    raise ValueError("its instruction has no {{ statements }}")
            _template(self.repair).render(problem="problem", numbers=[1])
            _template(self.sight).render()
        except ValueError:
            raise
        except Exception as error:  # a template may fail in any way
            raise ValueError(f"a template fails: {type(error).__name__}: {error}") from error
        return self

    def key(self) -> dict[str, Any]:
        """What a row's key holds of it: all of it, by digest, with its name to be read."""
        return {"name": self.name, "version": self.version, "sha256": digest(self.model_dump(mode="json"))}

    def scene(self, scene: Scene, statements: Iterable[Statement]) -> Scene:
        """The scene as it is told: every region that a statement speaks of, and as many of the first as there
        is room for."""
        spoken = {region for statement in statements for region in statement.regions}
        left = self.max_regions - sum(region.id in spoken for region in scene.regions)
        others = [region.id for region in scene.regions if region.id not in spoken][: max(0, left)]
        ids = spoken.union(others)
        if all(region.id in ids for region in scene.regions):
            return scene
        return replace(
            scene,
            regions=tuple(region for region in scene.regions if region.id in ids),
            descriptors=tuple(d for d in scene.descriptors if ids.issuperset(d.regions)),
        )

    def laid_out(self, scene: Scene, *, blind: bool) -> str:
        """The scene in words, as a teacher would read it; the regions alone for a judge that looks. What is
        read in a picture or said of it cannot end the tag around the scene, nor begin another list."""
        layout = Prompt(
            name=self.name, version=self.version, inference_types=("judged",), instruction="",
            tokens=self.tokens, max_regions=max(1, len(scene.regions)), notes=False,
        )  # fmt: skip
        return tagless(lay_out(layout, scene, blind=blind))

    def render(self, template: str, **values: Any) -> str:
        """One of its templates with its values.

        Raises:
            ConfigError: the template fails.
        """
        try:
            return str(_template(template).render(**values)).strip()
        except TemplateError as error:
            raise ConfigError(f"a template of the prompt {self.name!r} fails: {error}") from error


def listed(statements: Sequence[Statement]) -> str:
    """The statements as data: one a line, as JSON, numbered from 1. No text in them can end its string, its
    line or a tag around the list."""
    lines = (
        json.dumps(
            {"statement": at, "question": s.question, "answer": s.answer, "rationale": s.rationale},
            ensure_ascii=False,
        )
        for at, s in enumerate(statements, 1)
    )
    return "\n".join(line.translate(_ESCAPED) for line in lines)


def tagless(text: str) -> str:
    """The text with its angle brackets as single quotation marks, so that it holds no tag."""
    return text.replace("<", "\u2039").replace(">", "\u203a")


_ESCAPED = str.maketrans(
    {
        "<": "\\u003c", ">": "\\u003e", "\x7f": "\\u007f", "\x85": "\\u0085", "\u2028": "\\u2028",
        "\u2029": "\\u2029",
    }
)  # fmt: skip


_SANDBOX = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


@functools.cache
def _template(text: str) -> Any:
    return _SANDBOX.from_string(text)


@functools.cache
def load_rubric(name: str) -> Rubric:
    """The rubric of that name that comes with the toolkit, or of a path that ends in .yaml or .yml.

    Raises:
        ConfigError: there is none, or its file does not fit.
    """
    return load_prompt_file(Rubric, name, __package__, "rubric")


def printed(name: str) -> str:
    """The file of a rubric that comes with the toolkit, as it is: to begin one's own from."""
    return files(__package__).joinpath(f"prompts/{name}.yaml").read_text(encoding="utf-8")


if __name__ == "__main__":
    print(printed("rubric"), end="")
