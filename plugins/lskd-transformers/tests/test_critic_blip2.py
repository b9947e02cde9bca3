"""The critics ``blip2`` and ``text-only``: what they learn, what they are shown, what their scores mean."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from lskd_transformers.critics.blip2 import Blip2CriticPart, TextOnlyCritic
from lskd_transformers.critics.lessons import priors_of, targets_of
from lskd_transformers.critics.priors import at_prior
from lskd_transformers.nets.blip2_critic import ACCEPT, Opinion
from lskd_transformers.options_critics import Blip2CriticOptions
from lskd_transformers.squares import COLOURS, Outlines, coloured, picture_of, scene_of
from lskd_transformers.training.critic_loop import deal_evenly
from lskd_transformers.training.critic_losses import Targets, critic_loss, two_sided

from lskd_toolkit import Image, Labelled, LskdError, Picture, Statement, UsageError
from lskd_toolkit.critique.trained import complete
from lskd_toolkit.testing import SimpleContext

SMALL = {"image_size": 32, "max_tokens": 24, "vocabulary": 300, "batch": 24, "mentioned_only": 1.0}


def context(prompt=None):
    return SimpleContext(parts={"visual_prompt": prompt or Outlines()})


def trained(folder, labelled, kind=Blip2CriticPart, picture=picture_of, **options):
    """A critic with these options, trained and taken up again from its folder; and its metrics."""
    folder.mkdir(exist_ok=True)
    made = kind(Blip2CriticOptions(**{**SMALL, **options}), context())
    metrics = made.train(labelled, picture, folder, lambda *_: None)
    complete(folder, {"component": kind.name, "options": {}}, [])
    return kind(Blip2CriticOptions(folder=str(folder)), context()), metrics


def judged(critic, labelled, picture=picture_of):
    """Every statement's judgement, one image at a time in one call."""
    scenes = {each.scene.image.id: each.scene for each in labelled}
    of = {name: [e.statement for e in labelled if e.scene.image.id == name] for name in scenes}
    found = critic.judge([picture(s) for s in scenes.values()], list(scenes.values()), list(of.values()))
    return [judgement for some in found for judgement in some]


def average_precision(critic, labelled):
    """By the definition: the mean over accepted statements of the precision down to each."""
    scores = np.array([judgement.score for judgement in judged(critic, labelled)])
    right = np.array([each.labels[0].accept for each in labelled])[np.argsort(-scores, kind="stable")]
    return float((np.cumsum(right) / np.arange(1, len(right) + 1))[right].mean())


@pytest.fixture(scope="module")
def barely(tmp_path_factory):
    """A critic that has hardly been trained, for what does not depend on what it learned."""
    return trained(tmp_path_factory.mktemp("barely"), coloured(12), steps=4)[0]


# --- what it learns -------------------------------------------------------------------------------------


def test_it_learns_a_rule_that_only_the_picture_tells(tmp_path):
    """A known rule: a statement is right when it names the colour of the square that it points at. On images
    never seen the average precision is 0.95 or more, where half of the statements are right; labels that
    follow no rule teach nothing."""
    test = coloured(150, 9, squares=1, name="test")
    critic, metrics = trained(tmp_path / "true", coloured(400, squares=1), steps=400, validation=0)
    assert average_precision(critic, test) >= 0.95
    assert metrics["loss_last"] < metrics["loss_first"] / 2


def test_labels_that_know_nothing_teach_nothing(tmp_path):
    test = coloured(150, 9, squares=1, name="test")
    lessons = coloured(200, squares=1, shuffled=True)
    critic, _ = trained(tmp_path / "noise", lessons, steps=100, validation=0)
    assert average_precision(critic, test) < 0.68, "prevalence is 0.5, and 150 statements scatter"


