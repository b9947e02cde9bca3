"""The sample photos: pinned, described, and honest about what is not here."""

from __future__ import annotations

import hashlib
import io

import PIL.Image
import pytest
from lskd_embedded.options_vision import SamplesOptions
from lskd_embedded.photos import FETCHED, INSTALLED
from lskd_embedded.samples import IDS, Samples
from lskd_embedded.weights import WEIGHTS

from lskd_toolkit import InvalidOptions, LskdError, WeightsMissing


def samples(*only: str) -> Samples:
    return Samples(SamplesOptions(only=only), None)


def test_there_are_a_dozen_and_each_is_described_and_pinned():
    found = list(samples().scan())
    assert [each.id for each in found] == list(IDS)
    assert len({each.stamp for each in found}) == len(found) >= 8
    for photo in (*INSTALLED, *FETCHED):
        assert photo.licence
        assert photo.source
        assert photo.summary.endswith(".")
        assert len(photo.sha256) == 64


def test_some_can_be_asked_for():
    assert [each.id for each in samples("cups.jpg", "chelsea.png").scan()] == ["chelsea.png", "cups.jpg"]
    with pytest.raises(InvalidOptions, match=r"'tiger\.png'.*chelsea\.png"):
        samples("tiger.png")


@pytest.mark.parametrize("name", [photo.id for photo in INSTALLED])
def test_installed_photos_are_read_and_are_the_pinned_ones(name):
    found = next(each for each in samples().scan() if each.id == name)
    data = samples().read(found.uri)
    assert hashlib.sha256(data).hexdigest() == found.stamp
    assert min(PIL.Image.open(io.BytesIO(data)).size) >= 300


@pytest.mark.parametrize("name", [weight.name for weight in FETCHED])
def test_fetched_photos_are_images(need, name):
    need(name)
    assert min(PIL.Image.open(io.BytesIO(samples().read(name))).size) >= 300


def test_a_photo_that_is_not_here_is_listed_and_says_how_to_fetch_it(tmp_path, monkeypatch):
    monkeypatch.setenv("LSKD_CACHE", str(tmp_path))
    monkeypatch.setenv("LSKD_OFFLINE", "1")
    found = next(each for each in samples().scan() if each.id == "cups.jpg")
    with pytest.raises(WeightsMissing, match=r"lskd weights fetch sample:cups\.jpg"):
        samples().read(found.uri)


def test_another_file_in_the_installed_package_is_not_taken_for_the_photo(tmp_path, monkeypatch):
    package = tmp_path / "skimage"
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "data" / "chelsea.png").write_bytes(b"not the cat")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "skimage", raising=False)
    with pytest.raises(LskdError, match="pip install"):
        samples().read("sample:chelsea.png")


def test_an_unknown_uri_is_refused():
    with pytest.raises(LskdError, match="no sample photo"):
        samples().read("sample:../../etc/passwd")


def test_every_file_of_weights_names_licence_and_origin():
    assert len({weight.name for weight in WEIGHTS}) == len(WEIGHTS)
    for weight in WEIGHTS:
        assert weight.licence
        assert weight.source
        assert weight.size > 0
        assert int(weight.sha256, 16) >= 0
        assert weight.origin.version
