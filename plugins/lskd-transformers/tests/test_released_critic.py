"""The released critic: what its file holds, what is refused, and that it says what the original says.

``reference/released_critic.json`` was made by the original code with weights that a formula gives; here the
same formula makes a checkpoint as the original's runner writes one, without the frozen eye, and a base.
"""

import hashlib
import json
import math
import pickle
import sys
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from lskd_transformers import checkpoint
from lskd_transformers.critics.blip2 import Blip2CriticPart, TextOnlyCritic
from lskd_transformers.data.pixels import normalise
from lskd_transformers.data.tokens import tokenize
from lskd_transformers.data.words import build
from lskd_transformers.nets.blip2_critic import ACCEPT, Blip2Critic
from lskd_transformers.nets.blip2_itm import Blip2Itm
from lskd_transformers.nets.config import Blip2ItmConfig
from lskd_transformers.options_critics import Blip2CriticOptions
from lskd_transformers.released.names import EYE, ours
from lskd_transformers.released.overlay import CRITIC, lay
from lskd_transformers.released.reading import read
from lskd_transformers.squares import Outlines, coloured, picture_of

from lskd_toolkit import UsageError, WeightsMissing, open_run
from lskd_toolkit.cli.main import lskd
from lskd_toolkit.critique.trained import complete, facts, trained_on
from lskd_toolkit.testing import SimpleContext

HERE = Path(__file__).parent / "reference"
sys.path.insert(0, str(HERE))
from formula import images, texts, weight  # noqa: E402

REFERENCE = json.loads((HERE / "released_critic.json").read_text(encoding="utf-8"))
SIZES = REFERENCE["sizes"]
FILE = Path("checkpoint_best.pth")


def tensor(name, shape, gain):
    return torch.from_numpy(weight(name, tuple(shape), gain))


def released():
    """The names and weights that a released checkpoint has."""
    state = {name: tensor(name, shape, 1.0) for name, shape in REFERENCE["saved"].items()}
    state["Qformer.bert.embeddings.position_ids"] = torch.arange(SIZES["positions"])[None]
    return state


def write(path, state):
    """A checkpoint with all that the original's runner puts beside the weights."""
    moments = {"state": {0: {"step": 3, "exp_avg": torch.zeros(2)}}, "param_groups": [{"lr": 1e-5}]}
    torch.save(
        {"model": state, "optimizer": moments, "config": {"run": {"seed": 42}}, "scaler": None, "epoch": 3},
        path,
    )
    return path


def config(vocabulary=SIZES["vocabulary"], positions=SIZES["positions"], **former):
    return Blip2ItmConfig(
        num_query_tokens=SIZES["queries"], image_text_hidden_size=8,
        vision_config={
            "hidden_size": SIZES["eye_width"], "num_hidden_layers": SIZES["eye_layers"],
            "intermediate_size": int(SIZES["eye_width"] * SIZES["eye_mlp_ratio"]),
            "num_attention_heads": SIZES["eye_heads"], "patch_size": SIZES["patch"],
            "image_size": SIZES["patch"] * SIZES["base_grid"],
        },
        qformer_config={
            "vocab_size": vocabulary, "hidden_size": SIZES["width"], "num_hidden_layers": SIZES["layers"],
            "num_attention_heads": SIZES["heads"], "intermediate_size": SIZES["inner"],
            "max_position_embeddings": positions, "encoder_hidden_size": SIZES["eye_width"],
            "cross_attention_frequency": SIZES["cross_attention_every"], "use_qformer_text_input": True,
            **former,
        },
    )  # fmt: skip


