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


# --- from labels to a threshold that holds ---------------------------------------------------------------


@pytest.fixture
def calibrated(fresh: Path) -> Path:
    well("critic", "calibrate", fresh)
    return fresh


def test_a_threshold_is_promised_on_labels_that_nothing_else_was_fitted_to(calibrated: Path) -> None:
    told = json.loads(well("critic", "threshold", calibrated, "--precision", "0.75", "--json"))
    assert told == {**json.loads((calibrated / "threshold.json").read_text()), "file": told["file"],
                    "counts": told["counts"]}  # fmt: skip
    assert told["bound"] >= 0.75
    assert told["errors"] < told["labels"]
    assert told["test"]["labels"] > 0
    with open_run(calibrated) as corpus:
        assert corpus.config["threshold"] == told["threshold"]
        found = [v for entry in corpus.entries() for v in entry.verdicts.values()]
    assert told["counts"] == {"statements": len(found), "accepted": sum(v.accepted for v in found)}
    # What passes is what scores as much, but for statements that are said twice.
    assert all(v.score >= told["threshold"] for v in found if v.accepted)
    assert all(v.accepted or "twice" in v.reason for v in found if v.score >= told["threshold"])


def test_what_cannot_be_promised_changes_nothing_and_says_how_many_labels_it_takes(calibrated: Path) -> None:
    before = (calibrated / "run.yaml").read_bytes()
    said = ill(UsageError, "critic", "threshold", calibrated, "--precision", "0.999")
    assert "99.9% cannot be promised" in said or "100% cannot be promised" in said
    assert "lskd label RUN" in said or "would not help" in said
    assert (calibrated / "run.yaml").read_bytes() == before
    assert not (calibrated / "threshold.json").exists()


def test_without_probabilities_nothing_is_promised(fresh: Path) -> None:
    assert f"lskd critic calibrate {fresh}" in ill(UsageError, "critic", "threshold", fresh)


def test_types_with_labels_enough_get_their_own_threshold(calibrated: Path) -> None:
    told = json.loads(well("critic", "threshold", calibrated, "--precision", "0.5", "--by", "type", "--json"))
    own = {name for name, found in told["by_type"].items() if found["types"] == [name]}
    types = [kind for found in told["by_type"].values() for kind in found["types"]]
    assert len(types) == len(set(types))
    kept = {kind for found in told["by_type"].values() if not found["refused"] for kind in found["types"]}
    assert 0 < len(kept) < len(types)
    assert all(found["bound"] >= 0.5 for found in told["by_type"].values() if not found["refused"])
    with open_run(calibrated) as corpus:
        assert set(corpus.config.get("selection", {}).get("thresholds", {})) == own
        entries = list(corpus.entries())
    assert {s.inference for entry in entries for s in entry.statements} == set(types)
    accepted = {s.inference for e in entries for s in e.statements if e.verdicts[s.id].accepted}
    assert accepted == kept  # of the others nothing can be promised, so nothing passes


def test_a_threshold_is_tuned_on_development_scores_and_on_no_others(fresh: Path, tmp_path: Path) -> None:
    scores = tmp_path / "dev.jsonl"
    rows = [{"threshold": t, "score": s, "split": "dev", "error": 1.0}
            for t, s in ((0.2, 60.0), (0.5, 61.5), (0.8, 62.0), (0.9, 58.0))]  # fmt: skip
    scores.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    said = well("critic", "threshold", fresh, "--tune-on", scores)
    assert "threshold 0.500: scores 61.5 on dev" in said  # within an error of the best, and keeps more
    with open_run(fresh) as corpus:
        assert corpus.config["threshold"] == 0.5
    scores.write_text(scores.read_text().replace('"dev"', '"test-a"'))
    assert "for testing" in ill(UsageError, "critic", "threshold", fresh, "--tune-on", scores)
    for bad in ("{", "[]", '{"threshold": 2, "score": 1, "split": "dev"}\n' * 2, '{"score": 1}\n' * 2):
        scores.write_text(bad)
        assert ill(UsageError, "critic", "threshold", fresh, "--tune-on", scores)


def test_measures_are_of_labels_that_nothing_was_chosen_by(calibrated: Path) -> None:
    told = json.loads(well("critic", "eval", calibrated, "--json"))
    assert set(told["critics"]) == {"P(accept)", "critic.smallworld"}
    assert told["critics"]["critic.smallworld"]["average_precision"]["value"] > 0.8
    assert 0 < told["prevalence"]["low"] < told["prevalence"]["value"] < told["prevalence"]["high"] < 1
    assert sum(each["statements"] for each in told["groups"]["inference"].values()) == told["statements"]
    every = json.loads(well("critic", "eval", calibrated, "--on", "all", "--json"))
    assert every["statements"] == 240 > told["statements"]
    assert "optimistic" in " ".join(every["notes"])
    page = (calibrated / "evaluation.html").read_text()
    assert "critic.smallworld" in page
    assert page.count("<svg") == 4
    assert "average precision" in well("critic", "eval", calibrated)


