"""The critic ``itm``: P(match) of every statement with its own drawing, by a base model or a student."""

from dataclasses import replace
from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lskd_transformers.critics.itm import ItmCritic
from lskd_transformers.critics.priors import at_prior
from lskd_transformers.data.views import compose
from lskd_transformers.options import Blip2ItmOptions
from lskd_transformers.options_similarity import ItmOptions
from lskd_transformers.squares import COLOURS, Outlines, colour_statement, corpus, picture_of, scene_of
from lskd_transformers.students.blip2_itm import Blip2ItmStudent
from pydantic import ValidationError

from lskd_toolkit import Statement, WeightsMissing
from lskd_toolkit.testing import SimpleContext, contracts

from . import tiny_itm


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return str(tiny_itm.checkpoint(tmp_path_factory.mktemp("itm")))


def critic(base="", prompt=None, **options):
    given = {"base": base, "image_size": tiny_itm.SIDE, "max_tokens": tiny_itm.TOKENS, **options}
    return ItmCritic(ItmOptions(**given), SimpleContext(parts={"visual_prompt": prompt or Outlines()}))


def judged(part, scene, *statements):
    return part.judge([picture_of(scene)], [scene], [list(statements)])[0]


SCENE = scene_of("red", "green", "blue")
STATEMENTS = [colour_statement(SCENE, k, k).statement for k in range(3)]


# --- the score ----------------------------------------------------------------------------------------


def test_the_score_is_the_students_log_odds_at_the_prior(tmp_path):
    """A student folder judges as the student scores: drawn, renumbered and written alike."""
    pupil = Blip2ItmStudent(
        Blip2ItmOptions(steps=6, batch=4, image_size=32),
        SimpleContext(parts={"visual_prompt": Outlines()}),
    )
    pupil.train(corpus(6), picture_of, tmp_path, lambda *_: None)
    texts = [compose(s.question, s.answer, s.rationale) for s in STATEMENTS]
    odds = pupil.score([picture_of(SCENE)], [SCENE], [texts])[0]
    found = judged(critic(folder=str(tmp_path)), SCENE, *STATEMENTS)
    for judgement, own in zip(found, odds, strict=True):
        at_half = 1 / (1 + exp(-(own + log(2))))
        assert judgement.score == pytest.approx(at_half, abs=1e-5)


def test_parts_are_with_and_without_the_rationale(base):
    whole, bare = (judged(critic(base, text=text), SCENE, STATEMENTS[0])[0] for text in
                   ("whole", "question-answer"))  # fmt: skip
    assert whole.parts == bare.parts
    assert whole.score == whole.parts["whole"] != bare.score == bare.parts["question-answer"]


def test_a_statement_without_a_rationale_is_judged_by_what_it_says(base):
    found = judged(critic(base), SCENE, replace(STATEMENTS[0], rationale=""))[0]
    assert found.parts == {"question-answer": found.score}


def test_scores_do_not_depend_on_what_is_judged_beside(base):
    part, other = critic(base, batch=2), scene_of("cyan", "white", name="other")
    together = part.judge(
        [picture_of(SCENE), picture_of(other)], [SCENE, other],
        [STATEMENTS, [colour_statement(other, 1).statement]],
    )  # fmt: skip
    alone = [judged(part, SCENE, s)[0] for s in STATEMENTS]
    assert [j.score for j in together[0]] == pytest.approx([j.score for j in alone], abs=1e-5)
    assert [j.statement for j in together[0]] == [s.id for s in STATEMENTS]


def test_another_picture_makes_another_score(base):
    painted = scene_of("purple", "green", "blue")
    first, second = (judged(critic(base), scene, STATEMENTS[0])[0].score for scene in (SCENE, painted))
    assert abs(first - second) > 1e-4


def test_regions_that_change_places_change_the_score(base):
    """The text is the same, the drawing is not: a critic that does not look where it is pointed would give
    both one score."""
    there, here = (Statement(0, "Is [0] red?", "yes.", "", (k,)) for k in (0, 0))
    swapped = replace(SCENE, regions=tuple(replace(SCENE.regions[1 - k], id=k) for k in (0, 1)))
    first, second = (
        judged(critic(base), scene, s)[0].score for scene, s in ((SCENE, there), (swapped, here))
    )
    assert abs(first - second) > 1e-4


@given(odds=st.floats(-500, 500), prior=st.floats(0.01, 0.99))
def test_a_prior_moves_the_odds_by_its_own(odds, prior):
    moved = at_prior(odds, 1 / 3, prior)
    assert 0 <= moved <= 1
    assert at_prior(odds, prior, prior) == pytest.approx(1 / (1 + exp(-odds)))
    if 1e-9 < moved < 1 - 1e-9:
        assert log(moved / (1 - moved)) == pytest.approx(odds + log(prior / (1 - prior)) + log(2), abs=1e-4)


