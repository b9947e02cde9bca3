"""The how-to's verbalizer: built from its page, listed, and run with its option set."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from lskd_toolkit import open_run

from .installing import install, lskd

PAGE = "how-to/write-a-verbalizer.md"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the tutorial's proposer beside it, so that there are regions to speak of."""
    root = tmp_path_factory.mktemp("verbalizer")
    install("tutorial/first-plugin.md", root / "proposer")
    site = install(PAGE, root / "verbalizer")
    return Path(f"{site}:{root / 'proposer' / 'site'}")


def test_its_options_are_told(installed: Path):
    done = lskd(installed, "components", "show", "brightness")
    assert done.returncode == 0, done.stderr
    assert "dark: float = 0.3" in done.stdout


@pytest.mark.parametrize(("sets", "words"), [((), ["[0] is bright"]), (("brightness.bright=0.99",), [])])
def test_it_says_what_is_bright(installed: Path, tmp_path: Path, sets: tuple[str, ...], words: list[str]):
    picture = Image.new("RGB", (40, 30), (20, 20, 20))
    picture.paste((250, 250, 240), (10, 5, 22, 17))
    picture.save(tmp_path / "a.png")
    done = lskd(
        installed, "run", "a.png", "--proposer", "brightest", "--refine", "none", "--verbalizer",
        "brightness", "--teacher", "none", "--critic", "none", "--no-report", "--out", "run",
        *(word for each in sets for word in ("--set", each)), cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with open_run(tmp_path / "run") as corpus:
        (entry,) = corpus.entries()
    assert [descriptor.text for descriptor in entry.scene.descriptors] == words
