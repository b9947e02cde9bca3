"""A tokenizer for a student that starts from nothing: the words of its own corpus."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from string import ascii_lowercase, digits

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[DEC]")
"""``[DEC]`` begins a text to be written, as in the original; padding is token 0."""

REGION_TOKENS = 32
"""Region numbers that are one token each; higher ones are spelt."""

_WORD = re.compile(r"\w+|[^\w\s]")
_REGION = re.compile(r"\[\d+\]")


def build(texts: Iterable[str], size: int) -> PreTrainedTokenizerFast:
    """A WordPiece tokenizer over the most frequent words of ``texts``, at most about ``size`` pieces.

    A word of the corpus is one token and ``[k]`` is one token; a word never seen is spelt with the
    longest words and letters that are known, so that little is unknown at scoring. Made without
    training, by counting and sorting: the same texts give the same tokenizer.
    """
    counts = Counter(word for text in texts for word in _WORD.findall(_REGION.sub(" ", text.lower())))
    letters = sorted({letter for word in counts for letter in word} | set(ascii_lowercase + digits))
    pieces = [*SPECIAL, *letters, *(f"##{letter}" for letter in letters)]
    room = max(0, size - len(pieces) - REGION_TOKENS)
    words = sorted((w for w in counts if len(w) > 1), key=lambda word: (-counts[word], word))[:room]
    vocabulary = {piece: index for index, piece in enumerate([*pieces, *words])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))  # noqa: S106
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex(r"[^\w\s]"), "isolated")]
    )
    tokenizer.add_tokens([AddedToken(f"[{k}]", normalized=False) for k in range(REGION_TOKENS)])
    tokenizer.post_processor = processors.BertProcessing(
        ("[SEP]", vocabulary["[SEP]"]), ("[CLS]", vocabulary["[CLS]"])
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", bos_token="[DEC]",  # noqa: S106
    )  # fmt: skip
