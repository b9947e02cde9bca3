"""A dataset opened as a stream, its images left undecoded; every failure one line that says what to do."""

from __future__ import annotations

import os
from typing import Any

from lskd_toolkit.errors import UsageError

from .options import HuggingFaceOptions

EXAMPLE = "lskd run --source huggingface --set source.dataset=OWNER/NAME"
OFFLINE = (
    "without a network, name a folder or .parquet of your own, or fetch it first where there is one: "
    "hf download --repo-type dataset"
)


def open_stream(options: HuggingFaceOptions) -> tuple[Any, str]:
    """The split as an iterable dataset, and the name of its column of images.

    Raises:
        UsageError: none is named, it cannot be had, or it has no such split or column.
    """
    from datasets import Image, load_dataset
    from datasets.utils.logging import disable_progress_bar

    disable_progress_bar()
    where = located(options)
    arguments: dict[str, Any] = {"path": where, "split": options.split, "streaming": True}
    if os.path.isfile(where):
        kind = os.path.splitext(where)[1].lstrip(".").lower()
        if kind != "parquet":
            raise UsageError(f"{where} is no .parquet; name a folder, a .parquet or OWNER/NAME: {EXAMPLE}")
        files = {options.split: where}
        arguments |= {"path": "parquet", "data_files": files}
    if options.name:
        arguments["name"] = options.name
    if options.revision:
        arguments["revision"] = options.revision
    try:
        stream = load_dataset(**arguments)
        if stream.features is None:
            stream = stream._resolve_features()
        columns = stream.features
        column = _image_column(options, columns, Image)
        if isinstance(columns[column], Image):
            stream = stream.cast_column(column, Image(decode=False))
    except UsageError:
        raise
    except Exception as error:  # datasets raises what its many readers do
        said = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        hint = "see the folder's files" if os.path.exists(where) else OFFLINE
        raise UsageError(
            f"the dataset {where!r} (split {options.split!r}) cannot be read: {said}; {hint}"
        ) from error
    return stream, column


def located(options: HuggingFaceOptions) -> str:
    """The dataset's name on the hub, or its absolute path where it is a file or folder here.

    Raises:
        UsageError: none is named, or several.
    """
    named = [options.dataset] if options.dataset else []
    named += [path for path in options.paths if path not in named]
    if len(named) != 1:
        said = "no dataset is named" if not named else f"{len(named)} datasets are named, {', '.join(named)}"
        raise UsageError(f"{said}; name one: {EXAMPLE}")
    there = os.path.expanduser(named[0])
    return os.path.abspath(there) if os.path.exists(there) else named[0]


def _image_column(options: HuggingFaceOptions, columns: Any, image: type) -> str:
    if options.image:
        if options.image not in columns:
            raise UsageError(
                f"there is no column {options.image!r} (source.image); there are {', '.join(columns)}"
            )
        return options.image
    images = [name for name, feature in columns.items() if isinstance(feature, image)]
    images = images or [name for name in ("image", "img", "jpg", "png") if name in columns]
    if len(images) != 1:
        raise UsageError(
            f"which column holds images? There are {', '.join(columns)}; name it: source.image=…"
        )
    return str(images[0])
