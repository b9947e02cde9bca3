"""Automatic masks, and masks for boxes, over a network whose answers are known: discs in their places."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import torch
from lskd_segment_anything.automatic import automatic_masks
from lskd_segment_anything.model import Frame, Sam
from lskd_segment_anything.options import SamProposerOptions, SamRefinerOptions
from lskd_segment_anything.placing import place
from lskd_segment_anything.proposer import SamProposer
from lskd_segment_anything.refiner import SamRefiner
from lskd_segment_anything.upscaling import taps

from lskd_toolkit import Region, Shape
from lskd_toolkit.geometry import masks
from lskd_toolkit.testing import SimpleContext

SIDE, LOW = 256, 64
DISCS = {"left": (60, 50, 30), "right": (190, 60, 25), "small": (130, 120, 8)}
"""Things in a picture of 240 x 160: x, y and radius in its pixels."""


class Discs:
    """A network that sees discs in their colours: asked about a point or a box, it answers with the disc of
    the colour in its middle, with half of it, and with noise. `looks` counts how often it encoded."""

    def __init__(self):
        self.looks = self.batches = 0

    def frame(self, height, width):
        inner = place(height, width, SIDE)
        rows, columns = (taps(LOW, ((SIDE, i), (s, s))) for i, s in zip(inner, (height, width), strict=True))
        return Frame((height, width), (inner[1] / width, inner[0] / height), rows, columns)

    def encode(self, pixels):
        self.looks += 1
        square = np.zeros((SIDE, SIDE))
        height, width = place(*pixels.shape[:2], SIDE)
        rows, columns = (np.arange(n) * s // n for n, s in zip((height, width), pixels.shape, strict=False))
        square[:height, :width] = pixels[rows[:, None], columns[None], 0]
        return (torch.from_numpy(square),)

    def decode(self, features, points, boxes, multimask):
        self.batches += 1
        at = points.mean(1) if points is not None else (boxes[:, :2] + boxes[:, 2:]) / 2
        colours = features[0].numpy()
        logits, quality = [], []
        for x, y in at.astype(int).clip(0, SIDE - 1):
            colour = colours[y, x]
            same = (colours == colour).reshape(LOW, 4, LOW, 4).mean((1, 3)) * 20 - 10
            half = np.where(np.arange(LOW)[None] < x // 4, same, -10)
            noise = np.random.default_rng(int(colour)).uniform(-1, 1, (LOW, LOW))
            logits.append([same, half, noise] if multimask else [same])
            good = 0.95 if colour else 0.3  # what is not a thing is black
            quality.append([good, good - 0.03, good] if multimask else [good])
        return torch.tensor(np.array(logits), dtype=torch.float32), torch.tensor(quality, dtype=torch.float32)


@pytest.fixture
def shown(picture):
    y, x = np.mgrid[:160, :240]
    pixels = np.zeros((160, 240, 3), np.uint8)
    for colour, (cx, cy, radius) in enumerate(DISCS.values(), 1):
        pixels[(x + 0.5 - cx) ** 2 + (y + 0.5 - cy) ** 2 < radius**2] = 40 * colour
    return picture(pixels)


def disc(name: str, shown) -> np.ndarray:
    return shown.pixels[:, :, 0] == 40 * (1 + list(DISCS).index(name))


def iou(one: np.ndarray, two: np.ndarray) -> float:
    return float((one & two).sum() / (one | two).sum())


def context(net: Discs, cache_mb: int = 64) -> SimpleContext:
    ctx = SimpleContext()
    sam = Sam(net, cache_mb << 20)
    ctx.model = lambda key, loader: sam
    return ctx


def propose(shown, net: Discs | None = None, **options):
    made = SamProposer(
        SamProposerOptions(**{"points_per_side": 16, "stability_score_thresh": 0.8, **options}),
        context(net or Discs()),
    )
    return made.propose([shown])[0]


def test_each_thing_is_found_once_in_its_place(shown):
    found = propose(shown).kept
    for name in DISCS:
        best = [iou(masks.decode(region.shape.values), disc(name, shown)) for region in found]
        assert max(best) > 0.85
    for region in found:
        mask = masks.decode(region.shape.values)
        assert region.box == masks.hull(mask)
        assert region.proposer == "sam"


def test_regions_are_numbered_best_first_and_the_rest_is_left_out_in_writing(shown):
    everything = propose(shown)
    assert [region.id for region in everything.kept] == list(range(len(everything.kept)))
    scores = [region.score for region in everything.kept]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) > 3
    few = propose(shown, most=2)
    assert few.kept == everything.kept[:2]
    assert [dropped.region.id for dropped in few.dropped] == list(range(2, len(scores)))
    assert few.dropped[0].reason == f"number 3 of {len(scores)} by score, 2 are kept"
    assert all(dropped.region.shape is None for dropped in few.dropped)


@pytest.mark.parametrize("batch", [1, 7, 256])
def test_the_size_of_batches_changes_nothing(shown, batch):
    net = Discs()
    assert propose(shown, net, points_per_batch=batch) == propose(shown)
    assert net.batches == -(-256 // batch)


def test_what_is_not_good_or_not_stable_is_no_region(shown):
    whole = masks.decode(propose(shown, pred_iou_thresh=0.2, most=1).kept[0].shape.values)
    assert whole.any()
    assert propose(shown, pred_iou_thresh=0.96).kept == ()
    speckle = propose(shown, stability_score_thresh=0.0, box_nms_thresh=1.0).kept
    assert len(speckle) > len(propose(shown, box_nms_thresh=1.0).kept)


def test_a_thing_too_small_for_the_grid_is_found_on_a_crop(shown):
    def small(**options):
        found = propose(shown, points_per_side=6, pred_iou_thresh=0.5, **options).kept
        return max((iou(masks.decode(r.shape.values), disc("small", shown)) for r in found), default=0)

    assert small() < 0.5
    assert small(crop_n_layers=1) > 0.9


def test_a_thing_cut_by_a_crop_is_found_whole(shown):
    found = propose(shown, crop_n_layers=1).kept
    for name in ("left", "right"):
        overlaps = [iou(masks.decode(region.shape.values), disc(name, shown)) for region in found]
        assert max(overlaps) > 0.93
    assert all(region.box[2] <= 240 and region.box[3] <= 160 for region in found)


def test_a_crop_is_encoded_for_itself(shown):
    net = Discs()
    propose(shown, net, crop_n_layers=1)
    assert net.looks == 5


def test_an_image_is_encoded_once_for_the_proposer_and_the_refiner(shown):
    net = Discs()
    ctx = context(net)
    found = SamProposer(SamProposerOptions(points_per_side=4), ctx).propose([shown])[0].kept
    boxes = [Region(9, (30.0, 20.0, 90.0, 80.0)), *found]
    SamRefiner(SamRefinerOptions(), ctx).refine([shown], [boxes])
    assert net.looks == 1


def test_the_oldest_image_is_forgotten_when_the_memory_is_full(picture):
    net = Discs()
    sam = Sam(net, cache_bytes=2 * SIDE * SIDE * 8)
    first, second, third = (picture(np.full((20, 20, 3), i, np.uint8)) for i in range(3))
    for one in (first, second, first, third, first):
        sam.look(one)
    assert net.looks == 3
    sam.look(second)
    assert net.looks == 4
    none = Sam(net, cache_bytes=0)
    none.look(first)
    none.look(first)
    assert net.looks == 6


def test_boxes_and_points_get_the_mask_of_the_thing_and_all_else_stays(shown):
    x, y, radius = DISCS["right"]
    regions = [
        Region(4, (30.0, 20.0, 90.0, 80.0), None, "ball", 0.7, "yolo"),
        Region(2, (0.0, 0.0, 5.0, 5.0), Shape("points", {"points": [[x - 3, y], [x + 3, y]]})),
        Region(1, (1.0, 1.0, 3.0, 3.0), Shape("polygon", {"polygons": [[[1, 1], [3, 1], [3, 3]]]})),
    ]
    net = Discs()
    found = SamRefiner(SamRefinerOptions(), context(net)).refine([shown], [regions])[0]
    assert found.dropped == ()
    assert [region.id for region in found.kept] == [4, 2, 1]
    for region, name in zip(found.kept, ("left", "right"), strict=False):
        mask = masks.decode(region.shape.values)
        assert iou(mask, disc(name, shown)) > 0.93
        assert region.box == masks.hull(mask)
    assert (found.kept[0].label, found.kept[0].score, found.kept[0].proposer) == ("ball", 0.7, "yolo")
    assert found.kept[2] is regions[2]
    assert radius > 0
    again = SamRefiner(SamRefinerOptions(redo=True), context(net)).refine([shown], [regions])[0]
    assert again.kept[2].shape.type == "mask"


def test_a_box_in_which_nothing_is_found_stays_a_box(shown):
    class Blind(Discs):
        def decode(self, features, points, boxes, multimask):
            logits, quality = super().decode(features, points, boxes, multimask)
            return logits * 0 - 5, quality

    box = Region(0, (30.0, 20.0, 90.0, 80.0))
    assert SamRefiner(SamRefinerOptions(), context(Blind())).refine([shown], [[box]])[0].kept == (box,)


@pytest.mark.parametrize("batch", [1, 2])
def test_many_boxes_are_asked_about_in_batches(shown, batch):
    boxes = [Region(i, (30.0 + i, 20.0, 90.0, 80.0)) for i in range(5)]
    net = Discs()
    options = SamRefinerOptions(prompts_per_batch=batch)
    found = SamRefiner(options, context(net)).refine([shown], [boxes])[0].kept
    assert net.batches == -(-5 // batch)
    assert found == SamRefiner(SamRefinerOptions(), context(net)).refine([shown], [boxes])[0].kept


def test_a_margin_widens_boxes_inside_the_image(shown):
    class Remembers(Discs):
        def decode(self, features, points, boxes, multimask):
            self.boxes = boxes
            return super().decode(features, points, boxes, multimask)

    net = Remembers()
    given = [Region(0, (60.0, 20.0, 100.0, 40.0)), Region(1, (0.0, 0.0, 240.0, 160.0))]
    SamRefiner(SamRefinerOptions(margin=0.1), context(net)).refine([shown], [given])
    scale = 256 / 240
    assert net.boxes[0] == pytest.approx(np.array([56, 18, 104, 42]) * [scale, 171 / 160, scale, 171 / 160])
    assert net.boxes[1] == pytest.approx([0, 0, 256, 171])


@pytest.mark.parametrize("prompts", [2, 8])
def test_memory_grows_with_the_image_and_not_with_the_masks(picture, prompts):
    height, width = 1500, 2000
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[400:1200, 300:1800] = 40
    large = picture(pixels)
    sam, options = Sam(Discs(), 0), SamProposerOptions(points_per_side=prompts, pred_iou_thresh=0.2)
    _ = large.pixels
    tracemalloc.start()
    found = automatic_masks(sam, large, options)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) >= 2
    assert (
        peak < 18 * height * width
    )  # the logits of all masks at once would be 4 * 3 * prompts ** 2 times that


def test_small_parts_are_cleaned_away_where_asked(shown):
    def found(**options):
        mask = propose(shown, most=1, **options).kept[0]
        return masks.decode(mask.shape.values)

    class Ragged(Discs):
        def decode(self, features, points, boxes, multimask):
            logits, quality = super().decode(features, points, boxes, multimask)
            logits[:, :, 60, 60], logits[:, :, 12, 16] = 9, -9  # an island far off, a hole in the left disc
            return logits, quality

    raw, neat = (
        automatic_masks(
            Sam(Ragged(), 0), shown, SamProposerOptions(points_per_side=16, min_mask_region_area=least)
        )
        for least in (0, 60)
    )
    best = max(iou(masks.decode(one.runs.values()), disc("left", shown)) for one in neat)
    before = max(iou(masks.decode(one.runs.values()), disc("left", shown)) for one in raw)
    assert best > before
    assert found().any()
