"""Files that the user has put where they are looked for. Nothing is fetched."""

from __future__ import annotations

from pathlib import Path

from lskd_toolkit import WeightsMissing

RELEASE = "https://github.com/ultralytics/assets/releases/download/v8.4.0"


def found(name: str, cache: Path) -> Path:
    """The file of that path, or of that name in the folder ``ultralytics`` of the cache.

    Raises:
        WeightsMissing: there is none; says how to fetch it.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return path.resolve()
    folder = cache / "ultralytics"
    if path.name == name:
        if (folder / name).is_file():
            return folder / name
        raise WeightsMissing(
            f"no checkpoint {name!r} here or in {str(folder)!r}, and none is fetched unasked; "
            f"curl -fL --create-dirs -o {folder / name} {RELEASE}/{name}"
        )
    raise WeightsMissing(f"no checkpoint at {name!r}; name one that is there: --set proposer.yolo.model=FILE")
