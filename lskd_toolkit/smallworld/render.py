"""A scene as pixels, and as the bytes of a PNG."""

from __future__ import annotations

import io

import numpy as np

from .sprites import sprite
from .world import COLOURS, Thing, World


def pixels(scene: World) -> np.ndarray:
    """uint8 RGB ``(size, size, 3)``."""
    size = scene.address.size
    canvas = np.empty((size, size, 3), np.uint8)
    canvas[:] = scene.background
    for thing in scene.things:
        part = sprite(thing.shape, thing.state, thing.radius)
        left, top = thing.x - thing.radius, thing.y - thing.radius
        canvas[top : top + part.shape[0], left : left + part.shape[1]][part] = COLOURS[thing.colour]
    return canvas


def mask(thing: Thing, size: int) -> np.ndarray:
    """The thing's own pixels, bool ``(size, size)``."""
    whole = np.zeros((size, size), bool)
    part = sprite(thing.shape, thing.state, thing.radius)
    left, top = thing.x - thing.radius, thing.y - thing.radius
    whole[top : top + part.shape[0], left : left + part.shape[1]] = part
    return whole


def png(scene: World) -> bytes:
    """The scene as a PNG; the same scene gives the same bytes."""
    import PIL.Image

    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels(scene)).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
