"""What the judge makes of a model's replies: one judgement for every statement, in order, or a reason."""

from __future__ import annotations

import asyncio
import json
import math

import pytest

from lskd_toolkit.critique.judging.llm import LlmJudge
from lskd_toolkit.critique.judging.options import LlmJudgeOptions
from lskd_toolkit.errors import ConfigError, PluginError
from lskd_toolkit.images.picture import Picture
from lskd_toolkit.llm import ChatReply
from lskd_toolkit.records import Image, Region, Scene, Statement
from lskd_toolkit.testing import SimpleContext
from lskd_toolkit.validation import valid_judgements

IMAGE = Image("a", "a", "ab" * 32, 64, 64)
SCENE = Scene(IMAGE, (Region(0, (0, 0, 9, 9), label="dog"), Region(3, (9, 9, 20, 20), label="ball")))
SAID = [
    Statement(at, f"Why does [0] run {at}?", "It wants [3].", "[3] rolls away.", (0, 3))
    for at in (4, 7, 8, 11)
]
GRADES = {"run 4?": (5, 5), "run 7?": (5, 1), "run 8?": (3, 3), "run 11?": (2, 5)}
"""What an even-handed judge gives, whatever the place in the list."""


def asked_about(request):
    """The statements of a request's list: number by number, the question."""
    listed = request.messages[0].text.partition("<statements>")[2].partition("</statements>")[0]
    return {each["statement"]: each["question"] for each in map(json.loads, listed.strip().splitlines())}


def even(request, only=None):
    entries = [
        {"statement": n, "reason": "seen", "answer": a, "rationale": r, "accept": min(a, r) > 3}
        for n, question in asked_about(request).items()
        for a, r in [next(grades for end, grades in GRADES.items() if question.endswith(end))]
        if only is None or n in only
    ]
    return json.dumps({"judgements": entries})


class Scripted:
    """A model that answers its n-th request by the n-th function of it; the last goes on."""

    endpoint, model = "test", "m1"
    can = frozenset({"schema"})

    def __init__(self, *replies):
        self.replies, self.requests = replies or (even,), []

    async def complete(self, request):
        reply = self.replies[min(len(self.requests), len(self.replies) - 1)]
        self.requests.append(request)
        made = reply(request) if callable(reply) else reply
        return made if isinstance(made, ChatReply) else ChatReply(made)

    def usd(self, tokens_in, tokens_out):
        return 0.0


def judging(model, said=SAID, **options):
    """The judgements, or the reason why there are none; and how many replies of each status are kept."""
    context = SimpleContext(llms={"backend": model})
    judge = LlmJudge(LlmJudgeOptions(**options), context)
    picture = Picture(IMAGE, lambda: pytest.fail("a judge by words looked"))
    try:
        (made,) = asyncio.run(judge.judge([picture], [SCENE], [said]))
        assert valid_judgements(made, said) == ""
    except PluginError as error:
        made = str(error)
    return made, context.llm().ledger.totals()[0]


def scores(made):
    return [round(each.score, 6) for each in made]


EVEN = [1.0, 0.0, 0.5, 0.5]


def test_the_score_is_the_geometric_mean_of_two_grades_and_the_parts_are_kept():
    made, _ = judging(Scripted())
    assert scores(made) == EVEN
    assert [each.statement for each in made] == [4, 7, 8, 11]
    assert made[3].parts == {"answer": 0.25, "rationale": 1.0, "accept": 0.0}
    assert made[3].score == math.sqrt(0.25)
    assert {(each.critic, each.note) for each in made} == {("llm", "seen")}


def test_all_statements_of_a_scene_are_one_request_of_text_with_a_schema():
    model = Scripted()
    judging(model)
    (request,) = model.requests
    assert sorted(asked_about(request).values()) == sorted(each.question for each in SAID)
    assert "[0] dog" in request.messages[0].text
    assert request.messages[0].sights == ()
    assert request.temperature == 0.0
    assert "judgements" in request.schema["properties"]


def test_nothing_is_asked_of_a_scene_without_statements():
    model = Scripted()
    assert judging(model, said=[])[0] == []
    assert model.requests == []


@pytest.mark.parametrize(("size", "requests"), [(1, 4), (3, 2), (4, 1)])
def test_each_statement_is_asked_about_once_however_many_go_into_a_request(size, requests):
    model = Scripted()
    made, _ = judging(model, statements=size)
    assert scores(made) == EVEN
    assert len(model.requests) == requests
    assert sorted(q for each in model.requests for q in asked_about(each).values()) == sorted(
        each.question for each in SAID
    )


