"""What each kind of descriptor is worth: the run again without it, beside the run."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from click.testing import CliRunner

from lskd_toolkit.ablation.descriptors import arm, arms_of, begun, said
from lskd_toolkit.cli.main import lskd
from lskd_toolkit.corpus import open_run
from lskd_toolkit.errors import ConfigError, UsageError
from lskd_toolkit.pipeline.running import configure
from lskd_toolkit.pipeline.running import run as go

WORLD = {
    "source": {"use": "smallworld", "count": 12},
    "proposer": ["smallworld"],
    "refiner": [],
    "verbalizer": ["smallworld-global", "smallworld-local", "smallworld-relation"],
    "teacher": {"use": "llm", "parts": {"backend": {"use": "smallworld"}}},
    "critic": ["smallworld"],
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ablation") / "whole"
    go(configure(None, None, WORLD), folder)
    return folder


def types(folder):
    with open_run(folder) as corpus:
        return Counter(each.statement.inference for each in corpus.accepted())


def called(*words):
    result = CliRunner().invoke(lskd, ["ablate", "descriptors", *map(str, words)])
    return result


def test_every_scope_that_was_said_is_left_out_in_turn(run):
    assert said(run) == ["global", "local", "relation"]
    assert arms_of(run, ()) == [("global",), ("local",), ("relation",)]
    assert arms_of(run, ["dynamic", "local+smallworld-relation"]) == [
        ("dynamic",),
        ("local", "smallworld-relation"),
    ]


def test_without_what_a_fact_rests_on_nothing_is_said_of_it(run):
    """The small world's colours are only in the local words, its places only in the relations."""
    result = called(run, "--yes", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert [each["name"] for each in found["runs"]] == [
        "whole", "whole-without-global", "whole-without-local", "whole-without-relation",
    ]  # fmt: skip
    assert {"attribute", "spatial"} <= set(types(run))
    assert "attribute" not in types(arm(run, ["local"]))
    assert "spatial" not in types(arm(run, ["relation"]))


def test_only_teaching_and_judging_are_done_again(run):
    called(run, "--yes", "--without", "local")
    with open_run(run) as whole, open_run(arm(run, ["local"])) as less:
        for one, other in zip(whole.entries(), less.entries(), strict=True):
            assert one.scene == other.scene
        stages = {stage.name: stage.rows for stage in less.stages}
    assert stages["verbalizer.smallworld-local"] == {"ok": 12}


def test_the_same_command_again_asks_nothing(run):
    def asked():
        with open_run(arm(run, ["relation"])) as corpus:
            return corpus.spending.requests

    called(run, "--yes", "--without", "relation")
    before = asked()
    assert called(run, "--yes", "--without", "relation").exit_code == 0
    assert asked() == before


def test_paying_again_is_asked_first(run):
    result = called(run, "--without", "global+local")
    assert result.exit_code != 0
    assert "--yes" in str(result.output) + str(result.exception)


def test_a_name_that_the_run_does_not_know_is_refused(run):
    with pytest.raises(ConfigError, match=r"--without locl: .*'local'"):
        begun(run, ("locl",))
    assert not arm(run, ["locl"]).exists()


def test_a_teacher_that_cannot_be_told_less_is_told(tmp_path):
    folder = tmp_path / "own"
    go(configure(None, None, {**WORLD, "teacher": "smallworld"}), folder)
    with pytest.raises(UsageError, match="the teacher 'smallworld', which cannot be told less"):
        begun(folder, ("local",))


def test_a_run_without_words_has_nothing_to_leave_out(tmp_path):
    folder = tmp_path / "bare"
    go(configure(None, None, {**WORLD, "verbalizer": [], "teacher": "none", "critic": []}), folder)
    with pytest.raises(UsageError, match="no descriptors that could be left out"):
        arms_of(folder, ())
