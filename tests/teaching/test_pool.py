"""The pool of worked scenes: what it shows a teacher is what the prompts ask for, in both styles."""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib.resources import files

import pytest
import yaml

from lskd_toolkit import mentions
from lskd_toolkit.geometry.relations import NAMES, place
from lskd_toolkit.records import Image, Region, Scene
from lskd_toolkit.teaching.parsing import parse
from lskd_toolkit.teaching.prompt import load_prompt, render, shots, turn

TEXT = files("lskd_toolkit.teaching").joinpath("pools/scenes.yaml").read_text(encoding="utf-8")
POOL = yaml.safe_load(TEXT)
STYLES = ("id", "description")
PARTS = ("question", "answer", "rationale")
PROMPTS = {"id": "qar-id", "description": "qar-description"}
TYPES = load_prompt("qar-id").inference_types
HEADINGS = ["The picture as a whole:", "Regions:", "Relations:", "Asked and answered:"]
PLACES = {place(Region(0, (x, y, x, y)), 6, 6) for x in (1, 3, 5) for y in (1, 3, 5)}

NOTE = re.compile(r"\(n(\d+)\) ")
REGION = re.compile(r"\[(\d+)\](?: ([\w ]+))? \(([a-z ]+), (large|medium|small)\)(?:: (.+))?")
RELATION = re.compile(rf"- \(n\d+\) (?:possibly )?\[\d+\] (?:is )?(?:{'|'.join(NAMES)}) \[\d+\]")
ANSWERED = re.compile(r"- \(n\d+\) [^?]+\? \S.*")
ASIDE = re.compile(
    r"\b(descriptions?|captions?|according|mention(s|ed)?|stated|notes?|noted|images?|pictures?|photos?"
    r"|regions?|depict(s|ed)?|visible in)\b"
)
"""Words of one who reads about a picture; none of the scenes has a picture in it that could be meant."""

SCENES = [pytest.param(each, id=each["scene"].splitlines()[1].split(") ")[1]) for each in POOL]


def statements():
    return [(scene, statement) for scene in POOL for statement in scene["statements"]]


def texts(statement, style):
    return [statement[style][part] for part in PARTS]


def notes(scene):
    """The notes by number, each with its words alone."""
    pieces = NOTE.split(scene["scene"])[1:]
    return {int(n): re.split(r"; $|\n", said)[0] for n, said in zip(pieces[::2], pieces[1::2], strict=True)}


def astray():
    """By scene, the notes that the comment above it calls wrong or useless."""
    comments = re.findall(r"^# (.+)\n- scene:", TEXT, re.MULTILINE)
    assert len(comments) == len(POOL)
    return [[int(n) for n in re.findall(r"\bn(\d+)\b", comment)] for comment in comments]


def words(text):
    return re.findall(r"[\w'’]+", re.sub(r"\[[\d, ]+\]", " ", text.casefold()))


def runs(text, length):
    said = words(text)
    return {tuple(said[i : i + length]) for i in range(len(said) - length + 1)}


# --- the scenes -------------------------------------------------------------------------------------


def test_there_are_many_scenes_with_few_and_with_many_regions():
    sizes = Counter(len(scene["ids"]) for scene in POOL)
    assert len(POOL) >= 24
    assert set(sizes) <= set(range(2, 9))
    assert len(sizes) >= 5


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_is_laid_out_as_real_ones_are(scene):
    lines = scene["scene"].splitlines()
    headings = [line for line in lines if line in HEADINGS]
    assert headings == [h for h in HEADINGS if h in headings]
    section, listed = "", []
    for line in lines:
        if line in HEADINGS:
            section = line
        elif section == "Regions:":
            number, _, where, _, _ = REGION.fullmatch(line).groups()
            assert where in PLACES
            listed.append(int(number))
        else:
            pattern = {"Relations:": RELATION, "Asked and answered:": ANSWERED}.get(section)
            assert pattern.fullmatch(line) if pattern else re.match(r"- \(n\d+\) \S", line)
    assert listed == scene["ids"]
    assert mentions.unknown(scene["scene"], scene["ids"]) == []
    assert list(notes(scene)) == list(range(1, len(notes(scene)) + 1))


