"""Which library, where the weights are, and what is said where something is missing."""

from __future__ import annotations

import sys
import types

import pytest
import torch
from lskd_segment_anything.loading import offline, sam, unusable
from lskd_segment_anything.options import SamProposerOptions, SamRefinerOptions

from lskd_toolkit import UsageError, WeightsMissing, create
from lskd_toolkit.testing import SimpleContext


class Hidden:
    """A finder at whose place a module is missing, or broken as one built for another torch is."""

    def __init__(self, name: str, error: Exception | None = None):
        self.name, self.error = name, error

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == self.name:
            raise self.error or ModuleNotFoundError(f"No module named {name!r}", name=name)


@pytest.fixture
def hide(monkeypatch):
    def hidden(name: str, error: Exception | None = None) -> None:
        for loaded in [each for each in sys.modules if each.partition(".")[0] == name]:
            monkeypatch.delitem(sys.modules, loaded)
        monkeypatch.setattr(sys, "meta_path", [Hidden(name, error), *sys.meta_path])

    return hidden


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "sam.pth"
    torch.save({}, path)
    return str(path)


def said(kind: type[Exception], **options: object) -> str:
    with pytest.raises(kind) as caught:
        create("proposer", "sam", **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_without_segment_anything_one_line_says_what_to_install(hide, file):
    hide("segment_anything")
    assert said(UsageError, model=file).endswith("pip install segment-anything torchvision")


def test_without_transformers_one_line_says_what_to_install(hide):
    hide("transformers")
    assert said(UsageError, model="facebook/sam-vit-base").endswith("pip install transformers")


def test_without_torchvision_one_line_says_so(hide, file, monkeypatch):
    library = types.ModuleType("segment_anything")
    monkeypatch.setitem(sys.modules, "segment_anything", library)
    error = ModuleNotFoundError("No module named 'torchvision'", name="torchvision")
    assert str(unusable("segment-anything", error)).endswith("pip install torchvision")
    pytest.importorskip("segment_anything")
    monkeypatch.undo()
    hide("segment_anything", error)
    assert said(UsageError, model=file).endswith("pip install torchvision")


def test_with_a_torchvision_of_another_torch_one_line_says_which_to_install(hide, file):
    hide("segment_anything", RuntimeError("operator torchvision::nms does not exist"))
    words = said(UsageError, model=file)
    assert "does not fit torch" in words
    assert words.endswith("pip install --force-reinstall torch torchvision")


def test_a_checkpoint_that_is_not_there_is_said(tmp_path):
    assert "no checkpoint of Segment Anything at" in said(WeightsMissing, model=str(tmp_path / "gone.pth"))


def test_the_proposer_and_the_refiner_of_a_run_share_one_model(sam_folder):
    ctx = SimpleContext()
    one, two = (
        sam(options(model=str(sam_folder)), ctx) for options in (SamProposerOptions, SamRefinerOptions)
    )
    assert one is two
    assert sam(SamRefinerOptions(model=str(sam_folder), half=True), ctx) is not one


def test_what_mends_it_names_the_part(tmp_path):
    gone = str(tmp_path / "gone.pth")
    with pytest.raises(WeightsMissing, match=r"--set refiner\.sam\.model="):
        create("refiner", "sam", model=gone)
    assert "--set proposer.sam.model=" in said(WeightsMissing, model=gone)


def test_a_file_is_not_for_transformers(file):
    assert "transformers reads a folder" in said(UsageError, model=file, library="transformers")


def test_a_gpu_that_is_not_there_is_refused_where_it_was_asked_for(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert "sees no GPU" in said(UsageError, device="cuda:3")


@pytest.mark.parametrize(("value", "is_offline"), [("1", True), ("0", False), ("", False)])
def test_offline_means_fetch_nothing(monkeypatch, value, is_offline):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("LSKD_OFFLINE", value)
    assert offline() is is_offline
