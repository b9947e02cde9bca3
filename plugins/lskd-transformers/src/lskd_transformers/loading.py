"""A model of transformers with its processor, from a folder or the hub's local cache."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import torch

from lskd_toolkit import PluginError, UsageError, WeightsMissing

REACH = 5.0
"""Seconds in which the hub has to take a connection."""
TYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model ready to be asked, and what makes its inputs."""

    net: Any
    processor: Any
    device: torch.device
    dtype: torch.dtype


def number_type(name: str, device: torch.device) -> torch.dtype:
    """The number type that an option's word means on a device."""
    if name == "auto":
        return torch.bfloat16 if device.type == "cuda" else torch.float32
    return TYPES[name]


def load(
    name: str, device: str, dtype: str, option: str, made: Callable[[Any, dict[str, Any]], tuple[Any, Any]]
) -> Loaded:
    """The model of that name or folder. ``made(library, arguments)`` gives net and processor, called with
    the arguments that every ``from_pretrained`` takes. Only safetensors are read.

    Raises:
        WeightsMissing: it is not here and may not, or cannot, be fetched.
        UsageError: it is a model of another family.
        PluginError: transformers needs something else for it.
    """
    import transformers
    from transformers.utils import logging

    logging.disable_progress_bar()  # the run shows its own progress
    logging.set_verbosity_error()  # that torchvision is not here is known
    place = torch.device(device)
    kind = number_type(dtype, place)
    mend = f"name a folder that holds it: --set {option}=PATH"
    try:
        try:
            net, processor = made(transformers, {"local_files_only": True})
        except OSError:
            if os.path.isdir(name) or not _hub_in_reach():
                raise
            net, processor = made(transformers, {"local_files_only": False})
    except (UsageError, WeightsMissing):
        raise
    except (ImportError, NameError) as error:
        raise PluginError(f"the model {name!r} needs what is not installed: {_line(error)}") from error
    except OSError as error:
        raise WeightsMissing(f"the model {name!r} is not here and could not be fetched; {mend}") from error
    except (ValueError, KeyError, RuntimeError, TypeError, AttributeError) as error:
        raise UsageError(f"{name!r} is no model that this part can ask ({_line(error)}); {mend}") from error
    return Loaded(net.to(place, kind).eval(), processor, place, kind)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:160]


def _hub_in_reach() -> bool:
    """Whether the hub may be asked, and answers at all: its client would try for minutes."""
    if os.environ.get("HF_HUB_OFFLINE") or os.environ.get("LSKD_OFFLINE"):
        return False
    if any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")):
        return True  # how far a proxy reaches shows only when it is asked
    url = urlsplit(os.environ.get("HF_ENDPOINT") or "https://huggingface.co")
    try:
        with socket.create_connection((url.hostname or "", url.port or 443), timeout=REACH):
            return True
    except OSError:
        return False
