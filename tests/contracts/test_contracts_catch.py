"""Components that keep their contracts pass; those that break one are caught, with words on what to do."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from unittest import SkipTest

import pytest

from lskd_toolkit.components import KINDS, Component
from lskd_toolkit.hookspecs import hookimpl
from lskd_toolkit.plugins import plugins
from lskd_toolkit.testing import check_component, contracts, listing
from lskd_toolkit.weights import cache

from . import broken

WHERE = broken.__name__


def announced(kind):
    classes = [broken.GOOD[kind], *(cls for k, cls in broken.BROKEN if k == kind)]
    if kind == "proposer":
        classes.append(broken.AsyncProposes)
    for cls in dict.fromkeys(classes):
        yield Component(
            kind, cls.__name__.lower(), getattr(cls, "summary", "A test."), f"{WHERE}:{cls.__name__}",
            f"{WHERE}:{cls.options}" if hasattr(cls, "options") else "",
            gives=getattr(cls, "gives", ()),
        )  # fmt: skip


def plugin():
    def hook(kind):
        def implementation():
            return list(announced(kind))

        implementation.__name__ = KINDS[kind].hook
        return hookimpl(implementation)

    return SimpleNamespace(__name__="caught", **{KINDS[kind].hook: hook(kind) for kind in broken.GOOD})


@pytest.fixture(autouse=True, scope="module")
def _plugin():
    made = plugin()
    plugins().register(made, "dist-caught")
    yield
    plugins().unregister(made)


def outcome(kind, name, **given):
    """The checks that fail, each with what is said."""
    failed = {}
    for check in contracts(kind, name, **given):
        if check.__name__ == "lists_light":
            continue  # this module is no plugin that another process could import
        try:
            check()
        except AssertionError as error:
            failed[check.__name__] = str(error)
    return failed


@pytest.mark.parametrize("kind", list(broken.GOOD))
def test_a_good_component_passes(kind):
    assert outcome(kind, broken.GOOD[kind].__name__.lower()) == {}


def test_every_kind_is_tried():
    assert set(broken.GOOD) == set(KINDS)


def test_async_verbs_are_allowed():
    assert outcome("proposer", "asyncproposes") == {}


@pytest.mark.parametrize(("kind", "cls"), broken.BROKEN, ids=[cls.__name__ for _, cls in broken.BROKEN])
def test_a_broken_contract_is_caught_by_its_check(kind, cls):
    assert cls.check in outcome(kind, cls.__name__.lower())


@pytest.mark.parametrize(
    ("name", "check", "words"),
    [
        ("losesone", "results_are_valid", "gave 3 results for 4 images; give one an image, in order"),
        ("leavestheimage", "results_are_valid", "leaves the image"),
        ("knowsitsplace", "batch_of_one_equals_batch_of_many", "image 1 alone gives another result"),
        ("knowsitsplace", "batch_of_one_equals_batch_of_many", "[0].box[2]: 48.0 != 57.59"),
        ("drifts", "same_seed_same_result", "draw from ctx.seed"),
        ("failsondots", "odd_pictures_do_no_harm", "for a picture of 1x1 pixel: region 0: box"),
        ("raisesondots", "odd_pictures_do_no_harm", "raises ValueError"),
        (
            "needsacompany",
            "empty_batch_gives_nothing",
            "raises ValueError('need at least one array to stack')",
        ),
        ("handsbacknumpy", "results_can_be_stored", "float(x)"),
        ("findsnothing", "finds_something", "pictures=[…]"),
        ("nameless", "describes_itself", "end its summary with a full stop"),
    ],
)
def test_what_is_broken_is_said_with_what_to_do(name, check, words):
    said = outcome("proposer", name)[check]
    assert words in said
    assert said.startswith(f"proposer '{name}': ")


def test_check_component_raises_at_the_first():
    with pytest.raises(AssertionError, match="lacks propose"):
        check_component("proposer", "hasnoverb")
    with pytest.raises(ValueError, match="is no kind"):
        contracts("propser", "x")


def test_a_component_is_tried_on_the_pictures_it_is_given():
    import numpy as np

    dark = np.zeros((30, 40, 3), np.uint8)
    assert outcome("proposer", "proposes", pictures=[dark, dark + 9]) == {}


def test_without_its_weights_a_component_is_skipped_not_failed(monkeypatch, tmp_path):
    from lskd_toolkit import WeightFile
    from lskd_toolkit.components import Origin

    weight = WeightFile("w", "W.", "MIT", "us", 3, "0" * 64, Origin("file", "", "", "w"))
    heavy = Component("critic", "heavy", "Needs weights.", f"{WHERE}:Judges", weights=("w",))
    made = SimpleNamespace(
        __name__="heavy",
        lskd_critics=hookimpl(_named("lskd_critics", [heavy])),
        lskd_weights=hookimpl(_named("lskd_weights", [weight])),
    )
    plugins().register(made, "dist-heavy")
    monkeypatch.setenv("LSKD_CACHE", str(tmp_path))
    try:
        by_name = {check.__name__: check for check in contracts("critic", "heavy")}
        assert {name for name, check in by_name.items() if skips(check)} == set(by_name) - LISTING
        cache.place(weight).parent.mkdir(parents=True)
        cache.place(weight).write_bytes(b"abc")
        by_name["results_are_valid"]()
    finally:
        plugins().unregister(made)


LISTING = {check.__name__ for check in listing.CHECKS}


def skips(check):
    try:
        check()
    except SkipTest as skipped:
        return "lskd weights fetch w" in str(skipped)
    except AssertionError:
        assert check.__name__ == "lists_light"  # this module is none that another process could import
    return False


def _named(name, records):
    def hook():
        return records

    hook.__name__ = name
    return hook


@pytest.mark.parametrize(
    ("plugin_imports", "options_import", "words"),
    [
        ("numpy", "", "listing heavy_plugin imports numpy"),
        ("json", "torch", "loading its options imports torch"),
        ("no_such_module", "", ""),
        ("json", "", ""),
    ],
)
def test_heavy_imports_at_listing_are_caught(tmp_path, plugin_imports, options_import, words):
    (tmp_path / "torch.py").touch()  # stands for the real one, which would take its time
    (tmp_path / "heavy_options.py").write_text(
        f"import {options_import or 'json'}\nfrom lskd_toolkit import Options\n\n"
        "class HeavyOptions(Options):\n    pass\n"
    )
    (tmp_path / "heavy_plugin.py").write_text(
        f"import {plugin_imports}\nfrom lskd_toolkit import Component, hookimpl\n\n"
        "@hookimpl\ndef lskd_proposers():\n"
        "    yield Component('proposer', 'heavy', 'Heavy.', 'heavy_plugin:X', 'heavy_options:HeavyOptions')\n"
    )
    info = tmp_path / "dist_heavy-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: dist-heavy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[lskd]\nheavy = heavy_plugin\n")
    script = (
        "from lskd_toolkit.testing import contracts\n"
        "for check in contracts('proposer', 'heavy')[:1]:\n    check()\nprint('kept')\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env={"PYTHONPATH": str(tmp_path)}
    )
    if words:
        assert words in answer.stderr
    elif plugin_imports == "json":
        assert answer.stdout == "kept\n"
    else:
        assert "no proposer is called 'heavy'" in answer.stderr
