"""Vision-language models of the tests: the small world's, with a note of what reaches it."""

from __future__ import annotations

import time

from lskd_toolkit.components import Component
from lskd_toolkit.hookspecs import hookimpl
from lskd_toolkit.smallworld.vlm import SmallworldVlm


class Noting(SmallworldVlm):
    """``batches`` holds what it was given at once, call by call: pairs of what was shown and asked."""

    batches: list = []  # noqa: RUF012
    pause = 0.0

    def __init__(self, options=None, ctx=None):
        super().__init__(None)

    def say(self, shown, asks):
        Noting.batches.append(list(zip(shown, asks, strict=True)))
        time.sleep(Noting.pause)
        return super().say(shown, asks)


@hookimpl
def lskd_vlms():
    for name, takes in (("single", ("rgb", "text")), ("several", ("rgb", "images"))):
        yield Component("vlm", name, "A test.", f"{__name__}:Noting", takes=takes)
