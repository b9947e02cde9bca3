"""Sentence vectors by all-MiniLM-L6-v2: a small BERT, mean pooling, unit length.

Built from three local files, so nothing is looked up anywhere. Texts of one length in tokens share a
batch, so no text is padded: a vector depends on its own text alone, up to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lskd_toolkit import weight_path

SIZE = 384
LONGEST = 256
"""Tokens read of a text at most, as in the model's own configuration."""
FILES = ("minilm.config.json", "minilm.tokenizer.json", "minilm.safetensors")


class MiniLM:
    """The encoder with its tokenizer, on one device."""

    def __init__(self, config: Path, tokenizer: Path, weights: Path, device: str = "cpu"):
        import torch
        from safetensors.torch import load_file
        from tokenizers import Tokenizer
        from transformers import BertConfig, BertModel

        self.tokenizer = Tokenizer.from_file(str(tokenizer))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(LONGEST)
        net = BertModel(BertConfig.from_json_file(str(config)), add_pooling_layer=False)
        held = load_file(str(weights))
        kept = {name: value for name, value in held.items() if name in net.state_dict()}
        net.load_state_dict(kept, strict=True)
        self.net = net.eval().to(device)
        self.device = torch.device(device)

    def encode(self, texts: Sequence[str], batch: int = 64) -> np.ndarray:
        """Unit vectors of texts, ``(N, 384)`` float32, in their order. Equal texts are encoded once."""
        import torch

        known = sorted(set(texts))
        tokens = {text: self.tokenizer.encode(text).ids for text in known}
        of_length: dict[int, list[str]] = {}
        for text in known:
            of_length.setdefault(len(tokens[text]), []).append(text)
        vectors: dict[str, np.ndarray] = {}
        for _, group in sorted(of_length.items()):
            for start in range(0, len(group), batch):
                part = group[start : start + batch]
                ids = torch.tensor([tokens[text] for text in part], device=self.device)
                with torch.inference_mode():
                    pooled = self.net(input_ids=ids).last_hidden_state.mean(dim=1)
                    unit = torch.nn.functional.normalize(pooled, dim=1).float().cpu().numpy()
                vectors.update(zip(part, unit, strict=True))
        return np.stack([vectors[text] for text in texts]) if len(texts) else np.zeros((0, SIZE), np.float32)


def load(device: str = "cpu") -> MiniLM:
    """The encoder from the weights' cache; fetched first where that is allowed.

    Raises:
        WeightsMissing: a file is not here and may not be fetched.
    """
    return MiniLM(*(weight_path(name) for name in FILES), device=device)
