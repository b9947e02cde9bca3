"""Sharing images out: one purpose each, and the same one always."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.critique.shares import FRACTIONS, ROLES, role, shared_out
from lskd_toolkit.errors import UsageError

from .columns import labelled

digests = st.binary(max_size=8).map(lambda data: hashlib.sha256(data).hexdigest())
fractions = (
    st.lists(st.integers(0, 9), min_size=3, max_size=3)
    .filter(any)
    .map(lambda parts: [part / sum(parts) for part in parts])
)


@given(digests, st.integers(0, 99), fractions)
def test_an_image_has_one_role_of_those_with_a_share(image: str, seed: int, shares: list[float]) -> None:
    found = role(image, seed=seed, fractions=shares)
    assert found == role(image, seed=seed, fractions=shares)
    assert dict(zip(ROLES, shares, strict=True))[found] > 0


@given(digests, st.integers(0, 99))
def test_what_was_trained_on_has_no_role(image: str, seed: int) -> None:
    assert role(image, seed=seed, excluded={image}) is None
    assert role(image, seed=seed, excluded={"another"}) == role(image, seed=seed)


@given(digests, st.integers(0, 99), st.floats(0, 0.4))
def test_a_larger_first_share_keeps_what_it_had(image: str, seed: int, less: float) -> None:
    if role(image, seed=seed, fractions=(less, 0.5, 0.5 - less)) == "calibrate":
        assert role(image, seed=seed, fractions=(0.4, 0.5, 0.1)) == "calibrate"


def test_shares_have_the_sizes_asked_for_and_another_seed_deals_anew() -> None:
    """10,000 images: within five standard errors, 0.025."""
    images = [hashlib.sha256(str(k).encode()).hexdigest() for k in range(10_000)]
    one, other = ([role(image, seed=seed) for image in images] for seed in (0, 1))
    for name, fraction in zip(ROLES, FRACTIONS, strict=True):
        assert Counter(one)[name] / len(images) == pytest.approx(fraction, abs=0.025)
    alike = sum(a == b for a, b in zip(one, other, strict=True)) / len(images)
    assert alike == pytest.approx(sum(f * f for f in FRACTIONS), abs=0.025)


def test_statements_go_with_their_image() -> None:
    found = [labelled(f"image {k // 3}", k % 3, [True]) for k in range(60)]
    seen = {found[0].scene.image.sha256}
    shares, left = shared_out(found, seed=3, excluded=seen)
    assert [each.statement.id for each in left] == [0, 1, 2]
    assert sum(map(len, shares.values())) == 57
    images = [{each.scene.image.sha256 for each in share} for share in shares.values()]
    assert len(set.union(*images)) == sum(map(len, images)) == 19
    assert shared_out([])[0] == {"calibrate": [], "threshold": [], "test": []}


@pytest.mark.parametrize("wrong", [(0.5, 0.5), (0.5, 0.5, 0.5), (1.5, -0.5, 0.0)])
def test_shares_that_are_no_shares_are_refused(wrong: tuple[float, ...]) -> None:
    with pytest.raises(UsageError, match="sum to 1"):
        role("a", fractions=wrong)
