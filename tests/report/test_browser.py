"""What a reader's browser makes of the page: choosing a region shows what is said of it."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from lskd_toolkit.report import write_report

from ..corpus.fake import corpus, entry
from .test_asked import exchange

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return write_report(corpus(entry(scores=(0.9, 0.2))), tmp_path_factory.mktemp("report"))


def _dom(url: str, tmp_path) -> str:
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=2000", "--dump-dom", url],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout


def _after(page, tmp_path, script: str) -> str:
    """The page after a script of the test ran in it, in a copy whose policy lets it."""
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text())
    copy = tmp_path / "copy.html"
    copy.write_text(text.replace("</body>", f"<script>{script}</script></body>"))
    return _dom(copy.as_uri(), tmp_path)


def _key(page) -> str:
    return re.search(r'id="(img-[0-9a-f]+)"', page.read_text())[1]


def _lit(dom: str, tag: str) -> list[str]:
    return [
        re.search(r'data-regions="([^"]*)"', each)[1]
        for each in re.findall(rf"<{tag} [^>]*>", dom)
        if re.search(r'class="[^"]*\blit\b', each)
    ]


def test_the_policy_lets_our_own_script_run_and_the_address_picks_a_region(page, tmp_path):
    dom = _dom(f"{page.as_uri()}#{_key(page)}&region=2", tmp_path)
    assert _lit(dom, "g") == ["2"]
    assert re.search(r'class="card picked"', dom)
    assert "Region 2: 2 statements, 2 descriptors." in dom


def test_without_a_choice_nothing_is_lit(page, tmp_path):
    dom = _dom(page.as_uri(), tmp_path)
    assert _lit(dom, "g") == _lit(dom, "li") == []
    assert "spot" in dom


CLICK = "new MouseEvent('click', {bubbles: true})"


def test_clicking_a_region_lights_what_is_said_of_it(page, tmp_path):
    dom = _after(page, tmp_path, f"document.querySelector('g.region.r0 .outline').dispatchEvent({CLICK})")
    assert _lit(dom, "g") == ["0"]
    assert sorted(_lit(dom, "li")) == ["0", "0", "0 2", "0 2", "0 2"]
    assert re.search(r'<g class="region r0 lit"[^>]*aria-pressed="true"', dom)
    assert re.search(r'<path class="spot"[^>]* d="M0 0H64V48H0ZM2 3', dom)


def test_the_key_enter_does_the_same_and_escape_undoes_it(page, tmp_path):
    enter = (
        "document.querySelector('g.region.r2').dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}));"
    )
    assert _lit(_after(page, tmp_path, enter), "g") == ["2"]
    escape = "document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape', bubbles: true}));"
    assert _lit(_after(page, tmp_path, enter + escape), "g") == []


def test_choosing_a_sentence_lights_the_regions_it_speaks_of_and_itself_alone(page, tmp_path):
    dom = _after(page, tmp_path, f"document.querySelectorAll('.statement')[1].dispatchEvent({CLICK})")
    assert sorted(_lit(dom, "g")) == ["0", "2"]
    assert len(re.findall(r'<li class="statement[^"]*\blit\b', dom)) == 1


def test_a_second_click_lets_go(page, tmp_path):
    click = f"document.querySelector('g.region.r0').dispatchEvent({CLICK});"
    assert _lit(_after(page, tmp_path, click + click), "g") == []


def test_the_search_hides_what_does_not_fit(page, tmp_path):
    find = (
        "const field = document.getElementById('find'); field.value = '{}';"
        "field.dispatchEvent(new Event('input'));"
    )
    assert not re.search(r"<article[^>]* hidden", _after(page, tmp_path, find.format("sunny")))
    assert re.search(r"<article[^>]* hidden", _after(page, tmp_path, find.format("submarine")))


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    told = corpus(entry(scores=(0.9, 0.2)), asked={"park.jpg": (exchange("reply-0", "a submarine"),)})
    return write_report(told, tmp_path_factory.mktemp("asked"))


def _open(dom: str) -> list[str]:
    """The words of each conversation or shared text that is unfolded."""
    return [text[:20] for text in re.findall(r'<details class="asked" open="">\s*<summary>([^<]*)', dom)]


def test_a_link_unfolds_the_conversation_or_the_text_that_it_leads_to(asked, tmp_path):
    assert _open(_dom(asked.as_uri(), tmp_path)) == []
    text = asked.read_text()
    request = re.search(r'href="#(img-[0-9a-f]+-q1)"', text)[1]
    assert _open(_dom(f"{asked.as_uri()}#{request}", tmp_path)) == ["What was asked and a"]
    system = re.search(r'href="#(text-[0-9a-f]+)"', text)[1]
    assert _open(_dom(f"{asked.as_uri()}#{system}", tmp_path)) == ["system 1 "]


def test_the_search_does_not_find_the_words_of_a_prompt(asked, tmp_path):
    find = (
        "const field = document.getElementById('find'); field.value = 'submarine';"
        "field.dispatchEvent(new Event('input'));"
    )
    assert re.search(r"<article[^>]* hidden", _after(asked, tmp_path, find))


def test_the_page_is_no_wider_than_a_phone(page, tmp_path):
    told = "parent.postMessage(document.documentElement.scrollWidth, '*');"
    _after(page, tmp_path, told)
    frame = tmp_path / "frame.html"
    frame.write_text(
        "<p id=w></p><script>onmessage = (event) => { w.textContent = `width ${event.data}`; }</script>"
        '<iframe src="copy.html" style="width: 390px; height: 800px; border: 0"></iframe>'
    )
    width = re.search(r"width (\d+)<", _dom(frame.as_uri(), tmp_path))
    assert width
    assert 300 < int(width[1]) <= 390