def eye(gain=1.0):
    """The frozen eye's weights under our names, which a base model brings."""
    made = {name[len(EYE) :]: tensor(name, shape, gain) for name, shape in REFERENCE["eye"].items()}
    named = {
        "embeddings.class_embedding": made["cls_token"],
        "embeddings.position_embedding": made["pos_embed"],
    }
    for kind in ("weight", "bias"):
        named[f"embeddings.patch_embedding.{kind}"] = made[f"patch_embed.proj.{kind}"]
    parts = {
        "norm1": "layer_norm1", "norm2": "layer_norm2", "attn.proj": "self_attn.projection",
        "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2",
    }  # fmt: skip
    for k in range(SIZES["eye_layers"]):
        theirs, mine = f"blocks.{k}.", f"encoder.layers.{k}."
        named[mine + "self_attn.qkv.weight"] = made[theirs + "attn.qkv.weight"]
        q, v = made[theirs + "attn.q_bias"], made[theirs + "attn.v_bias"]
        named[mine + "self_attn.qkv.bias"] = torch.cat([q, torch.zeros_like(q), v])
        for a, b in parts.items():
            for kind in ("weight", "bias"):
                named[f"{mine}{b}.{kind}"] = made[f"{theirs}{a}.{kind}"]
    return named


def base(gain=1.0, kind=Blip2Critic, **sizes):
    """A base model: the eye that the critic was trained with, and of the rest something else."""
    torch.manual_seed(0)
    model = kind(config(**sizes)).eval()
    left = model.vision_model.load_state_dict(eye(gain), strict=False)
    assert set(left.missing_keys) == {"post_layernorm.weight", "post_layernorm.bias"}
    assert not left.unexpected_keys
    return model


# --- it says what the original says ---------------------------------------------------------------------


def answers(model):
    pixels = torch.from_numpy(images(len(REFERENCE["lengths"]), SIZES["image"]))
    ids, mask = map(torch.from_numpy, texts(REFERENCE["lengths"], SIZES["longest"], SIZES["vocabulary"]))
    with torch.no_grad():
        return model.opinion(model.match_states(model.see(pixels), ids, mask))


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: f"gain-{case['gain']}")
def test_all_three_heads_say_what_the_original_says(case, tmp_path):
    """To 1e-5, with the eye's positions interpolated and the last pixels cut; where the eye's weights are
    small, another epsilon of the norm after it would show."""
    model = base(case["gain"])
    before = answers(model)
    lay(read(write(tmp_path / FILE, released())), model, CRITIC, FILE, "blip2.base")
    said = answers(model)
    for mine, theirs in (
        (said.logits, "itm_head"), (said.answer, "qa_head"), (said.rationale, "r_head"),
        (said.logits.softmax(1), "prediction"),
    ):  # fmt: skip
        torch.testing.assert_close(mine, torch.tensor(case[theirs]), rtol=0, atol=1e-5)
    assert (said.logits - before.logits).abs().max() > 0.05, "the base alone says something else"


def test_the_reference_is_not_vacuous():
    """Were all texts and images alike to the original, anything would agree with it."""
    for case in REFERENCE["cases"]:
        for head in ("itm_head", "qa_head", "r_head"):
            rows = torch.tensor(case[head])
            assert (rows[0] - rows[1]).abs().max() > 1e-3, (case["gain"], head)


@pytest.mark.parametrize("part", [
    "ln_vision.", "query_tokens", "Qformer.cls.predictions.decoder.weight", "embeddings.position_embeddings",
    "embeddings.LayerNorm", "crossattention.self.key", "attention.output.dense", "intermediate_query",
    "output_query", "itm_head", "qa_head", "r_head",
])  # fmt: skip
def test_every_part_of_the_checkpoint_counts(part):
    """None of it could be dropped in silence and leave what is said as it is."""
    whole, changed = base(), base()
    state = released()
    lay(state, whole, CRITIC, FILE, "blip2.base")
    other = {name: value.flip(-1) * 0.5 if part in name else value for name, value in state.items()}
    lay(other, changed, CRITIC, FILE, "blip2.base")
    a, b = answers(whole).stacked(), answers(changed).stacked()
    assert (a - b).abs().max() > 1e-4


