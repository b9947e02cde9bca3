"""Contracts of being listed: light, described, strict about options."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys

from ..components import KINDS
from ..config import option_fields, resolve_part, validate
from ..errors import InvalidOptions, UsageError
from ..plugins import load, plugins
from ..weights.catalog import lookup
from .subject import Subject

HEAVY = (
    "torch", "transformers", "onnxruntime", "numpy", "pyarrow", "pydantic", "langchain",
    "anthropic", "openai",
)  # fmt: skip
HEAVY_FOR_OPTIONS = ("torch", "transformers", "onnxruntime", "pyarrow", "langchain", "anthropic", "openai")

_SCRIPT = """
import importlib, json, sys
plugin, options, heavy, heavy_for_options = json.loads(sys.argv[1])
if plugin:
    module = importlib.import_module(plugin)
    for name in dir(module):
        if name.startswith("lskd_") and hasattr(getattr(module, name), "lskd_impl"):
            hook = getattr(module, name)
            if hook.__code__.co_argcount == 0:
                list(hook() or ())
at_listing = [m for m in heavy if m in sys.modules]
if options:
    importlib.import_module(options)
print(json.dumps([at_listing, [m for m in heavy_for_options if m in sys.modules]]))
"""


@functools.cache
def _imported(plugin: str, options: str) -> tuple[list[str], list[str], str]:
    """What a fresh process has imported after listing the plugin and loading a module of options, of
    what is too heavy for each; and what it printed if it failed."""
    asked = json.dumps([plugin, options, HEAVY, HEAVY_FOR_OPTIONS])
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    answer = subprocess.run(
        [sys.executable, "-c", _SCRIPT, asked], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    if answer.returncode:
        return [], [], answer.stderr
    at_listing, for_options = json.loads(answer.stdout.splitlines()[-1])
    return at_listing, for_options, ""


def lists_light(subject: Subject) -> None:
    """Listing the plugin imports nothing heavy; loading options imports no model library."""
    found = plugins().component(subject.kind, subject.name)
    mine = [p for p in plugins().loaded if (p.distribution, p.name) == (found.distribution, found.plugin)]
    # A plugin registered by hand, as tests do, may be no module that another process could import.
    module = mine[0].module if mine and mine[0].module in sys.modules else ""
    at_listing, for_options, failed = _imported(module, found.record.options.partition(":")[0])
    subject.require(not failed, f"listing it fails:\n{failed}")
    subject.require(
        not at_listing,
        f"listing {module} imports {', '.join(at_listing)}; name the implementation by an "
        "import string and import heavy modules inside functions",
    )
    subject.require(
        not for_options,
        f"loading its options imports {', '.join(for_options)}; keep options in a module of their own",
    )


def describes_itself(subject: Subject) -> None:
    """The record is complete, and every option has a description."""
    record = subject.record
    subject.require(record.kind == subject.kind, f"its record says kind {record.kind!r}")
    subject.require(
        re.fullmatch(r"[a-z0-9][a-z0-9._-]*", record.name),
        "a name is lower-case letters, digits, '-', '_' and '.'",
    )
    subject.require(record.summary.strip().endswith("."), "end its summary with a full stop")
    subject.require(len(record.summary) <= 120, "its summary is longer than a line")
    subject.require(isinstance(record.behaviour, int) and record.behaviour >= 1, "behaviour counts from 1")
    subject.require(record.batching in ("exact", "close"), f"batching {record.batching!r} is not known")
    for name in record.weights:
        try:
            lookup(name)
        except UsageError as error:
            subject.fail(f"it names weights that nobody announces: {error}")
    for name, info in option_fields(plugins().component(subject.kind, subject.name)).items():
        subject.require(info.description, f"option {name!r} has no description=…")
        subject.require(not info.is_required(), f"option {name!r} has no default; the defaults must work")


def has_the_verbs_of_its_kind(subject: Subject) -> None:
    """The import string names a class that has them."""
    found = load(subject.record.implementation)
    lacking = [verb for verb in KINDS[subject.kind].verbs if not callable(getattr(found, verb, None))]
    subject.require(not lacking, f"{subject.record.implementation} lacks {', '.join(lacking)}")


def refuses_unknown_options(subject: Subject) -> None:
    """An option that is not there is an error, not a shrug."""
    try:
        validate(plugins().component(subject.kind, subject.name), {"no_such_option": 1})
    except InvalidOptions:
        return
    subject.fail("takes an unknown option; derive its options from lskd_toolkit.Options")


def refuses_what_is_no_value(subject: Subject) -> None:
    """A value of a wrong type is refused before any work; the options given here are accepted."""
    subject.part()
    for name in option_fields(plugins().component(subject.kind, subject.name)):
        try:
            resolve_part(subject.kind, {"use": subject.name, name: object()}, plugins())
        except InvalidOptions:
            continue
        subject.fail(f"option {name!r} takes any object; annotate it with a type")


CHECKS = (
    lists_light,
    describes_itself,
    has_the_verbs_of_its_kind,
    refuses_unknown_options,
    refuses_what_is_no_value,
)
