"""What a language model is told that asks about a scene: a versioned file, the toolkit's or the user's."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..canonical import digest
from ..errors import ConfigError
from ..records import Scene
from ..teaching.layout import lay_out, shown
from ..teaching.prompt import Prompt


class AskingPrompt(BaseModel):
    """A file of how to ask. ``instruction`` is the first turn, a template of ``scene``, ``ids`` and ``n``;
    ``more`` each later one, of ``answers`` (each with ``question`` and ``answer``) and ``n``; ``repair``
    answers what could not be read, of ``problem``. ``tokens`` is the budget of the laid-out scene and
    ``max_regions`` how many regions it has at most; a question has at most ``words`` words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    version: int = Field(ge=1)
    summary: str = ""
    temperature: float = Field(0.7, ge=0.0, le=2.0)
    max_tokens: int = Field(500, ge=16)
    tokens: int = Field(900, ge=50)
    max_regions: int = Field(10, ge=1)
    words: int = Field(25, ge=3)
    system: str = ""
    instruction: str
    more: str
    repair: str

    def key(self) -> dict[str, Any]:
        """What a row's key holds of it: all of it, by digest, with its name to be read."""
        return {"name": self.name, "version": self.version, "sha256": digest(self.model_dump(mode="json"))}

    def scene(self, scene: Scene) -> Scene:
        """The scene as far as there is room for its regions."""
        return shown(self._layout(), scene)

    def laid_out(self, scene: Scene) -> str:
        """The scene in words, as a teacher would read it."""
        return lay_out(self._layout(), scene)

    def _layout(self) -> Prompt:
        return Prompt(
            name=self.name, version=self.version, inference_types=("question",), instruction="",
            tokens=self.tokens, max_regions=self.max_regions, notes=False,
        )  # fmt: skip

    def render(self, template: str, **values: Any) -> str:
        """One of its templates with its values.

        Raises:
            ConfigError: the template fails.
        """
        try:
            return str(_template(template).render(**values)).strip()
        except TemplateError as error:
            raise ConfigError(f"a template of the prompt {self.name!r} fails: {error}") from error


_SANDBOX = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


@functools.cache
def _template(text: str) -> Any:
    return _SANDBOX.from_string(text)


@functools.cache
def load_asking_prompt(name: str) -> AskingPrompt:
    """The prompt of that name that comes with the toolkit, or of a path that ends in .yaml or .yml.

    Raises:
        ConfigError: there is none, or its file does not fit.
    """
    ours = files(__package__).joinpath("prompts")
    if name.endswith((".yaml", ".yml")):
        path: Any = Path(name)
    else:
        path = ours.joinpath(f"{name}.yaml")
        known = sorted(each.name.removesuffix(".yaml") for each in ours.iterdir())
        if name not in known:
            raise ConfigError(
                f"no prompt that asks is called {name!r}; there is {', '.join(known)}; or give a path "
                "ending in .yaml"
            )
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
        return AskingPrompt(**(loaded if isinstance(loaded, Mapping) else {"": loaded}))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the prompt {name}: {error}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"the prompt {name} is not YAML: {' '.join(str(error).split())}") from error
    except (ValidationError, TypeError) as error:
        raise ConfigError(f"the prompt {name} does not fit: {' '.join(str(error).split())}") from error


def printed(name: str) -> str:
    """The file of a prompt that comes with the toolkit, as it is: to begin one's own from."""
    return files(__package__).joinpath(f"prompts/{name}.yaml").read_text(encoding="utf-8")


if __name__ == "__main__":
    print(printed("questions"), end="")