@pytest.mark.slow
def test_it_learns_to_look_where_it_is_pointed(tmp_path):
    """Every wrong colour is the other square's: words and picture alone say nothing, and with the regions
    swapped a right statement is wrong."""
    test = coloured(200, 9, name="test")
    critic, _ = trained(tmp_path / "c", coloured(400), steps=1500, image_size=48)
    assert average_precision(critic, test) >= 0.95
    right = [each for each in test if each.labels[0].accept]
    turned = [replace(each, statement=_turned(each.statement)) for each in right]
    higher = [a.score > b.score for a, b in zip(judged(critic, right), judged(critic, turned), strict=True)]
    assert np.mean(higher) > 0.9
    blind, _ = trained(tmp_path / "b", coloured(400), TextOnlyCritic, steps=300, image_size=48)
    assert average_precision(blind, test) < 0.62


def _turned(statement):
    other = 1 - statement.regions[0]
    parts = (statement.question, statement.answer, statement.rationale)
    turned = [part.replace(f"[{statement.regions[0]}]", f"[{other}]") for part in parts]
    return Statement(statement.id, *turned, (other,))


# --- what it costs ----------------------------------------------------------------------------------------


def opinion(rows=3):
    return Opinion(torch.randn(rows, 2, requires_grad=True), torch.rand(rows), torch.rand(rows))


def test_each_reason_has_its_own_target():
    """The released training code regresses the rationale on the answer's score."""
    said = opinion()
    accept, answer, rationale = torch.tensor([1.0, 0.0, 1.0]), torch.ones(3), torch.zeros(3)
    parts = critic_loss(said, Targets(accept, answer, rationale), 0.5, 0.5)
    assert parts["answer"] == pytest.approx(float(((said.answer - 1) ** 2).mean()))
    assert parts["rationale"] == pytest.approx(float((said.rationale**2).mean()))
    moved = critic_loss(said, Targets(accept, answer, rationale + 1), 0.5, 0.5)
    assert moved["rationale"] != parts["rationale"]
    assert moved["answer"] == parts["answer"]
    whole = parts["verdict"] + 0.5 * parts["answer"] + 0.5 * parts["rationale"]
    assert float(parts["loss"].detach()) == pytest.approx(float(whole.detach()))


def test_what_nobody_spoke_of_costs_nothing():
    nan = float("nan")
    said = Opinion(torch.zeros(2, 2), torch.tensor([0.3, 0.9], requires_grad=True), torch.rand(2))
    targets = Targets(torch.tensor([1.0, 0.0]), torch.tensor([nan, 0.4]), torch.tensor([nan, nan]))
    parts = critic_loss(said, targets, 0.5, 0.5)
    assert parts["answer"].item() == pytest.approx(0.25)
    assert parts["rationale"].item() == 0
    parts["loss"].backward()
    assert said.answer.grad[0] == 0
    assert not said.answer.grad.isnan().any()


def test_one_means_accepted():
    """The released data has it both ways round; P(accept) is output 1."""
    assert ACCEPT == 1
    sure = Opinion(torch.tensor([[-5.0, 5.0]]), torch.ones(1), torch.ones(1))
    yes, no = (
        critic_loss(sure, Targets(torch.tensor([share]), torch.ones(1), torch.ones(1)), 0.5, 0.5)["verdict"]
        for share in (1.0, 0.0)
    )
    assert yes < 0.01
    assert no > 5
    assert two_sided(torch.tensor([0.75])).tolist() == [[0.25, 0.75]]


def test_targets_are_what_annotators_say():
    (one,) = coloured(1, squares=1)
    label = one.labels[0]
    votes = tuple(
        replace(label, annotator=name, accept=accept, answer=answer, rationale=None)
        for name, accept, answer in (("a", True, True), ("b", False, None), ("c", True, False))
    )
    many = Labelled(one.scene, one.statement, votes)
    soft, majority = targets_of([many], soft=True), targets_of([many], soft=False)
    assert soft.accept.item() == pytest.approx(2 / 3)
    assert majority.accept.item() == 1
    assert soft.answer.item() == 0.5
    assert soft.rationale.isnan().all()


# --- what it has seen, and what its scores mean ---------------------------------------------------------


