"""The student trains, saves, reloads and scores."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lskd_transformers.data.words import build
from lskd_transformers.nets.blip2_itm import Blip2Itm
from lskd_transformers.nets.config import tiny
from lskd_transformers.options import Blip2ItmOptions
from lskd_transformers.squares import Outlines, corpus, picture_of
from lskd_transformers.students.blip2_itm import Blip2ItmStudent
from pydantic import ValidationError

from lskd_toolkit import Example, LskdError, Statement, WeightsMissing


@dataclass
class Surroundings:
    """A context of the six names."""

    prompt: Any
    device: str = "cpu"
    seed: int = 0
    cache: Path = Path()

    def model(self, key: str, loader: Any) -> Any:
        return loader()

    def llm(self, name: str = "backend") -> Any:
        raise AssertionError("a student asks no backend")

    def part(self, kind: str, name: str = "") -> Any:
        assert kind == "visual_prompt"
        return self.prompt


QUICK = {"steps": 6, "batch": 4, "image_size": 32, "log_every": 2}


def student(seed=0, prompt=None, **options):
    context = Surroundings(prompt or Outlines(), seed=seed)
    return Blip2ItmStudent(Blip2ItmOptions(**{**QUICK, **options}), context)


def train(pupil, folder, examples=None):
    steps = []
    examples = corpus(6) if examples is None else examples
    metrics = pupil.train(examples, picture_of, folder, lambda *report: steps.append(report))
    return metrics, steps


def colours_of(example, colours):
    k = example.statement.regions[0]
    return [f"What colour is [{k}]? Answer: [{k}] is {colour}." for colour in colours]


def scores_of(pupil, examples, texts):
    return pupil.score([picture_of(e.scene) for e in examples], [e.scene for e in examples], texts)


def some_scores(pupil):
    examples = corpus(4)
    return scores_of(pupil, examples, [colours_of(e, ("red", "blue")) for e in examples])


# --- it learns --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def overfit(tmp_path_factory):
    """A student that has seen sixteen statements many times."""
    examples = corpus(8)
    pupil = student(
        steps=150, batch=8, image_size=48, validation=0, with_rationale=0, mentioned_only=1, log_every=10
    )
    metrics, steps = train(pupil, tmp_path_factory.mktemp("overfit"), examples)
    return pupil, examples, metrics, steps


def test_the_loss_falls(overfit):
    _, _, metrics, steps = overfit
    assert metrics["loss_last"] < 0.5 * metrics["loss_first"]
    assert steps[0][2]["loss"] > steps[-1][2]["loss"]


def test_true_colours_beat_those_of_the_region_beside(overfit):
    pupil, examples, metrics, _ = overfit
    texts = []
    for e in examples:
        k = e.statement.regions[0]
        texts.append(colours_of(e, (e.scene.regions[k].label, e.scene.regions[1 - k].label)))
    right = [own > other for own, other in scores_of(pupil, examples, texts)]
    assert np.mean(right) > 0.9
    assert metrics["itm_accuracy"] > 0.9


def test_pointing_decides(overfit):
    # One image, one colour, pointed at here or there: only the drawing tells the texts apart.
    pupil, examples, _, _ = overfit
    there = []
    for scene in {e.scene.image.id: e.scene for e in examples}.values():
        label = scene.regions[0].label
        texts = [f"What colour is [{k}]? Answer: [{k}] is {label}." for k in (0, 1)]
        own, other = pupil.score([picture_of(scene)], [scene], [texts])[0]
        there.append(own > other)
    assert np.mean(there) > 0.9


def test_a_blank_image_takes_the_knowledge_away(overfit):
    pupil, examples, _, _ = overfit
    texts = [colours_of(e, (e.scene.regions[e.statement.regions[0]].label,)) for e in examples]
    seen = scores_of(pupil, examples, texts)
    blank = pupil.score([_blank(picture_of(e.scene)) for e in examples], [e.scene for e in examples], texts)
    assert np.mean([s[0] - b[0] for s, b in zip(seen, blank, strict=True)]) > 1


def _blank(picture):
    picture._decode = lambda: np.zeros((picture.image.height, picture.image.width, 3), np.uint8)
    return picture


# --- it saves, reloads, scores ----------------------------------------------------------------------


def test_a_reloaded_student_gives_equal_scores(tmp_path):
    pupil = student()
    train(pupil, tmp_path)
    again = student()
    again.load(tmp_path)
    assert some_scores(again) == some_scores(pupil)


def test_what_is_saved_holds_no_pickle(tmp_path):
    train(student(), tmp_path)
    names = {path.name for path in (tmp_path / "model").iterdir()}
    assert names >= {"model.safetensors", "config.json", "student.json", "tokenizer.json"}
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".bin", ".pt", ".pth", ".pkl")]
    assert {path.name for path in tmp_path.iterdir()} == {"model", "metrics.jsonl"}


def test_training_again_in_the_same_folder_replaces_the_student(tmp_path):
    train(student(), tmp_path)
    later = student(seed=1)
    train(later, tmp_path)
    again = student()
    again.load(tmp_path)
    assert some_scores(again) == some_scores(later)
    assert {path.name for path in tmp_path.iterdir()} == {"model", "metrics.jsonl"}


def test_the_saved_side_and_limit_hold_whatever_the_options_say(tmp_path):
    pupil = student()
    train(pupil, tmp_path)
    again = student(image_size=64, max_tokens=16)
    again.load(tmp_path)
    assert some_scores(again) == some_scores(pupil)


def test_another_visual_prompt_than_the_one_of_training_is_warned_of(tmp_path):
    train(student(), tmp_path)
    with pytest.warns(UserWarning, match="another visual prompt"):
        student(prompt=Outlines(thickness=1)).load(tmp_path)


def test_one_image_at_a_time_scores_as_all_at_once(tmp_path):
    pupil = student()
    train(pupil, tmp_path)
    examples = corpus(4)
    texts = [colours_of(e, ("red", "blue", "a colour that takes many more words to say"))[: 1 + i % 3]
             for i, e in enumerate(examples)]  # fmt: skip
    together = scores_of(pupil, examples, texts)
    for example, some, expected in zip(examples, texts, together, strict=True):
        alone = scores_of(pupil, [example], [some])[0]
        singly = [scores_of(pupil, [example], [[text]])[0][0] for text in some]
        assert alone == pytest.approx(expected, abs=1e-3)
        assert singly == pytest.approx(expected, abs=1e-3)


def test_no_texts_no_scores(tmp_path):
    pupil = student()
    train(pupil, tmp_path)
    examples = corpus(2)[:2]
    assert [len(s) for s in scores_of(pupil, examples, [[], ["Anything?"]])] == [0, 1]
    assert scores_of(pupil, [], []) == []


# --- same seed, same student ------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_student_bit_by_bit(tmp_path):
    torch.manual_seed(5)
    train(student(), tmp_path / "one")
    torch.manual_seed(6)
    train(student(), tmp_path / "two")
    train(student(seed=1), tmp_path / "three")
    one, two, three = (
        (tmp_path / name / "model" / "model.safetensors").read_bytes() for name in ("one", "two", "three")
    )
    assert one == two
    assert one != three
    logs = [(tmp_path / name / "metrics.jsonl").read_text() for name in ("one", "two")]
    assert logs[0] == logs[1]


def test_training_leaves_the_caller_s_randomness_and_threads_alone(tmp_path):
    torch.manual_seed(5)
    expected, threads = torch.rand(1), torch.get_num_threads()
    torch.manual_seed(5)
    train(student(), tmp_path)
    assert torch.equal(torch.rand(1), expected)
    assert torch.get_num_threads() == threads


# --- it says what it did ----------------------------------------------------------------------------


def test_progress_and_log_tell_the_course(tmp_path):
    _, steps = train(student(), tmp_path)
    assert [(step, of) for step, of, _ in steps] == [(2, 6), (4, 6), (6, 6)]
    assert set(steps[0][2]) == {"loss", "itc", "itm", "itm_batch_accuracy", "rate"}
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 4, 6]


def test_held_out_images_are_measured_on_and_counted(tmp_path):
    metrics, _ = train(student(validation=0.3), tmp_path, corpus(10))
    assert (metrics["images"], metrics["images_held_out"]) == (7, 3)
    assert (metrics["examples"], metrics["examples_held_out"]) == (14, 6)
    assert 0 <= metrics["itm_accuracy_held_out"] <= 1


def test_epochs_decide_the_steps(tmp_path):
    metrics, _ = train(student(epochs=1.5, validation=0), tmp_path, corpus(4))
    assert metrics["steps"] == 3  # 1.5 passes over 8 statements, 4 a step


def test_texts_that_are_cut_are_counted(tmp_path):
    examples = corpus(4)
    long = Statement(9, "Why is [0]?", "So.", "because " * 200, (0,))
    metrics, _ = train(student(), tmp_path, [*examples, Example(examples[0].scene, long)])
    assert metrics["texts_cut"] == 1


def test_statements_that_cannot_be_shown_are_counted(tmp_path):
    examples = corpus(4)
    odd = Statement(9, "Why is [7]?", "So.", "", (7,))
    metrics, _ = train(student(), tmp_path, [*examples, Example(examples[0].scene, odd)])
    assert metrics["examples_unusable"] == 1
    assert metrics["examples"] + metrics["examples_held_out"] == len(examples)


# --- errors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("examples", [[], corpus(1)])
def test_one_image_is_too_little(tmp_path, examples):
    with pytest.raises(LskdError, match="two images"):
        train(student(), tmp_path, examples)


def test_an_empty_folder_holds_no_student(tmp_path):
    with pytest.raises(LskdError, match="no trained student"):
        student().load(tmp_path)


def test_damaged_and_newer_students_are_refused_in_one_line(tmp_path):
    train(student(), tmp_path)
    weights = tmp_path / "model" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(LskdError, match="cannot be loaded") as damaged:
        student().load(tmp_path)
    facts = tmp_path / "model" / "student.json"
    facts.write_text('{"format": 99}')
    with pytest.raises(LskdError, match="newer") as newer:
        student().load(tmp_path)
    facts.write_text("{")
    with pytest.raises(LskdError, match="cannot be read") as broken:
        student().load(tmp_path)
    assert all("\n" not in str(e.value) for e in (damaged, newer, broken))


def test_scoring_with_nothing_learned_says_what_to_do():
    with pytest.raises(LskdError, match="load"):
        some_scores(student())


def test_a_base_that_is_not_there_says_how_to_get_it(tmp_path):
    with pytest.raises(WeightsMissing, match="hf download"):
        train(student(size="base", base=str(tmp_path / "nowhere")), tmp_path / "out")


def test_options_are_refused_where_they_cannot_work():
    for wrong in ({"image_size": 50}, {"steps": 0}, {"size": "huge"}, {"with_rational": 0.5}):
        with pytest.raises(ValidationError):
            Blip2ItmOptions(**wrong)


def test_every_option_is_described():
    assert all(field.description for field in Blip2ItmOptions.model_fields.values())


# --- a base model -----------------------------------------------------------------------------------


@pytest.fixture
def base(tmp_path):
    """A small model in the library's own layout, as a folder that a user might name."""
    tokenizer = build(["what colour is the square? answer: red blue"], 500)
    config = tiny(len(tokenizer), 32, 128)
    config.stem = "patch"
    torch.manual_seed(0)
    net = Blip2Itm(config)
    net.save_pretrained(tmp_path / "base")
    tokenizer.save_pretrained(tmp_path / "base")
    return tmp_path / "base", {name: value.clone() for name, value in net.state_dict().items()}


def test_a_base_model_is_tuned_with_its_eye_left_alone(base, tmp_path):
    folder, before = base
    pupil = student(size="base", base=str(folder), warmup=0, rate=1e-3)
    train(pupil, tmp_path / "out")
    after = pupil._model.state_dict()
    changed = {name for name, value in before.items() if not torch.equal(value, after[name])}
    assert not [name for name in changed if name.startswith("vision_model.")]
    assert any(name.startswith("qformer.") for name in changed)
    again = student(size="base", base=str(folder))
    again.load(tmp_path / "out")
    assert some_scores(again) == some_scores(pupil)


def test_the_language_loss_can_be_added(tmp_path):
    pupil = student(language=1.0)
    _, steps = train(pupil, tmp_path)
    assert "lm" in steps[0][2]


# --- the door ---------------------------------------------------------------------------------------


def test_listing_loads_neither_torch_nor_transformers():
    code = (
        "import sys; from lskd_transformers import plugin; list(plugin.lskd_students()); "
        "import lskd_transformers.options; "
        "sys.exit(bool({'torch', 'transformers', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], env=os.environ, check=False).returncode == 0
