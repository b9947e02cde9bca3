"""Asking about the small world: who asks reads words alone, who answers knows the truth."""

from __future__ import annotations

import asyncio
import json

import pytest
import yaml

from lskd_toolkit.corpus import open_run
from lskd_toolkit.errors import BudgetReached, ConfigError
from lskd_toolkit.llm.budget import Budget
from lskd_toolkit.llm.door import Door
from lskd_toolkit.llm.ledger import Ledger
from lskd_toolkit.llm.messages import ChatReply
from lskd_toolkit.records import Answer, Scene
from lskd_toolkit.testing import check_verbalizer
from lskd_toolkit.testing.samples import pictures, scene
from lskd_toolkit.verbalizing.asking_prompt import load_asking_prompt
from lskd_toolkit.verbalizing.dynamic import Dynamic
from lskd_toolkit.verbalizing.options import DynamicOptions

from .worlds import entries

ASKING = {
    "verbalizer": ["smallworld-local", "dynamic"],
    "teacher": {"use": "llm", "parts": {"backend": {"use": "smallworld"}}},
}


def asked(entry):
    return [d for d in entry.scene.descriptors if d.verbalizer == "dynamic"]


YES = Answer("yes", 0.75)


class Desk:
    """A backend that gives the replies that it is told to, and a VQA part that answers what it is told to."""

    seed, device, key, can = 5, "cpu", {"component": "test"}, frozenset()

    def __init__(self, *replies, answer=YES):
        self.replies, self.said, self.requests, self.questions = list(replies), answer, [], []
        self.marked = []

    def llm(self, name="backend"):
        return self

    def part(self, kind, name=""):
        return self

    async def complete(self, request):
        self.requests.append(request)
        reply = self.replies[len(self.requests) - 1]
        return reply if isinstance(reply, ChatReply) else ChatReply(reply)

    async def answer(self, *given):
        if len(given) == 2:  # the door's
            return await given[1]()
        self.questions += given[2]
        return [self.said for _ in given[2]]

    def unparsable(self, reply):
        self.marked.append(reply.text)

    def ask(self, about=None, **options):
        """What comes of a scene."""
        self.about = about or scene(pictures(1)[0])
        part = Dynamic(DynamicOptions(**options), self)
        (told,) = asyncio.run(part.verbalize([pictures(1)[0]], [self.about]))
        return told


class Scripted:
    """The desk as a backend behind a real door."""

    endpoint, model, can, in_flight = "desk", "test", frozenset({"schema"}), 4

    def __init__(self, desk):
        self.complete = desk.complete

    def usd(self, tokens_in, tokens_out):
        return 0.0


def questions(*texts):
    return json.dumps({"questions": [{"question": text, "regions": []} for text in texts]})


def test_contracts():
    check_verbalizer("dynamic")


def test_questions_are_asked_answered_and_told(tmp_path):
    for entry in entries(tmp_path, **ASKING):
        told = asked(entry)
        assert 1 <= len(told) <= 6
        assert all(d.scope == "dynamic" and d.question and d.text for d in told)
        assert all(f"[{i}]" in d.question for d in told for i in d.regions)


def test_later_rounds_are_told_the_answers():
    desk = Desk(questions("Is [0] sad?", "Is [1] sad?"), questions("Why?"))
    told = desk.ask(questions=3, rounds=2)
    assert [d.question for d in told] == ["Is [0] sad?", "Is [1] sad?", "Why?"]
    assert (told[0].text, told[0].score, told[0].regions) == ("yes", 0.75, (0,))
    first, second = desk.requests
    assert [m.role for m in second.messages] == ["user", "assistant", "user"]
    assert "- Is [0] sad? yes" in second.messages[-1].text
    assert "a person and a dog" in first.messages[0].text
    assert first.seed == 5


def test_the_bounds_hold_whatever_the_model_writes():
    many = [questions(*(f"Question {i} of {r}?" for i in range(9))) for r in range(5)]
    desk = Desk(*many)
    assert len(desk.ask(questions=7, rounds=3)) == 7
    assert len(desk.requests) == 3
    assert [request.schema["properties"]["questions"]["maxItems"] for request in desk.requests] == [3, 2, 2]


