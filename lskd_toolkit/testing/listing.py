"""Contracts of being listed: light, described, strict about options."""

from __future__ import annotations

import json
import subprocess
import sys

from ..config import option_fields, validate
from ..errors import InvalidOptions
from ..plugins import plugins
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
    importlib.import_module(options.partition(":")[0])
print(json.dumps([at_listing, [m for m in heavy_for_options if m in sys.modules]]))
"""


def lists_light(subject: Subject) -> None:
    """Listing the plugin imports nothing heavy; loading options imports no model library."""
    found = plugins().component(subject.kind, subject.name)
    module = next(
        (
            p.module
            for p in plugins().loaded
            if (p.distribution, p.name) == (found.distribution, found.plugin)
        ),
        "",
    )
    if module in sys.modules or "." in module:
        asked = [module, found.record.options, HEAVY, HEAVY_FOR_OPTIONS]
    else:  # announced by hand, as in a test: there is no module to import
        asked = ["", found.record.options, HEAVY, HEAVY_FOR_OPTIONS]
    answer = subprocess.run(
        [sys.executable, "-c", _SCRIPT, json.dumps(asked)], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, f"{subject.title}: listing it fails:\n{answer.stderr}"
    at_listing, for_options = json.loads(answer.stdout.splitlines()[-1])
    assert not at_listing, (
        f"{subject.title}: listing {module} imports {', '.join(at_listing)}; name the implementation by an "
        "import string and import heavy modules inside functions"
    )
    assert not for_options, (
        f"{subject.title}: loading its options imports {', '.join(for_options)}; keep options in a module "
        "of their own"
    )


def describes_itself(subject: Subject) -> None:
    """The record has a summary in one sentence, and every option a description."""
    record = subject.record
    assert record.summary.strip().endswith("."), f"{subject.title}: end its summary with a full stop"
    assert len(record.summary) <= 120, f"{subject.title}: its summary is longer than a line"
    for name, info in option_fields(plugins().component(subject.kind, subject.name)).items():
        assert info.description, f"{subject.title}: option {name!r} has no description=…"


def refuses_unknown_options(subject: Subject) -> None:
    """An option that is not there is an error, not a shrug."""
    found = plugins().component(subject.kind, subject.name)
    try:
        validate(found, {"no_such_option": 1})
    except InvalidOptions:
        return
    raise AssertionError(
        f"{subject.title}: takes an unknown option; derive its options from lskd_toolkit.Options"
    )
