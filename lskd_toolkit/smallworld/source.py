"""Source ``smallworld``: scenes by number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import ImageRefused
from ..records import Found
from .options import SourceOptions
from .render import png
from .world import Address, parse, world


class SmallworldSource:
    def __init__(self, options: SourceOptions, ctx: Any = None):
        self.options = options

    def scan(self) -> Iterator[Found]:
        o = self.options
        for index in range(o.start, o.start + o.count):
            uri = Address(o.world_seed, index, o.objects, o.size).uri
            yield Found(f"{index:06}", uri, stamp=uri)

    def read(self, uri: str) -> bytes:
        address = parse(uri)
        if address is None:
            raise ImageRefused(f"{uri} is no address of the small world")
        return png(world(address))
