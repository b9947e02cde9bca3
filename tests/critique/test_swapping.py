"""The probe: what is said of a region must be believed less of another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit import Image, Judgement, Picture, Region, Scene, Statement, mentions
from lskd_toolkit.critique.swapping import Swap, SwapOptions, preferred
from lskd_toolkit.errors import ConfigError
from lskd_toolkit.images import as_picture
from lskd_toolkit.testing import SimpleContext

BOXES = ((0.0, 0.0, 10.0, 10.0), (20.0, 0.0, 30.0, 10.0), (40.0, 0.0, 60.0, 30.0))


class Believer:
    """A critic that believes by a function of the text; remembers how often it was asked."""

    def __init__(self, believes: Callable[[str], float]):
        self._believes, self.calls, self.read = believes, 0, list[str]()

    async def judge(
        self, pictures: Sequence[Picture], scenes: Sequence[Scene], said: Sequence[Sequence[Statement]]
    ) -> list[list[Judgement]]:
        self.calls += 1
        self.read += [each.answer for of in said for each in of]
        return [[Judgement(s.id, self._believes(s.answer), "believer") for s in of] for of in said]


def scene(count: int = 3, boxes: Sequence[tuple[float, float, float, float]] = BOXES) -> Scene:
    image = Image("a", "a.png", "0" * 64, 100, 100)
    return Scene(image, tuple(Region(k, boxes[k], label=f"thing {k}") for k in range(count)))


def statement(answer: str, number: int = 0) -> Statement:
    return Statement(number, "", answer, "", regions=tuple(mentions.find(answer)))


def probe(
    critic: Believer, said: Sequence[Statement], where: Scene | None = None, **options: object
) -> list[Judgement]:
    swap = Swap(SwapOptions(**options), SimpleContext(parts={"critic": critic}))
    import PIL.Image

    pixels = as_picture(PIL.Image.new("RGB", (100, 100)))
    [found] = asyncio.run(swap.judge([pixels], [where or scene()], [said]))
    return found


def test_what_is_true_of_its_region_alone_scores_high() -> None:
    critic = Believer(lambda text: 0.9 if "[1]" in text else 0.1)
    [found] = probe(critic, [statement("[1] is red")])
    assert found.score == pytest.approx(81 / 82)
    assert found.parts == {"original": 0.9, "swapped": 0.1}
    assert found.note == ""


def test_what_is_believed_wherever_it_points_scores_a_half_and_is_noted() -> None:
    [found] = probe(Believer(lambda text: 0.8), [statement("[1] is outdoors")])
    assert found.score == 0.5
    assert found.note == "does not care where it points"


def test_what_fits_others_better_scores_low() -> None:
    [found] = probe(Believer(lambda text: 0.1 if "[1]" in text else 0.9), [statement("[1] is red")])
    assert found.score < 0.05


def test_several_that_are_mentioned_change_places_and_one_becomes_another() -> None:
    critic = Believer(lambda text: 0.5)
    probe(critic, [statement("[0] is above [1]"), statement("[2] is large", 1)])
    assert critic.read[:2] == ["[0] is above [1]", "[1] is above [0]"]
    assert critic.read[2] == "[2] is large"
    assert critic.read[3] in ("[0] is large", "[1] is large")
    assert critic.calls == 1  # all at once


def test_what_cannot_be_swapped_is_not_held_against_it() -> None:
    same = (BOXES[0], BOXES[0])
    for said, where in (
        (statement("[0] is red"), scene(1)),  # no other region
        (statement("[0] is red"), scene(2, same)),  # the other is the same place
        (statement("it is red"), scene()),  # points nowhere
        (statement("[0] and [1] are alike"), scene(2)),  # says the same when swapped
        (statement("[9] is red"), scene()),  # mentions what is not there
    ):
        critic = Believer(lambda text: 0.3)
        [found] = probe(critic, [said], where)
        assert (found.score, dict(found.parts)) == (1.0, {})
        assert found.note == "its regions cannot be swapped"
        assert critic.read == []


def test_several_swaps_are_different_and_their_mean_counts() -> None:
    critic = Believer(lambda text: {"[0]": 0.9, "[1]": 0.2, "[2]": 0.6}[text[:3]])
    [found] = probe(critic, [statement("[0] is red")], swaps=5)
    assert sorted(critic.read) == ["[0] is red", "[1] is red", "[2] is red"]
    assert found.parts["swapped"] == pytest.approx(0.4)


def test_judgements_stay_with_their_statements() -> None:
    said = [statement("it is red", 4), statement("[1] is red", 7), statement("[0] is above [2]", 9)]
    found = probe(Believer(lambda text: 0.6), said)
    assert [each.statement for each in found] == [4, 7, 9]
    assert probe(Believer(lambda text: 0.6), said) == found


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_score_is_a_comparison(own: float, other: float) -> None:
    found = preferred(own, other)
    assert 0 <= found <= 1
    assert found == pytest.approx(1 - preferred(other, own))
    assert preferred(own, own) == 0.5
    if own > other + 1e-5:
        assert found > 0.5


def test_it_says_whom_to_name() -> None:
    with pytest.raises(ConfigError, match=r"--set swap\.critic=grounding"):
        Swap(None, SimpleContext())
