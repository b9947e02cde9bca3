"""What batching region captions is worth: 8 regions an image, one at a time and together.

    python benchmarks/vlm_batching.py                          a mid-sized BLIP-2 on the CPU
    python benchmarks/vlm_batching.py --device cuda --size full   BLIP-2 OPT-2.7B's sizes, in bfloat16

The model is BLIP-2 from configuration with random weights, so nothing is fetched; its times are those of a
real one of that size. Both ways go through the part ``blip2`` and draw nothing: the pictures are ready. Texts
and scores of the two are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
import transformers as hf
from lskd_transformers.loading import number_type
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil

from lskd_toolkit import Ask, Pointed, create

SIZES: dict[str, dict[str, Any]] = {
    "mid": {
        "vision": {"hidden_size": 384, "intermediate_size": 1536, "num_hidden_layers": 12,
                   "num_attention_heads": 6, "image_size": 224, "patch_size": 16},
        "qformer": {"hidden_size": 384, "intermediate_size": 1536, "num_hidden_layers": 6,
                    "num_attention_heads": 6, "encoder_hidden_size": 384},
        "text": {"hidden_size": 512, "ffn_dim": 2048, "num_hidden_layers": 8, "num_attention_heads": 8,
                 "word_embed_proj_dim": 512},
    },
    "full": {
        "vision": {}, "qformer": {},
        "text": {"hidden_size": 2560, "ffn_dim": 10240, "num_hidden_layers": 32, "num_attention_heads": 32,
                 "word_embed_proj_dim": 2560},
    },
}  # fmt: skip
WORDS = 5000


def written(folder: Path, size: str, device: str) -> None:
    """The model and its processor in a folder."""
    torch.manual_seed(0)
    shape = SIZES[size]
    text = {"vocab_size": WORDS, "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2, **shape["text"]}
    config = hf.Blip2Config(
        vision_config=shape["vision"], qformer_config={"vocab_size": WORDS, **shape["qformer"]},
        text_config={"model_type": "opt", **text}, num_query_tokens=32, image_token_index=4,
    )  # fmt: skip
    with torch.device(device):
        net = hf.Blip2ForConditionalGeneration(config).to(number_type("auto", torch.device(device)))
    net.save_pretrained(folder)
    special = ["<pad>", "</s>", "<s>", "<unk>", "<image>"]
    vocabulary = {word: at for at, word in enumerate([*special, *(f"w{at}" for at in range(WORDS - 5))])}
    tokens = Tokenizer(models.WordLevel(vocabulary, unk_token=special[3]))
    tokens.pre_tokenizer, tokens.decoder = pre_tokenizers.WhitespaceSplit(), decoders.Fuse()
    names = dict(zip(("pad_token", "eos_token", "bos_token", "unk_token"), special, strict=False))
    words = hf.PreTrainedTokenizerFast(
        tokenizer_object=tokens, additional_special_tokens=special[4:], **names
    )
    side = config.vision_config.image_size
    images = BlipImageProcessorPil(size={"height": side, "width": side})
    hf.Blip2Processor(images, words, num_query_tokens=32).save_pretrained(folder)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--size", choices=SIZES, default="mid")
    parser.add_argument("--images", type=int, default=2, help="of 8 regions each")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    random = np.random.default_rng(0)
    count = 8 * given.images
    shown = [Pointed.of(random.integers(0, 255, (480, 640, 3), dtype=np.uint8), ()) for _ in range(count)]
    asks = [Ask("region", max_tokens=given.tokens)] * count
    with tempfile.TemporaryDirectory() as name:
        written(Path(name), given.size, given.device)
        vlm = create("vlm", "blip2", device=given.device, model=name, batch=given.batch)
        vlm.say(shown[:1], asks[:1])
        ways = {
            "together": lambda: vlm.say(shown, asks),
            "one at a time": lambda: [vlm.say([s], [a])[0] for s, a in zip(shown, asks, strict=True)],
        }
        times: dict[str, list[float]] = {way: [] for way in ways}
        told = {}
        for number in range(given.rounds):
            for way in list(ways) if number % 2 == 0 else reversed(list(ways)):
                start = time.perf_counter()
                told[way] = ways[way]()
                times[way].append(time.perf_counter() - start)
    best = {way: min(each) for way, each in times.items()}
    same = sum(a[0].text == b[0].text for a, b in zip(*told.values(), strict=True))
    apart = max(abs(a[0].score - b[0].score) for a, b in zip(*told.values(), strict=True))
    found = {
        "seconds": best, "captions_a_second": {way: count / each for way, each in best.items()},
        "ratio": best["one at a time"] / best["together"], "same_texts": same, "of": count,
        "scores_apart": apart,
    }  # fmt: skip
    if given.json:
        print(json.dumps(found, indent=2))
        return 0
    for way, each in best.items():
        print(f"{way:16s} {each:8.2f} s  {count / each:7.2f} region captions a second")
    print(
        f"together {found['ratio']:.2f} x as fast; {same} of {count} texts the same, scores {apart:.1e} apart"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
