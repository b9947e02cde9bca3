"""One component outside a run."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

import lskd_toolkit
from lskd_toolkit import Descriptor, Image, InvalidOptions, Region, Scene, UsageError, create, open_picture


def test_every_public_name_exists():
    for name in lskd_toolkit.__all__:
        assert getattr(lskd_toolkit, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = lskd_toolkit.nothing


def test_importing_the_package_imports_nothing_heavy():
    import subprocess
    import sys

    heavy = ("numpy", "pydantic", "pluggy", "torch")
    script = f"import sys, lskd_toolkit; print([m for m in {heavy} if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert answer.stdout.strip() == "[]"


def test_a_component_takes_paths_bytes_arrays_and_pictures(tmp_path):
    picture = create("source", "smallworld", count=1)
    data = picture.read(next(iter(picture.scan())).uri)
    (tmp_path / "a.png").write_bytes(data)
    given = [
        tmp_path / "a.png",
        str(tmp_path / "a.png"),
        data,
        np.zeros((8, 8, 3), np.uint8),
        open_picture(data),
    ]
    refined = create("refiner", "top", count=1).refine(given, [[Region(0, (0, 0, 4, 4))] for _ in given])
    assert [len(r.kept) for r in refined] == [1] * 5


def test_an_async_component_is_called_plainly_even_inside_a_running_loop():
    teacher = create("teacher", "llm", statements=9, parts={"backend": {"use": "smallworld"}})
    scene = Scene(
        Image("a", "a", "0" * 64, 64, 64),
        (Region(0, (0, 0, 9, 9), label="star"),),
        (Descriptor("local", "a red star", (0,)),),
    )

    async def notebook():
        return teacher.teach([np.zeros((64, 64, 3), np.uint8)], [scene])

    (inside,), (outside,) = asyncio.run(notebook()), teacher.teach([np.zeros((64, 64, 3), np.uint8)], [scene])
    assert inside.statements == outside.statements
    assert "red" in inside.statements[0].answer


def test_unknown_names_and_options_say_so():
    with pytest.raises(UsageError, match="did you mean 'top'"):
        create("refiner", "topp")
    with pytest.raises(InvalidOptions, match="did you mean 'count'"):
        create("refiner", "top", cuont=1)
