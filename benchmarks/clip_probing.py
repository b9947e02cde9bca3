"""What choosing labels by CLIP costs: 10,000 labels for 100 regions, and the vocabulary's vectors.

    python benchmarks/clip_probing.py                 10,000 labels, 100 regions; a minute
    python benchmarks/clip_probing.py --layers 12     all of the text tower: six minutes

The model is CLIP's ViT-B/32 architecture from configuration with random weights, so nothing is fetched; its
times are those of the real one. One matrix product for all regions stands beside a product for each region
and one for each label of each region; a vocabulary whose vectors are on disk beside one that is embedded.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
import transformers
from lskd_transformers.clip.probing import scores, top
from lskd_transformers.clip.towers import Towers
from lskd_transformers.clip.vectors import vectors
from lskd_transformers.loading import Loaded


class Words:
    """Stands for a tokenizer: numbers for letters."""

    model_max_length = 77

    def __call__(self, texts: list[str], max_length: int, **_: Any) -> Any:
        ids = torch.zeros(len(texts), max(map(len, texts)) + 2, dtype=torch.long)
        for row, text in zip(ids, texts, strict=True):
            row[1 : len(text) + 1] = torch.tensor([min(ord(letter), 500) for letter in text])
            row[len(text) + 1] = 511
        return transformers.BatchEncoding(
            {"input_ids": ids[:, :max_length], "attention_mask": (ids > 0).long()}
        )


def towers(layers: int, device: str) -> Towers:
    """CLIP's ViT-B/32 with so many layers."""
    torch.manual_seed(0)
    text = {"vocab_size": 512, "num_hidden_layers": layers, "eos_token_id": 511, "bos_token_id": 0}
    config = transformers.CLIPConfig(text_config=text, vision_config={"num_hidden_layers": 1})
    net = transformers.CLIPModel(config).eval().to(device)
    held = SimpleNamespace(tokenizer=Words())
    return Towers(Loaded(net, held, torch.device(device), torch.float32))


def timed(work: Callable[[], Any], rounds: int) -> float:
    """Milliseconds: the least of the rounds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labels", type=int, default=10_000)
    parser.add_argument("--regions", type=int, default=100)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    random = np.random.default_rng(0)
    model = towers(given.layers, given.device)
    labels = tuple(f"thing {number}" for number in range(given.labels))
    seen = random.normal(size=(given.regions, 512)).astype(np.float32)
    seen /= np.linalg.norm(seen, axis=1, keepdims=True)
    with tempfile.TemporaryDirectory() as name:
        start = time.perf_counter()
        known = vectors(model, labels, ("a photo of {}.",), Path(name))
        embedded = 1000 * (time.perf_counter() - start)
        from_disk = timed(lambda: vectors(model, labels, ("a photo of {}.",), Path(name)), given.rounds)
    once = timed(lambda: [top(row, 5) for row in scores(model, seen, known)], given.rounds)
    by_region = timed(lambda: [top(scores(model, row[None], known)[0], 5) for row in seen], given.rounds)
    one = known[:1].T.copy()
    by_label = timed(lambda: [float((row @ one)[0]) for row in seen], given.rounds) * given.labels
    rows = {
        "one product for all regions": once, "a product a region": by_region,
        "a product a region and label (from one label)": by_label,
        "vectors of the vocabulary from disk": from_disk, "vectors of the vocabulary embedded": embedded,
    }  # fmt: skip
    told = {
        "labels": given.labels, "regions": given.regions, "ms": rows,
        "regions_ratio": by_region / once, "labels_ratio": by_label / once,
        "disk_ratio": embedded / from_disk,
    }  # fmt: skip
    if given.json:
        print(json.dumps(told, indent=2))
        return 0
    for what, value in rows.items():
        print(f"{what:48s} {value:12.1f} ms")
    print(
        f"one product is {told['regions_ratio']:.1f} x as fast as one a region, {told['labels_ratio']:.0f} x "
        f"as fast as one a label; the disk {told['disk_ratio']:.0f} x as fast as the model"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
