"""A ``.pth`` file to named tensors, without running anything that it holds."""

from __future__ import annotations

import pickle
import re
import zipfile
from pathlib import Path

import torch

from lskd_toolkit import UsageError


def read(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a checkpoint by their names; they stay in the file until they are used, where it is of
    the kind that allows it. What else the file holds (optimiser, configuration, epoch) is passed over.

    Raises:
        UsageError: it cannot be read, is no checkpoint, or holds code.
    """
    try:
        zipped = zipfile.is_zipfile(path)
        found = torch.load(path, map_location="cpu", weights_only=True, mmap=zipped)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror or error}); name the .pth file") from error
    except pickle.UnpicklingError as error:
        named = re.search(r"GLOBAL (\S+)", str(error))
        if named is None:
            raise _damaged(path) from error
        raise UsageError(
            f"{path} holds more than tensors ({named[1]}), and loading it could run code; it is refused: get "
            "the checkpoint from where its authors put it"
        ) from error
    except Exception as error:  # whatever is wrong with the bytes
        raise _damaged(path) from error
    state = found.get("model", found) if isinstance(found, dict) else None
    if not isinstance(state, dict) or not state:
        raise UsageError(f"{path} holds no model; name the checkpoint_best.pth of a released critic")
    odd = [name for name, value in state.items() if not isinstance(value, torch.Tensor)]
    if odd:
        raise UsageError(
            f"{path} holds no plain weights: {str(odd[0])[:80]!r} is no tensor; name another file"
        )
    return {str(name): value for name, value in state.items()}


def _damaged(path: Path) -> UsageError:
    return UsageError(f"{path} is no checkpoint or is damaged; download it again, and compare its size")
