"""Reading a prompt's file: one that comes with the toolkit, by its name, or the user's, by its path."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from ..errors import ConfigError

P = TypeVar("P", bound=BaseModel)


def load_prompt_file(model: type[P], name: str, package: str, what: str) -> P:
    """The prompt ``name`` of the folder ``prompts`` of ``package``, or of a path that ends in .yaml or .yml.
    ``what`` says in an error what kind of prompt it is.

    Raises:
        ConfigError: there is none, or its file does not fit.
    """
    ours = files(package).joinpath("prompts")
    if name.endswith((".yaml", ".yml")):
        path: Any = Path(name)
    else:
        path = ours.joinpath(f"{name}.yaml")
        known = sorted(each.name.removesuffix(".yaml") for each in ours.iterdir())
        if name not in known:
            raise ConfigError(
                f"no {what} is called {name!r}; there is {', '.join(known)}; or give a path ending in .yaml"
            )
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
        return model(**(loaded if isinstance(loaded, Mapping) else {"": loaded}))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the prompt {name}: {error}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"the prompt {name} is not YAML: {' '.join(str(error).split())}") from error
    except (ValidationError, TypeError) as error:
        raise ConfigError(f"the prompt {name} does not fit: {' '.join(str(error).split())}") from error
