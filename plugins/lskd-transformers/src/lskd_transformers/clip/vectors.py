"""The vectors of a vocabulary, made once for a model and kept on disk."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path

import numpy as np

from .towers import Towers


def vectors(towers: Towers, labels: tuple[str, ...], templates: tuple[str, ...], cache: Path) -> np.ndarray:
    """A unit vector for each label, the mean over its sentences: float32 ``(len(labels), D)``.

    It is kept under ``cache`` by the model's weights and all sentences, so another model, another number type
    or another word makes another file. A file that is broken is made anew.
    """
    told = json.dumps([towers.fingerprint, str(towers.loaded.dtype), labels, templates], ensure_ascii=False)
    path = cache / "clip-texts" / f"{hashlib.sha256(told.encode()).hexdigest()[:32]}.npy"
    known = _read(path, len(labels))
    if known is not None:
        return known
    sums = sum(towers.texts([template.replace("{}", label) for label in labels]) for template in templates)
    made = np.asarray(sums, np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    _write(path, made)
    return made


def _read(path: Path, count: int) -> np.ndarray | None:
    try:
        found: np.ndarray = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    whole = found.dtype == np.float32 and found.ndim == 2 and len(found) == count
    return found if whole and np.allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-4) else None


def _write(path: Path, made: np.ndarray) -> None:
    """Whole or not at all: beside its place first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, beside = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(number, "wb") as file:
        np.save(file, made, allow_pickle=False)
    Path(beside).replace(path)
