"""The page of a comparison: one file that says everything, loads nothing and trusts no text."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from lskd_toolkit.comparing import compare, write_comparison
from lskd_toolkit.corpus.corpus import Spending
from lskd_toolkit.errors import ImageRefused, StoreError
from lskd_toolkit.records import Rejected

from ..report.test_report import Page
from .conftest import run, scene


def _page(tmp_path, *runs, **more) -> Page:
    path = write_comparison(compare(runs), runs, tmp_path / "page.html", **more)
    return Page(path.read_text(encoding="utf-8"))


def _words(page: Page) -> str:
    return " ".join(" ".join(page.pieces).split())


def test_every_run_is_told_beside_the_others(tmp_path, good, poor):
    good.spending = Spending({"ok": 10}, 1000, 100, 0.5)
    words = _words(_page(tmp_path, good, poor))
    for told in (
        "2 runs, the same scenes", "good", "poor", "accept rate 100 % (69 % to 100 %) 50 %",
        "intent 20 of 20 8 of 16",
        "$0.0250", "unknown: no requests", "poor against good 0, 8, 0.0078", "below N (grounding)",
    ):  # fmt: skip
        assert told in words, told


def test_where_no_price_is_known_no_axis_of_money_is_drawn(tmp_path, good, poor):
    page = _page(tmp_path, good, poor)
    assert "$" not in page.text
    assert _words(page).count("unknown: no requests") == 2


def test_scenes_are_shown_with_each_runs_statements_and_the_picture_inside(tmp_path, good, poor):
    page = _page(tmp_path, good, poor, scenes=3)
    assert len(page.classed("scene")) == 3
    assert len(page.classed("side")) == 6
    pictures = [a["src"] for a in page.all("img")]
    assert len(pictures) == 3
    assert all(src.startswith("data:image/jpeg;base64,") for src in pictures)
    assert "M2 3L30 3L30 44L2 44Z" in [a["d"] for a in page.classed("outline")]
    assert list(tmp_path.iterdir()) == [tmp_path / "page.html"]


def test_the_page_loads_and_runs_nothing(tmp_path, good, poor):
    page = _page(tmp_path, good, poor)
    assert page.all("script") == page.all("link") == []
    [policy] = [a["content"] for a in page.all("meta") if a.get("http-equiv")]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert not any("http" in value for _, a in page.elements for value in a.values() if value)


def test_text_is_data(tmp_path, good):
    attack = "</p><script>alert(1)</script>\u202e<b>"
    odd = [
        replace(scene(f"{k}.jpg", (f"{attack} [0]?", attack, 0.9)), rejected=(Rejected(attack, attack),))
        for k in range(9)
    ]
    last = good.kept[9]
    named = replace(last, scene=replace(last.scene, image=replace(last.scene.image, id=attack)))
    config = {"teacher": {"use": "smollm", "prompt": attack}}
    page = _page(tmp_path, run(f"runs/{'<i>x'}", [*odd, named], config=config), good)
    assert page.all("script") == page.all("b", onload="") == page.all("i") == []
    assert "alert(1)" in page.text
    assert "\u202e" not in page.text


def test_other_regions_than_drawn_are_said_on_the_scene(tmp_path, good, poor):
    first = poor.kept[0]
    fewer = run("runs/fewer", [
        replace(first, scene=replace(first.scene, regions=first.scene.regions[:1])), *poor.kept[1:]
    ])  # fmt: skip
    words = _words(_page(tmp_path, good, fewer))
    assert words.count("Other regions than drawn:") == 1
    assert "fewer gave its teacher other scenes than good: other regions in 1" in words


def test_a_picture_that_is_gone_costs_no_page(tmp_path, good, poor):
    def gone(image) -> np.ndarray:
        raise ImageRefused("it was deleted")

    good.pixels = gone
    assert "the picture could not be read again: it was deleted" in _words(_page(tmp_path, good, poor))


def test_the_same_runs_give_the_same_page_and_a_seed_deals_others(tmp_path, good, poor):
    runs = [good, poor]

    def page(seed: int) -> str:
        path = write_comparison(compare(runs), runs, tmp_path / "p.html", scenes=2, seed=seed)
        return path.read_text(encoding="utf-8")

    assert page(0) == page(0)
    shown = {
        seed: tuple(re.findall(r'<article class="scene" aria-label="([^"]*)"', page(seed)))
        for seed in range(5)
    }
    assert len(set(shown.values())) > 1


def test_runs_that_say_nothing_are_drawn_too(tmp_path, good):
    silent = run("runs/silent", [scene(f"{k}.jpg") for k in range(10)])
    words = _words(_page(tmp_path, good, silent))
    assert "No statement." in words
    assert "0 accepted" in words
    found = compare([silent, run("runs/mute", silent.kept)])
    assert found["runs"][0]["accept_rate"] is None
    assert found["pairs"][0]["difference"]["accept_rate"] is None
    assert _words(_page(tmp_path, silent, run("runs/mute", silent.kept)))


def test_eight_runs_fit(tmp_path, good):
    runs = [run(f"runs/{k}", good.kept) for k in range(8)]
    page = _page(tmp_path, *runs, scenes=1)
    assert len(page.classed("side")) == 8
    assert {a["class"] for a in page.classed("side")} == {f"side k{k}" for k in range(8)}


def test_a_place_that_cannot_be_written_is_said(tmp_path, good, poor):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="choose"):
        write_comparison(compare([good, poor]), [good, poor], tmp_path / "file" / "page.html")
