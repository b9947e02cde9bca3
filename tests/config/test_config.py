"""run.yaml and flags to one configuration."""

from __future__ import annotations

import pytest

from lskd_toolkit.config import apply_sets, merged, normalise, read_yaml, resolve
from lskd_toolkit.errors import ConfigError, InvalidOptions
from lskd_toolkit.plugins import plugins

SMALL = {
    "source": {"use": "smallworld", "count": 3},
    "proposer": "smallworld",
    "refiner": ["top"],
    "verbalizer": ["smallworld-global", "smallworld-local"],
    "teacher": "smallworld",
    "critic": "smallworld",
}


def small(*sets: str, **more):
    return resolve(apply_sets(merged(SMALL, more), sets), plugins())


def test_later_layers_win():
    assert merged({"seed": 1, "chunk": 4}, {"seed": 2})["seed"] == 2
    assert merged({"seed": 1, "chunk": 4}, {"seed": 2})["chunk"] == 4


def test_naming_a_part_again_keeps_its_options_and_another_name_does_not():
    file = {"source": {"use": "smallworld", "count": 9}, "refiner": [{"use": "top", "count": 2}]}
    again = merged(file, {"source": "smallworld", "refiner": ["filter", "top"]})
    assert again["source"] == {"use": "smallworld", "count": 9}
    assert again["refiner"] == [{"use": "filter"}, {"use": "top", "count": 2}]
    assert merged(file, {"source": "samples"})["source"] == {"use": "samples"}


def test_an_unknown_key_says_what_is_near():
    with pytest.raises(ConfigError, match=r"'proposers'.*did you mean 'proposer'"):
        normalise({"proposers": ["x"]})


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"seed": "one"}, "seed: expected int, got 'one'"),
        ({"seed": True}, "seed: expected int"),
        ({"proposer": [3]}, "expected a name or a mapping"),
        ({"teacher": {"model": "x"}}, "mapping with 'use'"),
    ],
)
def test_values_of_the_wrong_type_are_refused(raw, message):
    with pytest.raises(ConfigError, match=message):
        normalise(raw)


def test_settings_out_of_range_are_refused():
    for bad in ({"threshold": 1.5}, {"chunk": 0}, {"schedule": "sideways"}):
        with pytest.raises(ConfigError):
            small(**bad)


def test_set_reaches_a_part_by_kind_alias_or_both():
    assert small("top.count=3").refiner[0].options.count == 3
    assert small("refiner.count=3").refiner[0].options.count == 3
    assert small("source.count=7").source.options.count == 7


def test_set_reaches_one_of_several_by_its_alias():
    config = small("second.count=2", refiner=[{"use": "top", "as": "first"}, {"use": "top", "as": "second"}])
    assert [part.options.count for part in config.refiner] == [8, 2]


def test_set_leaves_what_it_was_given_as_it_was():
    teacher = {"use": "llm", "parts": {"backend": {"use": "smallworld"}}}
    apply_sets(merged(SMALL, {"teacher": teacher}), ["teacher.backend.latency=1.0"])
    assert teacher == {"use": "llm", "parts": {"backend": {"use": "smallworld"}}}


def test_set_on_nothing_says_what_is_near():
    with pytest.raises(ConfigError, match=r"no part answers to 'topp'; did you mean 'top'"):
        small("topp.count=3")
    with pytest.raises(ConfigError, match=r"takes ALIAS\.option=value"):
        small("nonsense")


def test_set_without_a_dot_is_a_setting():
    assert small("threshold=0.25").threshold == 0.25


def test_the_same_part_twice_needs_two_aliases():
    with pytest.raises(ConfigError, match=r"'top' is there twice.*as: NAME"):
        small(refiner=["top", "top"])


def test_an_unknown_option_says_what_is_near_and_where_to_look():
    with pytest.raises(
        InvalidOptions, match=r"unknown option 'cuont'; did you mean 'count'.*components show top"
    ):
        small("top.cuont=3")


