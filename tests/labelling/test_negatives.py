"""Spoiled statements: wrong in the way they say, never the words of a true one, the same by the same seed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.labelling import matched
from lskd_toolkit.labelling.labels import line, parse_labels, words_sha256
from lskd_toolkit.labelling.negatives import WAYS, Truth, negated, spoil
from lskd_toolkit.mentions import find
from lskd_toolkit.records import Region, Scene, Statement

from ..corpus.fake import corpus, entry, image

KINDS = ("person", "person", "dog", "ball")


def scene(name: str, count: int = 4) -> Scene:
    return Scene(image(name), tuple(Region(k, (k, 0.0, k + 5.0, 9.0), label=KINDS[k]) for k in range(count)))


def statement(question: str, answer: str, rationale: str, number: int = 0) -> Statement:
    said = f"{question} {answer} {rationale}"
    return Statement(number, question, answer, rationale, tuple(find(said)), "intent")


PARK = scene("park.jpg")
TRUTHS = [
    Truth(PARK, statement("Why does [0] look at [2]?", "[0] owns it.", "[2] is on a leash.", 0)),
    Truth(PARK, statement("What will [3] do?", "Roll.", "[3] lies on a slope.", 1)),
    Truth(scene("hall.jpg"), statement("Who waits?", "[1] does.", "[1] is near the door.", 0)),
]

words = st.lists(
    st.sampled_from(["[0]", "[1]", "[2]", "[0, 1]", "sees", "is", "and", "not", "it"]), min_size=1, max_size=6
)
truths = st.lists(
    st.builds(
        lambda name, number, *said: Truth(scene(name), statement(*(" ".join(each) for each in said), number)),
        st.sampled_from(["a", "b", "c"]), st.integers(0, 5), words, words, words,
    ),
    max_size=6,
)  # fmt: skip


@given(truths, st.integers(0, 3))
def test_no_negative_has_the_words_of_a_true_statement(given_truths: list[Truth], seed: int) -> None:
    true = {(t.scene.image.id, words_sha256(t.statement)) for t in given_truths}
    made = list(spoil(given_truths, seed=seed))
    assert not {(each.image, each.sha256) for each in made} & true
    assert len({(each.image, each.sha256) for each in made}) == len(made)
    assert made == list(spoil(given_truths, seed=seed))
    assert all(each.synthetic.partition(":")[0] in WAYS and not each.accept for each in made)


def test_ids_change_places_or_become_another_kind_of_region() -> None:
    two, one = list(spoil(TRUTHS[:2], ways=["swapped-ids"]))
    assert two.words == ("Why does [2] look at [0]?", "[2] owns it.", "[0] is on a leash.")
    assert two.synthetic == "swapped-ids: 0 to 2, 2 to 0"
    assert one.words
    assert find(one.words[0])[0] in (0, 1, 2)
    single = Truth(PARK, statement("Who is [0]?", "A guest.", "Dressed well."))
    spoiled = [
        label.words for seed in range(30) for label in spoil([single], ways=["swapped-ids"], seed=seed)
    ]
    targets = {find(words[0])[0] for words in spoiled if words}
    assert targets == {2, 3}, "a person becomes no other person while there is something else"


@pytest.mark.parametrize(
    "question", ["What do [0] and [1] do?", "What do [0, 1] do?", "Is it [0] or [1]?", "Do [0], [1] meet?"]
)
def test_what_stands_side_by_side_is_not_swapped_for_the_same(question: str) -> None:
    assert not list(
        spoil([Truth(PARK, statement(question, "Talk.", "They stand close."))], ways=["swapped-ids"])
    )


def test_a_statement_is_told_of_another_image_that_has_its_regions() -> None:
    found = list(spoil(TRUTHS, ways=["swapped-images"]))
    assert {each.image for each in found} == {"park.jpg", "hall.jpg"}
    bare = Truth(scene("bare.jpg", 0), statement("Is it day?", "Yes.", "It is bright."))
    made = {each.image: each.synthetic for each in spoil([TRUTHS[0], bare], ways=["swapped-images"])}
    assert made == {"park.jpg": "swapped-images: from bare.jpg"}, "the bare image has no regions to speak of"


def test_a_rationale_is_contradicted_and_the_answer_left_unjudged() -> None:
    made = [
        each for seed in range(20) for each in spoil(TRUTHS[:2], ways=["contradicted-rationale"], seed=seed)
    ]
    assert {each.synthetic for each in made} == {
        "contradicted-rationale: rationale of statement 1",
        "contradicted-rationale: rationale of statement 0",
        "contradicted-rationale: rationale negated",
    }
    assert {(each.answer, each.rationale, each.accept) for each in made} == {(None, False, False)}


@pytest.mark.parametrize(
    ("text", "contrary"),
    [
        ("[2] is on a leash.", "[2] is not on a leash."),
        ("It is not day.", "It is day."),
        ("They can see, and it is not far.", "They can not see, and it is not far."),
        ("He can't see.", None),
        ("[3] lies there.", None),
        ("This island.", None),
    ],
)
def test_negation_turns_a_text_round(text: str, contrary: str | None) -> None:
    assert negated(text) == contrary


def test_further_known_statements_are_not_made_up_again() -> None:
    [made] = list(spoil(TRUTHS[:1], ways=["swapped-ids"]))
    assert made.words
    known = Truth(PARK, statement(*made.words, 7))
    assert not list(spoil(TRUTHS[:1], [known], ways=["swapped-ids"]))


def test_negatives_are_found_again_beside_their_scene() -> None:
    """Through the file and back: the spoiled words, with the type of the origin but not of a namesake."""
    run = corpus(*(entry(f"{k}.jpg", (0.9, 0.9)) for k in range(3)))
    made = list(spoil([Truth(each.scene, each.statements[0]) for each in run.kept]))
    assert {each.synthetic.partition(":")[0] for each in made} >= {"swapped-ids"}
    file = parse_labels(b"".join(map(line, made)))
    found, problems = matched(file, run)
    assert not problems
    assert len(found) == len(made)
    for each in found:
        assert (each.statement.question, each.statement.answer, each.statement.rationale) == each.labels[
            0
        ].words
        foreign = each.labels[0].synthetic.startswith("swapped-images")
        assert each.statement.inference == ("" if foreign else "intent")
    broken = replace(made[0], words=("other", "words", "here"))
    assert "its words" in matched(parse_labels(line(broken)), run)[1][0].reason
