"""Decoded pixels are held up to a limit, and come back when they are wanted again."""

from __future__ import annotations

import numpy as np

from lskd_toolkit.images.picture import Picture
from lskd_toolkit.pipeline.pixels import HeldPixels
from lskd_toolkit.records import Image


def test_the_longest_held_are_let_go_of_beyond_the_limit():
    held, decoded = HeldPixels(limit=250), []

    def picture(number):
        def decode():
            decoded.append(number)
            held.hold(made, 100)
            return np.full((5, 5, 4), number, np.uint8)[..., :3]

        made = Picture(Image(str(number), "", "", 5, 5), decode)
        return made

    pictures = [picture(n) for n in range(3)]
    for each in pictures:
        _ = each.pixels
    assert (pictures[0].pixels == 0).all()  # let go of, and decoded again
    assert (pictures[2].pixels == 2).all()  # still there
    assert decoded == [0, 1, 2, 0]
    held.let_go(pictures)
    _ = pictures[2].pixels
    assert decoded == [0, 1, 2, 0, 2]
