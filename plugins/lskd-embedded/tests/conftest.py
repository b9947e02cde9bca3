"""Pictures for these tests, and weights or a reason why not."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable

import numpy as np
import PIL.Image
import pytest
from lskd_embedded.options_vision import SamplesOptions
from lskd_embedded.samples import Samples

from lskd_toolkit import Image, Picture
from lskd_toolkit.weights import is_here


@pytest.fixture(scope="session")
def picture() -> Callable[..., Picture]:
    """Makes a `Picture` of given pixels."""

    def make(pixels: np.ndarray, name: str = "made") -> Picture:
        digest = hashlib.sha256(pixels.tobytes()).hexdigest()
        return Picture(Image(name, name, digest, pixels.shape[1], pixels.shape[0]), pixels.copy)

    return make


@pytest.fixture(scope="session")
def sample(picture: Callable[..., Picture]) -> Callable[[str], Picture]:
    """Makes a `Picture` of a sample photo by its name."""

    def make(name: str) -> Picture:
        data = Samples(SamplesOptions(), None).read(f"sample:{name}")
        return picture(np.array(PIL.Image.open(io.BytesIO(data)).convert("RGB")), name)

    return make


@pytest.fixture(scope="session")
def need() -> Callable[..., None]:
    """Skips the test unless the named files of weights are in the cache."""

    def check(*names: str) -> None:
        missing = [name for name in names if not is_here(name)]
        if missing:
            pytest.skip(f"not in the cache; run: lskd weights fetch {' '.join(missing)}")

    return check
