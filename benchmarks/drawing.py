"""Milliseconds that pointing at four regions on 640x480 takes, by every visual prompt.

    python benchmarks/drawing.py
    python benchmarks/drawing.py --width 1920 --height 1080 --regions 8

First all regions are boxes; then every second one is a mask with a hole. All are labelled. Each figure is
the least of many rounds; beside it stand the least of the process's own CPU time, which other work on the
machine touches less, and the ratio to a copy of the pixels, the least that drawing can cost. Then what a
small picture of a large JPEG costs, as in the report, decoded whole and decoded near its size at once.

Exit 1 if four regions on 640x480 take more than 2 ms with a visual prompt that draws on one picture.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
import timeit
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from lskd_toolkit.geometry.masks import region_from_mask
from lskd_toolkit.images.decode import decode
from lskd_toolkit.images.opening import open_picture, thumbnail
from lskd_toolkit.images.picture import Picture
from lskd_toolkit.plugins import load, plugins
from lskd_toolkit.records import Region

LIMIT = 2.0  # ms


@dataclass
class Photo:
    pixels: np.ndarray


def milliseconds(work, rounds: int = 25, clock=time.perf_counter) -> float:
    """The least of several rounds, each long enough for the clock."""
    work()
    number = max(1, int(0.02 / max(1e-6, timeit.timeit(work, number=1))))
    return min(timeit.repeat(work, number=number, repeat=rounds, timer=clock)) / number * 1e3


def wall_and_cpu(work) -> tuple[float, float]:
    return milliseconds(work), milliseconds(work, clock=time.process_time)


def regions_of(count: int, width: int, height: int) -> list[Region]:
    made = []
    y, x = np.ogrid[:height, :width]
    draw = np.random.default_rng(0)
    for id in range(count):
        wide, tall = width * draw.uniform(0.15, 0.4), height * draw.uniform(0.15, 0.4)
        left, top = draw.uniform(0, width - wide), draw.uniform(0, height - tall)
        if id % 2:
            away = ((x - left - wide / 2) / wide) ** 2 + ((y - top - tall / 2) / tall) ** 2
            made.append(region_from_mask((away < 0.25) & (away > 0.04), id=id, label="thing"))
        else:
            made.append(Region(id, (left, top, left + wide, top + tall), label="thing"))
    return made


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=480)
    parser.add_argument("--regions", type=int, default=4)
    given = parser.parse_args()
    shape = (given.height, given.width, 3)
    smooth = np.random.default_rng(1).integers(0, 255, (given.height // 16, given.width // 16, 3), np.uint8)
    pixels = np.asarray(Image.fromarray(smooth).resize((given.width, given.height)))
    assert pixels.shape == shape
    mixed = regions_of(given.regions, given.width, given.height)
    boxes = [replace(region, shape=None) for region in mixed]
    copy = milliseconds(lambda: np.array(pixels), clock=time.process_time)
    broken = False
    print("| visual prompt | boxes, ms | of CPU | copies of the pixels | half masks, ms | of CPU | copies |")
    print("|---|---|---|---|---|---|---|")
    for announced in plugins().announced("lskd_visual_prompts"):
        record = announced.record
        prompt = load(record.implementation)(load(record.options)() if record.options else None, None)
        took = [
            wall_and_cpu(lambda prompt=prompt, some=some: prompt.point(Photo(pixels), some))
            for some in (boxes, mixed)
        ]
        one = "images" not in record.gives
        broken |= one and max(wall for wall, _ in took) > LIMIT
        row = " | ".join(f"{wall:.2f} | {cpu:.2f} | {cpu / copy:.0f}" for wall, cpu in took)
        print(f"| {record.name}{'' if one else ' (a picture a region)'} | {row} |")
    decoding()
    print(f"\nlimit {LIMIT} ms for four regions on one picture of 640x480: {'BROKEN' if broken else 'kept'}")
    return 1 if broken and (given.width, given.height, given.regions) == (640, 480, 4) else 0


def decoding() -> None:
    """What a picture within 768 pixels of a JPEG of 4000x3000 costs."""
    smooth = np.random.default_rng(2).integers(0, 255, (300, 400, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(smooth).resize((4000, 3000)).save(out, "JPEG", quality=90)
    data = out.getvalue()

    def whole() -> None:
        thumbnail(Picture(open_picture(data).image, lambda: decode(data)), 480)

    both = milliseconds(whole, 3), milliseconds(lambda: thumbnail(open_picture(data), 480), 3)
    print("\n| a thumbnail of 480 of a JPEG of 4000x3000 | ms |\n|---|---|")
    print(f"| decoded whole, then made small | {both[0]:.0f} |")
    print(f"| decoded near its size at once | {both[1]:.0f} ({both[0] / both[1]:.1f} x as fast) |")


if __name__ == "__main__":
    sys.exit(main())