def test_a_critic_that_sees_nothing_is_said_to_be_as_good(fresh: Path, words: Callable) -> None:
    """Two critics that go by words alone: neither is surely better, and the reader is told."""
    well("critic", "score", fresh, "--critic", words())
    well("critic", "train", fresh, "--critic", "words", "--out", fresh / "again")
    well("critic", "score", fresh, "--critic", fresh / "again")
    told = json.loads(well("critic", "eval", fresh, "--on", "all", "--json"))
    assert not [note for note in told["notes"] if "critic.smallworld is not surely" in note]


def test_rounds_of_mining_list_what_to_label_and_keep_the_curve(fresh: Path, tmp_path: Path) -> None:
    mine = ("critic", "mine", fresh, "--critic", "words", "--out", tmp_path / "mined", "--count", "12")
    told = json.loads(well(*mine, "--json"))
    assert told["round"] == 1
    assert told["picked"] == 12
    assert told["fooled"] == told["probed"] > 0  # who goes by words does not care where they point
    lines = [json.loads(line) for line in Path(told["queue"]).read_text().splitlines()[1:]]
    assert len(lines) == 12
    assert {line["weight"] for line in lines} == {0.0}
    assert max(sum(line["image"] == other["image"] for other in lines) for line in lines) <= 2
    labelled = [json.loads(line) for line in (fresh / "labels.jsonl").read_text().splitlines()]
    known = {(each["image"], each["statement"]) for each in labelled}
    assert not known & {(line["image"], line["statement"]) for line in lines}
    with open_run(fresh) as corpus:
        images = {line["image"]: corpus.entry(line["image"]).scene.image for line in lines}
    assert all(learns(image, 0.6, 0) for image in images.values())

    append_labels(
        fresh / "labels.jsonl",
        [Label(e["image"], e["statement"], e["sha256"], "ann", True, True, True, weight=0.0) for e in lines],
    )
    again = json.loads(well(*mine, "--json"))
    assert [each["round"] for each in again["rounds"]] == [1, 2]
    assert again["labels"] == told["labels"] + 12
    assert again["measured_by"] == told["measured_by"]  # the same images, and picked ones are not among them
    assert (tmp_path / "mined" / "2" / "critic.json").exists()
    well("critic", "eval", fresh)
    assert "Rounds of mining" in (fresh / "evaluation.html").read_text()
    assert "round 2" in well(*mine)


def test_the_probe_asks_a_trained_critic_by_its_folder(fresh: Path, words: Callable) -> None:
    critic = words()
    well("critic", "score", fresh, "--critic", "swap", "--set", f"swap.critic={critic}")
    with open_run(fresh) as corpus:
        probes = [judgement for entry in corpus.entries() for judgement in entry.critics["critic.swap"]]
        part = corpus.config["critic"][-1]
    assert part["use"] == "swap"
    assert str(critic.resolve()) in json.dumps(part)
    measured = [each for each in probes if each.parts]
    # Who goes by words alone does not care where they point.
    assert {each.score for each in measured} == {0.5}
    assert {each.note for each in measured} == {"does not care where it points"}
    told = json.loads(well("stats", fresh, "--json"))["figures"]["swap"]["critic.swap"]
    assert (told["measured"], told["indifferent_share"]) == (len(measured), 1.0)
    # It has been seen by the critic that it asks, so those images measure neither.
    assert "trained on" in json.dumps(
        json.loads(well("critic", "eval", fresh, "--on", "all", "--json"))["notes"]
    )


def test_probabilities_and_promises_end_with_the_critics_that_they_are_about(
    fresh: Path, words: Callable
) -> None:
    critic = words()
    well("critic", "score", fresh, "--critic", critic)
    well("critic", "calibrate", fresh)
    well("critic", "threshold", fresh, "--precision", "0.75")
    well("critic", "calibrate", fresh)
    assert not (fresh / "threshold.json").exists()  # promised of other probabilities

    well("critic", "train", fresh, "--critic", "words", "--out", critic, "--overwrite", "--share", "0.3")
    said = ill(UsageError, "critic", "score", fresh, "--critic", critic)
    assert "critic.by-words is another critic than when" in said
    assert "lskd critic calibrate" in said
    well("critic", "calibrate", fresh)
    well("critic", "score", fresh, "--critic", critic)
    well("critic", "calibrate", fresh, "--off")
    assert not (fresh / "calibration.json").exists()


def test_a_round_that_was_cut_short_is_made_again(fresh: Path, tmp_path: Path) -> None:
    mine = ("critic", "mine", fresh, "--critic", "words", "--out", tmp_path / "mined", "--count", "5")
    well(*mine)
    (fresh / "mining.jsonl").unlink()  # as if it had ended before the round was written down
    assert json.loads(well(*mine, "--json"))["round"] == 1
