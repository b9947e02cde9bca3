"""Regions to and from what others write: one module for each format, pure functions.

``from lskd_toolkit.formats import coco`` and then, say, ``coco.region_from_coco(annotation)``. Nothing is
imported before it is named, and no other library is needed to read one's files. What cannot be read raises
`Malformed`, a ValueError that names what is wrong in one line.
"""

from .malformed import Malformed

__all__ = ["Malformed"]
