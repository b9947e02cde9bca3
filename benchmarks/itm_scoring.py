"""What it is worth that the statements of an image share its drawing: pairs a second, both ways in one run.

    python benchmarks/itm_scoring.py --threads 1                 a ViT-B eye on the CPU
    python benchmarks/itm_scoring.py --device cuda --size vit-g --images 8 --batch 4   BLIP-2's own sizes

Pair by pair, every statement takes its drawing through the eye and asks it for keys and values. Together, a
drawing goes through the eye once and gives keys and values once, and its statements stand in one row.
The net is from configuration with random weights, so nothing is fetched; its times are those of a trained
one of its size. Drawings are ready, as noise of 480 x 480 pixels; texts have 30 to 70 tokens. Scores of both
are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from lskd_transformers.critics.pairs import log_odds, match_logits, score_pairs
from lskd_transformers.data.pixels import normalise
from lskd_transformers.data.tokens import tokenize
from lskd_transformers.data.views import View
from lskd_transformers.data.words import build
from lskd_transformers.nets.blip2_itm import Blip2Itm
from lskd_transformers.nets.config import Blip2ItmConfig
from lskd_transformers.training.measure import fitness

EYES: dict[str, dict[str, Any]] = {
    "vit-b": {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
              "num_attention_heads": 12, "patch_size": 16},
    "vit-g": {"hidden_size": 1408, "intermediate_size": 6144, "num_hidden_layers": 39,
              "num_attention_heads": 16, "patch_size": 14},
    "tiny": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
             "patch_size": 16},
}  # fmt: skip
SIDE, SHORTEST, LONGEST, WORDS = 480, 30, 70, 2000
MOST = 128
"""Tokens, as BLIP-2 reads."""


def made(size: str, words: int, device: str) -> Blip2Itm:
    """BLIP-2's first stage with that eye and its own Q-Former: 12 layers, width 768, 32 queries."""
    torch.manual_seed(0)
    config = Blip2ItmConfig(
        num_query_tokens=32, image_text_hidden_size=256,
        vision_config={**EYES[size], "image_size": SIDE, "initializer_range": 0.02},
        qformer_config={"vocab_size": max(words, 30_523), "use_qformer_text_input": True,
                        "encoder_hidden_size": EYES[size]["hidden_size"]},
    )  # fmt: skip
    with torch.device(device):
        return Blip2Itm(config).to(device).eval()


def statements(images: int, each: int, side: int) -> list[View]:
    """Views of ``images`` drawings with ``each`` texts."""
    random = np.random.default_rng(0)
    views = []
    for _ in range(images):
        drawing = random.integers(0, 255, (side, side, 3), dtype=np.uint8)
        for length in random.integers(SHORTEST - 2, LONGEST - 1, each):  # two begin and end a text
            views.append(View(drawing, " ".join(f"w{word}" for word in random.integers(0, WORDS, length))))
    return views


def tokens(tokenizer: Any, views: list[View]) -> float:
    """The mean length of the texts."""
    return float(tokenize(tokenizer, [view.text for view in views], MOST).mask.sum(dim=1).float().mean())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--size", choices=EYES, default="vit-b")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--images", type=int, default=2)
    parser.add_argument("--statements", type=int, default=10, help="of an image")
    parser.add_argument("--batch", type=int, default=1, help="drawings at once")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32", help="of the eye")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    tokenizer = build((f"w{word}" for word in range(WORDS)), WORDS + 500)
    net = made(given.size, len(tokenizer), given.device)
    net.vision_model.to(getattr(torch, given.dtype))
    views = statements(given.images, given.statements, SIDE)
    head = match_logits(net)

    def together() -> list[float]:
        return log_odds(score_pairs(net, tokenizer, views, head, MOST, given.batch).values)

    def seen_once() -> list[float]:
        """The eye once a drawing, but keys and values once a statement, in padded batches."""
        return fitness(net, tokenizer, views, MOST, given.statements)

    def pair_by_pair() -> list[float]:
        return [fitness(net, tokenizer, [view], MOST, 1)[0] for view in views]

    ways = {"pair by pair": pair_by_pair, "eye shared": seen_once, "together": together}
    times, scores = in_turns(ways, given.rounds, given.device)
    eye = timed(lambda: net.see(normalise([views[0].pixels], given.device)), given.device)
    count = len(views)
    best = {way: min(each) for way, each in times.items()}
    plain = scores["pair by pair"]
    found = {
        "device": torch.cuda.get_device_name() if given.device.startswith("cuda") else "cpu",
        "size": given.size, "threads": given.threads, "dtype": given.dtype, "statements": given.statements,
        "tokens": tokens(tokenizer, views),
        "pairs_a_second": {way: count / each for way, each in best.items()},
        "ratio": best["pair by pair"] / best["together"],
        "ratios": [a / b for a, b in zip(times["pair by pair"], times["together"], strict=True)],
        "scores_apart": max(abs(a - b) for a, b in zip(plain, scores["together"], strict=True)),
        "spread_of_scores": float(np.std(plain)),
        "eye_seconds": eye,
        "share_of_eye": {
            "pair by pair": min(1.0, count * eye / best["pair by pair"]),
            "together": min(1.0, given.images * eye / best["together"]),
        },
    }  # fmt: skip
    if given.json:
        print(json.dumps(found, indent=2))
        return 0
    for way, each in best.items():
        print(f"{way:13s} {each:8.2f} s  {count / each:8.2f} pairs a second")
    shares = found["share_of_eye"]
    print(
        f"together {found['ratio']:.2f} x as fast as pair by pair "
        f"(by round: {', '.join(f'{ratio:.2f}' for ratio in found['ratios'])}); "
        f"log-odds at most {found['scores_apart']:.1e} apart, spread over {found['spread_of_scores']:.1e}"
    )
    print(
        f"the eye takes {eye:.3f} s a drawing: {shares['pair by pair']:.0%} of the time pair by pair, "
        f"{shares['together']:.0%} together; texts of {found['tokens']:.0f} tokens"
    )
    return 0


def in_turns(
    ways: dict[str, Callable[[], list[float]]], rounds: int, device: str
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Seconds and scores of every way, in turns, so that a machine that grows slow is slow for all."""
    times: dict[str, list[float]] = {way: [] for way in ways}
    scores: dict[str, list[float]] = {}
    for number in range(rounds):
        for way in list(ways) if number % 2 == 0 else reversed(list(ways)):
            times[way].append(timed(lambda way=way: scores.update({way: ways[way]()}), device))
    return times, scores


@torch.no_grad()
def timed(work: Callable[[], Any], device: str) -> float:
    """Seconds until the device has done it."""
    start = time.perf_counter()
    work()
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
