"""The statistics that are left to libraries, which only `lskd critic` needs."""

from __future__ import annotations

import importlib
from typing import Any

from ..errors import UsageError


def library(module: str) -> Any:
    """That module, of scikit-learn or SciPy.

    Raises:
        UsageError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UsageError(
            f"critics are calibrated and measured with {module.partition('.')[0]}, which is not installed; "
            "install it with: pip install 'lskd-toolkit[critic]'"
        ) from error
