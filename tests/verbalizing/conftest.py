"""The models of the tests, registered while they run."""

from __future__ import annotations

import sys

import pytest

from lskd_toolkit.plugins import plugins

from . import models


@pytest.fixture
def noted(monkeypatch):
    """The batches that reach the models ``single`` and ``several``."""
    plugins().register(sys.modules[models.__name__], "dist-noting")
    monkeypatch.setattr(models.Noting, "batches", [])
    yield models.Noting.batches
    plugins().unregister(sys.modules[models.__name__])