def test_a_liking_for_the_first_of_a_list_is_evened_out_by_asking_in_the_other_order():
    def first_wins(request):
        return json.dumps(
            {"judgements": [
                {"statement": n, "reason": "", "answer": 5 if n == 1 else 1, "rationale": 5, "accept": True}
                for n in asked_about(request)
            ]}
        )  # fmt: skip

    two = SAID[:2]
    assert sorted(scores(judging(Scripted(first_wins), said=two)[0])) == [0.0, 1.0]
    model = Scripted(first_wins)
    assert scores(judging(model, said=two, samples=2)[0]) == [0.5, 0.5]
    assert [list(asked_about(each).values()) for each in model.requests] == [
        order := list(asked_about(model.requests[0]).values()),
        order[::-1],
    ]


def test_at_temperature_0_the_same_order_is_not_paid_for_again():
    model = Scripted()
    judging(model, said=SAID[:1], samples=5)
    assert len(model.requests) == 1
    model = Scripted()
    judging(model, said=SAID[:1], samples=5, temperature=0.7)
    assert len(model.requests) == 5


def test_what_a_reply_lacks_is_asked_for_once_more_and_that_alone():
    model = Scripted(lambda request: even(request, only={1, 3}), lambda request: even(request, only={2, 4}))
    made, statuses = judging(model)
    assert scores(made) == EVEN
    assert len(model.requests) == 2
    assert model.requests[1].messages[-1].text.endswith("2, 4.")
    assert model.requests[1].messages[1].text == even(model.requests[0], only={1, 3})
    assert statuses == {"ok": 2}


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("Well, they are all good.", "no JSON of the form asked for"),
        ("", "no JSON of the form asked for"),
        (
            lambda request: even(request).replace('"answer": 5', '"answer": 50'),
            "grades other than 1, 2, 3, 4 and 5",
        ),
        (lambda request: even(request) + even(request).replace('"answer": 5', '"answer": 1'), "differently"),
        (lambda request: ChatReply(even(request)[:90], "cut"), "ended before it was whole"),
    ],
)
def test_a_reply_of_the_wrong_form_is_mended_by_saying_what_is_wrong(reply, told):
    model = Scripted(reply, even)
    assert scores(judging(model)[0]) == EVEN
    assert told in model.requests[1].messages[-1].text
    assert len(model.requests) == 2


def test_what_cannot_be_mended_costs_the_row_with_a_reason_and_what_to_do():
    model = Scripted("Well.")
    made, statuses = judging(model)
    assert made.startswith("no judgement of statements 4, 7, 8, 11: nothing to be read of them in 'Well.'")
    assert made.endswith("--retry unparsable")
    assert len(model.requests) == 2
    assert statuses == {"unparsable": 2}


def test_a_repair_that_still_lacks_one_is_found_by_a_retry():
    """Else its reply would stand in the ledger for ever, and the row could never be had."""
    model = Scripted(lambda request: even(request, only={1}), lambda request: even(request, only={2, 3}))
    made, statuses = judging(model)
    assert len(made.partition(":")[0].split()) == 5  # no judgement of statements N
    assert statuses == {"ok": 1, "unparsable": 1}


def test_a_refusal_is_not_argued_with():
    model = Scripted(ChatReply("I cannot.", "refused"))
    made, statuses = judging(model)
    assert "refused: 'I cannot.'; ask again with --retry refused" in made
    assert len(model.requests) == 1
    assert statuses == {"refused": 1}


def test_a_sample_that_is_refused_leaves_the_others_to_count():
    model = Scripted(ChatReply("I cannot.", "refused"), even)
    assert scores(judging(model, samples=2)[0]) == EVEN


def test_a_limit_that_is_too_low_is_said():
    made, _ = judging(Scripted(ChatReply('{"judgements": [', "cut")), max_tokens=16)
    assert "raise it with --set llm.max_tokens=N" in made


def test_room_for_a_reply_grows_with_the_statements():
    few, many = Scripted(), Scripted()
    judging(few, said=SAID[:1])
    judging(many)
    assert many.requests[0].max_tokens - few.requests[0].max_tokens == 3 * 120


def test_a_judge_that_is_to_look_needs_a_model_that_can():
    with pytest.raises(ConfigError, match=r"'m1' takes no pictures; judge by words: --set llm.input=text"):
        judging(Scripted(), input="image")