# --- names ----------------------------------------------------------------------------------------------


def test_the_words_are_under_the_decoders_name():
    """Words and decoder are one weight, both frozen; only the words' own name is left out of the file."""
    state = released()
    assert "Qformer.bert.embeddings.word_embeddings.weight" not in state
    model = base()
    lay(state, model, CRITIC, FILE, "blip2.base")
    decoder = state["Qformer.cls.predictions.decoder.weight"]
    assert torch.equal(model.embeddings.word_embeddings.weight, decoder)
    assert ours("Qformer.bert.embeddings.word_embeddings.weight") == "embeddings.word_embeddings.weight"
    both = {**state, "Qformer.bert.embeddings.word_embeddings.weight": decoder + 1}
    with pytest.raises(UsageError, match=r"are one weight and differ"):
        lay(both, base(), CRITIC, FILE, "blip2.base")


def test_a_reference_checkpoint_has_no_eye_and_all_names_are_known():
    assert not any(name.startswith(EYE) for name in REFERENCE["saved"])
    known = {ours(name) for name in REFERENCE["saved"] if not name.endswith("position_ids")}
    assert None not in known
    assert known < set(base().state_dict())


# --- what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s.pop("r_head.2.bias"), r"lacks r_head\.2\.bias; .*--set blip2\.base"),
        (lambda s: s.pop("ln_vision.weight"), r"lacks vision_model\.post_layernorm\.weight"),
        (lambda s: s.pop("Qformer.cls.predictions.decoder.weight"), r"lacks embeddings\.word_embeddings"),
        (lambda s: s.update({"vision_proj.weight": torch.ones(2)}), r"has vision_proj\.weight"),
        (lambda s: s.update({"visual_encoder.pos_embed": torch.ones(2)}), "vision encoder of its own"),
        (
            lambda s: s.update({"itm_head.bias": torch.ones(3)}),
            r"itm_head\.bias is \(3,\) and should be \(2,\)",
        ),
        (lambda s: s["itm_head.bias"].fill_(math.nan), r"itm_head\.bias holds what is no number"),
        (lambda s: s.update({"itm_head.bias": torch.ones(2).long()}), "what is no number"),
        (lambda s: [s.pop(name) for name in list(s) if "head" in name], "and 7 more"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_a_sentence_and_changes_nothing(change, said):
    state, model = released(), base()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    change(state)
    with pytest.raises(UsageError, match=said):
        lay(state, model, CRITIC, FILE, "blip2.base")
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_base_with_fewer_layers_or_another_width_is_told_apart():
    with pytest.raises(UsageError, match=r"has Qformer\.bert\.encoder\.layer\.2\."):
        lay(released(), base(num_hidden_layers=2), CRITIC, FILE, "blip2.base")
    with pytest.raises(UsageError, match=r"another size than the base.*decoder"):
        lay(released(), base(vocabulary=70), CRITIC, FILE, "blip2.base")


class Planted:
    """Runs when it is unpickled as pickle would."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_with_code_in_it_is_refused_and_does_not_run(tmp_path, zipped):
    planted, file = tmp_path / "ran", tmp_path / FILE
    held = {"model": released(), "config": Planted(planted)}
    torch.save(held, file, _use_new_zipfile_serialization=zipped)
    with pytest.raises(UsageError, match=r"holds more than tensors \(\S+\)"):
        read(file)
    assert not planted.exists()
    file.write_bytes(pickle.dumps(held["config"]))
    with pytest.raises(UsageError):
        read(file)
    assert not planted.exists()


@pytest.mark.parametrize("held", [[1, 2], {"model": {}}, {"epoch": 3}, {"model": {"a": "b"}}])
def test_a_file_that_holds_no_weights_is_a_sentence(tmp_path, held):
    torch.save(held, tmp_path / FILE)
    with pytest.raises(UsageError, match=r"holds no (model|plain weights)"):
        read(tmp_path / FILE)


def test_a_damaged_or_absent_file_is_a_sentence(tmp_path):
    file = write(tmp_path / FILE, released())
    whole = file.read_bytes()
    for some in (b"", b"<html>404</html>", whole[: len(whole) // 2]):
        file.write_bytes(some)
        with pytest.raises(UsageError, match="is no checkpoint or is damaged"):
            read(file)
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path / "absent.pth")


@pytest.mark.parametrize("zipped", [True, False])
def test_both_kinds_of_file_and_a_bare_state_are_read(tmp_path, zipped):
    state = released()
    for held in ({"model": state}, state):
        torch.save(held, tmp_path / FILE, _use_new_zipfile_serialization=zipped)
        found = read(tmp_path / FILE)
        assert found.keys() == state.keys()
        assert all(torch.equal(found[name], state[name]) for name in state)


# --- as a critic ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A checkpoint and a base model in a folder, with a tokenizer of the checkpoint's size."""
    place = tmp_path_factory.mktemp("released")
    said = [f"{each.statement.question} answer: {each.statement.answer}" for each in coloured(8)]
    tokenizer = build(said, 400)
    state = released()
    for name in ("weight", "bias"):
        name = f"Qformer.cls.predictions.decoder.{name}"  # noqa: PLW2901
        state[name] = tensor(name, [len(tokenizer), *REFERENCE["saved"][name][1:]], 1.0)
    name = "Qformer.bert.embeddings.position_embeddings.weight"
    state[name] = tensor(name, [64, SIZES["width"]], 1.0)
    write(place / FILE, state)
    base(kind=Blip2Itm, vocabulary=len(tokenizer), positions=64).save_pretrained(place / "base")
    tokenizer.save_pretrained(place / "base")
    return place


def options(folders, **more):
    return Blip2CriticOptions(base=str(folders / "base"), image_size=72, max_tokens=64, **more)


def adopted(folders, folder, prior):
    folder.mkdir()
    context = SimpleContext(parts={"visual_prompt": Outlines()})
    made = Blip2CriticPart(options(folders), context).adopt(folders / FILE, folder, prior)
    complete(folder, {"component": "blip2", "options": {}}, [])
    return Blip2CriticPart(Blip2CriticOptions(folder=str(folder)), context), made


def test_it_judges_and_its_scores_are_told_for_the_prior(folders, tmp_path):
    """At the prior of its training a score is the original's: the probability of the class 1. At another,
    the log-odds are moved by the difference of the priors' and nothing else."""
    plain, made = adopted(folders, tmp_path / "plain", 0.5)
    moved, _ = adopted(folders, tmp_path / "moved", 0.2)
    assert made["prior_trained"] == 0.5
    assert made["tensors_of_the_checkpoint"] == len(REFERENCE["saved"]) - 1
    some = coloured(6)
    ask = ([picture_of(e.scene) for e in some], [e.scene for e in some], [[e.statement] for e in some])
    model, tokenizer, _ = checkpoint.load(tmp_path / "plain", checkpoint.CRITIC)
    views = [plain._views(picture_of(e.scene), e.scene, [e.statement])[0] for e in some]
    for view, (a,), (b,) in zip(views, plain.judge(*ask), moved.judge(*ask), strict=True):
        words = tokenize(tokenizer, [view.text], 64)
        with torch.no_grad():
            said = model.opinion(
                model.match_states(model.see(normalise([view.pixels])), words.ids, words.mask)
            )
        assert a.score == pytest.approx(float(said.logits.softmax(1)[0, ACCEPT]), abs=1e-5)
        odds = [math.log(score / (1 - score)) for score in (a.score, b.score)]
        assert odds[0] - odds[1] == pytest.approx(math.log(4), abs=1e-4)
        assert a.parts["answer"] == pytest.approx(min(1, max(0, float(said.answer[0]))), abs=1e-5)


def test_the_control_that_is_blind_cannot_be_the_released_critic(folders, tmp_path):
    with pytest.raises(UsageError, match="--critic blip2"):
        TextOnlyCritic(options(folders), SimpleContext(parts={"visual_prompt": Outlines()})).adopt(
            folders / FILE, tmp_path, 0.5
        )


def test_without_its_base_there_is_no_critic(folders, tmp_path):
    lost = options(folders).model_copy(update={"base": str(tmp_path / "absent")})
    with pytest.raises(WeightsMissing, match=r"--set blip2\.base=FOLDER"):
        Blip2CriticPart(lost, SimpleContext(parts={"visual_prompt": Outlines()})).adopt(
            folders / FILE, tmp_path, 0.5
        )


def call(*words):
    return CliRunner().invoke(lskd, [str(word) for word in words])


def imported(folders, out, *more, file=FILE):
    sets = {"base": folders / "base", "image_size": 72, "max_tokens": 64}
    given = [word for key, value in sets.items() for word in ("--set", f"blip2.{key}={value}")]
    return call("critic", "import", folders / file, "--out", out, *given, *more)


def test_the_command_makes_a_critic_that_says_what_it_knows_of_itself(folders, tmp_path):
    out = tmp_path / "critic"
    result = imported(folders, out, "--prior", "0.3")
    assert result.exit_code == 0, (result.output, result.exception)
    assert "nobody knows which images" in result.output
    told = facts(out)
    assert (told["component"], told["labels"]) == ("blip2", {"images": "unknown"})
    assert told["checkpoint"]["name"] == FILE.name
    assert told["checkpoint"]["sha256"] == hashlib.sha256((folders / FILE).read_bytes()).hexdigest()
    assert told["metrics"]["prior_natural"] == 0.3
    assert "model/model.safetensors" in told["files"]
    assert trained_on(out) == frozenset()
    again = imported(folders, out)
    assert isinstance(again.exception, UsageError)
    assert "--overwrite" in str(again.exception)
    told = json.loads(imported(folders, out, "--overwrite", "--json").stdout)
    assert told["metrics"]["prior_natural"] == facts(out)["metrics"]["prior_natural"] == 0.5


def test_a_run_is_judged_by_its_folder(folders, tmp_path):
    """Shown as the released one was taught, while the run itself shows numbers."""
    out, run = tmp_path / "released", tmp_path / "run"
    assert imported(folders, out).exit_code == 0
    parts = (
        "--source", "smallworld", "--set", "source.count=2", "--proposer", "smallworld", "--refine", "none",
        "--verbalizer", "smallworld-local", "--teacher", "smallworld",
    )  # fmt: skip
    shown = ("--critic", out, "--set", f"{out.name}.visual_prompt=paper-overlay")
    for words in (("run", "--out", run, *parts), ("critic", "score", run, *shown)):
        result = call(*words)
        assert result.exit_code == 0, (result.output, result.exception)
    with open_run(run) as corpus:
        entries = list(corpus.entries())
    said = [row for entry in entries for row in entry.critics["critic.released"]]
    assert len(said) == sum(len(entry.statements) for entry in entries) > 0
    assert all(0 < row.score < 1 and set(row.parts) == {"answer", "rationale"} for row in said)


def test_what_is_refused_leaves_nothing_behind(folders, tmp_path):
    (folders / "text.pth").write_text("no weights")
    out = tmp_path / "critic"
    words = call("critic", "import", folders / FILE, "--out", out, "--critic", "words")
    for result, said in (
        (imported(folders, out, file="text.pth"), "is no checkpoint"),
        (imported(folders, out, file="absent.pth"), "is no file"),
        (words, "cannot begin as another's"),
    ):
        assert isinstance(result.exception, UsageError), (result.output, result.exception)
        assert said in str(result.exception)
        assert not list(tmp_path.iterdir())
