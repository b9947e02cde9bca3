"""Which mismatches are drawn, and what the losses say."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from lskd_transformers.training.losses import contrast
from lskd_transformers.training.negatives import hard_negatives, may_differ
from lskd_transformers.training.optimiser import adamw, rate_at

names = st.lists(st.sampled_from("abcd"), min_size=1, max_size=8)


@settings(deadline=None)
@given(images=names, texts=st.data(), seed=st.integers(0, 99))
def test_a_negative_is_never_of_the_same_image_nor_of_the_same_words(images, texts, seed):
    words = texts.draw(st.lists(st.sampled_from("pqrs"), min_size=len(images), max_size=len(images)))
    allowed = may_differ(images, words)
    draws = torch.Generator().manual_seed(seed)
    # What may not be drawn looks by far the most alike.
    alike = torch.randn(len(images), len(images), generator=draws) + 100 * (~allowed)
    rows, columns = hard_negatives(alike, allowed, draws)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        assert images[row] != images[column]
        assert words[row] != words[column]
    possible = [
        any(images[i] != images[j] and words[i] != words[j] for j in range(len(images)))
        for i in range(len(images))
    ]
    assert rows.tolist() == [i for i, p in enumerate(possible) if p]


def test_the_more_alike_the_likelier():
    draws = torch.Generator().manual_seed(0)
    alike = torch.tensor([[0.0, 0.0, 3.0]]).expand(500, 3)
    allowed = torch.tensor([[False, True, True]]).expand(500, 3)
    _, columns = hard_negatives(alike, allowed, draws)
    share = (columns == 2).float().mean()
    assert share == pytest.approx(math.exp(3) / (1 + math.exp(3)), abs=0.04)
    assert share < 1


def test_contrast_without_smoothing_is_cross_entropy_over_what_may_be_compared():
    logits = torch.tensor([[1.0, 2.0, 9.0], [0.5, 0.0, 1.0], [9.0, 0.0, 1.0]])
    allowed = may_differ(["a", "b", "a"], ["p", "q", "r"])
    rows = [logits[0, [0, 1]], logits[1], logits[2, [2, 1]]]
    own = [0, 1, 0]
    expected = sum(float(-row.log_softmax(0)[k]) for row, k in zip(rows, own, strict=True)) / 3
    assert float(contrast(logits, allowed, 0.0)) == pytest.approx(expected, rel=1e-5)


def test_contrast_smooths_like_the_library_where_all_may_be_compared():
    logits = torch.randn(5, 5, generator=torch.Generator().manual_seed(0))
    expected = torch.nn.functional.cross_entropy(logits, torch.arange(5), label_smoothing=0.1)
    assert float(contrast(logits, ~torch.eye(5, dtype=torch.bool), 0.1)) == pytest.approx(
        float(expected), rel=1e-5
    )


def test_contrast_over_one_image_alone_costs_nothing_and_keeps_gradients_finite():
    logits = torch.randn(3, 3, requires_grad=True)
    loss = contrast(logits, may_differ(["a"] * 3, ["p", "q", "r"]), 0.1)
    loss.backward()
    assert float(loss.detach()) == 0
    assert bool(logits.grad.isfinite().all())


def test_contrast_with_some_pairs_left_out_keeps_gradients_finite():
    logits = torch.randn(3, 3, requires_grad=True)
    contrast(logits, may_differ(["a", "a", "b"], ["p", "q", "r"]), 0.1).backward()
    assert bool(logits.grad.isfinite().all())
    assert logits.grad[0, 1] == 0


def test_the_rate_climbs_then_falls_to_its_floor():
    rates = [rate_at(step, 100, 1e-3, 1e-5, 10) for step in range(100)]
    assert rates[9] == max(rates) == 1e-3
    assert rates[:10] == sorted(rates[:10])
    assert rates[9:] == sorted(rates[9:], reverse=True)
    assert rates[-1] == pytest.approx(1e-5)


def test_biases_norms_and_queries_do_not_decay():
    module = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.LayerNorm(2))
    module.query_tokens = torch.nn.Parameter(torch.zeros(1, 2, 2))
    decaying, staying = (group["params"] for group in adamw(module, 1e-3, 0.05).param_groups)
    assert [p is module[0].weight for p in decaying] == [True]
    assert len(staying) == 4
