"""Vision-language models of transformers: what is said in batches is what the library says one at a time."""

from __future__ import annotations

import os
import re
from collections import Counter

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import pytest
import torch
from lskd_transformers.vlm.choosing import Choosing, Way, read
from PIL import Image

from lskd_toolkit import Ask, Pointed, UsageError, WeightsMissing, create
from lskd_toolkit.testing import contracts

from . import tiny_vlm

MADE = {
    "blip2": tiny_vlm.blip2,
    "blip2-t5": lambda folder: tiny_vlm.blip2(folder, "t5"),
    "instructblip": tiny_vlm.instructblip,
    "chat-llava": tiny_vlm.llava,
    "chat-idefics3": tiny_vlm.idefics3,
    "chat-qwen2vl": tiny_vlm.qwen2vl,
    "florence2": tiny_vlm.florence2,
    "kosmos2": tiny_vlm.kosmos2,
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    place = tmp_path_factory.mktemp("models")
    made = {}

    def folder(name):
        if name not in made:
            made[name] = MADE[name](place / name)
        return str(made[name])

    return folder


@pytest.fixture(scope="module")
def model(folders):
    made = {}

    def of(name):
        if name not in made:
            made[name] = create("vlm", name.partition("-")[0], model=folders(name))
        return made[name]

    return of


def pictures(count, seed=0):
    random = np.random.default_rng(seed)
    sizes = [(30, 44), (44, 30), (28, 28), (61, 20)]
    return [random.integers(0, 255, (*sizes[at % 4], 3), dtype=np.uint8) for at in range(count)]


def shown(images):
    return [Pointed.of(image, ()) for image in images]


ASKS = [
    Ask("caption", max_tokens=9),
    Ask("question", "what is left of the red cup ?", max_tokens=9),
    Ask("question", "two ?", max_tokens=5),
    Ask("region", "a photo of the cat", box=(2, 3, 20, 19), max_tokens=9),
]


def plainly(name, vlm, image, ask):
    """The library's own call for one picture: its text, its tokens' logits, its tokens."""
    net, processor = vlm.component.loaded.net, vlm.component.loaded.processor
    prompt = vlm.component.prompt(Pointed.of(image, ()), ask)
    if prompt is None:
        return "", None, None
    place = {}
    if name == "kosmos2" and ask.task == "region":
        height, width = image.shape[:2]
        x1, y1, x2, y2 = ask.box
        place = {"bboxes": [(x1 / width, y1 / height, x2 / width, y2 / height)]}
    inputs = processor(images=Image.fromarray(image), text=prompt, return_tensors="pt", **place)
    with torch.inference_mode():
        out = net.generate(
            **inputs, do_sample=False, num_beams=1, max_new_tokens=ask.max_tokens,
            return_dict_in_generate=True, output_logits=True,
        )  # fmt: skip
    logits = torch.cat(out.logits).float()
    tokens = out.sequences[0][-len(logits) :]
    text = processor.tokenizer.decode(tokens, skip_special_tokens=True)
    return " ".join(re.sub(r"<loc_\d+>", "", text).split()), logits, tokens


@pytest.mark.parametrize("name", MADE)
def test_batches_say_what_the_library_says_one_at_a_time(name, model):
    vlm = model(name)
    images, asks = pictures(8), ASKS * 2
    told = vlm.say(shown(images), asks)
    texts = set()
    for image, ask, (said,) in zip(images, asks, told, strict=True):
        text, logits, tokens = plainly(name, vlm, image, ask)
        if logits is None:
            assert (said.text, said.score) == ("", 0.0)
            continue
        sure = logits.log_softmax(dim=-1).gather(1, tokens[:, None])
        assert re.sub(r"<[^>]*>", "", said.text) == re.sub(r"<[^>]*>", "", text)
        assert said.score == pytest.approx(float(sure.mean().exp()), abs=1e-4)
        texts.add(said)
    assert len(texts) > 2, "a model that says the same of everything proves nothing"


@pytest.mark.parametrize("name", MADE)
def test_contracts(name, folders):
    for check in contracts("vlm", name.partition("-")[0], model=folders(name)):
        check()


def test_logits_in_a_batch_are_those_alone(model):
    vlm = model("blip2").component
    images = pictures(4)
    turns = [vlm_turn(vlm, image, ask) for image, ask in zip(images, ASKS, strict=True)]
    together = first_logits(vlm, turns)
    for turn, many in zip(turns, together, strict=True):
        assert torch.allclose(first_logits(vlm, [turn])[0], many, atol=1e-4)


def vlm_turn(vlm, image, ask):
    from lskd_transformers.vlm.asking import Turn

    return Turn((image,), vlm.prompt(Pointed.of(image, ()), ask), Way(), ask)


def first_logits(vlm, turns):
    with torch.inference_mode():
        out = vlm.loaded.net.generate(
            **vlm.inputs(turns), do_sample=False, num_beams=1, max_new_tokens=1, output_logits=True,
            return_dict_in_generate=True,
        )  # fmt: skip
    return out.logits[0]


def test_what_is_seen_and_what_is_asked_both_matter(model):
    vlm = model("blip2")
    images = pictures(6, seed=5)
    by_picture = {t[0].text for t in vlm.say(shown(images), [ASKS[1]] * 6)}
    by_question = {t[0].text for t in vlm.say(shown([images[0]] * 4), ASKS)}
    assert len(by_picture) > 1
    assert len(by_question) > 1


def test_samples_are_drawn_by_their_seed_alone(model):
    vlm = model("blip2")
    (image, other) = pictures(2)
    ask = Ask("narrative", samples=4, temperature=1.0, seed=11, max_tokens=6)
    (alone,) = vlm.say(shown([image]), [ask])
    torch.rand(7)  # whoever else draws is no matter
    beside = vlm.say(shown([other, image, other]), [ASKS[1], ask, ASKS[0]])
    assert [s.text for s in beside[1]] == [s.text for s in alone]
    assert len({said.text for said in alone}) > 1
    (another,) = vlm.say(
        shown([image]), [Ask("narrative", samples=4, temperature=1.0, seed=12, max_tokens=6)]
    )
    assert [s.text for s in another] != [s.text for s in alone]


def test_noise_draws_from_the_softmax():
    logits = torch.tensor([[2.0, 1.0, 0.0, -1.0]])
    for temperature in (1.0, 0.5):
        counts = Counter(
            int(Choosing([Way(temperature, seed)])(None, logits).argmax()) for seed in range(4000)
        )
        wanted = torch.softmax(logits[0] / temperature, dim=0)
        for token, share in enumerate(wanted.tolist()):
            # Four standard deviations of a count of 4,000.
            assert abs(counts[token] / 4000 - share) < 4 * (share * (1 - share) / 4000) ** 0.5 + 1e-9


def test_a_row_ends_at_its_end_or_its_limit():
    choosing = Choosing([Way(), Way()])
    for tokens in ([5, 5], [1, 6], [7, 7]):
        choosing(None, torch.nn.functional.one_hot(torch.tensor(tokens), 9).float() * 50)
    (first, sure), (second, _) = read(choosing.chosen, ends=[1], most=[9, 2])
    assert (first, second) == ([5], [5, 6])
    assert sure == pytest.approx(1.0)


@pytest.mark.parametrize("name", MADE)
def test_a_text_ends_where_the_model_has_no_more_places(name, model):
    """Tiny models have 128 to 512: a long narrative is cut there, and raises nothing."""
    vlm = model(name)
    ask = Ask("narrative", samples=2, temperature=3.0, seed=1, max_tokens=700)
    ((one, other),) = vlm.say(shown(pictures(1)), [ask])
    assert one.text or other.text


def test_one_load_serves_all_who_name_the_same_model(folders):
    from lskd_transformers.options_vlm import Blip2Options
    from lskd_transformers.vlm.blip2 import Blip2

    from lskd_toolkit.testing import SimpleContext

    ctx, options = SimpleContext(), Blip2Options(model=folders("blip2"))
    assert Blip2(options, ctx).loaded is Blip2(options, ctx).loaded


def test_florence_is_told_a_box_in_thousandths(model):
    vlm = model("florence2").component
    image = np.zeros((100, 200, 3), np.uint8)
    asked = vlm.prompt(Pointed.of(image, ()), Ask("region", box=(20.0, 25.0, 200.0, 99.9)))
    assert asked == "<REGION_TO_DESCRIPTION><loc_100><loc_250><loc_999><loc_999>"


def test_kosmos_is_told_a_box_by_the_patches_of_its_corners(model):
    vlm = model("kosmos2").component
    image = np.zeros((64, 64, 3), np.uint8)
    inputs = vlm.inputs([vlm_turn(vlm, image, Ask("region", box=(0, 0, 64, 64)))])
    told = vlm.loaded.processor.tokenizer.decode(inputs["input_ids"][0])
    assert re.search(r"<phrase>\S+?</phrase><object><patch_index_0000><patch_index_1023></object>", told)


@pytest.mark.parametrize("name", ["florence2", "kosmos2"])
def test_another_box_is_another_question(name, model):
    vlm = model(name)
    (image,) = pictures(1)
    asks = [Ask("region", box=box, max_tokens=9) for box in ((0, 0, 9, 9), (12, 10, 40, 28), (30, 0, 44, 30))]
    told = vlm.say(shown([image] * 3), asks)
    assert len({said.score for (said,) in told}) == 3


def test_a_chat_model_sees_every_picture_that_it_is_shown(model):
    vlm = model("chat-llava")
    whole, part, other = pictures(3)
    shows = [Pointed((whole, part), {0: "[0]"}), Pointed((whole, other), {0: "[0]"})]
    ask = Ask("region", max_tokens=9)
    turn = vlm.component.prompt(shows[0], ask)
    assert turn.count("<image>") == 2
    (one,), (another,) = vlm.say(shows, [ask, ask])
    assert one != another


def test_a_chat_model_without_a_template_is_told_with_what_to_do(folders):
    with pytest.raises(UsageError, match=r"has no chat template; blip2, .* --vlm NAME"):
        create("vlm", "chat", model=folders("blip2"))


def test_a_model_that_is_not_here_is_told_with_what_to_do(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(WeightsMissing, match=r"'no/such' is not here.*--set vlm.model=PATH"):
        create("vlm", "blip2", model="no/such")


def test_a_run_says_that_its_model_is_missing_before_the_free_stages(tmp_path):
    from lskd_toolkit import open_run
    from lskd_toolkit.pipeline.running import configure, run

    world = {
        "source": {"use": "smallworld", "count": 2}, "proposer": ["smallworld"], "verbalizer": ["caption"],
        "vlm": {"use": "blip2", "model": "no/such"}, "teacher": "none", "critic": [],
    }  # fmt: skip
    with pytest.raises(WeightsMissing, match="no/such"):
        run(configure(None, None, {**world, "schedule": "streamed"}), tmp_path / "run")
    with open_run(tmp_path / "run") as corpus:
        assert not any(stage.rows for stage in corpus.stages)
