"""Automatic masks: all that comes after the image encoder, beside Segment Anything's own generator.

Both are given the same recorded decoder: smooth low-resolution logits and the qualities foreseen, of which
about a tenth pass the filters. (Random weights would give speckle, which no photo gives.) Both work on the
same prompts with the same options in one process, in turn; the prompt grid, filtering, enlarging, stability,
duplicates and run lengths are timed. A second table times the real decoder alone, with random weights: it is
the library's in both. With ``--whole`` whole images, encoder and all, are timed as well.

Needs segment-anything and torchvision beside lskd-segment-anything:

    python benchmarks/automatic_masks.py
    python benchmarks/automatic_masks.py --device cuda --type vit_h --whole 20
"""

from __future__ import annotations

import argparse
import platform
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lskd_segment_anything.automatic import automatic_masks
from lskd_segment_anything.by_segment_anything import SegmentAnything
from lskd_segment_anything.model import Sam
from lskd_segment_anything.options import SamProposerOptions
from segment_anything import SamAutomaticMaskGenerator, sam_model_registry

from lskd_toolkit import Image, Picture
from lskd_toolkit.geometry import masks

SIDE = 32
"""Points a side of the prompt grid, the library's default: 1,024 prompts, 3,072 masks."""


def recorded(foreseen: float, prompts: int = SIDE * SIDE) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits ``(prompts, 3, 256, 256)`` and qualities ``(prompts, 3)`` as for things of many sizes: around
    each point of the grid a part, a thing and a group, wavy ellipses whose logits rise over a few pixels. If
    the qualities' mean is 0.8 a fifth pass 0.88, and of these masks about half are stable."""
    draw = np.random.default_rng(0)
    side = round(prompts**0.5)
    y, x = np.mgrid[:256, :256].astype(np.float32)
    logits = np.empty((prompts, 3, 256, 256), np.float32)
    for at in range(prompts):
        for level, radius in enumerate((10, 28, 70)):
            cx, cy = (np.array([at % side, at // side]) + 0.5) * 256 / side + draw.normal(0, radius / 4, 2)
            rx, ry = radius * draw.uniform(0.5, 1.5, 2)
            turn = np.arctan2(y - cy, x - cx)
            wave = 1 + 0.15 * np.sin(draw.integers(2, 6) * turn + draw.uniform(0, 6))
            inside = 1 - np.sqrt(((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2) / wave
            logits[at, level] = np.clip(inside * draw.uniform(10, 120), -20, 20)
    quality = np.clip(draw.normal(foreseen, 0.095, (prompts, 3)), 0, 1).astype(np.float32)
    return torch.from_numpy(logits), torch.from_numpy(quality)


class Recorded(torch.nn.Module):
    """A mask decoder that hands out the record, prompt after prompt."""

    def __init__(self, logits: torch.Tensor, quality: torch.Tensor):
        super().__init__()
        self.logits, self.quality, self.at = logits, quality, 0

    def forward(
        self, *, sparse_prompt_embeddings: torch.Tensor, **_: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        some = slice(self.at, self.at + len(sparse_prompt_embeddings))
        self.at = some.stop % len(self.logits)
        return self.logits[some].clone(), self.quality[some].clone()


def picture(height: int, width: int) -> Picture:
    pixels = np.zeros((height, width, 3), np.uint8)
    return Picture(Image("x", "x", "x" * 64, width, height), lambda: pixels)


def theirs(net: Any, shown: Picture, device: str) -> Callable[[], list[dict[str, Any]]]:
    """The library on an image that counts as encoded."""
    generator = SamAutomaticMaskGenerator(net, points_per_side=SIDE, output_mode="uncompressed_rle")
    predictor = generator.predictor
    features = torch.zeros(1, 256, 64, 64, device=device)

    def encoded(image: np.ndarray, image_format: str = "RGB") -> None:
        predictor.original_size = image.shape[:2]
        predictor.input_size = predictor.transform.get_preprocess_shape(*image.shape[:2], 1024)
        predictor.features, predictor.is_image_set = features, True

    predictor.set_image = encoded
    return lambda: generator.generate(shown.pixels)


def ours(net: Any, shown: Picture, device: str) -> Callable[[], list[Any]]:
    """The toolkit on an image that counts as encoded."""
    adapter = SegmentAnything(net, torch.device(device), half=False)
    features = torch.zeros(1, 256, 64, 64, device=device)
    adapter.encode = lambda pixels: (features,)  # type: ignore[method-assign]
    options = SamProposerOptions(points_per_side=SIDE)
    sam = Sam(adapter, 1 << 30)
    return lambda: [one.runs.values() for one in automatic_masks(sam, shown, options)]


def timed(work: Callable[[], Any], device: str) -> tuple[float, float, Any]:
    """Seconds, peak of additional memory in MB (the GPU's where there is one), and the result. On a CPU the
    seconds are process time, all threads together, so that a busy machine matters less."""
    if device != "cpu":
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        start = time.perf_counter()
        result = work()
        torch.cuda.synchronize()
        return time.perf_counter() - start, (torch.cuda.max_memory_allocated() - before) / 1e6, result
    peak, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.002):
            peak[0] = max(peak[0], resident())

    watcher = threading.Thread(target=watch)
    before = resident()
    watcher.start()
    start = time.process_time()
    result = work()
    seconds = time.process_time() - start
    done.set()
    watcher.join()
    return seconds, max(0, peak[0] - before) / 1e6, result


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def worst_match(a: list[np.ndarray], b: list[np.ndarray]) -> float:
    """Of each mask in either list the best IoU in the other; the least of these."""
    one, two = (np.stack([m.ravel() for m in some]).astype(np.float32) for some in (a, b))
    shared = one @ two.T
    overlap = shared / (one.sum(1)[:, None] + two.sum(1)[None] - shared)
    return float(min(overlap.max(1).min(), overlap.max(0).min()))


def after_the_encoder(net: Any, size: tuple[int, int], rounds: int, device: str) -> str:
    shown = picture(*size)
    both = {"library": theirs(net, shown, device), "toolkit": ours(net, shown, device)}
    seconds: dict[str, list[float]] = {name: [] for name in both}
    memory, found = {}, {}
    for _ in range(rounds):
        for name, work in both.items():
            took, peak, found[name] = timed(work, device)
            seconds[name].append(took)
            memory[name] = max(peak, memory.get(name, 0.0))
    library = [masks.decode(one["segmentation"]) for one in found["library"]]
    toolkit = [masks.decode(one) for one in found["toolkit"]]
    assert len(library) == len(toolkit), (len(library), len(toolkit))
    step = max(1, max(size) // 1000)  # a matrix of all pixels of all masks at 4K is too large
    match = worst_match([m[::step, ::step] for m in library], [m[::step, ::step] for m in toolkit])
    different = max(int(min((a ^ b).sum() for b in library)) for a in toolkit)
    one, two = (statistics.median(seconds[name]) for name in both)
    return (
        f"{size[1]:>5}x{size[0]:<5}{len(toolkit):>6}{one:>11.2f}{two:>11.2f}{one / two:>8.1f}"
        f"{match:>11.4f}{different:>9}{memory['library']:>11.0f}{memory['toolkit']:>9.0f}"
    )


def decoder_alone(net: Any, decoder: Any, device: str, prompts: int) -> tuple[float, float]:
    """Seconds for so many prompts of one image, by the library's predictor without enlarging, and by the
    toolkit."""
    net.mask_decoder = decoder
    adapter = SegmentAnything(net, torch.device(device), half=False)
    features = torch.randn(1, 256, 64, 64, device=device)
    points = np.random.default_rng(0).uniform(0, 1024, (prompts, 1, 2))
    predictor = SamAutomaticMaskGenerator(net).predictor
    predictor.features, predictor.is_image_set = features, True
    net.postprocess_masks = lambda masks, *_: masks  # the decoder alone
    predictor.input_size = predictor.original_size = (1024, 1024)

    def library() -> None:
        at = torch.from_numpy(points).to(device)
        for first in range(0, prompts, 64):
            some = at[first : first + 64]
            labels = torch.ones(len(some), 1, dtype=torch.int, device=device)
            predictor.predict_torch(some, labels, return_logits=True)

    def toolkit() -> None:
        for first in range(0, prompts, 64):
            adapter.decode((features,), points[first : first + 64], None, multimask=True)

    times = [(timed(library, device)[0], timed(toolkit, device)[0]) for _ in range(3)]
    return min(one for one, _ in times), min(two for _, two in times)


def whole_images(kind: str, count: int, device: str) -> tuple[float, float]:
    """Images a second with random weights, encoder and all: the library, and the toolkit in half precision
    where the device is a GPU."""
    net = sam_model_registry[kind]().to(device)
    generator = SamAutomaticMaskGenerator(net, points_per_side=SIDE)
    options = SamProposerOptions(points_per_side=SIDE)
    sam = Sam(SegmentAnything(net, torch.device(device), half=device != "cpu"), 0)
    draw = np.random.default_rng(0)
    shown = []
    for _ in range(count):
        pixels = draw.integers(0, 255, (480, 640, 3), np.uint8)
        shown.append(Picture(Image("x", "x", "", 640, 480), lambda pixels=pixels: pixels))

    def library() -> None:
        for one in shown:
            generator.generate(one.pixels)

    def toolkit() -> None:
        for one in shown:
            automatic_masks(sam, one, options)

    return count / timed(library, device)[0], count / timed(toolkit, device)[0]


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--device", default="cpu")
    words.add_argument("--type", default="vit_b", choices=["vit_b", "vit_l", "vit_h"])
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--sizes", default="640x480,1280x960", help="widthxheight, with commas")
    words.add_argument("--large", default="3840x2160", help="sizes timed for the toolkit alone")
    words.add_argument("--foreseen", type=float, default=0.8, help="mean of the recorded qualities")
    words.add_argument("--prompts", type=int, default=128, help="for the decoder alone")
    words.add_argument("--whole", type=int, default=0, help="time so many whole images too")
    given = words.parse_args()
    print(f"{platform.processor() or platform.machine()}, torch {torch.__version__}, {given.device}, "
          f"{torch.get_num_threads()} threads\n")  # fmt: skip
    net = sam_model_registry[given.type]()
    decoder = net.mask_decoder
    if not given.whole:
        net.image_encoder.blocks = torch.nn.ModuleList()  # not used, and large
    net.to(given.device)
    logits, quality = (v.to(given.device) for v in recorded(given.foreseen))
    net.mask_decoder = Recorded(logits, quality)
    foreseen = quality > 0.88
    inner, outer = (torch.stack([(some > o).sum((-1, -2)) for some in logits]) for o in (1.0, -1.0))
    good = foreseen & (inner / outer >= 0.95)
    print(f"{quality.numel()} masks recorded; {foreseen.float().mean():.1%} pass the foreseen quality, "
          f"{good.float().mean():.1%} stability too\n")  # fmt: skip
    print(f"{'image':<11}{'masks':>6}{'library s':>11}{'toolkit s':>11}{'times':>8}{'worst IoU':>11}"
          f"{'pixels':>9}{'library MB':>11}{'ours MB':>9}")  # fmt: skip
    for size in given.sizes.split(","):
        width, height = (int(v) for v in size.split("x"))
        print(after_the_encoder(net, (height, width), given.rounds, given.device), flush=True)
    for size in given.large.split(",") if given.large else ():
        width, height = (int(v) for v in size.split("x"))
        seconds, peak, found = timed(ours(net, picture(height, width), given.device), given.device)
        print(
            f"{size:<11}{len(found):>6}{'-':>11}{seconds:>11.2f}{'-':>8}{'-':>11}{'-':>9}{'-':>11}{peak:>9.0f}"
        )
    del logits, quality, inner, outer
    one, two = decoder_alone(net, decoder.to(given.device), given.device, given.prompts)
    print(f"\nthe decoder alone, {given.prompts} prompts: library {one:.2f} s, toolkit {two:.2f} s "
          f"({one / two:.2f} times)")  # fmt: skip
    if given.whole:
        one, two = whole_images(given.type, given.whole, given.device)
        print(f"whole images, {given.type}, random weights: library {one:.3f}/s, toolkit {two:.3f}/s")


if __name__ == "__main__":
    main()
