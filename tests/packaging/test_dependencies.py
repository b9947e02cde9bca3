"""The core stays light: nothing that it requires, directly or not, is a model library or a vendor's."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, requires

import pytest
from packaging.requirements import Requirement

from .projects import bare, projects

HEAVY = {
    "torch", "torchvision", "transformers", "tokenizers", "safetensors", "onnxruntime", "tensorflow", "jax",
    "xllamacpp", "scikit-image", "opencv-python", "scipy", "pyarrow", "pandas", "datasets",
    "huggingface-hub", "langchain", "langchain-core", "anthropic", "openai", "ultralytics",
}  # fmt: skip
CORE, *PLUGINS = projects()


def needed(name: str) -> set[str]:
    """The names of all that an installed distribution requires, without extras, to the end."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for line in requires(waiting.pop()) or []:
            requirement = Requirement(line)
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
                continue
            if bare(line) not in found:
                found.add(bare(line))
                try:
                    requires(bare(line))
                except PackageNotFoundError:
                    continue
                waiting.append(bare(line))
    return found


def test_the_core_requires_nothing_heavy():
    everything = needed("lskd-toolkit")
    assert {"numpy", "pillow", "pluggy", "pydantic-core"} <= everything  # it did look deep
    assert not everything & HEAVY


@pytest.mark.parametrize("project", PLUGINS, ids=[project.name for project in PLUGINS])
def test_a_plugin_goes_with_the_core_of_its_own_version(project):
    version = project.about["project"]["version"]
    assert version == CORE.about["project"]["version"]
    assert f"lskd-toolkit=={version}" in project.about["project"]["dependencies"]
