"""Discovery, isolation and conflicts of plugins."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

from lskd_toolkit.components import KINDS, Component
from lskd_toolkit.errors import AmbiguousComponent, PluginError, UnknownComponent
from lskd_toolkit.hookspecs import hookimpl
from lskd_toolkit.plugins import Plugins, implementation

HEAVY = (
    "torch",
    "transformers",
    "onnxruntime",
    "numpy",
    "pyarrow",
    "langchain",
    "anthropic",
    "openai",
    "pydantic",
)


def plugin(name: str, *components: Component, raises: bool = False) -> SimpleNamespace:
    """A plugin object, as a module would be one."""

    @hookimpl
    def lskd_refiners():
        if raises:
            raise RuntimeError("the hook is broken")
        return list(components)

    return SimpleNamespace(__name__=name, lskd_refiners=lskd_refiners)


def refiner(name: str, implementation: str = "nowhere:Nothing") -> Component:
    return Component("refiner", name, "A test.", implementation)


def test_a_registered_component_is_found_by_name_and_by_distribution():
    plugins = Plugins(wanted="")
    plugins.register(plugin("mine", refiner("shuffle")), "dist-mine", "1.0")
    assert plugins.component("refiner", "shuffle").distribution == "dist-mine"
    assert plugins.component("refiner", "dist-mine:shuffle").version == "1.0"


def test_a_name_given_twice_is_an_error_only_when_it_is_looked_up():
    plugins = Plugins(wanted="")
    plugins.register(plugin("one", refiner("same"), refiner("alone")), "dist-one")
    plugins.register(plugin("two", refiner("same")), "dist-two")
    assert plugins.component("refiner", "alone").distribution == "dist-one"
    with pytest.raises(AmbiguousComponent, match=r"dist-one.*dist-two"):
        plugins.component("refiner", "same")
    assert plugins.component("refiner", "dist-two:same").distribution == "dist-two"


def test_a_hook_that_raises_is_kept_with_its_traceback_and_stops_nothing():
    plugins = Plugins(wanted="")
    plugins.register(plugin("bad", raises=True), "dist-bad")
    plugins.register(plugin("good", refiner("fine")), "dist-good")
    assert plugins.component("refiner", "fine").distribution == "dist-good"
    broken = [p for p in plugins.loaded if p.broken]
    assert [p.distribution for p in broken] == ["dist-bad"]
    assert "the hook is broken" in broken[0].broken


def test_an_unregistered_plugin_is_gone():
    plugins = Plugins(wanted="")
    mine = plugin("mine", refiner("shuffle"))
    plugins.register(mine, "dist-mine")
    plugins.unregister(mine)
    assert plugins.find("lskd_refiners", "shuffle") is None


def test_an_unknown_name_says_what_is_near_and_where_to_look():
    with pytest.raises(UnknownComponent, match=r"did you mean 'top'.*lskd components list"):
        Plugins(wanted="").component("refiner", "topp")


def test_a_first_party_part_that_is_not_installed_names_its_distribution():
    with pytest.raises(UnknownComponent, match="pip install lskd-embedded"):
        Plugins(wanted="").component("proposer", "nanodet")


def test_an_implementation_that_cannot_be_imported_is_attributed():
    plugins = Plugins(wanted="")
    plugins.register(plugin("mine", refiner("lost", "no_such_module:Thing")), "dist-mine")
    with pytest.raises(PluginError, match=r"refiner 'lost' of dist-mine.*no_such_module"):
        implementation(plugins.component("refiner", "lost"))


def test_every_kind_has_a_hook_with_a_document():
    from lskd_toolkit import hookspecs

    for kind in KINDS.values():
        assert kind.summary in getattr(hookspecs, kind.hook).__doc__


@pytest.mark.parametrize("command", [["--help"], ["plugins"], ["components", "list"]])
def test_listing_imports_nothing_heavy(command):
    script = (
        "import sys\n"
        "from lskd_toolkit.cli.main import lskd\n"
        f"lskd({command!r}, standalone_mode=False)\n"
        f"heavy = [m for m in {HEAVY!r} if m in sys.modules]\n"
        "print('HEAVY', heavy)\n"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.strip().endswith("HEAVY []")


def test_a_broken_entry_point_is_listed_and_the_rest_works(tmp_path, monkeypatch):
    module = tmp_path / "breaks_at_import.py"
    module.write_text("raise ImportError('no such driver')\n")
    info = tmp_path / "dist_breaks-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: dist-breaks\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[lskd]\nbreaks = breaks_at_import\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    plugins = Plugins()
    broken = [p for p in plugins.loaded if p.broken]
    assert [(p.distribution, p.version) for p in broken] == [("dist-breaks", "1.0")]
    assert "no such driver" in broken[0].broken
    assert plugins.component("refiner", "top")


def test_plugins_can_be_limited_or_turned_off():
    assert {p.distribution for p in Plugins(wanted="").loaded} == {"lskd-toolkit"}
    assert "dist-none" not in {p.distribution for p in Plugins(wanted="dist-none").loaded}