def test_some_notes_are_doubtful_or_wrong_and_nothing_rests_on_them():
    wrong = astray()
    assert sum(map(bool, wrong)) > len(POOL) / 2
    for scene, numbers in zip(POOL, wrong, strict=True):
        known = notes(scene)
        assert set(numbers) <= set(known)
        doubtful = {n for n, said in known.items() if said.startswith("possibly")}
        for statement in scene["statements"]:
            assert not doubtful.union(numbers).intersection(statement["evidence"])


def test_two_scenes_show_that_there_may_be_nothing_to_write():
    empty = [scene for scene in POOL if not scene["statements"]]
    assert len(empty) == 2
    assert all("possibly" in scene["scene"] for scene in empty)


# --- the statements ---------------------------------------------------------------------------------


@pytest.mark.parametrize("scene", [s for s in SCENES if s.values[0]["statements"]])
class TestEachScene:
    def test_it_has_three_or_four_statements_each_of_another_type(self, scene):
        types = [s["inference"] for s in scene["statements"]]
        assert 3 <= len(types) <= 4
        assert len(set(types)) == len(types)
        assert set(types) <= set(TYPES)

    def test_a_statement_has_both_styles_evidence_and_confidence(self, scene):
        for statement in scene["statements"]:
            assert set(statement) == {"inference", "evidence", "confidence", *STYLES}
            assert statement["evidence"]
            assert statement["evidence"] == sorted(set(statement["evidence"]))
            assert set(statement["evidence"]) <= set(notes(scene))
            assert statement["confidence"] in ("low", "medium", "high")
            for style in STYLES:
                assert list(statement[style]) == list(PARTS)

    @pytest.mark.parametrize("style", STYLES)
    def test_the_parser_would_take_each_from_a_teacher(self, scene, style):
        regions = tuple(
            Region(int(m[1]), (0, 0, 1, 1), label=m[2] or "") for m in REGION.finditer(scene["scene"])
        )
        made = Scene(Image("a", "a", "0" * 64, 9, 9), regions)
        # Without its pool: with it, every statement here would be a copy of an example.
        prompt = load_prompt(PROMPTS[style]).model_copy(update={"pool": ""})
        reply = {"statements": [{**s[style], "inference": s["inference"]} for s in scene["statements"]]}
        taken, rejected = parse(json.dumps(reply), made, prompt)
        assert rejected == []
        assert len(taken) == len(scene["statements"])

    def test_ids_point_in_one_style_and_looks_in_the_other(self, scene):
        for statement in scene["statements"]:
            assert mentions.find(statement["id"]["question"])
            assert mentions.unknown(" ".join(texts(statement, "id")), scene["ids"]) == []
            assert not re.search(r"[\[\](){}]", " ".join(texts(statement, "description")))

    def test_one_statement_at_least_is_about_several_regions(self, scene):
        assert any(len(mentions.find(" ".join(texts(s, "id")))) > 1 for s in scene["statements"])

    @pytest.mark.parametrize("style", STYLES)
    def test_parts_are_short_and_speak_of_what_is_there(self, scene, style):
        for statement in scene["statements"]:
            for text in texts(statement, style):
                assert 3 <= len(text.split()) <= 40
                assert not ASIDE.search(text.casefold()), text
            assert statement[style]["question"].endswith("?")

    @pytest.mark.parametrize("style", STYLES)
    def test_an_answer_is_no_note_and_a_rationale_no_second_answer(self, scene, style):
        known = set().union(*(runs(said, 4) for said in notes(scene).values()))
        for statement in scene["statements"]:
            _, answer, rationale = texts(statement, style)
            assert known.isdisjoint(runs(answer, 4))
            assert runs(answer, 4).isdisjoint(runs(rationale, 4))


# --- the pool as a whole ----------------------------------------------------------------------------


def test_no_type_is_twice_as_common_as_another():
    counts = Counter(statement["inference"] for _, statement in statements())
    assert set(counts) == set(TYPES)
    assert max(counts.values()) <= 2 * min(counts.values())


def test_confidence_is_not_always_high():
    counts = Counter(statement["confidence"] for _, statement in statements())
    assert counts["low"] >= 5
    assert counts["high"] <= 0.65 * counts.total()


