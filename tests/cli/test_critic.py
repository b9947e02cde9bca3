"""``lskd critic``: from labels to a trained critic, and to a run that it has judged."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lskd_toolkit import Label, open_run
from lskd_toolkit.cli.main import lskd
from lskd_toolkit.critique.trained import trained_on
from lskd_toolkit.errors import LskdError, UsageError
from lskd_toolkit.labelling import append_labels
from lskd_toolkit.labelling.sampling import draw_sample
from lskd_toolkit.pipeline.critics import learns


def call(*words: object) -> Result:
    return CliRunner().invoke(lskd, [str(word) for word in words], catch_exceptions=True)


def well(*words: object) -> str:
    result = call(*words)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def ill(error: type[LskdError], *words: object) -> str:
    result = call(*words)
    assert isinstance(result.exception, error), (result.output, result.exception)
    return str(result.exception)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 80 scenes in which two of five kinds of statements are always told wrongly, and labels of
    three annotators, each of them wrong once in twenty."""
    run = tmp_path_factory.mktemp("critics") / "run"
    parts = ("--source", "smallworld", "--set", "source.count=80", "--proposer", "smallworld",
             "--refine", "none", "--verbalizer", "smallworld-local,smallworld-relation",
             "--teacher", "smallworld", "--set", "teacher.hallucinated=0.4")  # fmt: skip
    well("run", *parts, "--critic", "smallworld", "--no-report", "--out", run)
    chance = random.Random(0)
    with open_run(run) as corpus:
        made = []
        for drawn in draw_sample(corpus, 240).drawn:
            entry = corpus.entry(drawn.image)
            true = next(j.score for j in entry.critics["critic.smallworld"] if j.statement == drawn.statement)
            for name in ("ann", "bo", "cy"):
                word = (true >= 0.5) != (chance.random() < 0.05)
                made.append(Label(drawn.image, drawn.statement, drawn.sha256, name, word, word, word,
                                  weight=drawn.weight))  # fmt: skip
    append_labels(run / "labels.jsonl", made)
    return run


@pytest.fixture
def fresh(judged: Path, tmp_path: Path) -> Path:
    """A copy of the run, to be changed."""
    import shutil

    return Path(shutil.copytree(judged, tmp_path / "run"))


@pytest.fixture
def words(judged: Path, tmp_path: Path) -> Callable[..., Path]:
    """Trains the critic that goes by words alone."""

    def train(*more: object) -> Path:
        out = tmp_path / "critics" / "by-words"
        well("critic", "train", judged, "--critic", "words", "--out", out, *more)
        return out

    return train


def test_a_trained_critic_judges_the_run_and_nothing_else_is_done_again(fresh: Path, words: Callable) -> None:
    critic = words()
    with open_run(fresh) as corpus:
        before = {stage.name: stage.seconds for stage in corpus.stages}
    well("critic", "score", fresh, "--critic", critic)
    with open_run(fresh) as corpus:
        assert [s.name for s in corpus.stages if s.name not in before] == ["critic.by-words"]
        assert all(stage.seconds == before.get(stage.name, stage.seconds) for stage in corpus.stages)
        entry = next(corpus.entries())
        assert list(entry.critics) == ["critic.smallworld", "critic.by-words"]
        assert len(entry.critics["critic.by-words"]) == len(entry.statements)


def test_it_learns_from_its_share_of_the_images_and_remembers_them(judged: Path, words: Callable) -> None:
    critic = words("--share", "0.5")
    with open_run(judged) as corpus:
        images = [row.image for row in corpus.images() if row.image is not None]
    seen = trained_on(critic)
    assert seen
    assert seen <= {image.sha256 for image in images if learns(image, 0.5, 0)}
    assert not seen & {image.sha256 for image in images if not learns(image, 0.5, 0)}


def test_it_can_take_the_place_of_those_before(fresh: Path, words: Callable) -> None:
    critic = words()
    told = json.loads(well("critic", "score", fresh, "--critic", critic, "--instead", "--json"))
    assert told["critics"] == ["by-words"]
    with open_run(fresh) as corpus:
        assert list(next(corpus.entries()).critics) == ["critic.by-words"]


def test_what_cannot_be_done_is_a_sentence(judged: Path, tmp_path: Path, words: Callable) -> None:
    critic = words()
    assert "--overwrite" in ill(UsageError, "critic", "train", judged, "--critic", "words", "--out", critic)
    well("critic", "train", judged, "--critic", "words", "--out", critic, "--overwrite")
    assert "does not learn" in ill(
        UsageError, "critic", "train", judged, "--critic", "smallworld", "--out", tmp_path / "no"
    )
    assert "lskd critic train" in ill(UsageError, "critic", "score", judged, "--critic", tmp_path / "absent")
    assert not (tmp_path / "no").exists()


def test_labels_of_one_kind_teach_nothing(fresh: Path, tmp_path: Path) -> None:
    lines = (fresh / "labels.jsonl").read_text().splitlines()
    labels = tmp_path / "accepting.jsonl"
    labels.write_text("".join(f"{line}\n" for line in lines if json.loads(line)["accept"]))
    with_out = ("--critic", "words", "--out", tmp_path / "c")
    assert "nothing to tell apart" in ill(LskdError, "critic", "train", labels, "--run", fresh, *with_out)
    assert "name it: --run" in ill(UsageError, "critic", "train", labels, *with_out)
    assert not (tmp_path / "c").exists()
