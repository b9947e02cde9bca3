"""A prompt set: a versioned YAML file that says what a teacher is asked, and how it is rendered."""

from __future__ import annotations

import functools
import hashlib
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import ConfigError
from ..llm.messages import Message
from ..plugins import plugins

REPAIR = "That cannot be used: {{ problem }}. Answer again, with JSON alone, of the form asked for."
CHECK = """\
{{ scene }}

Here are statements that somebody wrote about this picture:
{{ statements }}
Check each against the notes, one by one: does the evidence support its answer and its rationale, do the ids
stand for the right regions, and does it say more than a note does? Answer with JSON:
{"checks": [{"statement": its place from 0, "supported": true or false, "problem": in one line}]}."""
REVISE = """\
These faults were found:
{% for p in problems %}- {{ p }}
{% endfor %}Write the statements again, at most {{ n }}: mend what can be mended, leave out what cannot, keep
what is good as it is. Answer in the same form as before."""
LOOK = (
    "Before you write, you may look closer with the tools, at most {{ steps }} times. Look where it decides "
    "what can be inferred. Then write."
)
ENOUGH = "You have looked enough. Write the statements now, in the form asked for."
SIGHT = "The picture is attached. Its regions are outlined in it, each with its number painted on it."


DEAL = "hands/38"
"""How the pool is shuffled: so that each hand of its own prompts shows eight of nine inference types and at
most one scene about which nothing is to be said; a test holds it so."""


class Wording(BaseModel):
    """An example's statement in one reference style."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str
    answer: str
    rationale: str


class ExampleStatement(BaseModel):
    """A statement of a worked example, in as many reference styles as its pool serves."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    inference: str
    evidence: tuple[int, ...] = ()
    confidence: Literal["", "low", "medium", "high"] = ""
    id: Wording | None = None
    description: Wording | None = None

    def reply(self, style: str, fields: Sequence[str]) -> dict[str, Any]:
        """As a teacher would write it, with those of the fields that its schema asks for."""
        wording: Wording = getattr(self, style)
        whole = {
            **wording.model_dump(), "inference": self.inference, "evidence": list(self.evidence),
            "confidence": self.confidence,
        }  # fmt: skip
        return {name: whole[name] for name in fields}


Section = Literal["concept", "narrative", "region", "relation", "dynamic"]
SHARES: dict[Section, float] = {
    "concept": 0.10, "narrative": 0.20, "region": 0.45, "relation": 0.10, "dynamic": 0.15,
}  # fmt: skip
"""Of a scene's budget; from what was found to serve prompts of several hundred tokens."""


class PromptExample(BaseModel):
    """One worked example: a scene as the layout writes it, and the statements that are wanted of it.
    ``focus`` is the region it asks about, for prompts that ask about one at a time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scene: str
    ids: tuple[int, ...]
    focus: int | None = None
    statements: tuple[ExampleStatement, ...] = ()


class Prompt(BaseModel):
    """A prompt set as its file holds it.

    ``focus: region`` makes one request for each of up to ``max_focus`` regions. ``shots`` examples go
    before the question, out of ``examples`` or of the ``pool`` of that name; with ``hands`` they are one
    of so many fixed hands, chosen by the image's sha256, so that not every scene sees the same examples
    and vendors can still cache them. ``notes`` numbers the descriptors and asks for ``evidence`` and
    ``confidence``. ``patterns`` bind fields of the reply by regular expressions in which ``{ids}`` stands
    for the ids there are and ``{focus}`` for the one asked about. ``tokens`` is the budget of the laid-out
    scene, of which each of its sections has one of the ``shares``; a statement with ``copied_words`` words in
    a row of an example is rejected as a copy; ``max_regions`` is how many regions it has at most. The last
    six are the words of the other steps that strategies take.
    """

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
    tokens: int = Field(900, ge=50)
    shares: dict[Section, Annotated[float, Field(ge=0.0, le=1.0)]] = Field(
        default_factory=lambda: dict(SHARES)
    )
    max_regions: int = Field(10, ge=1)
    notes: bool = True
    system: str = ""
    instruction: str
    layout: str = ""
    examples: tuple[PromptExample, ...] = ()
    pool: str = ""
    shots: int = 0
    hands: int = Field(0, ge=0)
    copied_words: int = Field(6, ge=3)
    patterns: dict[str, str] = Field(default_factory=dict)
    repair: str = REPAIR
    check: str = CHECK
    revise: str = REVISE
    look: str = LOOK
    enough: str = ENOUGH
    sight: str = SIGHT

    @property
    def fields(self) -> tuple[str, ...]:
        """What a statement of a reply has, in the order it is written: evidence before what rests on it."""
        plain = ("question", "answer", "rationale")
        return ("inference", "evidence", *plain, "confidence") if self.notes else (*plain, "inference")

    def all_examples(self) -> tuple[PromptExample, ...]:
        """Its own examples and those of its pool."""
        return (*self.examples, *(load_pool(self.pool) if self.pool else ()))

    def __hash__(self) -> int:
        return hash((self.name, self.version))

    def key(self) -> dict[str, Any]:
        """What a row's key holds of the prompt: all of it, by digest, with its name to be read."""
        pool = load_pool(self.pool) if self.pool else ()
        text = "\n".join(each.model_dump_json() for each in (self, *pool)).encode()
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


