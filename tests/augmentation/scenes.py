"""Small pictures with regions of every shape and texts that mention them."""

import numpy as np
from hypothesis import strategies as st

from lskd_toolkit.augmentation import Sample
from lskd_toolkit.geometry.masks import region_from_mask
from lskd_toolkit.geometry.shapes import region_hull
from lskd_toolkit.records import Region, Shape

TEMPLATES = (
    "Why is [{a}] looking at [{b}]?",
    "[{a}] stands on the left of [{b}], with a cup in her right hand.",
    "[{a}, {b}] are friends.",
    "[{a}] turns left and waves.",
    "Somebody smiles.",
)


def blob(seed: int, width: int, height: int) -> np.ndarray:
    """A ragged mask, never empty."""
    random = np.random.default_rng(seed)
    mask = random.random((height, width)) < 0.5
    x, y = random.integers(0, width), random.integers(0, height)
    mask[:, : x // 2] = mask[: y // 2] = False
    mask[y, x] = True
    return mask


@st.composite
def shapes(draw, width, height):
    x, y = draw(st.integers(0, width - 3)), draw(st.integers(0, height - 3))
    w, h = draw(st.integers(2, width - x)), draw(st.integers(2, height - y))
    return draw(
        st.sampled_from(
            [
                None,
                Shape("polygon", {"polygons": [[[x, y], [x + w, y], [x, y + h]]]}),
                Shape("points", {"points": [[x + 1, y + 1]], "radius": 1.0}),
                Shape("box", {"box": [x, y, x + w, y + h]}),
            ]
        )
    ), (float(x), float(y), float(x + w), float(y + h))


@st.composite
def samples(draw, masks_only=False, exact=False):
    """``exact``: only masks and boxes, which have no pixels on a slanting border."""
    width, height = draw(st.integers(4, 24)), draw(st.integers(4, 18))
    ids = draw(st.lists(st.integers(0, 20), min_size=1, max_size=4, unique=True))
    regions = []
    for id in ids:
        if masks_only or draw(st.booleans()):
            regions.append(region_from_mask(blob(draw(st.integers(0, 99)), width, height), id=id))
        else:
            shape, box = draw(shapes(width, height))
            shape = None if exact else shape
            bare = Region(id, box, shape)
            regions.append(Region(id, region_hull(bare), shape))
    texts = tuple(
        draw(st.sampled_from(TEMPLATES)).format(a=draw(st.sampled_from(ids)), b=draw(st.sampled_from(ids)))
        for _ in range(draw(st.integers(0, 3)))
    )
    pixels = np.random.default_rng(draw(st.integers(0, 99))).integers(0, 256, (height, width, 3), np.uint8)
    return Sample(pixels, tuple(regions), texts)


def same(one: Sample, other: Sample) -> bool:
    return (
        np.array_equal(one.pixels, other.pixels)
        and (one.regions, one.texts) == (other.regions, other.texts)
        and [dropped.region.id for dropped in one.dropped] == [dropped.region.id for dropped in other.dropped]
    )
