"""Mentions: found, renumbered, and carried through tokens without loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.mentions import detokenize, find, normalise, renumber, tokenize, unknown

ids = st.integers(0, 999)
mention = st.lists(ids, min_size=1, max_size=3).map(lambda some: f"[{', '.join(map(str, some))}]")
piece = st.one_of(
    mention,
    st.sampled_from(
        ["What", "don't", "the", "man", "players'", "half-open", "3,000", "U.S.", "e.g.", "café", "[a]",
         "[1999]", "person(s)", ".",
         ",", "?", "!", "...", "'s", "n't", '"', "'", "“", "”", "(", ")", "[", "]",
         "-", "—", "/", "$", "%", "*", ".5", "\u2060", "1", "\n", "\t"]
    ),
)  # fmt: skip
text = st.lists(st.tuples(piece, st.sampled_from(["", " ", "  "])), max_size=12).map(
    lambda some: "".join(word + space for word, space in some)
)


@given(text)
def test_tokens_give_back_the_normal_form(given_text):
    assert detokenize(tokenize(given_text)) == normalise(given_text)


@given(st.text(max_size=40))
def test_tokens_give_back_the_normal_form_of_any_text(given_text):
    assert detokenize(tokenize(given_text)) == normalise(given_text)


@given(text)
def test_the_normal_form_is_its_own(given_text):
    assert normalise(normalise(given_text)) == normalise(given_text)


@given(text)
def test_tokens_that_we_write_are_read_back_the_same(given_text):
    tokens = tokenize(given_text)
    assert tokenize(detokenize(tokens)) == tokens


@given(text)
def test_a_nested_list_is_exactly_a_mention(given_text):
    listed = [i for token in tokenize(given_text) if isinstance(token, list) for i in token]
    assert list(dict.fromkeys(listed)) == find(normalise(given_text))


@given(text, st.randoms(use_true_random=False))
def test_renumbering_and_back_changes_nothing(given_text, random):
    normal = normalise(given_text)
    old = find(normal)
    new = random.sample(range(1000), len(old))
    there = renumber(normal, dict(zip(old, new, strict=True)))
    assert find(there) == new
    assert renumber(there, dict(zip(new, old, strict=True))) == normal


@pytest.mark.parametrize(
    "plain",
    [
        "What is [4] doing?",
        "[1]'s hat is red, isn't it?",
        "[0] and [3] don't look at [1, 2].",
        'He says "stop" to [0], "[1]" to [2].',
        "The man ([3]) left; [4] - the tall one - stayed.",
        "Why? Because [0]'s half-open, 3,000-year-old door (see [2]) won't close...",
    ],
)
def test_a_sentence_as_a_person_writes_it_is_already_normal(plain):
    assert normalise(plain) == plain
    assert detokenize(tokenize(plain)) == plain


def test_the_released_corpus_s_form_is_written():
    assert tokenize("What is [4] doing?") == ["What", "is", [4], "doing", "?"]
    assert tokenize("[0, 2] aren't [1]'s friends.") == [[0, 2], "aren't", [1], "'s", "friends", "."]


def test_tokens_of_others_become_plain_sentences():
    tokens = ["Why", "do", "n't", [0], "and", [1, 2], "see", [3], "'s", "hat", ",", '"', "hi", '"', "?"]
    assert detokenize(tokens) == "Why don't [0] and [1, 2] see [3]'s hat, \"hi\"?"


@pytest.mark.parametrize("no_mention", ["[a]", "[1999]", "[]", "x[1]", "[-1]", "[1.5]", "[0-2]", "[[1]]"])
def test_other_brackets_are_not_mentions(no_mention):
    assert find(f"see {no_mention} there") == []


def test_mentions_come_once_each_in_order_of_first_mention():
    assert find("[3] and [1, 3] see [ 0 ]") == [3, 1, 0]
    assert unknown("[3] and [1, 3] see [0]", {1}) == [3, 0]


def test_an_id_without_a_new_number_is_not_dropped_silently():
    with pytest.raises(KeyError):
        renumber("[0] and [1]", {0: 4})


@pytest.mark.parametrize(
    ("plain", "tokens"),
    [
        ("[0]’s cat can't run.", [[0], "’s", "cat", "can't", "run", "."]),
        ('He said "go, [1]" twice.', ["He", "said", '"', "go", ",", [1], '"', "twice", "."]),
        ("Half-open by 50% (see [2]).", ["Half-open", "by", "50", "%", "(", "see", [2], ")", "."]),
        ("$5.50 at 3:30?!", ["$", "5.50", "at", "3:30", "?", "!"]),
        ("In [1999] a[0]", ["In", "[", "1999", "]", "a", "\u2060[", "0", "]"]),
        ("See [[0]]", ["See", "[", "[", "0", "]", "]"]),
    ],
)  # fmt: skip
def test_words_marks_and_mentions_come_apart_as_people_expect(plain, tokens):
    assert tokenize(plain) == tokens
    assert detokenize(tokens) == plain


@pytest.mark.parametrize(
    ("tokens", "plain"),
    [
        (["I", "do", "n't", "see", [[0, 2]]], "I don't see [0, 2]"),
        (["He", "did", "n’t", "wave", "at", 3, "."], "He didn’t wave at [3]."),
        (["``", "No", "''", ",", "says", [1]], '"No", says [1]'),
        (["THEY", "'RE", "LATE"], "THEY'RE LATE"),
    ],
)
def test_other_tokenizers_habits_read_well(tokens, plain):
    assert detokenize(tokens) == plain
