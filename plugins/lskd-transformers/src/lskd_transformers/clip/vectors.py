"""The vectors of a vocabulary, made once for a model and kept on disk."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from .towers import Towers

WAY = 1
"""Raised when the same words of the same model come to other vectors."""


def vectors(towers: Towers, labels: tuple[str, ...], templates: tuple[str, ...], cache: Path) -> np.ndarray:
    """A unit vector for each label, the mean over its sentences: float32 ``(len(labels), D)``.

    It is kept under ``cache`` by the model's weights and all sentences, so another model, another number type
    or another word makes another file. A file that is broken or holds something else is made anew.
    """
    told = json.dumps([WAY, towers.fingerprint, labels, templates], ensure_ascii=False)
    key = hashlib.sha256(told.encode()).hexdigest()
    path = cache / "clip-texts" / f"{key[:32]}.safetensors"
    known = _read(path, key)
    if known is not None:
        return known
    sums = sum(towers.texts([template.replace("{}", label) for label in labels]) for template in templates)
    made = np.asarray(sums, np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    _write(path, key, made)
    return made


def _read(path: Path, key: str) -> np.ndarray | None:
    try:
        with safe_open(path, framework="numpy") as file:
            said = file.metadata() or {}
            found: np.ndarray = file.get_tensor("vectors")
    except (OSError, ValueError, SafetensorError):
        return None
    return found if said == _said(key, found) else None


def _write(path: Path, key: str, made: np.ndarray) -> None:
    """Whole or not at all: beside its place first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, beside = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(number, "wb") as file:
        file.write(save({"vectors": made}, _said(key, made)))
    Path(beside).replace(path)


def _said(key: str, made: np.ndarray) -> dict[str, str]:
    return {"key": key, "sha256": hashlib.sha256(made.tobytes()).hexdigest()}
