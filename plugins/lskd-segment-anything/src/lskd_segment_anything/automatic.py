"""Masks of everything: a grid of prompts decoded, what is good kept, duplicates joined.

The same steps and defaults as ``SamAutomaticMaskGenerator``, in an order that costs less: most masks fall
at the quality that the model foresees, and these are never enlarged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from . import grid
from .decoding import Candidate, candidates
from .model import Sam, Seen
from .small_parts import cleaned
from .suppression import suppress

if TYPE_CHECKING:
    from lskd_toolkit import Picture

    from .options import SamProposerOptions


def automatic_masks(sam: Sam, picture: Picture, options: SamProposerOptions) -> list[Candidate]:
    """Masks of everything in a picture, in no particular order."""
    height, width = picture.image.height, picture.image.width
    found: list[Candidate] = []
    areas: list[int] = []
    places = grid.crops(height, width, options.crop_n_layers, options.crop_overlap_ratio)
    for place, layer in places:
        some = _of_crop(sam, sam.look(picture, place), layer, options)
        found += some
        areas += [(place[2] - place[0]) * (place[3] - place[1])] * len(some)
    if len(places) > 1 and found:
        # What is found in a smaller crop was seen better.
        kept = suppress(_boxes(found), 1 / np.array(areas), options.crop_nms_thresh)
        found = [found[i] for i in kept]
    if options.min_mask_region_area:
        found = _cleaned(found, options)
    return found


def _of_crop(sam: Sam, seen: Seen, layer: int, options: SamProposerOptions) -> list[Candidate]:
    found = list(_decoded(sam, seen, layer, options))
    if not found:
        return []
    boxes = _boxes(found)
    if seen.place != (0, 0, seen.whole[1], seen.whole[0]):
        whole = ~grid.at_an_inner_edge(boxes, seen.place, seen.whole)
        found, boxes = [one for one, good in zip(found, whole, strict=True) if good], boxes[whole]
    kept = suppress(boxes, np.array([one.quality for one in found]), options.box_nms_thresh)
    return [found[i] for i in kept]


def _decoded(sam: Sam, seen: Seen, layer: int, options: SamProposerOptions) -> Iterator[Candidate]:
    height, width = seen.frame.size
    side = max(1, int(options.points_per_side / options.crop_n_points_downscale_factor**layer))
    prompts = grid.points(side) * np.array([width, height]) * np.array(seen.frame.scale)
    for first in range(0, len(prompts), options.points_per_batch):
        some = prompts[first : first + options.points_per_batch, None]
        logits, quality = sam.net.decode(seen.features, some, None, multimask=True)
        settled = candidates(
            seen, logits.flatten(0, 1), quality.flatten(0, 1),
            above=options.pred_iou_thresh if options.pred_iou_thresh > 0 else -np.inf,
            least=options.stability_score_thresh, offset=options.stability_score_offset,
        )  # fmt: skip
        yield from (one for one in settled if one is not None)


def _cleaned(found: Sequence[Candidate], options: SamProposerOptions) -> list[Candidate]:
    """Cleaned masks, again without duplicates; those that needed no cleaning are preferred."""
    pairs = [cleaned(one.runs, options.min_mask_region_area) for one in found]
    neat = [replace(one, runs=runs) for one, (runs, _) in zip(found, pairs, strict=True)]
    untouched = np.array([not changed for _, changed in pairs], np.float32)
    kept = suppress(_boxes(neat), untouched, max(options.box_nms_thresh, options.crop_nms_thresh))
    return [neat[i] for i in kept]


def _boxes(found: Sequence[Candidate]) -> np.ndarray:
    """Boxes by their first and last pixels, as the library measures overlap."""
    hulls: np.ndarray = np.array([one.runs.hull for one in found], np.int64).reshape(-1, 4)
    return np.asarray(hulls - [0, 0, 1, 1])
