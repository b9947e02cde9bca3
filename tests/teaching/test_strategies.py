"""What a strategy makes of a scene, asked of a scripted model; and that asking again costs nothing."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from lskd_toolkit.corpus import open_run
from lskd_toolkit.errors import ConfigError, UnknownComponent
from lskd_toolkit.llm import Budget, ChatReply, Door, Ledger
from lskd_toolkit.pipeline.running import configure, run
from lskd_toolkit.records import Descriptor, Image, Region, Scene
from lskd_toolkit.smallworld.backend import SmallworldBackend
from lskd_toolkit.teaching.lesson import Lesson
from lskd_toolkit.teaching.oneshot import oneshot
from lskd_toolkit.teaching.options import TeacherOptions
from lskd_toolkit.teaching.prompt import Prompt
from lskd_toolkit.teaching.reflect import reflect
from lskd_toolkit.teaching.toolbox import Toolbox

SCENE = Scene(
    Image("a", "a", "ab" * 32, 64, 64),
    (Region(0, (0, 0, 9, 9), label="dog"), Region(3, (9, 9, 20, 20), label="ball")),
    (Descriptor("global", "a park"),),
)
PROMPT = Prompt(
    name="p", version=1, instruction="{{ scene }} {{ inference }} {{ n }}", system="Be good.",
    inference_types=("intent", "cause", "role"), statements=2, notes=False,
)  # fmt: skip


def statement(question="Why does [0] run?", answer="It wants [3].", rationale="[3] rolls away."):
    return {"question": question, "answer": answer, "rationale": rationale, "inference": "intent"}


def written(*statements):
    return json.dumps({"statements": list(statements)})


class Scripted:
    """A model that says what it is told to, in order."""

    endpoint, model = "test", "m1"

    def __init__(self, *replies):
        self.replies, self.requests = list(replies), []

    async def complete(self, request):
        self.requests.append(request)
        reply = self.replies[len(self.requests) - 1]
        return reply if isinstance(reply, ChatReply) else ChatReply(reply)

    def usd(self, tokens_in, tokens_out):
        return 0.0


def lesson_over(backend, ledger=None, prompt=PROMPT, **options):
    door = Door(backend, ledger or Ledger.in_memory(), Budget())
    return Lesson(SCENE, prompt, door, TeacherOptions(**options), 0, Toolbox(door, {}))


def test_oneshot_asks_once_and_the_ledger_answers_the_next_time():
    backend, ledger = Scripted(written(statement())), Ledger.in_memory()
    first = asyncio.run(oneshot(lesson_over(backend, ledger)))
    again = asyncio.run(oneshot(lesson_over(backend, ledger)))
    assert [s.answer for s in first.statements] == ["It wants [3]."]
    assert first == again
    assert len(backend.requests) == 1
    assert first.replies == (first.statements[0].reply,)


def test_a_prompt_with_a_focus_asks_about_each_region_with_types_of_its_own():
    backend = Scripted(*[written(statement(question=f"What now, [0], {i}?")) for i in range(2)])
    prompt = PROMPT.model_copy(update={"focus": "region", "statements": 1})
    taught = asyncio.run(oneshot(lesson_over(backend, prompt=prompt)))
    assert len({r.messages[-1].text.split("[", 1)[1] for r in backend.requests}) == 2
    assert [s.id for s in taught.statements] == [0, 1]


@pytest.mark.parametrize("bad", ["Well, who knows.", "{", written({"question": "Why?"})])
def test_what_cannot_be_used_is_sent_back_once_with_what_is_wrong(bad):
    backend = Scripted(bad, written(statement()))
    taught = asyncio.run(oneshot(lesson_over(backend)))
    assert len(taught.statements) == 1
    assert len(taught.replies) == 2
    assert taught.rejected
    *_, said, told = backend.requests[1].messages
    assert (said.role, said.text) == ("assistant", bad)
    assert "cannot be used" in told.text


def test_one_repair_is_all_there_is():
    backend = Scripted("hm", "hm again")
    taught = asyncio.run(oneshot(lesson_over(backend)))
    assert taught.statements == ()
    assert len(backend.requests) == 2


@pytest.mark.parametrize(
    ("reply", "reason", "kept"),
    [
        (ChatReply("No.", "refused"), "refused by the teacher", 0),
        (
            ChatReply(written(statement(), statement("What is [3]?"))[:-30], "cut"),
            "cut by the token limit",
            1,
        ),
    ],
)
def test_what_is_refused_or_cut_is_kept_with_its_reason_and_not_asked_again(reply, reason, kept):
    backend = Scripted(reply)
    taught = asyncio.run(oneshot(lesson_over(backend)))
    assert len(taught.statements) == kept
    assert any(reason in r.reason for r in taught.rejected)
    assert len(backend.requests) == 1


def checks(*supported):
    return json.dumps(
        {
            "checks": [
                {"statement": i, "supported": ok, "problem": "no ball"} for i, ok in enumerate(supported)
            ]
        }
    )


def test_reflection_that_finds_no_fault_changes_nothing():
    backend = Scripted(written(statement()), checks(True))
    taught = asyncio.run(reflect(lesson_over(backend)))
    assert len(taught.statements) == 1
    assert len(backend.requests) == 2
    check = backend.requests[1]
    assert "It wants [3]." in check.messages[-1].text
    assert "['" not in check.messages[-1].text  # nothing of the writer's quota
    assert check.temperature == 0.0
    assert len(check.messages) == 1


def test_reflection_mends_or_withdraws_what_does_not_hold():
    second = statement("What is [3] for?", "To be thrown by [0].", "[3] is small and round.")
    mended = statement("What is [3] for?", "To be fetched by [0].", "[3] is small and round.")
    backend = Scripted(written(statement(), second), checks(True, False), written(statement(), mended))
    taught = asyncio.run(reflect(lesson_over(backend)))
    assert [s.answer for s in taught.statements] == ["It wants [3].", "To be fetched by [0]."]
    assert [r.reason for r in taught.rejected] == ["withdrawn on reflection"]
    assert taught.rejected[0].text.endswith("(no ball)")
    assert "statement 1: no ball" in backend.requests[2].messages[-1].text
    assert len(taught.replies) == 3


def test_reflection_lets_the_writer_mend_what_the_parser_rejects():
    backend = Scripted(
        written(statement(), statement("What does [9] do?")), checks(True), written(statement())
    )
    taught = asyncio.run(reflect(lesson_over(backend)))
    assert len(taught.statements) == 1
    assert "[9]" in backend.requests[2].messages[-1].text


@pytest.mark.parametrize("babble", ["fine!", "{}", '{"checks": [{"statement": "x"}, 3, {"statement": 77}]}'])
def test_a_check_that_cannot_be_read_finds_no_fault(babble):
    backend = Scripted(written(statement()), babble)
    assert len(asyncio.run(reflect(lesson_over(backend))).statements) == 1


@pytest.mark.parametrize("strategy", [oneshot, reflect])
def test_every_strategy_is_a_function_of_scene_and_replies(strategy):
    backend = Scripted(
        written(statement(), statement("Who is [0]?")), checks(True, False), written(statement())
    )
    ledger = Ledger.in_memory()
    first = asyncio.run(strategy(lesson_over(backend, ledger)))
    asked = len(backend.requests)
    assert asyncio.run(strategy(lesson_over(backend, ledger))) == first
    assert len(backend.requests) == asked


def test_a_sample_has_its_own_requests_and_says_which_it_is():
    backend = Scripted(*[written(statement())] * 2)
    lesson = lesson_over(backend)
    made = [asyncio.run(oneshot(replace(lesson, draw=draw))) for draw in (0, 1)]
    assert [t.statements[0].draw for t in made] == [0, 1]
    assert made[0].replies != made[1].replies


def test_an_unknown_strategy_is_named_with_those_there_are():
    raw = {"teacher": {"use": "llm", "parts": {"backend": "smallworld"}}, "strategy": "nonesuch"}
    with pytest.raises(UnknownComponent, match=r"there are .*oneshot, reflect"):
        configure(None, None, raw)


def taught(tmp_path, **teacher):
    """A run over the small world with the scripted backend; its corpus by image."""
    config = configure(
        None, None,
        {
            "source": {"use": "smallworld", "count": 8}, "proposer": "smallworld", "vqa": "smallworld",
            "verbalizer": ["smallworld-local", "smallworld-relation"], "critic": "smallworld",
            "teacher": {
                "use": "llm", "parts": {"backend": {"use": "smallworld", **teacher.pop("backend", {})}},
                **teacher,
            },
        },
    )  # fmt: skip
    run(config, tmp_path)
    with open_run(tmp_path) as corpus:
        return list(corpus.entries())


def test_of_several_samples_as_many_are_kept_as_one_has(tmp_path):
    entries = taught(tmp_path, samples=3, statements=2)
    assert {s.draw for e in entries for s in e.statements} == {0, 1, 2}
    for entry in entries:
        assert sum(v.accepted for v in entry.verdicts.values()) <= 2


def test_reflection_leaves_fewer_errors_than_writing_alone(tmp_path):
    """The scripted model errs by habit when it writes, and sees it when it checks."""
    backend = {"hallucinated": 1.0}
    rates = []
    for strategy in ("oneshot", "reflect"):
        entries = taught(tmp_path / strategy, strategy=strategy, backend=backend)
        verdicts = [v.accepted for e in entries for v in e.verdicts.values()]
        rates.append(sum(verdicts) / len(verdicts))
    assert rates[0] < 0.5
    assert rates[1] > 0.8


@pytest.mark.parametrize("given", ["image", "both"])
def test_a_sighted_teacher_is_sent_the_picture_with_its_regions_drawn(tmp_path, given):
    taught(tmp_path, input=given)
    ledger = Ledger(tmp_path / "ledger.sqlite", readonly=True)
    for key in ledger.keys_with(["ok"]):
        *_, last = ledger.request(key)["messages"]
        ((sha256, recipe),) = last["sights"]
        assert len(sha256) == 64
        assert "numbered" in recipe
        assert ("Relations:" in last["text"]) == (given == "both")
    ledger.close()


def test_a_backend_that_takes_no_pictures_is_not_given_any(tmp_path, monkeypatch):
    monkeypatch.setattr(SmallworldBackend, "can", frozenset({"schema"}))
    with pytest.raises(ConfigError, match="--teacher-input text"):
        taught(tmp_path, input="both")


def test_another_visual_prompt_is_another_question_only_for_a_teacher_that_sees(tmp_path):
    keys = {}
    for given in ("text", "both"):
        for drawn_by in ("numbered", "paper-overlay"):
            raw = {"teacher": {"use": "llm", "input": given, "parts": {"backend": "smallworld"}},
                   "visual_prompt": drawn_by, "critic": "smallworld"}  # fmt: skip
            keys[given, drawn_by] = configure(None, None, raw).teacher.key()
    assert keys["text", "numbered"] == keys["text", "paper-overlay"]
    assert keys["both", "numbered"] != keys["both", "paper-overlay"]


def test_an_agent_is_lent_the_runs_parts_beside_its_own():
    pytest.importorskip("lskd_langchain", reason="lskd-langchain is not installed")
    own = {"text": {"kind": "verbalizer", "use": "smallworld-global"}, "backend": "smallworld"}
    raw = {"teacher": {"use": "llm", "parts": own}, "vqa": "smallworld", "critic": "smallworld",
           "verbalizer": ["smallworld-local", "smallworld-relation"]}  # fmt: skip
    agent = configure(None, None, {**raw, "strategy": "agent"}).teacher
    assert set(agent.parts) == {"backend", "text", "vqa", "smallworld-local", "smallworld-relation"}
    assert set(configure(None, None, raw).teacher.parts) == {"backend", "text"}
    other = configure(None, None, {**raw, "vqa": {"use": "smallworld", "noise": 0.5}, "strategy": "agent"})
    assert other.teacher.key() != agent.key()