def turn(
    prompt: Prompt, scene: str, ids: Sequence[int], focus: int | None, inference: Sequence[str], n: int
) -> str:
    """One user turn: the instruction around a laid-out scene."""
    return render(
        prompt, prompt.instruction, scene=scene, ids=list(ids), focus=focus, inference=list(inference), n=n
    )


@functools.cache
def load_pool(name: str) -> tuple[PromptExample, ...]:
    """The worked examples of a pool that comes with the toolkit, in the order of its file.

    Raises:
        ConfigError: there is no such pool.
    """
    path = files(__package__).joinpath(f"pools/{name}.yaml")
    try:
        return tuple(PromptExample(**each) for each in yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"no pool of examples is called {name!r}") from error


def shots(prompt: Prompt, draw: str) -> tuple[Message, ...]:
    """The examples as turns before the real one. ``draw`` (the image's sha256) decides which."""
    pool = prompt.all_examples()
    count = min(prompt.shots or len(pool), len(pool))
    if prompt.hands:
        draw = str(int(hashlib.sha256(draw.encode()).hexdigest(), 16) % prompt.hands)
        return _hand(prompt, count, draw)
    return tuple(_turns(prompt, random.Random(f"shots/{draw}").sample(pool, count)))


@functools.lru_cache(maxsize=256)
def _hand(prompt: Prompt, count: int, number: str) -> tuple[Message, ...]:
    """One hand: the pool is shuffled once and dealt out, so that every example is in one."""
    pool = list(prompt.all_examples())
    random.Random(DEAL).shuffle(pool)
    first = int(number) * count
    return tuple(_turns(prompt, [pool[(first + i) % len(pool)] for i in range(count)]))


def _turns(prompt: Prompt, examples: Sequence[PromptExample]) -> Iterator[Message]:
    for example in examples:
        # As many types are asked for as in earnest, also where the example has good reason to write fewer.
        told = dict.fromkeys(s.inference for s in example.statements)
        n = max(prompt.statements, len(told))
        wanted = list(dict.fromkeys([*told, *prompt.inference_types]))[:n]
        wanted.sort(key=prompt.inference_types.index)
        yield Message("user", turn(prompt, example.scene.strip(), example.ids, example.focus, wanted, n))
        reply = {"statements": [s.reply(prompt.style, prompt.fields) for s in example.statements]}
        yield Message("assistant", json.dumps(reply, ensure_ascii=False))


def schema(
    prompt: Prompt, ids: Sequence[int], focus: int | None, inference: Sequence[str], n: int
) -> Mapping[str, Any]:
    """The JSON schema of a reply: up to ``n`` statements.

    It is the same for every scene, so that vendors compile it once and their prompt caches hold; only where
    the prompt binds fields by patterns, for models that need it, do they hold this scene's ids and types.
    """
    alternatives = "(" + "|".join(str(i) for i in ids) + ")"
    item: dict[str, dict[str, Any]] = {}
    for name in prompt.fields:
        item[name] = {"type": "string"}
        if name in prompt.patterns:
            pattern = prompt.patterns[name].replace("{ids}", alternatives)
            item[name]["pattern"] = pattern.replace("{focus}", alternatives if focus is None else str(focus))
    types = inference if prompt.patterns else prompt.inference_types
    item["inference"] = {"type": "string", "enum": list(types)}
    if prompt.notes:
        item["evidence"] = {"type": "array", "items": {"type": "integer"}}
        item["confidence"] = {"type": "string", "enum": ["low", "medium", "high"]}
    return {
        "type": "object",
        "properties": {
            "statements": {
                "type": "array",
                "minItems": 1 if focus is not None else 0,
                "maxItems": n,
                "items": {
                    "type": "object",
                    "properties": item,
                    "required": list(item),
                    "additionalProperties": False,
                },
            }
        },
        "required": ["statements"],
        "additionalProperties": False,
    }
