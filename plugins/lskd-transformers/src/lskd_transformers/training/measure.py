"""How well a student tells true statements from those of other images."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from transformers import PreTrainedTokenizerBase

from ..data.pixels import normalise
from ..data.tokens import tokenize
from ..data.views import View
from ..nets.blip2_itm import MATCH, Blip2Itm

MOST = 200
"""Pairs measured at most; an interval of about 7 points at 50 %."""


@torch.no_grad()
def fitness(
    model: Blip2Itm, tokenizer: PreTrainedTokenizerBase, views: Sequence[View], max_tokens: int, batch: int
) -> list[float]:
    """The log-odds that each view's text fits its image, from the matching head; higher is better.

    Views that share one array of pixels are seen once in a batch.
    """
    model.eval()
    device = str(model.device)
    scores: list[float] = []
    for start in range(0, len(views), batch):
        some = views[start : start + batch]
        places: dict[int, int] = {}
        rows = [places.setdefault(id(view.pixels), len(places)) for view in some]
        distinct = [next(v.pixels for v in some if id(v.pixels) == key) for key in places]
        features = model.see(normalise(distinct, device))[torch.tensor(rows, device=device)]
        texts = tokenize(tokenizer, [view.text for view in some], max_tokens, device)
        logits = model.match(features, texts.ids, texts.mask).float()
        scores += (logits[:, MATCH] - logits[:, 1 - MATCH]).tolist()
    return scores


def pair_accuracy(
    chosen: Sequence[int],
    image_of: Sequence[str],
    view: Callable[[int], View],
    score: Callable[[Sequence[View]], Sequence[float]],
    seed: int,
) -> float | None:
    """How often an image's own statement scores above one of another image; chance is 0.5.

    ``chosen`` are the statements measured (a seeded sample of `MOST`), each against a text drawn from
    all statements on other images. None when nothing can be compared.
    """
    rng = np.random.default_rng(seed)
    picked = [chosen[i] for i in sorted(rng.permutation(len(chosen))[:MOST])]
    views: list[View] = []
    for index in picked:
        own = view(index)
        others = [i for i, image in enumerate(image_of) if image != image_of[index]]
        if others:
            other = view(others[int(rng.integers(len(others)))])
            if other.text != own.text:
                views += [own, View(own.pixels, other.text)]
    if not views:
        return None
    scores = score(views)
    right = [own > other for own, other in zip(scores[::2], scores[1::2], strict=True)]
    return sum(right) / len(right)