def test_accepted_and_rejected_come_equally_often():
    accept = [1.0] * 27 + [0.0] * 3
    batches = deal_evenly(accept, 8, True, 0)
    shown = [accept[at] for _ in range(15) for at in next(batches)]
    assert np.mean(shown) == 0.5
    plain = deal_evenly(accept, 30, False, 0)
    assert sorted(next(plain)) == list(range(30))


def test_the_prior_is_that_of_what_was_drawn():
    """Of a run in which one in five is right, labels drawn evenly weigh what they stand for."""
    labelled = [
        replace(each, labels=(replace(each.labels[0], accept=right, weight=1.0 if right else 4.0),))
        for each, right in zip(coloured(20, squares=1), [True, False] * 10, strict=True)
    ]
    priors = priors_of(labelled, [1.0, 0.0] * 10, balance=True)
    assert (priors.trained, priors.natural) == (0.5, pytest.approx(0.2))
    spoiled = [replace(x, labels=(replace(x.labels[0], synthetic="swapped-ids"),)) for x in labelled[1::2]]
    picked = [replace(x, labels=(replace(x.labels[0], weight=0.0),)) for x in labelled[1::2]]
    for more in (spoiled, picked):
        same = priors_of([*labelled, *more], [1.0, 0.0] * 10 + [0.0] * 10, balance=False)
        assert same.trained == pytest.approx(1 / 3)
        assert same.natural == pytest.approx(0.2), "what was not drawn says nothing about the run"


def test_scores_are_told_for_the_natural_prior(tmp_path):
    """Nothing to see, nothing to learn: the score is the share of the run that is right."""
    rng = np.random.default_rng(0)
    labelled = []
    for each in coloured(60, squares=1):
        word = bool(rng.random() < 0.5)
        label = replace(each.labels[0], accept=word, answer=None, rationale=None, weight=1 if word else 9)
        same = replace(each.statement, answer="[0] is here.", rationale="It is.")
        labelled.append(Labelled(each.scene, same, (label,)))
    critic, metrics = trained(tmp_path / "c", labelled, TextOnlyCritic, steps=120, validation=0, rate=3e-3)
    assert metrics["prior_natural"] < 0.2
    scores = [judgement.score for judgement in judged(critic, labelled)]
    assert np.mean(scores) == pytest.approx(metrics["prior_natural"], abs=0.05)
    assert at_prior(0.0, 0.5, metrics["prior_natural"]) == pytest.approx(metrics["prior_natural"])


# --- what it is shown -----------------------------------------------------------------------------------


def test_every_mentioned_region_is_shown_however_many(barely):
    """The released loader draws five and lets the text speak of more."""
    names = list(COLOURS)[:7]
    scene = replace(scene_of(*names[:4]), regions=tuple(
        replace(scene_of("red").regions[0], id=k, label=name) for k, name in enumerate(names)
    ))  # fmt: skip
    prompt = Outlines()
    critic = Blip2CriticPart(Blip2CriticOptions(folder=barely._options.folder), context(prompt))
    whole = ", ".join(f"[{k}]" for k in range(7))
    said = Statement(0, f"What are {whole}?", "Squares.", "They have corners.", tuple(range(7)))
    prompt.asked.clear()
    critic.judge([picture_of(scene_of("red"))], [scene], [[said]])
    assert [len(asked) for asked in prompt.asked] == [7]


def test_statements_about_the_same_regions_share_a_drawing(barely):
    scene = scene_of("red", "blue")
    prompt = Outlines()
    critic = Blip2CriticPart(Blip2CriticOptions(folder=barely._options.folder), context(prompt))
    prompt.asked.clear()
    said = [Statement(k, f"What is [{k % 2}]?", "Red.", "It is.", (k % 2,)) for k in range(6)]
    critic.judge([picture_of(scene)], [scene], [said])
    assert len(prompt.asked) == 2


def test_a_region_that_is_not_there_is_a_score_of_nothing(barely):
    scene = scene_of("red")
    good = Statement(0, "What is [0]?", "Red.", "It is.", (0,))
    bad = Statement(1, "What is [5]?", "Red.", "It is.", (5,))
    found = barely.judge([picture_of(scene)], [scene], [[bad, good]])[0]
    assert (found[0].score, found[0].statement) == (0.0, 1)
    assert "[5]" in found[0].note
    assert found[1].score > 0


