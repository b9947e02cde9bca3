"""The encoder ``minilm``: sentences to vectors that are near where the meanings are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .minilm import load

if TYPE_CHECKING:
    from lskd_toolkit import Context


class Encoder:
    """all-MiniLM-L6-v2, the model that the critic ``grounding`` reads with: loaded once for both."""

    def __init__(self, options: None, ctx: Context):
        self.net = ctx.model("minilm", lambda: load(ctx.device))

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """float32 ``(N, 384)`` of unit length."""
        return self.net.encode(texts)
