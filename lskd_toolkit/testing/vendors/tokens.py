"""Token counts, and what of a prompt the vendors' prompt caches hold."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence

CHARACTERS = 4
OPENAI_LEAST, OPENAI_STEP = 1024, 128


def tokens_of(text: str) -> int:
    """A token for each four characters, as every rule of thumb has it."""
    return -(-len(text) // CHARACTERS)


def anthropic_image(width: int, height: int) -> int:
    return max(1, width * height // 750)


def openai_image(width: int, height: int, detail: str = "auto") -> int:
    """85 tokens, and 170 for each tile of 512 pixels unless the detail is low."""
    return 85 if detail == "low" else 85 + 170 * (-(-width // 512)) * (-(-height // 512))


class MarkedPrefixes:
    """Anthropic's cache: prefixes that requests mark, readable once the request that wrote one is
    answered."""

    def __init__(self, least: int, seconds: float):
        self._least, self._seconds = least, seconds
        self._ready: dict[str, float] = {}

    def use(self, blocks: Sequence[tuple[str, int, bool]], delay: float) -> tuple[int, int]:
        """Tokens written and read, for the blocks ``(text, tokens, marked)`` of a request in order."""
        now = time.monotonic()
        running, tokens, marked = hashlib.sha256(), 0, []
        last = max((at for at, block in enumerate(blocks) if block[2]), default=-1)
        for text, count, mark in blocks[: last + 1]:
            running.update(text.encode("utf-8", "surrogatepass") + b"\0")
            tokens += count
            if mark and tokens >= self._least:
                marked.append((running.hexdigest(), tokens))
        read = 0
        for prefix, size in marked:
            ready = self._ready.get(prefix)
            if ready is not None and ready <= now <= ready + self._seconds:
                read = size
        for prefix, _ in marked:
            known = self._ready.get(prefix)
            # Reading keeps an entry alive; writing makes one when the answer begins.
            if known is None or known + self._seconds < now:
                self._ready[prefix] = now + delay
            elif known <= now:
                self._ready[prefix] = now
        return (marked[-1][1] - read if marked else 0), read


class SharedBeginnings:
    """OpenAI's cache: whatever begins alike for 1,024 tokens or more, in steps of 128, unasked."""

    def __init__(self, seconds: float):
        self._seconds = seconds
        self._ready: dict[bytes, float] = {}

    def use(self, prompt: str, delay: float) -> int:
        """Tokens of the prompt that were cached."""
        count = len(prompt) // CHARACTERS
        if count < OPENAI_LEAST:
            return 0
        now, running, cached, at = time.monotonic(), hashlib.sha256(), 0, 0
        for tokens in range(OPENAI_LEAST, count + 1, OPENAI_STEP):
            running.update(prompt[at : tokens * CHARACTERS].encode("utf-8", "surrogatepass"))
            at = tokens * CHARACTERS
            prefix = running.digest()[:16]
            ready = self._ready.get(prefix)
            if ready is not None and ready <= now <= ready + self._seconds:
                cached = tokens
            elif ready is None or ready + self._seconds < now:
                self._ready[prefix] = now + delay
        return cached
