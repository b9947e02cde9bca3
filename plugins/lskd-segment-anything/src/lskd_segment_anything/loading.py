"""The SAM that the options name, by the library that it is for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from lskd_toolkit import UsageError, WeightsMissing

from .model import Net, Sam
from .options import SamOptions, SamRefinerOptions

if TYPE_CHECKING:
    from lskd_toolkit import Context


def sam(options: SamOptions, ctx: Context) -> Sam:
    """The model of these options, shared with whoever asks for the same.

    Raises:
        UsageError: the library is not installed or does not work; says what to install.
        WeightsMissing: there is no such checkpoint.
    """
    device = _device(ctx.device)
    half = device.type != "cpu" if options.half is None else options.half
    option = f"{'refiner' if isinstance(options, SamRefinerOptions) else 'proposer'}.sam.model"
    key = f"sam/{options.library}/{options.model}/{half}/{options.cache_mb}"
    return ctx.model(key, lambda: Sam(_net(options, device, half, option), options.cache_mb << 20))  # type: ignore[no-any-return]


def _device(of_the_run: str) -> torch.device:
    """The run's device; where that is any GPU and this torch sees none, the CPU."""
    device = torch.device(of_the_run)
    if device.type == "cuda" and not torch.cuda.is_available():
        if device.index is not None:
            raise UsageError(f"this torch sees no GPU for --device {of_the_run}; use --device cpu")
        return torch.device("cpu")
    return device


def _net(options: SamOptions, device: torch.device, half: bool, option: str) -> Net:
    """The network; ``option`` is what a user sets to name another."""
    path = Path(options.model).expanduser()
    library = options.library
    if library == "auto":
        library = "segment-anything" if path.suffix in (".pth", ".pt") else "transformers"
    if library == "segment-anything":
        if not path.is_file():
            raise WeightsMissing(
                f"no checkpoint of Segment Anything at {str(path)!r}; fetch one and name it: "
                f"--set {option}=sam_vit_b_01ec64.pth"
            )
        from . import by_segment_anything

        return by_segment_anything.load(str(path), device, half, option)
    if path.is_file():
        raise UsageError(
            f"{str(path)!r} is a file, and transformers reads a folder; leave out the option library"
        )
    from . import by_transformers

    return by_transformers.load(str(path) if path.exists() else options.model, device, half, option)


def offline() -> bool:
    """Whether nothing may be fetched."""
    return any(os.environ.get(name, "") not in ("", "0") for name in ("LSKD_OFFLINE", "HF_HUB_OFFLINE"))


def unusable(library: str, error: BaseException) -> UsageError:
    """Why a library could not be imported, and the command that mends it."""
    missing = error.name.partition(".")[0] if isinstance(error, ModuleNotFoundError) and error.name else ""
    if missing == library.replace("-", "_"):
        needs = f"{library} torchvision" if library == "segment-anything" else library
        return UsageError(f"sam needs the library {library} for this model; pip install {needs}")
    if missing == "torchvision":
        return UsageError(f"{library} needs torchvision, which is not installed; pip install torchvision")
    if "torchvision" in str(error):
        return UsageError(
            f"torchvision does not fit torch {torch.__version__} ({_line(error)}); "
            "install the one that does: pip install --force-reinstall torch torchvision"
        )
    return UsageError(f"{library} cannot be imported ({_line(error)}); pip install --upgrade {library}")


def _line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:160]
