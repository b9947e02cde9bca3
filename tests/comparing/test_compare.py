"""Comparing runs: what counts, what is warned of, and what is never made up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lskd_toolkit.comparing import compare
from lskd_toolkit.comparing.names import run_names
from lskd_toolkit.corpus.corpus import Failure, Spending
from lskd_toolkit.errors import UsageError
from lskd_toolkit.records import Rejected

from .conftest import STAGES, run, scene


def test_rates_are_of_the_shared_scenes(good, poor):
    found = compare([good, poor])
    first, second = found["runs"]
    assert found["scenes"] == 10
    assert found["warnings"] == []
    assert (first["statements"]["read"], first["statements"]["accepted"]) == (20, 20)
    assert (second["statements"]["read"], second["statements"]["accepted"]) == (16, 8)
    assert second["accept_rate"]["value"] == 0.5
    assert second["accepted_a_scene"]["value"] == 0.8
    assert second["mean_score"]["value"] == pytest.approx(0.5)
    assert second["statements"]["by_type"] == {"intent": {"read": 16, "accepted": 8}}
    assert sum(second["lengths"]["question"].values()) == 16


def test_a_rate_of_all_has_an_interval_all_the_same(good, poor):
    rate = compare([good, poor])["runs"][0]["accept_rate"]
    assert rate["value"] == rate["high"] == 1.0
    assert rate["low"] == pytest.approx(0.025 ** (1 / 10))


def test_a_pair_is_the_other_less_the_first(good, poor):
    [pair] = compare([good, poor])["pairs"]
    assert (pair["one"], pair["other"]) == ("good", "poor")
    rate, more, score = (pair["difference"][m] for m in ("accept_rate", "accepted_a_scene", "score"))
    assert (rate["value"], rate["scenes"], rate["better"], rate["worse"]) == (-0.5, 8, 0, 8)
    assert rate["p"] == pytest.approx(2 * 0.5**8)
    assert (more["value"], more["scenes"], more["worse"]) == (-1.2, 10, 10)
    assert score["value"] == pytest.approx(0.5 - 0.85)
    assert rate["high"] is None  # every scene says the same: nothing to draw an interval from


def test_a_difference_that_varies_has_an_interval(good, poor):
    better = scene("0.jpg", ("What?", "[0] sits.", 0.7))
    [pair] = compare([good, run("runs/poor", [better, *poor.kept[1:]])])["pairs"]
    for found in pair["difference"].values():
        assert found["low"] < found["value"] < found["high"] <= 0


def test_p_values_are_corrected_for_the_number_of_pairs(good, poor):
    third = run("runs/third", [*good.kept[:9], scene("9.jpg", ("What?", "[0] sits.", 0.1))])
    rates = [pair["difference"]["accept_rate"] for pair in compare([good, poor, third])["pairs"]]
    assert len(rates) == 3
    smallest = min(rates, key=lambda rate: rate["p"])
    assert smallest["p_holm"] == pytest.approx(3 * smallest["p"])


def test_agreement_is_on_scenes_where_both_accepted_something(good, poor):
    [pair] = compare([good, poor])["pairs"]
    alike = pair["agreement"]
    assert alike["scenes"] == 8
    assert alike["same_question"] == 0.5  # one of the two questions that the good run asks
    assert alike["same_answer"] == 1.0
    assert alike["near_duplicates_each"] == [0.5, 1.0]
    assert alike["near_duplicates"] == pytest.approx(16 / 24)
    assert alike["same_regions"] == 1.0
    assert alike["likeness_by_chance"] < alike["likeness"] < 1.0


def test_scenes_are_told_by_the_bytes_of_their_image(good, poor):
    renamed = run("runs/renamed", [
        replace(e, scene=replace(e.scene, image=replace(e.scene.image, id=f"photos/{k:03}")))
        for k, e in enumerate(poor.kept)
    ])  # fmt: skip
    assert compare([good, renamed])["scenes"] == 10
    other = replace(poor.kept[0].scene.image, sha256="f" * 64)
    changed = run(
        "runs/changed",
        [replace(poor.kept[0], scene=replace(poor.kept[0].scene, image=other)), *poor.kept[1:]],
    )
    found = compare([good, changed])
    assert found["scenes"] == 9
    assert any("only the 9 scenes" in line and "good has 1 more" in line for line in found["warnings"])


def test_other_regions_or_descriptors_are_warned_of_with_counts(good, poor):
    first, second, *rest = poor.kept
    moved = replace(first.scene.regions[0], box=(0.0, 0.0, 9.0, 9.0))
    told = replace(second.scene.descriptors[0], text="A car park.")
    other = run("runs/other", [
        replace(first, scene=replace(first.scene, regions=(moved, *first.scene.regions[1:]))),
        replace(second, scene=replace(second.scene, descriptors=(told, *second.scene.descriptors[1:]))),
        *rest,
    ])  # fmt: skip
    [line] = compare([good, other])["warnings"]
    assert "other regions in 1 and other descriptors in 1 of 10" in line
    assert "not the teacher alone" in line


def test_what_a_teacher_asked_for_itself_is_not_another_scene(good, poor):
    asking = run("runs/asking", [
        replace(e, scene=replace(e.scene, descriptors=e.scene.descriptors[:-1])) for e in poor.kept
    ])  # fmt: skip
    assert poor.kept[0].scene.descriptors[-1].scope == "dynamic"
    assert compare([good, asking])["warnings"] == []


def test_other_critics_and_thresholds_are_warned_of(good, poor):
    judged = run("runs/judged", poor.kept, stages=(STAGES[0], replace(STAGES[1], component="random")))
    assert any("other critics than good" in line for line in compare([good, judged])["warnings"])
    strict = run("runs/strict", poor.kept, config={"teacher": "smollm", "threshold": 0.7})
    [line] = compare([good, strict])["warnings"]
    assert "accepts from a score of 0.7, good from 0.5" in line


def test_settings_that_differ_are_listed(good, poor):
    poor.config = {"teacher": {"use": "smollm", "statements": 2}, "threshold": 0.5}
    good.config = {"teacher": {"use": "smollm"}, "threshold": 0.5}
    assert compare([good, poor])["differences"] == {"teacher.statements": {"good": "not set", "poor": "2"}}


def test_money_that_is_not_known_is_never_zero(good, poor):
    good.spending = Spending({"ok": 10}, 1000, 100, 0.5)
    for spent in (Spending({}, 0, 0, 0.0), Spending({"ok": 3}, 10, 10, None), Spending({"ok": 3}, 9, 9, 0.0)):
        poor.spending = spent
        first, second = (each["spending"] for each in compare([good, poor])["runs"])
        assert first["usd_per_accepted"] == 0.5 / 20
        assert first["tokens_per_accepted"] == 1100 / 20
        assert second["usd"] is second["usd_per_accepted"] is None


def test_an_unfinished_run_says_so_and_has_no_price_yet(good, poor):
    late = [replace(e, verdicts={}, critics={}, pending=("critic.grounding",)) for e in poor.kept[:4]]
    half = run("runs/half", [*late, *poor.kept[4:]], spending=Spending({"ok": 10}, 1000, 100, 0.5))
    found = compare([good, half])
    assert found["scenes"] == 6
    assert not found["runs"][1]["finished"]
    assert found["runs"][1]["spending"]["usd_per_accepted"] is None
    assert (
        "half is not finished: 4 of 10 scenes wait; go on with: lskd run --out runs/half" in found["warnings"]
    )


def test_scenes_that_all_critics_have_judged_count_before_the_run_ends(good, poor):
    stopped = run("runs/stopped", [replace(e, verdicts={}) for e in poor.kept])
    found = compare([good, stopped])
    assert found["warnings"] == []
    assert found["runs"][1]["statements"]["accepted"] == 8


def test_a_scene_that_the_teacher_was_never_given_is_not_held_against_it(good, poor):
    skipped = replace(poor.kept[0], statements=(), verdicts={}, critics={},
                      failures=(Failure("teacher", "skipped", "no regions"),))  # fmt: skip
    failed = replace(poor.kept[1], statements=(), verdicts={}, critics={},
                     failures=(Failure("teacher", "failed", "too long"),))  # fmt: skip
    found = compare([good, run("runs/p", [skipped, failed, *poor.kept[2:]])])
    assert found["scenes"] == 9
    assert found["runs"][1]["scenes"]["untaught"] == 1
    assert found["runs"][1]["failures"] == {"failed": 1}


def test_rejected_output_is_counted_by_reason(good, poor):
    poor.kept[9] = replace(poor.kept[9], rejected=(Rejected("no", "refused by the teacher"),))
    assert compare([good, poor])["runs"][1]["rejected"]["by_reason"] == {"refused by the teacher": 1}


def test_what_critics_note_of_single_statements_is_set_aside(good, poor):
    noted = []
    for k, each in enumerate(poor.kept):
        verdicts = {
            at: v if v.accepted else replace(v, reason=f"below 0.5 (critic.g: odd {k})")
            for at, v in each.verdicts.items()
        }
        noted.append(replace(each, verdicts=verdicts))
    found = compare([good, run("runs/noted", noted)])["runs"][1]
    assert found["left_out_by_reason"] == {"below N (critic.g)": 8}


def test_variety_is_of_as_many_words_of_each_run():
    same = ("What does [0] want?", "[0] wants to play.", 0.9)
    once = run("runs/once", [scene(f"{k}.jpg", *([same] if k == 0 else [])) for k in range(10)])
    often = run("runs/often", [scene(f"{k}.jpg", same) for k in range(10)])
    one, other = compare([once, often])["runs"]
    # Over all its words the longer run would vary a tenth as much.
    assert one["distinct_1"] == other["distinct_1"] > 0.5
    assert one["distinct_2"] == other["distinct_2"] > 0.5
    assert (one["repeated_share"], other["repeated_share"]) == (0.0, 0.9)


def test_a_prompt_that_changed_under_its_name_differs(good, poor):
    for each, sha in ((good, "aaaaaaaa11"), (poor, "bbbbbbbb22")):
        prompt = {"name": "mine", "version": 1, "sha256": sha}
        each.stages = (replace(STAGES[0], options={"prompt": prompt}), STAGES[1])
    assert compare([good, poor])["differences"] == {
        "prompt": {"good": "mine@1 (aaaaaaaa)", "poor": "mine@1 (bbbbbbbb)"}
    }


def test_runs_that_share_a_ledger_are_told_apart_from_those_that_do_not(tmp_path, good, poor):
    for each, name in ((good, "good"), (poor, "poor")):
        each.folder = tmp_path / name
        each.folder.mkdir()
    (good.folder / "ledger.sqlite").write_bytes(b"")
    (poor.folder / "ledger.sqlite").write_bytes(b"")
    assert compare([good, poor])["warnings"] == []
    (poor.folder / "ledger.sqlite").unlink()
    (poor.folder / "ledger.sqlite").symlink_to(good.folder / "ledger.sqlite")
    [line] = compare([good, poor])["warnings"]
    assert "good and poor share one ledger" in line


def test_runs_are_called_by_what_tells_them_apart(tmp_path):
    assert run_names([tmp_path / "a", tmp_path / "b"]) == ["a", "b"]
    assert run_names([tmp_path / "x/a", tmp_path / "y/a"]) == ["x/a", "y/a"]


@pytest.mark.parametrize(
    ("pick", "said"),
    [
        (lambda good, poor: [good], "1 run given, two to 8"),
        (lambda good, poor: [good, poor, good], "good is given twice"),
        (lambda good, poor: [good, run("runs/else", [scene("other.jpg")])], "no image in common"),
        (
            lambda good, poor: [good, run("runs/new", [replace(e, pending=("teacher",)) for e in poor.kept])],
            "new has no scene that is taught and judged yet (10 wait); finish it with: lskd run --out runs",
        ),
    ],
)
def test_what_cannot_be_compared_is_said_with_the_mend(good, poor, pick, said):
    with pytest.raises(UsageError, match="lskd ") as error:
        compare(pick(good, poor))
    assert said in str(error.value)
