"""The sentence encoder: meaning is near, order and company do not matter."""

from __future__ import annotations

import numpy as np
import pytest
from lskd_embedded.minilm import FILES, MiniLM

from lskd_toolkit import weight_path


@pytest.fixture(scope="module")
def encoder(need) -> MiniLM:
    need(*FILES)
    return MiniLM(*(weight_path(name) for name in FILES))


def test_vectors_are_of_unit_length(encoder):
    vectors = encoder.encode(["a dog", "two people wait for a bus in the rain"])
    assert vectors.shape == (2, 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_a_paraphrase_is_nearer_than_another_matter(encoder):
    said, again, other = encoder.encode(
        ["A man talks on the phone.", "Somebody is making a phone call.", "The cake has pink icing."]
    )
    assert said @ again > said @ other + 0.3


def test_neither_order_nor_batch_nor_repetition_matters(encoder):
    texts = ["kite", "a red kite in the sky", "kite", "bus", "the person holds a very long string"]
    vectors = encoder.encode(texts)
    assert np.array_equal(vectors[0], vectors[2])
    assert np.array_equal(encoder.encode(texts[::-1])[::-1], vectors)
    assert np.allclose(np.concatenate([encoder.encode([t], batch=1) for t in texts]), vectors, atol=1e-5)


def test_no_text_gives_no_vector(encoder):
    assert encoder.encode([]).shape == (0, 384)