def test_a_round_that_cannot_be_read_is_told_so_and_costs_itself_alone():
    desk = Desk("Well.", questions("Why?"))
    assert [d.question for d in desk.ask(rounds=2)] == ["Why?"]
    assert desk.requests[1].messages[-1].text.startswith("That cannot be used: there is no JSON")
    assert desk.marked == ["Well."]


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("Well.", "no question came of 2 replies: there is no JSON with questions in 'Well.'"),
        (ChatReply("No.", "refused"), "no question came of 1 replies: refused: No."),
        (ChatReply('{"quest', "cut"), "raise it with --set dynamic.max_tokens=N"),
    ],
)
def test_when_nothing_came_at_all_the_row_says_why(reply, why):
    with pytest.raises(Exception, match=why):
        Desk(reply, reply).ask(rounds=2)


def test_nothing_to_ask_is_no_error():
    assert Desk('{"questions": []}').ask() == []


def test_an_empty_scene_is_not_asked_about():
    desk = Desk()
    assert desk.ask(Scene(pictures(1)[0].image)) == [] == desk.requests


@pytest.mark.parametrize("answer", [Answer("unknown", 0.0), Answer("Unknown.", 0.9), Answer("", 1.0)])
def test_what_could_not_be_answered_is_not_told_but_the_asker_knows(answer):
    desk = Desk(questions("Is [0] sad?"), questions(), answer=answer)
    assert desk.ask(rounds=2) == []
    assert "- Is [0] sad? could not be answered" in desk.requests[1].messages[-1].text


def test_an_answer_stays_what_it_was_when_it_is_asked_for_again():
    """A model may answer otherwise among other questions: the conversation would be another one then."""
    desk = Desk(questions("Is [0] sad?"), questions(), questions("Is [0] sad?"), questions())
    door = Door(Scripted(desk), Ledger.in_memory(), Budget())
    desk.llm = lambda name="backend": door
    first = desk.ask(rounds=2)
    desk.said = Answer("no", 0.9)
    assert desk.ask(rounds=2) == first
    assert len(desk.requests) == 2
    assert len(desk.questions) == 1


def test_the_prompt_is_the_users_to_replace_and_in_the_key(tmp_path):
    mine = load_asking_prompt("questions").model_dump()
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump({**mine, "name": "mine", "instruction": "About {{ scene }}: {{ n }}"}))
    desk = Desk(questions("Why?"))
    desk.ask(prompt=str(file), rounds=1)
    assert desk.requests[0].messages[0].text.startswith("About The picture as a whole:")
    keys = [DynamicOptions(prompt=name).key() for name in ("questions", str(file))]
    assert keys[0] != keys[1]


@pytest.mark.parametrize(
    ("text", "why"),
    [("- a", "does not fit"), ("name: x", "does not fit"), ("{", "is not YAML"), (None, "cannot read")],
)
def test_a_prompt_that_does_not_fit_is_one_line(tmp_path, text, why):
    file = tmp_path / "mine.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ConfigError, match=why):
        load_asking_prompt(str(file))


def test_an_unknown_prompt_names_those_there_are():
    with pytest.raises(ConfigError, match="there is questions; or give a path"):
        load_asking_prompt("nope")


def test_without_a_backend_it_says_so_before_the_free_stages(tmp_path):
    with pytest.raises(ConfigError, match=r"verbalizer.dynamic needs a backend; name one: --set dynamic"):
        entries(tmp_path, verbalizer=["smallworld-local", "dynamic"])
    with open_run(tmp_path) as corpus:
        assert not any(stage.rows for stage in corpus.stages)


def test_a_cap_stops_it_and_the_same_command_goes_on(tmp_path):
    log = f"teacher.backend.log={tmp_path}/log"
    with pytest.raises(BudgetReached):
        entries(tmp_path / "a", log, max_requests=3, chunk=1, **ASKING)
    capped = entries(tmp_path / "a", log, max_requests=1000, chunk=1, **ASKING)
    billed = len((tmp_path / "log").read_text().splitlines())
    (tmp_path / "log").unlink()
    assert capped == entries(tmp_path / "b", log, **ASKING)
    assert len((tmp_path / "log").read_text().splitlines()) == billed


def test_what_is_refused_is_a_failed_row_with_its_reason(tmp_path):
    told = entries(tmp_path, "teacher.backend.refuse_rate=1.0", **ASKING)
    failures = [(f.stage, f.reason) for entry in told for f in entry.failures if f.status == "failed"]
    assert {stage for stage, _ in failures} == {"verbalizer.dynamic"}
    assert all("refused: I cannot help with that." in reason for _, reason in failures)
