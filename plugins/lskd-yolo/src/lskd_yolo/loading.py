"""The model that the options name, found without fetching, read without running code in it."""

from __future__ import annotations

import pickle
import shlex
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from lskd_toolkit import UsageError

from .finding import found
from .quiet import library
from .words import is_open, teach

if TYPE_CHECKING:
    from .options import YoloOptions

FAULTS = (
    TypeError, ImportError, AttributeError, RuntimeError, ValueError, EOFError, struct.error,
    pickle.UnpicklingError,
)  # fmt: skip
"""What torch and ultralytics raise at a file that is no checkpoint."""
TASKS = ("detect", "segment", "pose", "obb")


def load(options: YoloOptions, cache: Path, seed: int) -> Any:
    """A YOLO of ultralytics, in float32 on the CPU.

    Arguments:
        cache: where checkpoints are looked for that are no path: in its folder ``ultralytics``.
        seed: of the weights that a YAML without weights is given.

    Raises:
        WeightsMissing: there is no such file.
        UsageError: it is none that can be used.
    """
    name = options.model
    if "://" in name or name.startswith("ul:"):
        raise UsageError(
            f"{name!r} is an address; fetch it and name the file: --set proposer.yolo.model=FILE"
        )
    suffix = Path(name).suffix.lower()
    if suffix in (".yaml", ".yml"):
        yolo = _built(name, seed)
        if options.weights:
            _fill(yolo.model, found(options.weights, cache))
    elif suffix == ".pt":
        if options.weights:
            raise UsageError(f"the option weights is for a YAML, and {name!r} has its own; leave one out")
        yolo = _read(found(name, cache))
    else:
        raise UsageError(f"{name!r} is neither a checkpoint (.pt) nor a YAML; yolo takes these two")
    if yolo.task not in TASKS:
        raise UsageError(f"{name!r} is for the task {yolo.task}, which finds no regions; take one for detect")
    if options.classes and is_open(yolo):
        teach(yolo, options.classes, options.text_model, cache)
    return yolo


def _read(path: Path) -> Any:
    """A checkpoint: pickled modules, of which only ultralytics' and torch's own classes are made."""
    ultralytics = library()
    from ultralytics.utils.checks import check_yolov5u_filename

    # For such names ultralytics looks elsewhere, and then in the network.
    if check_yolov5u_filename(str(path).strip().replace("'", ""), verbose=False) != str(path):
        raise UsageError(f"ultralytics cannot read a file of this name: {str(path)!r}; name it checkpoint.pt")
    try:
        return ultralytics.YOLO(str(path))
    except FAULTS as error:
        if "outside the supported" not in str(error) and not isinstance(error, ImportError):
            raise UsageError(
                f"{path.name!r} is no checkpoint that ultralytics can read: {_line(error)}"
            ) from error
        raise UsageError(
            f"{path.name!r} holds more than a model of ultralytics, so that reading it could run code. If "
            'you trust it, keep its tensors alone: python -c "import sys, torch, ultralytics; torch.save('
            f"ultralytics.YOLO(sys.argv[1]).model.state_dict(), 'tensors.pt')\" {shlex.quote(str(path))}, "
            "and name them with their architecture: --set proposer.yolo.model=yolo26n.yaml "
            "--set proposer.yolo.weights=tensors.pt"
        ) from error


def _built(name: str, seed: int) -> Any:
    """An architecture from its YAML, its weights drawn."""
    ultralytics = library()
    path = Path(name).expanduser()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            yolo = ultralytics.YOLO(str(path) if path.is_file() else name)
        except FileNotFoundError as error:
            raise UsageError(
                f"no architecture {name!r}, neither a file nor one that ultralytics has"
            ) from error
        except (TypeError, KeyError, ValueError, IndexError) as error:
            raise UsageError(f"{name!r} describes no model of ultralytics: {_line(error)}") from error
    names = yolo.model.yaml.get("names")
    if names:
        yolo.model.names = dict(enumerate(names)) if isinstance(names, list) else dict(names)
    return yolo


def _fill(net: torch.nn.Module, path: Path) -> None:
    """Put a file's tensors into the net: all of them, and none too many."""
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            state = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
        net.load_state_dict(state)
    except ImportError as error:
        raise UsageError(f"{path.name!r} needs the library safetensors; pip install safetensors") from error
    except (pickle.UnpicklingError, RuntimeError, TypeError, AttributeError, OSError, EOFError) as error:
        raise UsageError(
            f"{path.name!r} is no state dict of this architecture: {_line(error)}; save one with "
            "torch.save(model.state_dict(), 'tensors.pt')"
        ) from error


def _line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
