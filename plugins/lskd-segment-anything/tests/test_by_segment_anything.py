"""Over Meta's library: what its own high-level calls give on the same weights comes out here too."""

from __future__ import annotations

import numpy as np
import pytest

from lskd_toolkit import create
from lskd_toolkit.geometry import masks

segment_anything = pytest.importorskip("segment_anything")

SIZES = [(48, 64), (97, 61), (64, 64), (40, 200)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("more", [{}, {"box_nms_thresh": 0.95}, {"crop_n_layers": 1, "crop_nms_thresh": 0.9},
                                  {"min_mask_region_area": 30}])
def test_automatic_masks_are_those_of_the_library(original_sam, original_file, photo, picture, size, more):
    pixels = photo(*size)
    wanted = {"points_per_side": 8, "stability_score_thresh": 0.7, "box_nms_thresh": 1.0, **more}
    theirs = segment_anything.SamAutomaticMaskGenerator(original_sam, **wanted).generate(pixels)
    proposer = create("proposer", "sam", model=str(original_file), most=1000, **wanted)
    ours = proposer.propose([picture(pixels)])[0].kept
    assert len(theirs) == len(ours) > (1 if more else 10)
    found = {(round(min(one["predicted_iou"], 1.0), 4), *one["bbox"]): one["segmentation"] for one in theirs}
    for mine in ours:
        x1, y1, x2, y2 = mine.box
        mask = masks.decode(mine.shape.values)
        assert np.array_equal(found[mine.score, x1, y1, x2 - x1 - 1, y2 - y1 - 1], mask)
