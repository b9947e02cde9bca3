"""LSKD Toolkit: localized symbolic knowledge distillation, from images to a student you can point at.

Every public name is here and loaded when it is first used, so that importing the package is cheap.
"""

from __future__ import annotations

import importlib
from typing import Any

_WHERE = {
    "components": ("Command", "Component", "Origin", "PromptSet", "ShapeType", "Strategy", "WeightFile"),
    "corpus": ("Corpus", "Entry", "open_run"),
    "critique.trained": ("TrainedOptions",),
    "drawing.pointed": ("Pointed",),
    "embedding": ("create",),
    "errors": (
        "BackendUnavailable", "BudgetReached", "Busy", "ImageRefused", "InvalidOptions", "KeyMissing",
        "LskdError", "PluginError", "RequestRejected", "Unreachable", "UsageError", "WeightsMissing",
    ),
    "canonical": ("json_bytes",),
    "hookspecs": ("hookimpl",),
    "images": ("Picture", "open_picture"),
    "images.encode": ("jpeg",),
    "labelling": ("Label", "Labelled", "accepted", "matched", "read_labels", "right"),
    "llm.messages": (
        "BatchSeen", "ChatReply", "ChatRequest", "Message", "Pace", "Sight", "ToolCall", "ToolSpec",
    ),
    "llm.prices": ("Price", "price_of"),
    "options": ("Options", "runtime"),
    "pointing": ("OpenStudent", "Ranked", "open_student"),
    "protocols": ("Context",),
    "records": (
        "Answer", "Ask", "Box", "Descriptor", "Dropped", "Example", "Found", "Image", "Judgement", "Question",
        "Refined", "Region", "Rejected", "Said", "Scene", "Shape", "Statement", "Taught",
    ),
    "teaching.asking": ("Told", "ask", "first_requests", "taught", "told_by"),
    "teaching.lesson": ("Lesson",),
    "weights": ("weight_path",),
}  # fmt: skip
_MODULE = {name: module for module, names in _WHERE.items() for name in names}

__version__ = "0.1.0"
__all__ = sorted(_MODULE)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_MODULE[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
