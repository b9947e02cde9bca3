"""Images whose source has regions for them: into the run folder and out again."""

from __future__ import annotations

import io
from types import SimpleNamespace

import numpy as np
import PIL.Image
import pytest

from lskd_toolkit import Component, Dropped, Found, Region, Shape, hookimpl, open_run
from lskd_toolkit.errors import ConfigError
from lskd_toolkit.geometry.masks import encode
from lskd_toolkit.pipeline.running import configure, run
from lskd_toolkit.plugins import plugins
from lskd_toolkit.store import Store

HOLE = np.zeros((48, 64), bool)
HOLE[10:40, 10:50] = True
HOLE[20:30, 20:30] = False
CORNERS = [[[4, 4], [20, 4], [4, 20]], [[60, 44], [50, 44], [60, 30]]]
TURNED = {"centre": [20, 20], "size": [20, 20], "angle": 90}
SHAPES = {
    "box": ((1.5, 2, 30, 40), None),
    "mask": ((10, 10, 50, 40), Shape("mask", encode(HOLE))),
    "polygon": ((4, 4, 60, 44), Shape("polygon", {"polygons": CORNERS})),
    "points": ((7, 7, 33, 13), Shape("points", {"points": [[10, 10], [30, 10]]})),
    "rotated box": ((10, 10, 30, 30), Shape("rotated box", TURNED)),
}
PLAIN = {"refiner": ["none"], "verbalizer": ["none"], "teacher": "none", "critic": ["none"]}


class Annotated:
    """Two images with a region of every shape, one without a file, one with a broken annotation."""

    label = "thing"
    read_count = 0

    def __init__(self, options=None, ctx=None):
        pass

    def scan(self):
        regions = tuple(
            Region(i, box, shape, label=f"{Annotated.label} {name}")
            for i, (name, (box, shape)) in enumerate(SHAPES.items())
        )
        yield Found("a", "mine:1", regions, "1")
        yield Found("b", "mine:2", (Region(0, (0, 0, 20, 20)),), "1", size=(128, 96))
        yield Found("c", "mine:3", stamp="1", dropped=(Dropped(Region(5, (0, 0, 0, 0)), "no box"),))
        yield Found("d", "mine:4", refused="the annotations name no file")

    def read(self, uri):
        Annotated.read_count += 1
        out = io.BytesIO()
        PIL.Image.new("RGB", (64, 48), (int(uri[-1]) * 40, 0, 0)).save(out, "PNG")
        return out.getvalue()


@pytest.fixture(autouse=True)
def _plugin(monkeypatch):
    @hookimpl
    def lskd_sources():
        return [
            Component("source", "annotated", "A test.", f"{__name__}:Annotated", gives=("regions",)),
            Component("source", "silent", "A test.", f"{__name__}:Annotated"),
        ]

    plugin = SimpleNamespace(__name__="given", lskd_sources=lskd_sources)
    plugins().register(plugin, "dist-given")
    monkeypatch.setattr(Annotated, "label", "thing")
    monkeypatch.setattr(Annotated, "read_count", 0)
    yield
    plugins().unregister(plugin)


def kept(folder):
    with open_run(folder) as corpus:
        return {entry.scene.image.id: entry.scene.regions for entry in corpus.entries()}


def test_regions_of_every_shape_come_back_from_the_run_folder(tmp_path):
    run(configure(None, None, {"source": "annotated", **PLAIN}, ()), tmp_path / "run")
    a = kept(tmp_path / "run")["a"]
    assert [(r.box, r.shape and r.shape.type) for r in a] == [
        (box, shape and shape.type) for box, shape in SHAPES.values()
    ]
    assert [dict(r.shape.values) for r in a if r.shape] == [
        dict(shape.values) for _, shape in SHAPES.values() if shape
    ]
    assert kept(tmp_path / "run")["b"][0].box == (0, 0, 10, 10)


def test_a_source_with_regions_is_not_searched_for_others_unless_asked():
    assert [p.alias for p in configure(None, None, {"source": "annotated"}, ()).proposer] == ["given"]
    assert [p.alias for p in configure(None, None, {"source": "silent", **PLAIN}, ()).proposer] == ["nanodet"]
    both = configure(None, None, {"source": "annotated", "proposer": ["smallworld"]}, ())
    assert [p.alias for p in both.proposer] == ["smallworld"]


def test_what_was_left_out_and_who_was_refused_is_there_with_its_reason(tmp_path):
    run(configure(None, None, {"source": "annotated", **PLAIN}, ()), tmp_path / "run")
    with Store(tmp_path / "run", readonly=True) as store:
        assert {e.id: e.reason for e in store.images("refused")} == {"d": "the annotations name no file"}
    with open_run(tmp_path / "run") as corpus:
        assert [d.reason for d in corpus.entry("c").dropped] == ["no box"]


def test_a_second_run_reads_nothing_and_a_changed_annotation_its_image_alone(tmp_path, monkeypatch):
    config = configure(None, None, {"source": "annotated", **PLAIN}, ())
    run(config, tmp_path / "run")
    before = Annotated.read_count
    run(config, tmp_path / "run")
    assert Annotated.read_count == before
    monkeypatch.setattr(Annotated, "label", "other")
    run(config, tmp_path / "run")
    assert Annotated.read_count == before + 1
    assert kept(tmp_path / "run")["a"][0].label == "other box"


def test_a_part_that_cannot_look_at_what_a_visual_prompt_gives_is_refused_before_the_run(monkeypatch):
    @hookimpl
    def lskd_visual_prompts():
        return [Component("visual_prompt", "four", "A test.", "no.such:Part", gives=("rgba",))]

    plugin = SimpleNamespace(__name__="four", lskd_visual_prompts=lskd_visual_prompts)
    plugins().register(plugin, "dist-four")
    try:
        sighted = {"teacher": {"use": "llm", "parts": {"backend": {"use": "smallworld"}}, "input": "both"}}
        with pytest.raises(
            ConfigError, match="takes rgb, images, text, and the visual prompt 'four' gives rgba"
        ):
            configure(None, None, {**PLAIN, **sighted, "visual_prompt": "four"}, ())
        own = configure(
            None, None, {**PLAIN, **sighted, "visual_prompt": "four"}, ("teacher.visual_prompt=numbered",)
        )
        assert own.teacher.parts["visual_prompt"].component.name == "numbered"
        # A blind teacher looks at none, so that none is wrong for it.
        configure(None, None, {**PLAIN, "teacher": "smallworld", "visual_prompt": "four"}, ())
    finally:
        plugins().unregister(plugin)
