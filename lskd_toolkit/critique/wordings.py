"""Statements as vectors of their wording, without a model: what near-duplicates and distances are told by
where the run has no encoder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..mentions import without
from ..records import Statement
from .libraries import library

WIDTH = 512
"""Places that words and pairs of words are hashed to, with signs that cancel by chance: the products of
two texts' vectors are those of their counts, give or take 0.04."""


def text_of(statement: Statement) -> str:
    """What is compared: all that is said, without the numbers of regions, so that templates meet."""
    return without(f"{statement.question} {statement.answer} {statement.rationale}")


def wordings(texts: Sequence[str]) -> np.ndarray:
    """float32 ``(N, WIDTH)`` of length one, from counts of words and of pairs of words.

    Raises:
        UsageError: scikit-learn is not installed.
    """
    hashing = library("sklearn.feature_extraction.text").HashingVectorizer(
        n_features=WIDTH, ngram_range=(1, 2), tokenizer=str.split, lowercase=False, norm="l2"
    )
    vectors: np.ndarray = hashing.transform(texts).astype(np.float32).toarray()
    return vectors
