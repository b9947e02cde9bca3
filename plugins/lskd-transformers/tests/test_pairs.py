"""Many pairs at once get the scores that each gets alone, and a drawing is looked at once."""

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from lskd_transformers.critics import pairs
from lskd_transformers.critics.pairs import log_odds, match_logits, score_pairs
from lskd_transformers.data.tokens import tokenize
from lskd_transformers.data.views import View
from lskd_transformers.data.words import build
from lskd_transformers.nets.blip2_itm import Blip2Itm
from lskd_transformers.nets.config import tiny
from lskd_transformers.nets.packed import match_packed
from lskd_transformers.training.measure import fitness

SIZE = 32
WORDS = list("abcdefghijklmnop,.")


@pytest.fixture(scope="module")
def tokenizer():
    return build([" ".join(WORDS)], 300)


@pytest.fixture(scope="module", params=["every layer", "every second layer, patches"])
def model(tokenizer, request):
    torch.manual_seed(0)
    config = tiny(len(tokenizer), SIZE, 40)
    if "patches" in request.param:
        config.stem, config.qformer_config.cross_attention_frequency = "patch", 2
    return Blip2Itm(config).eval()


def drawing(seed):
    return np.random.default_rng(seed).integers(0, 255, (SIZE, SIZE, 3), dtype=np.uint8)


def text(seed, words):
    return " ".join(np.random.default_rng(seed).choice(WORDS, words))


def alone(model, tokenizer, views):
    """Every pair by the plain call: one eye and one Q-Former a pair."""
    return [fitness(model, tokenizer, [view], 40, 1)[0] for view in views]


@st.composite
def albums(draw):
    drawings = [drawing(seed) for seed in range(draw(st.integers(1, 4)))]
    some = draw(st.lists(st.tuples(st.sampled_from(range(len(drawings))), st.integers(1, 30)), min_size=1))
    return [View(drawings[which], text(seed, words)) for seed, (which, words) in enumerate(some)]


@settings(max_examples=25, deadline=None)
@given(album=albums(), batch=st.integers(1, 3))
def test_pairs_in_any_batching_score_as_each_does_alone(model, tokenizer, album, batch):
    found = log_odds(score_pairs(model, tokenizer, album, match_logits(model), 40, batch).values)
    assert found == pytest.approx(alone(model, tokenizer, album), abs=1e-5)


def test_more_texts_than_stand_in_one_row_score_as_each_does_alone(model, tokenizer):
    shown = drawing(0)
    views = [View(shown, text(seed, 1 + seed % 9)) for seed in range(2 * pairs.TOGETHER + 1)]
    found = log_odds(score_pairs(model, tokenizer, views, match_logits(model), 40).values)
    assert found == pytest.approx(alone(model, tokenizer, views), abs=1e-5)
    assert np.std(found) > 1e-2, "scores that are all alike would pass whatever was mixed up"


def test_another_text_of_the_same_drawing_is_not_seen(model, tokenizer):
    shown = drawing(0)
    one, two, other = (View(shown, text(seed, 8)) for seed in range(3))
    head = match_logits(model)
    first = score_pairs(model, tokenizer, [one, two], head, 40).values[0]
    beside = score_pairs(model, tokenizer, [one, other], head, 40).values[0]
    assert torch.allclose(first, beside, atol=1e-6)


def test_any_head_reads_the_states_of_the_queries(model, tokenizer):
    views = [View(drawing(0), text(0, 5)), View(drawing(1), text(1, 9)), View(drawing(1), text(2, 3))]
    states = score_pairs(model, tokenizer, views, lambda s: s.flatten(1), 40, 2).values
    assert states.shape == (3, 8 * 64)
    assert torch.isfinite(states).all()
    by_head = model.itm_head(states.view(3, 8, 64)).mean(dim=1)
    assert torch.allclose(
        by_head, score_pairs(model, tokenizer, views, match_logits(model), 40).values, atol=1e-5
    )


def test_a_drawing_is_seen_once_wherever_its_texts_stand(model, tokenizer, monkeypatch):
    seen = []
    monkeypatch.setattr(model, "see", lambda pixels, see=model.see: seen.append(len(pixels)) or see(pixels))
    first, second = drawing(0), drawing(1)
    views = [View((first, second)[at % 2], text(at, 4)) for at in range(2 * pairs.TOGETHER + 6)]
    score_pairs(model, tokenizer, views, match_logits(model), 40)
    assert sum(seen) == 2


def test_a_drawing_gives_keys_and_values_once_for_its_texts(model, tokenizer, monkeypatch):
    """The plain call would project the 16 visual tokens once a text."""
    projected: Counter[str] = Counter()
    layer = model.qformer.encoder.layer[0].crossattention.attention
    hooks = [
        each.register_forward_hook(
            lambda module, given, _: projected.update({"tokens": given[0][..., 0].numel()})
        )
        for each in (layer.key, layer.value)
    ]
    shown = drawing(0)
    tokens = model.see(torch.zeros(1, 3, SIZE, SIZE)).shape[1]
    projected.clear()
    score_pairs(model, tokenizer, [View(shown, text(n, 5)) for n in range(10)], match_logits(model), 40)
    for hook in hooks:
        hook.remove()
    assert projected["tokens"] == 2 * tokens


def test_cut_texts_are_told(model, tokenizer):
    views = [View(drawing(0), text(0, 4)), View(drawing(1), text(1, 60)), View(drawing(0), text(2, 60))]
    assert score_pairs(model, tokenizer, views, match_logits(model), 20).cut == (False, True, True)


def test_no_pairs_no_scores(model, tokenizer):
    found = score_pairs(model, tokenizer, [], match_logits(model), 40)
    assert (len(found.values), found.cut) == (0, ())


@torch.no_grad()
def test_drawings_with_unlike_numbers_of_texts_share_a_pass(model, tokenizer):
    """Rows are padded to the longest; padding must neither be seen nor make anything infinite."""
    features = model.see(torch.randn(3, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1)))
    tokens = tokenize(tokenizer, [text(seed, 2 + 5 * seed) for seed in range(5)], 40)
    of = torch.tensor([2, 0, 2, 1, 2])
    packed = match_packed(model, features, tokens.ids, tokens.mask, of)
    logits = model.match(features[of], tokens.ids, tokens.mask)
    assert torch.allclose(model.itm_head(packed).mean(dim=1), logits, atol=1e-5)
