"""The report: one static page that says everything, loads nothing, and trusts no text."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import PIL.Image
import pytest

from lskd_toolkit.corpus.corpus import Failure, ImageRow, Spending
from lskd_toolkit.errors import ImageRefused
from lskd_toolkit.records import Descriptor, Dropped, Judgement, Rejected
from lskd_toolkit.report import write_report

from ..corpus.fake import corpus, entry, failing

VOID = {"meta", "img", "input", "br", "link"}


class Page(HTMLParser):
    """Elements in order as (tag, attributes), text, and whether every element is closed in turn."""

    def __init__(self, text: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.pieces: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute twice in {tag}"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if not self._open or self._open[-1] not in ("script", "style"):
            self.text += data
            self.pieces.append(data)

    def all(self, tag, **wanted):
        return [a for t, a in self.elements if t == tag and all(a.get(k) == v for k, v in wanted.items())]

    def classed(self, name):
        return [a for _, a in self.elements if name in (a.get("class") or "").split()]


def _page(folder, found, **more) -> Page:
    return Page(write_report(found, folder, **more).read_text(encoding="utf-8"))


def _words(page: Page) -> str:
    return " ".join(" ".join(page.pieces).split())


def test_all_that_is_known_of_an_image_is_there(tmp_path):
    one = replace(
        entry(), failures=(Failure("teacher", "failed", "it stopped early"),), duplicates=("twin.jpg",)
    )
    page = _page(tmp_path, corpus(one))
    words = _words(page)
    for said in (
        "park.jpg", "same bytes as twin.jpg", "a person in red", "caption-composed", "dog", "nanodet",
        "kite", "score 0.2 below 0.3", "mentions region 9, which is not there", "[9] flies away",
        "teacher failed: it stopped early", "accepted", "left out", "below 0.5", "ids 1.00", "words 0.20",
        "judged by grounding", "by llm, qar-id", "intent", "spatial", "wants to play",
    ):  # fmt: skip
        assert said in words, said


def test_regions_are_drawn_where_they_are_and_numbered(tmp_path):
    page = _page(tmp_path, corpus())
    assert page.all("svg", **{"class": "over"})[0]["viewbox"] == "0 0 64 48"
    regions = [a for a in page.classed("region") if a.get("data-pick")]
    assert sorted(a["data-pick"] for a in regions) == ["0", "2"]
    assert all(a["tabindex"] == "0" and a["role"] == "button" for a in regions)
    assert "M2 3L30 3L30 44L2 44Z" in [a["d"] for a in page.classed("outline")]
    assert "M31.5 4L60 20L40 45Z" in [a["d"] for a in page.classed("outline")]
    assert [a["d"] for a in page.classed("hull")] == ["M31.5 4L60 4L60 45L31.5 45Z"]
    assert len(page.classed("ghost")) == 1


def test_mentions_are_chips_of_their_regions_colour(tmp_path):
    one = entry(scores=(0.9,))
    odd = replace(one.statements[0], question="What of [0, 2], [1] and [7], not a[2] or [2024]?")
    found = _page(tmp_path, corpus(replace(one, statements=(odd,))))
    chips = found.classed("chip")
    assert any("r0" in a["class"].split() and a["data-pick"] == "0" for a in chips)
    assert any("r1" in a["class"].split() and "gone" in a["class"].split() for a in chips)
    assert "not a[2] or [2024]?" in found.text
    assert [a["title"] for a in chips if "unknown" in a["class"].split()] == ["there is no such region"]


def test_the_flow_says_what_came_in_and_what_was_lost(tmp_path):
    others = (
        ImageRow("a.png", "u", "refused", "a.png is empty"),
        ImageRow("b.png", "u", "refused", "b.png is empty"),
        ImageRow("twin.jpg", "u", "duplicate", "duplicate of park.jpg"),
    )  # fmt: skip
    words = _words(_page(tmp_path, corpus(replace(entry(), duplicates=("twin.jpg",)), others=others)))
    assert "images 4 found used 1 … is empty 2 same bytes as another 1" in words
    assert "regions 3 proposed kept 2 score N below N 1" in words
    assert "accepted 1 in the corpus of 2 accepted 1 below N 1" in words
    assert "nothing is missing" in words
    assert "a.png is empty" in words
    assert "duplicate of park.jpg" in words


def test_sums_that_do_not_agree_are_shouted(tmp_path):
    page = _page(tmp_path, corpus(entry(), others=(ImageRow("t", "u", "duplicate", "duplicate of x"),)))
    assert page.all("div", role="alert")
    assert "duplicate images" in page.text


def test_spending_time_student_and_configuration_are_there(tmp_path):
    run = tmp_path / "run"
    (run / "student").mkdir(parents=True)
    (run / "student/metrics.jsonl").write_text(
        '{"step": 1, "loss": 2.5}\nnot json\n[]\n{"step": 2, "loss": NaN}\n'
        '{"step": 3, "metrics": {"loss": 1.5}}\n'
    )
    page = _page(tmp_path / "report", corpus(
        folder=run, spending=Spending({"ok": 3}, 12345, 678, 0.5),
        config={"teacher": {"use": "smollm"}, "threshold": 0.5},
        student={"metrics": {"accuracy": 0.75}, "component": "blip2-itm", "folder": "student"},
    ))  # fmt: skip
    words = _words(page)
    for said in (
        "12\u202f345",
        "$0.50",
        "proposer.nanodet",
        "1.5 s",
        "blip2-itm",
        "accuracy 0.75",
        "use: smollm",
    ):
        assert said in words or said in page.text, said
    assert page.all("polyline")[0]["points"] == "0,0 480,150"


def test_a_corpus_of_nothing_is_a_page_too(tmp_path):
    empty = corpus(entry())
    empty.kept = []
    empty.stages = ()
    assert "No image was usable." in _page(tmp_path, empty).text


# --- text is data ---------------------------------------------------------------------------------

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\x00\x1b[31m\u202e{{7*7}}</style>\ud800&amp;"


def _poisoned():
    one = entry(EVIL)
    scene = one.scene
    return replace(
        one,
        scene=replace(
            scene,
            regions=tuple(replace(r, label=EVIL, proposer=EVIL) for r in scene.regions),
            descriptors=tuple(
                Descriptor(d.scope, EVIL, d.regions, 1.0, EVIL, EVIL) for d in scene.descriptors
            ),
        ),
        dropped=tuple(Dropped(replace(d.region, label=EVIL, proposer=EVIL), EVIL) for d in one.dropped),
        statements=tuple(
            replace(s, question=EVIL, answer=EVIL, rationale=EVIL, inference=EVIL, teacher=EVIL, prompt=EVIL)
            for s in one.statements
        ),
        rejected=(Rejected(EVIL, EVIL),),
        critics={
            EVIL: tuple(Judgement(j.statement, j.score, EVIL, {EVIL: 0.5}, EVIL) for j in one.judgements)
        },
        verdicts={k: replace(v, reason=EVIL) for k, v in one.verdicts.items()},
        failures=(Failure("teacher", "failed", EVIL),),
        duplicates=(EVIL,),
    )


def test_no_text_becomes_markup(tmp_path):
    def gone(image):
        raise ImageRefused(EVIL)

    found = corpus(_poisoned(), others=(ImageRow(EVIL + "2", EVIL, "refused", EVIL),), config={EVIL: EVIL},
                   spending=Spending({EVIL: 1}, 0, 0, None), pixels=gone,
                   student={"metrics": {EVIL: EVIL}, "component": EVIL})  # fmt: skip
    found.stages = tuple(replace(s, component=EVIL, distribution=EVIL, version=EVIL) for s in found.stages)
    text = write_report(found, tmp_path).read_text(encoding="utf-8")
    page = Page(text)
    assert len(page.all("script")) == 1
    assert page.all("img") == []
    assert not [a for _, a in page.elements if any(name.startswith("on") or name == "style" for name in a)]
    assert set(map(ord, re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", text))) == set()
    assert "<script>alert(1)</script>" in page.text
    assert "{{7*7}}" in page.text
    assert "&amp;" in page.text
    assert text.count("</style>") == 1


def test_attributes_are_only_those_of_the_templates(tmp_path):
    """What is injected adds no attribute that a clean page does not have."""
    clean = {name for _, a in _page(tmp_path / "a", corpus(failing("x"), entry())).elements for name in a}
    evil = {name for _, a in _page(tmp_path / "b", corpus(_poisoned())).elements for name in a}
    assert evil <= clean


def test_nothing_is_loaded_but_thumbnails(tmp_path):
    text = write_report(corpus(), tmp_path).read_text()
    page = Page(text)
    assert all(re.fullmatch(r"thumbs/[0-9a-f]{20}\.jpg", a["src"]) for a in page.all("img"))
    assert not page.all("link")
    assert not [a for a in page.all("a") if not a["href"].startswith("#")]
    assert "http" not in re.sub(r"http-equiv", "", text)
    assert "default-src 'none'" in page.all("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"]


def test_every_control_has_a_name(tmp_path):
    page = _page(tmp_path, corpus())
    assert all(a.get("alt") for a in page.all("img"))
    assert all(a.get("aria-label") for a in page.classed("region") if a.get("tabindex"))
    ids = [a["id"] for _, a in page.elements if a.get("id")]
    assert len(ids) == len(set(ids))
    assert all(a["aria-labelledby"] in ids for _, a in page.elements if a.get("aria-labelledby"))
    assert all(a["href"][1:] in ids for a in page.all("a"))


# --- the same, and bounded ------------------------------------------------------------------------


def _files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_same_corpus_gives_the_same_bytes(tmp_path):
    write_report(corpus(entry("a"), entry("b")), tmp_path / "1")
    write_report(corpus(entry("b"), entry("a")), tmp_path / "2")
    assert _files(tmp_path / "1") == _files(tmp_path / "2")


def _noise(image):
    return np.random.default_rng(len(image.id)).integers(0, 256, (image.height, image.width, 3), np.uint8)


def test_page_and_thumbnails_stay_within_the_bound(tmp_path):
    entries = [replace(e, scene=replace(e.scene, image=replace(e.scene.image, width=900, height=700)))
               for e in (entry(f"{'n' * k}.jpg") for k in range(1, 13))]  # fmt: skip
    write_report(corpus(*entries, pixels=_noise), tmp_path, max_mb=0.4)
    files = _files(tmp_path)
    assert sum(map(len, files.values())) <= 400_000
    assert len(files) > 4


def test_a_sample_that_is_smaller_leaves_no_thumbnail_behind(tmp_path):
    found = corpus(*(entry(f"{'n' * k}.jpg") for k in range(1, 7)), pixels=_noise)
    write_report(found, tmp_path)
    assert len(list((tmp_path / "thumbs").iterdir())) == 6
    told = []
    page = _page(tmp_path, found, sample=2, progress=lambda done, whole: told.append((done, whole)))
    assert len(list((tmp_path / "thumbs").iterdir())) == len(page.all("article")) == 2
    assert told == [(1, 2), (2, 2)]
    assert "2 of 6 usable images" in _words(page)


def test_a_thumbnail_shows_the_picture_in_its_shape(tmp_path):
    one = entry()
    wide = replace(one, scene=replace(one.scene, image=replace(one.scene.image, width=1600, height=400)))
    red = lambda image: np.full((image.height, image.width, 3), (250, 10, 10), np.uint8)  # noqa: E731
    write_report(corpus(wide, pixels=red), tmp_path)
    (path,) = (tmp_path / "thumbs").iterdir()
    with PIL.Image.open(path) as picture:
        assert picture.size == (720, 180)
        assert np.allclose(picture.getpixel((300, 90)), (250, 10, 10), atol=6)


def test_a_picture_that_is_gone_is_said_and_costs_only_itself(tmp_path):
    def gone(image):
        if image.id == "b":
            raise FileNotFoundError("no such file")
        return _noise(image)

    page = _page(tmp_path, corpus(entry("a"), entry("b"), pixels=gone))
    assert len(page.all("img")) == 1
    assert len(page.all("article")) == 2
    assert "the picture could not be read again: no such file" in page.text


@pytest.mark.parametrize("count", [0, 700])
def test_long_lists_are_cut_and_counted(tmp_path, count):
    others = tuple(ImageRow(f"{k:03}.png", "u", "refused", "empty") for k in range(count))
    page = _page(tmp_path, corpus(entry(), others=others))
    assert ("and 200 more" in _words(page)) == (count == 700)
