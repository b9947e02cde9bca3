"""Finding plugins and the parts they announce. The only module that knows pluggy's manager.

Built-in parts come through the same hooks as anybody's. A plugin that fails to load, or whose hook
raises, is kept with its traceback and stops nothing.
"""

from __future__ import annotations

import functools
import importlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from . import hookspecs
from .components import KINDS, Component
from .errors import AmbiguousComponent, PluginError, UnknownComponent
from .first_party import WHERE

GROUP = "lskd"
BUILTIN = {"builtin": "lskd_toolkit.builtin", "smallworld": "lskd_toolkit.smallworld.plugin"}


@dataclass(frozen=True, slots=True)
class Announced:
    """A record and the distribution that announced it."""

    record: Any
    distribution: str
    version: str
    plugin: str = ""

    @property
    def qualified(self) -> str:
        return f"{self.distribution}:{self.record.name}"


@dataclass(frozen=True, slots=True)
class Plugin:
    """A distribution's plugin module: loaded, or broken with the traceback that says why."""

    name: str
    distribution: str
    version: str
    module: str
    broken: str = ""


class Plugins:
    """All plugins of this process. Use `plugins()` for the shared instance."""

    def __init__(self, wanted: str | None = None):
        """``wanted`` is None for all, else a comma-separated list of distributions ('' for none)."""
        self.manager = pluggy.PluginManager(hookspecs.PROJECT)
        self.manager.add_hookspecs(hookspecs)
        self.loaded: list[Plugin] = []
        names = None if wanted is None else {name.strip() for name in wanted.split(",")}
        for name, module in BUILTIN.items():
            self._load(name, "lskd-toolkit", _version("lskd-toolkit"), module)
        for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
            distribution, version = _provider(entry)
            if names is None or distribution in names:
                self._load(entry.name, distribution, version, entry.value)

    def _load(self, name: str, distribution: str, version: str, module: str) -> None:
        broken = ""
        try:
            self.manager.register(importlib.import_module(module), name=f"{distribution}:{name}")
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            broken = _traceback()
        self.loaded.append(Plugin(name, distribution, version, module, broken))

    def register(self, module: Any, distribution: str, version: str = "0") -> None:
        """Add a plugin object by hand: in tests and notebooks, where nothing is installed."""
        name = getattr(module, "__name__", type(module).__name__)
        self.manager.register(module, name=f"{distribution}:{name}")
        self.loaded.append(Plugin(name, distribution, version, name))
        self._announced.cache_clear()

    def unregister(self, module: Any) -> None:
        """Take a plugin added by `register` away again."""
        name = self.manager.get_name(module)
        self.manager.unregister(module)
        self.loaded = [p for p in self.loaded if f"{p.distribution}:{p.name}" != name]
        self._announced.cache_clear()

    @functools.cache  # noqa: B019 - one instance a process, cleared when plugins change
    def _announced(self, hook: str) -> tuple[Announced, ...]:
        found = []
        for implementation in getattr(self.manager.hook, hook).get_hookimpls():
            plugin = next(
                p for p in self.loaded if f"{p.distribution}:{p.name}" == implementation.plugin_name
            )
            try:
                records = list(implementation.function())
            except Exception:
                at = self.loaded.index(plugin)
                self.loaded[at] = Plugin(
                    plugin.name, plugin.distribution, plugin.version, plugin.module,
                    _traceback(),
                )  # fmt: skip
                continue
            found += [
                Announced(record, plugin.distribution, plugin.version, plugin.name) for record in records
            ]
        return tuple(sorted(found, key=lambda a: (a.record.name, a.distribution)))

    def announced(self, hook: str) -> tuple[Announced, ...]:
        """Every record of one hook, sorted by name."""
        return self._announced(hook)

    def components(self, kind: str | None = None) -> Iterator[Announced]:
        """The components of one kind, or of all."""
        for each in KINDS.values():
            if kind in (None, each.name):
                yield from self.announced(each.hook)

    def component(self, kind: str, name: str) -> Announced:
        """The component ``name`` (or ``distribution:name``) of a kind.

        Raises:
            UnknownComponent: none has that name; says what is near, or what to install.
            AmbiguousComponent: two distributions have it; says how to name one.
        """
        matches = self.find(KINDS[kind].hook, name)
        if matches:
            return matches
        raise UnknownComponent(self._unknown(kind, name))

    def find(self, hook: str, name: str) -> Announced | None:
        """The record of that name behind a hook, or None. A name offered twice is an error."""
        distribution, _, bare = name.rpartition(":")
        matches = [
            found
            for found in self.announced(hook)
            if found.record.name == bare and distribution in ("", found.distribution)
        ]
        if len(matches) > 1:
            both = " and ".join(match.distribution for match in matches)
            raise AmbiguousComponent(
                f"{bare!r} is offered by {both}; name one, for example {matches[0].qualified}"
            )
        return matches[0] if matches else None

    def named(self, hook: str, kind: str, name: str) -> Announced:
        """The record of that name behind a hook that is not of a kind of components: a strategy, a prompt.

        Raises:
            UnknownComponent: none has that name; says what there is, or what to install.
        """
        found = self.find(hook, name)
        if found is not None:
            return found
        if (kind, name) in WHERE:
            raise UnknownComponent(self._unknown(kind, name))
        known = ", ".join(sorted(each.record.name for each in self.announced(hook)))
        raise UnknownComponent(f"no {kind} is called {name!r}; there are {known}")

    def _unknown(self, kind: str, name: str) -> str:
        if os.environ.get("LSKD_LOAD_PLUGINS") is not None and (kind, name) in WHERE:
            return (
                f"the {kind} {name!r} is in {WHERE[kind, name]}, and plugins are limited by --no-plugins or "
                "LSKD_LOAD_PLUGINS; run without"
            )
        if (kind, name) in WHERE:
            return (
                f"the {kind} {name!r} is in {WHERE[kind, name]}, which is not installed; "
                f"install it: pip install {WHERE[kind, name]}"
            )
        names = [found.record.name for found in self.components(kind)]
        from difflib import get_close_matches

        near = get_close_matches(name, names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        return f"no {kind} is called {name!r}{hint} See: lskd components list --kind {kind}"

    def emit(self, event: str, **arguments: Any) -> None:
        """Tell every plugin of an event of the run; one that raises is attributed, not silenced."""
        try:
            getattr(self.manager.hook, event)(**arguments)
        except Exception as error:
            raise PluginError(f"a plugin failed in {event}: {error!r}") from error


def load(reference: str) -> Any:
    """What an import string ``package.module:Name`` names."""
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)


def implementation(announced: Announced) -> Any:
    """The class behind a component's record.

    Raises:
        PluginError: importing it failed; names the distribution and the cause.
    """
    component: Component = announced.record
    try:
        return load(component.implementation)
    except Exception as error:
        raise PluginError(
            f"{component.kind} {component.name!r} of {announced.distribution} could not be loaded: "
            f"{type(error).__name__}: {error}. See: lskd doctor"
        ) from error


def _provider(entry: EntryPoint) -> tuple[str, str]:
    dist = entry.dist
    return (dist.name, dist.version) if dist is not None else (entry.value, "0")


def _traceback() -> str:
    import traceback

    return traceback.format_exc()


def _version(distribution: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(distribution)
    except PackageNotFoundError:
        return "0"


@functools.cache
def plugins() -> Plugins:
    """The plugins of this process, loaded on first use. ``LSKD_LOAD_PLUGINS`` limits them."""
    return Plugins(os.environ.get("LSKD_LOAD_PLUGINS"))