@pytest.mark.parametrize("style", STYLES)
def test_questions_begin_in_many_ways(style):
    begun = Counter(" ".join(mentions.without(s[style]["question"]).split()[:3]) for _, s in statements())
    assert len(begun) >= 0.8 * begun.total()
    first = Counter(start.split()[0] for start in begun.elements())
    assert first.most_common(1)[0][1] <= 0.33 * first.total()


@pytest.mark.parametrize("style", STYLES)
def test_no_two_scenes_share_a_run_of_six_words(style):
    said: dict[tuple[str, ...], int] = {}
    for number, scene in enumerate(POOL):
        for statement in scene["statements"]:
            for part in ("answer", "rationale"):
                for run in runs(statement[style][part], 6):
                    assert said.setdefault(run, number) == number, run


def test_many_rationales_bring_in_a_region_that_the_question_did_not_name():
    new = [
        set(mentions.find(s["id"]["rationale"])) - set(mentions.find(s["id"]["question"]))
        for _, s in statements()
    ]
    assert sum(map(bool, new)) >= len(new) / 3


@pytest.mark.parametrize("style", STYLES)
def test_men_and_women_are_spoken_of_about_as_often(style):
    said = Counter(w for _, s in statements() for w in words(" ".join(texts(s, style))))
    women = said["she"] + said["her"] + said["hers"]
    men = said["he"] + said["him"] + said["his"]
    assert min(women, men) > 0
    assert max(women, men) <= 2 * min(women, men)


@pytest.mark.parametrize("style", STYLES)
def test_every_hand_shows_most_types_and_at_most_one_empty_scene(style):
    prompt = load_prompt(PROMPTS[style])
    hands = {shots(prompt, str(i)) for i in range(200)}
    assert len(hands) == prompt.hands
    for hand in hands:
        replies = [json.loads(m.text)["statements"] for m in hand if m.role == "assistant"]
        assert len(replies) == prompt.shots
        assert sum(not reply for reply in replies) <= 1
        assert len({s["inference"] for reply in replies for s in reply}) >= 8


def test_every_scene_is_in_one_hand():
    prompt = load_prompt(PROMPTS["id"])
    shown = [m.text for hand in {shots(prompt, str(i)) for i in range(200)} for m in hand[::2]]
    assert len(shown) == len(set(shown)) == len(prompt.all_examples())


# --- the prompts that use it ------------------------------------------------------------------------


def test_the_two_prompts_differ_only_in_how_regions_are_pointed_at():
    def sections(style):
        return re.split(r"^# ", load_prompt(PROMPTS[style]).system, flags=re.MULTILINE)

    different = [a for a, b in zip(sections("id"), sections("description"), strict=True) if a != b]
    assert [each.splitlines()[0] for each in different] == ["Pointing at regions"]


@pytest.mark.parametrize("style", STYLES)
def test_the_system_prompt_explains_every_type_that_may_be_asked_for(style):
    prompt = load_prompt(PROMPTS[style])
    assert prompt.style == style
    for name in prompt.inference_types:
        assert len(re.findall(rf"^- {name}: \S", prompt.system, re.MULTILINE)) == 1


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("n", [1, 3])
def test_an_instruction_says_only_what_varies(style, n):
    prompt = load_prompt(PROMPTS[style])
    asked = turn(prompt, "A scene.", [0, 7], 7, ["intent", "cause"], n)
    assert asked.startswith("A scene.")
    assert "intent, cause" in asked
    assert f"at most {n} statement" in asked
    assert "[7]" in asked
    assert len(asked.split()) < 50


@pytest.mark.parametrize("style", STYLES)
def test_the_words_of_every_step_are_filled_in(style):
    prompt = load_prompt(PROMPTS[style])
    said = {
        "check": {"scene": "A scene.", "statements": '[{"question": "Why?"}]'},
        "revise": {"problems": ["first fault", "second fault"], "n": 2},
        "repair": {"problem": "no JSON object"},
        "look": {"steps": 3},
        "enough": {},
        "sight": {},
    }
    for name, values in said.items():
        text = render(prompt, getattr(prompt, name), **values)
        assert not re.search(r"\{\{|\{%", text)
        for value in values.values():
            assert all(str(each) in text for each in (value if isinstance(value, list) else [value]))
