"""Numbers made of a name: the same on every machine, with no file to carry them."""

from __future__ import annotations

import math
import zlib

import numpy as np


def numbers(name: str, shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """float32 of that shape, spread evenly over [-1, 1): integer hashes of seed, name and place."""
    with np.errstate(over="ignore"):
        z = np.arange(1, math.prod(shape) + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z += np.uint64(zlib.crc32(f"{seed} {name}".encode())) * np.uint64(0x2545F4914F6CDD1D)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return ((z >> np.uint64(40)) / 2.0**23 - 1).astype(np.float32).reshape(shape)


def weight(name: str, shape: tuple[int, ...], gain: float, seed: int = 0) -> np.ndarray:
    """A parameter of that name: the weight of a norm about 1, vectors small, and matrices such that
    activations keep their size at a gain of 1."""
    made = numbers(name, shape, seed)
    if len(shape) == 1:
        is_norm = name.endswith("weight")
        return (1 + 0.3 * made if is_norm else 0.2 * gain * made).astype(np.float32)
    if "embeddings" in name or name.endswith(("tokens", "token", "embed", "decoder.weight")):
        return (gain * made).astype(np.float32)
    return (gain * made * math.sqrt(3 / math.prod(shape[1:]))).astype(np.float32)


def images(count: int, size: int, seed: int = 0) -> np.ndarray:
    """float32 ``(count, 3, size, size)``, as normalised pixels are: about -2 to 2."""
    return 2 * numbers("images", (count, 3, size, size), seed)


def texts(lengths: list[int], longest: int, vocabulary: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """int64 ids and 0/1 mask, ``(len(lengths), longest)`` each; 0 pads."""
    ids, mask = np.zeros((2, len(lengths), longest), np.int64)
    for row, length in enumerate(lengths):
        drawn = (numbers(f"text {row}", (length,), seed).astype(np.float64) + 1) / 2
        ids[row, :length] = 1 + (drawn * (vocabulary - 1)).astype(np.int64)
        mask[row, :length] = 1
    return ids, mask
