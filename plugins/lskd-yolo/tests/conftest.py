"""Real architectures of ultralytics from its own YAML, at their smallest, with weights that find something.

The main environment has neither torchvision nor ultralytics, so these tests are not collected there: `make
test` runs them in .venv-vision, and CI does both. Where lskd-yolo is installed nothing is left out: a library
that cannot be imported is an error then.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lskd_toolkit import Image, Picture

collect_ignore_glob = [] if importlib.util.find_spec("lskd_yolo") else ["test_*.py"]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes a checkpoint, as ultralytics saves it, of an architecture that it has; the same one once."""
    from lskd_yolo.quiet import library

    folder = tmp_path_factory.mktemp("checkpoints")

    def make(name: str) -> Path:
        import torch

        path = folder / f"{name}.pt"
        if not path.exists():
            torch.manual_seed(0)
            yolo = library().YOLO(f"{name}.yaml")
            shake(yolo.model)
            yolo.model.names = {i: f"thing {i}" for i in range(len(yolo.model.names))}
            yolo.save(str(path))
        return path

    return make


def shake(net: Any, seed: int = 1) -> None:
    """Weights that say something: as they are initialised, all scores are nearly 0 and all boxes alike."""
    import torch

    draw = torch.Generator().manual_seed(seed)
    several = np.stack([drawn(128 + i, 160)[:128] for i in range(8)])
    image = torch.from_numpy(several).permute(0, 3, 1, 2) / 255
    net.eval()
    with torch.no_grad():
        for name, weight in net.named_parameters():
            if weight.ndim > 1 and "dfl" not in name:
                weight.copy_(torch.randn(weight.shape, generator=draw) * 1.5 / weight[0].numel() ** 0.5)
        norms = [module for module in net.modules() if isinstance(module, torch.nn.BatchNorm2d)]
        for norm in norms:
            norm.momentum = 1.0
            norm.train()
        net(image)
        for norm in norms:
            norm.eval()
            norm.running_var.clamp_(min=norm.running_var.mean())  # nothing is blown up that these images lack
        lasts = {
            name: module
            for name, module in net.named_modules()
            if isinstance(module, torch.nn.Conv2d) and re.search(r"cv[23]\.\d\.2$", name)
        }
        spread: dict[str, float] = {}
        hooks = [
            module.register_forward_hook(
                lambda _, __, out, name=name: spread.update({name: float(out.std())})
            )
            for name, module in lasts.items()
        ]
        net(image)
        for hook in hooks:
            hook.remove()
        for name, module in lasts.items():
            module.weight.mul_(0.8 / max(spread.get(name, 1.0), 0.1))
            if "cv3" in name:  # scores: some pass
                module.bias.copy_(torch.randn(module.bias.shape, generator=draw) - 3.5)
            else:  # from a cell to a box's sides: some cells
                bins = torch.arange(len(module.bias)) % 16
                far = len(module.bias) == 64
                module.bias.copy_(4.0 - (bins - 3).abs() if far else torch.full(module.bias.shape, 3.0))
        for name, weight in net.named_parameters():
            if re.search(r"cv4\.\d\.bias$", name):  # words
                weight.fill_(-1.5)
            elif re.search(r"cv4\.\d\.logit_scale$", name):
                weight.fill_(0.5)


@pytest.fixture(scope="session", name="drawn")
def _drawn() -> Callable[[int, int], np.ndarray]:
    """Makes pixels of a height and width."""
    return drawn


@pytest.fixture(scope="session", name="picture")
def _picture() -> Callable[[np.ndarray], Picture]:
    """Makes a `Picture` of pixels."""
    return picture


def drawn(height: int, width: int) -> np.ndarray:
    """Pixels: discs of colour on a slope."""
    draw = np.random.default_rng(height * 10_000 + width)
    y, x = np.mgrid[:height, :width] / max(height, width)
    image = np.stack([x, y, 1 - x], 2) * 90 + 40
    for _ in range(8):
        at, size, colour = draw.random(2), draw.uniform(0.05, 0.3), draw.uniform(0, 255, 3)
        image[(x - at[0]) ** 2 + (y - at[1]) ** 2 < size**2] = colour
    return image.clip(0, 255).astype(np.uint8)


def picture(pixels: np.ndarray) -> Picture:
    digest = hashlib.sha256(pixels.tobytes() + repr(pixels.shape).encode()).hexdigest()
    return Picture(Image("made", "made", digest, pixels.shape[1], pixels.shape[0]), pixels.copy)
