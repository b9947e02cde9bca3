"""What the released code calls a parameter, and what it is called here.

Source: the parameter names of ``Blip2Critic`` and ``BertLMHeadModel`` in ``lavis/models/blip2_models`` of the
released code.
"""

from __future__ import annotations

import re

EYE = "visual_encoder."
"""Begins the names of the vision encoder. It was frozen, and frozen parameters are not in a checkpoint."""

UNUSED = frozenset({"Qformer.bert.embeddings.position_ids"})
"""In a checkpoint, and no weight: 0, 1, 2, …"""

_LAYER = r"Qformer\.bert\.encoder\.layer\.(\d+)\."
_RULES = tuple(
    (re.compile(pattern), ours)
    for pattern, ours in (
        (r"query_tokens", r"query_tokens"),
        (r"ln_vision\.(\w+)", r"vision_model.post_layernorm.\1"),
        (r"((?:itm_head|qa_head\.\d|r_head\.\d)\.\w+)", r"\1"),
        (r"Qformer\.bert\.embeddings\.((?:word|position)_embeddings\.weight)", r"embeddings.\1"),
        (r"Qformer\.bert\.embeddings\.LayerNorm\.(\w+)", r"qformer.layernorm.\1"),
        # The decoder is tied to the word embeddings. Both were frozen, but only the embeddings' own name is
        # left out of a checkpoint for it: the words are to be had under the decoder's.
        (r"Qformer\.cls\.predictions\.decoder\.weight", r"embeddings.word_embeddings.weight"),
        (r"Qformer\.cls\.predictions\.decoder\.bias", r"cls.predictions.bias"),
        (r"Qformer\.(cls\.predictions\.(?:bias|transform\.\w+\.\w+))", r"\1"),
        (_LAYER + r"(attention|crossattention)\.self\.(.+)", r"qformer.encoder.layer.\1.\2.attention.\3"),
        (_LAYER + r"(.+)", r"qformer.encoder.layer.\1.\2"),
    )
)


def ours(name: str) -> str | None:
    """Our name of a released parameter; None where there is nothing like it."""
    for pattern, replacement in _RULES:
        if found := pattern.fullmatch(name):
            return found.expand(replacement)
    return None