def test_an_option_of_the_wrong_type_is_named_with_its_value():
    with pytest.raises(InvalidOptions, match=r"option 'count'.*got 'many'"):
        small("top.count=many")


def test_a_backend_named_as_teacher_is_the_llm_teacher_over_it():
    config = resolve({**SMALL, "teacher": {"use": "llm", "parts": {"backend": "smallworld"}}}, plugins())
    assert config.teacher.component.name == "llm"
    assert config.teacher.parts["backend"].component.name == "smallworld"


def test_keys_hold_only_what_differs_from_the_default():
    assert small().refiner[0].options.key() == {}
    assert small("top.count=3").refiner[0].options.key() == {"count": 3}


def test_what_only_chooses_images_is_not_in_the_key():
    from lskd_toolkit.images.options import FolderOptions

    assert FolderOptions(paths=("a",)).key() == {}
    assert FolderOptions(max_megapixels=5).key() == {"max_megapixels": 5.0}


def test_yaml_that_cannot_be_read_is_one_line(tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text("source: [unclosed")
    with pytest.raises(ConfigError, match="is not YAML") as caught:
        read_yaml(path)
    assert "\n" not in str(caught.value)
    path.write_text("- a\n- b\n")
    with pytest.raises(ConfigError, match="lskd init"):
        read_yaml(path)


def test_none_takes_a_default_away():
    assert resolve({**SMALL, "refiner": ["none"], "critic": ["none"]}, plugins()).refiner == ()


def test_options_of_a_part_said_in_short_are_reached():
    config = small("teacher.visual_prompt=coordinates", "teacher.visual_prompt.form=fraction", teacher="llm")
    assert config.teacher.parts["visual_prompt"].options.form == "fraction"


def test_a_plus_gives_the_regions_to_a_refiner_before_all_others():
    def chosen(config):
        return [part.alias for part in config.proposer], [part.alias for part in config.refiner]

    assert chosen(small(proposer=["smallworld+filter"])) == (["smallworld"], ["filter", "top"])
    assert chosen(small(proposer="smallworld+filter", refiner=["none"])) == (["smallworld"], ["filter"])
    both = small(proposer=["smallworld+filter", "given+filter+merge"])
    assert chosen(both) == (["smallworld", "given"], ["filter", "merge", "top"])


def test_a_plus_leaves_a_refiner_where_it_is_named_and_means_the_same_when_said_again():
    once = small(proposer="smallworld+filter", refiner=["top", {"use": "filter", "least_area": 0.1}])
    assert [part.alias for part in once.refiner] == ["top", "filter"]
    assert resolve(merged(dict(once.raw), {"proposer": ["smallworld+filter"]}), plugins()).raw == once.raw


def test_the_prompts_content_is_in_the_teachers_key(tmp_path):
    from importlib.resources import files

    text = files("lskd_toolkit.teaching").joinpath("prompts/qar-id.yaml").read_text()
    mine = tmp_path / "mine.yaml"
    teacher = {"use": "llm", "parts": {"backend": "smallworld"}, "prompt": str(mine)}
    mine.write_text(text)
    before = resolve({**SMALL, "teacher": teacher}, plugins()).teacher.key()
    from lskd_toolkit.teaching.prompt import load_prompt

    load_prompt.cache_clear()
    mine.write_text(text.replace("You write visual commonsense", "You write commonsense"))
    after = resolve({**SMALL, "teacher": teacher}, plugins()).teacher.key()
    assert before["options"]["prompt"]["sha256"] != after["options"]["prompt"]["sha256"]


def test_a_part_of_its_own_that_is_named_anew_is_that_one_alone() -> None:
    raw = {"critic": [{"use": "swap", "parts": {"critic": {"use": "words", "folder": "critics/first"}}}]}
    apply_sets(raw, ["swap.critic=grounding"])
    again = apply_sets(raw, ["swap.critic=words", "swap.critic.folder=critics/second"])
    [swap] = again["critic"]
    assert {**swap.get("parts", {}), **{k: swap[k] for k in swap if k == "critic"}} == {
        "critic": {"use": "words", "folder": "critics/second"}
    }
