"""Values as bytes: one form for keys, one for the wire."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.canonical import canonical, json_bytes

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_goes_over_the_wire_reads_back_as_it_was(value):
    assert json.loads(json_bytes(value)) == value


def test_halves_of_characters_cost_no_request():
    assert json.loads(json_bytes({"text": "café \ud83d!"})) == {"text": "café ?!"}


def test_a_key_is_made_of_no_number_that_equals_nothing():
    with pytest.raises(ValueError, match="JSON"):
        canonical({"temperature": float("nan")})