def test_together_is_as_one_by_one(barely):
    test = coloured(20, 5, name="batch")
    together = judged(barely, test)
    alone = [judged(barely, [each])[0] for each in test]
    for a, b in zip(together, alone, strict=True):
        assert a.score == pytest.approx(b.score, abs=1e-5)
        assert a.parts == pytest.approx(b.parts, abs=1e-5)
        assert set(a.parts) == {"answer", "rationale"}


def test_eyes_shut_the_picture_is_no_matter(tmp_path, barely):
    test = coloured(8, 5, name="blind")

    def noise(scene):
        rng = np.random.default_rng(1)
        return Picture(scene.image, lambda: rng.integers(0, 255, (64, 64, 3), dtype=np.uint8))

    blind, _ = trained(tmp_path / "blind", coloured(12), TextOnlyCritic, steps=4)
    assert judged(blind, test) == judged(blind, test, noise)
    assert [j.score for j in judged(barely, test)] != [j.score for j in judged(barely, test, noise)]
    other, _ = trained(tmp_path / "other", coloured(12), TextOnlyCritic, picture=noise, steps=4)
    assert [j.score for j in judged(other, test)] == [j.score for j in judged(blind, test)]


def test_it_may_be_shown_otherwise_than_it_learned_but_not_in_silence(barely):
    with pytest.warns(UserWarning, match="another visual prompt"):
        Blip2CriticPart(Blip2CriticOptions(folder=barely._options.folder), context(Outlines(thickness=6)))


# --- training and its ends --------------------------------------------------------------------------------


def test_a_frozen_eye_stays_as_it_was(tmp_path):
    for frozen in (True, False):
        folder = tmp_path / str(frozen)
        folder.mkdir()
        critic = Blip2CriticPart(Blip2CriticOptions(**SMALL, steps=3, freeze_eye=frozen), context())
        before: dict[str, torch.Tensor] = {}
        begin = critic._begin

        def watched(texts, begin=begin, before=before):
            model, tokenizer = begin(texts)
            before.update({k: v.clone() for k, v in model.vision_model.state_dict().items()})
            return model, tokenizer

        critic._begin = watched
        critic.train(coloured(8), picture_of, folder, lambda *_: None)
        after = critic._held[0].vision_model.state_dict()
        assert all(torch.equal(before[k], after[k]) for k in before) is frozen


def test_the_same_labels_give_the_same_critic(tmp_path):
    one, _ = trained(tmp_path / "1", coloured(12), steps=4)
    two, _ = trained(tmp_path / "2", coloured(12), steps=4)
    assert judged(one, coloured(5, 3)) == judged(two, coloured(5, 3))


def test_what_cannot_be_learned_from_is_a_sentence(tmp_path):
    def train(labelled):
        Blip2CriticPart(Blip2CriticOptions(**SMALL, steps=2), context()).train(
            labelled, picture_of, tmp_path, lambda *_: None
        )

    some = coloured(10)
    accepted = [each for each in some if each.labels[0].accept]
    with pytest.raises(LskdError, match="lskd label RUN"):
        train([])
    with pytest.raises(LskdError, match="nothing to tell apart"):
        train(accepted)
    same = [
        replace(each, scene=replace(each.scene, image=Image("a", "a", "0" * 64, 64, 64))) for each in some
    ]
    with pytest.raises(LskdError, match="of one image"):
        train(same)
    with pytest.raises(UsageError, match="lskd critic train"):
        judged(Blip2CriticPart(None, context()), some)


def test_a_statement_that_cannot_be_shown_is_counted(tmp_path):
    some = coloured(12)
    lost = replace(some[0], statement=replace(some[0].statement, answer="[9] is red.", regions=(0, 9)))
    _, metrics = trained(tmp_path / "c", [*some[1:], lost], steps=2)
    assert metrics["statements_unusable"] == 1
