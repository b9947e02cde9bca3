"""A prompt set: a versioned YAML file that says what a teacher is asked, and how it is rendered."""

from __future__ import annotations

import functools
import hashlib
import random
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import yaml
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import ConfigError
from ..llm.messages import Message
from ..plugins import plugins
from ..records import Scene

LAYOUT = """\
{% if global_ %}The picture as a whole:
{% for d in global_ %}- {{ d.text }}
{% endfor %}{% endif %}\
{% if regions %}Regions:
{% for r in regions %}[{{ r.id }}]{% if r.label %} {{ r.label }}{% endif %}\
{% for d in local[r.id] %}{{ ":" if loop.first else ";" }} {{ d.text }}{% endfor %}
{% endfor %}{% endif %}\
{% if relation %}Relations:
{% for d in relation %}- {{ d.text }}
{% endfor %}{% endif %}\
{% if dynamic %}Asked and answered:
{% for d in dynamic %}- {{ d.question }} {{ d.text }}
{% endfor %}{% endif %}"""
"""How a scene is laid out where a prompt does not say: least specific first, as attention fades."""


class PromptExample(BaseModel):
    """One worked example: a scene as text, what was asked of it, and the reply that is wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scene: str
    ids: tuple[int, ...]
    focus: int | None = None
    inference: tuple[str, ...] = ()
    reply: dict[str, Any]


class Prompt(BaseModel):
    """A prompt set as its file holds it. ``focus: region`` makes one request for each of up to
    ``max_focus`` regions; ``shots`` examples are drawn from the pool by the image's sha256;
    ``patterns`` bind fields of the reply by regular expressions in which ``{ids}`` stands for the
    ids there are and ``{focus}`` for the one asked about."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    version: int = Field(ge=1)
    summary: str = ""
    style: Literal["id", "description"] = "id"
    statements: int = Field(3, ge=1, le=20)
    focus: Literal["scene", "region"] = "scene"
    max_focus: int = Field(4, ge=1)
    inference_types: tuple[str, ...] = Field(min_length=1)
    temperature: float = 0.8
    max_tokens: int = 1024
    system: str = ""
    instruction: str
    layout: str = LAYOUT
    examples: tuple[PromptExample, ...] = ()
    shots: int = 0
    patterns: dict[str, str] = Field(default_factory=dict)

    def key(self) -> dict[str, Any]:
        """What a row's key holds of the prompt: all of it, by digest, with its name to be read."""
        text = self.model_dump_json().encode()
        return {"name": self.name, "version": self.version, "sha256": hashlib.sha256(text).hexdigest()}


@functools.cache
def load_prompt(name: str) -> Prompt:
    """A prompt set by name (from the hook ``lskd_prompts``) or from a path ending in .yaml or .yml.

    Raises:
        ConfigError: there is none of that name, or its file does not fit.
    """
    if name.endswith((".yaml", ".yml")):
        path: Any = Path(name)
    else:
        found = plugins().find("lskd_prompts", name)
        if found is None:
            known = ", ".join(a.record.name for a in plugins().announced("lskd_prompts"))
            raise ConfigError(
                f"no prompt is called {name!r}; there are {known}; or give a path ending in .yaml"
            )
        package, _, inside = found.record.file.partition(":")
        path = files(package).joinpath(inside)
    try:
        return Prompt(**yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"cannot read the prompt {name}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"the prompt {name} is not YAML: {' '.join(str(error).split())}") from error
    except (ValidationError, TypeError) as error:
        raise ConfigError(f"the prompt {name} does not fit: {' '.join(str(error).split())}") from error


_SANDBOX = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, trim_blocks=False, lstrip_blocks=False, autoescape=False
)


@functools.cache
def _template(text: str) -> Any:
    return _SANDBOX.from_string(text)


def render(prompt: Prompt, template: str, **values: Any) -> str:
    """A template of the prompt with its values, in a sandbox without access to attributes that act."""
    try:
        return str(_template(template).render(**values)).strip()
    except TemplateError as error:
        raise ConfigError(f"a template of the prompt {prompt.name!r} fails: {error}") from error


def lay_out(prompt: Prompt, scene: Scene) -> str:
    """The scene in the prompt's layout."""
    scopes: dict[str, list[Any]] = {"global": [], "relation": [], "dynamic": []}
    local: dict[int, list[Any]] = {region.id: [] for region in scene.regions}
    for descriptor in scene.descriptors:
        if descriptor.scope == "local":
            for region in descriptor.regions:
                local.setdefault(region, []).append(descriptor)
        else:
            scopes[descriptor.scope].append(descriptor)
    return render(
        prompt, prompt.layout, image=scene.image, regions=scene.regions, local=local,
        global_=scopes["global"], relation=scopes["relation"], dynamic=scopes["dynamic"],
    )  # fmt: skip


def turn(
    prompt: Prompt, scene: str, ids: Sequence[int], focus: int | None, inference: Sequence[str], n: int
) -> str:
    """One user turn: the instruction around a laid-out scene."""
    return render(
        prompt, prompt.instruction, scene=scene, ids=list(ids), focus=focus, inference=list(inference), n=n
    )


def shots(prompt: Prompt, draw: str) -> list[Message]:
    """The examples as turns before the real one, drawn from the pool by ``draw`` (the image's sha256),
    so that not every scene sees the same ones."""
    import json

    pool = list(prompt.examples)
    chosen = random.Random(f"shots/{draw}").sample(pool, min(prompt.shots or len(pool), len(pool)))
    messages = []
    for example in chosen:
        statements = example.reply.get("statements", [])
        asked = turn(
            prompt, example.scene.strip(), example.ids, example.focus, example.inference, len(statements)
        )
        messages.append(Message("user", asked))
        messages.append(Message("assistant", json.dumps(example.reply, ensure_ascii=False)))
    return messages


def schema(
    prompt: Prompt, ids: Sequence[int], focus: int | None, inference: Sequence[str], n: int
) -> Mapping[str, Any]:
    """The JSON schema of a reply: up to ``n`` statements, the fields bound by the prompt's patterns."""
    alternatives = "(" + "|".join(str(i) for i in ids) + ")"
    text: dict[str, dict[str, Any]] = {}
    for name in ("question", "answer", "rationale"):
        text[name] = {"type": "string"}
        if name in prompt.patterns:
            pattern = prompt.patterns[name].replace("{ids}", alternatives)
            text[name]["pattern"] = pattern.replace("{focus}", alternatives if focus is None else str(focus))
    text["inference"] = {"type": "string", "enum": list(inference)}
    return {
        "type": "object",
        "properties": {
            "statements": {
                "type": "array",
                "minItems": 1 if focus is not None else 0,
                "maxItems": n,
                "items": {
                    "type": "object",
                    "properties": text,
                    "required": list(text),
                    "additionalProperties": False,
                },
            }
        },
        "required": ["statements"],
        "additionalProperties": False,
    }