def test_what_a_net_knows_nothing_of_is_the_prior_not_a_third():
    """Trained on one match to two mismatches, log-odds of one to two mean: no idea."""
    assert at_prior(log(1 / 2), 1 / 3, 0.5) == pytest.approx(0.5)
    assert at_prior(log(1 / 2), 1 / 3, 0.8) == pytest.approx(0.8)


# --- what is drawn ------------------------------------------------------------------------------------


def test_statements_of_the_same_regions_share_one_drawing(base):
    prompt = Outlines()
    part = critic(base, prompt)
    prompt.asked.clear()
    said = [*STATEMENTS, replace(STATEMENTS[0], id=7, answer="[0] is blue.")]
    judged(part, SCENE, *said)
    assert len(prompt.asked) == 3


def test_all_regions_drawn_make_one_drawing_of_an_image(base):
    prompt = Outlines()
    part = critic(base, prompt, show="all")
    prompt.asked.clear()
    judged(part, SCENE, *STATEMENTS)
    assert [len(regions) for regions in prompt.asked] == [3]


def test_a_region_that_only_the_rationale_mentions_is_drawn(base):
    prompt = Outlines()
    part = critic(base, prompt)
    prompt.asked.clear()
    judged(part, SCENE, Statement(0, "What is [0]?", "red", "It is left of [2].", (0, 2)))
    assert [len(regions) for regions in prompt.asked] == [2]


# --- what cannot be judged ----------------------------------------------------------------------------


def test_an_unknown_region_scores_nothing_and_says_which(base):
    lost = Statement(5, "Who is [9]?", "nobody", "Behind [0] is [11].", (9, 0, 11))
    found = judged(critic(base), SCENE, STATEMENTS[0], lost, STATEMENTS[1])
    assert [j.statement for j in found] == [0, 5, 1]
    assert (found[1].score, found[1].parts) == (0.0, {})
    assert found[1].note == "mentions [9], [11], which the scene does not have"
    assert [j.score for j in found[::2]] == pytest.approx(
        [judged(critic(base), SCENE, s)[0].score for s in STATEMENTS[:2]], abs=1e-5
    )


def test_a_text_that_is_cut_says_so(base):
    long = replace(STATEMENTS[0], rationale="it is red . " * 20)
    first, second = judged(critic(base), SCENE, long, STATEMENTS[1])
    assert first.note == f"read to its first {tiny_itm.TOKENS} tokens"
    assert second.note == ""


def test_nothing_said_nothing_judged(base):
    assert critic(base).judge([picture_of(SCENE)], [SCENE], [[]]) == [[]]


def test_a_base_that_is_not_here_says_how_to_get_it(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(WeightsMissing, match=r"--set itm\.base=FOLDER"):
        critic("/nowhere/blip2")


def test_a_folder_without_a_student_is_refused(tmp_path):
    with pytest.raises(ValidationError, match="lskd run --student blip2-itm"):
        ItmOptions(folder=str(tmp_path))


# --- the key ------------------------------------------------------------------------------------------


def student_at(folder, weights=b"one"):
    (folder / "model").mkdir(parents=True, exist_ok=True)
    (folder / "model" / "student.json").write_text("{}")
    (folder / "model" / "model.safetensors").write_bytes(weights)
    return str(folder)


def test_a_student_that_is_moved_keeps_its_key_and_one_trained_again_does_not(tmp_path):
    first = ItmOptions(folder=student_at(tmp_path / "a")).key()
    assert ItmOptions(folder=student_at(tmp_path / "b")).key() == first
    assert ItmOptions(folder=student_at(tmp_path / "b", b"another")).key() != first


def test_how_many_go_at_once_is_not_in_the_key(base):
    assert ItmOptions(base=base, batch=8).key() == ItmOptions(base=base).key()


def test_contracts(base):
    for check in contracts("critic", "itm", base=base, image_size=tiny_itm.SIDE, max_tokens=tiny_itm.TOKENS):
        check()


def test_a_student_shown_another_way_is_warned_of(tmp_path):
    pupil = Blip2ItmStudent(
        Blip2ItmOptions(steps=2, batch=4, image_size=32), SimpleContext(parts={"visual_prompt": Outlines()})
    )
    pupil.train(corpus(4), picture_of, tmp_path, lambda *_: None)
    with pytest.warns(UserWarning, match="another visual prompt"):
        critic(prompt=Outlines(thickness=1), folder=str(tmp_path))


def test_scores_of_all_colours_differ(base):
    said = [replace(STATEMENTS[0], id=n, answer=f"[0] is {c}.") for n, c in enumerate(COLOURS)]
    assert np.std([j.score for j in judged(critic(base), SCENE, *said)]) > 1e-5
