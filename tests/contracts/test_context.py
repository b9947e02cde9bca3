"""The context that unit tests of plugins build components with."""

from __future__ import annotations

import asyncio
import inspect

import pytest

from lskd_toolkit import ChatRequest, Context, Message, create
from lskd_toolkit.errors import ConfigError
from lskd_toolkit.testing import SimpleContext


def test_it_has_the_six_names_and_no_more():
    names = {name for name in vars(SimpleContext(seed=3)) | vars(SimpleContext) if not name.startswith("_")}
    verbs = {name for name, _ in inspect.getmembers(Context, inspect.isfunction) if not name.startswith("_")}
    assert names == {*Context.__annotations__, *verbs} == {"model", "device", "seed", "llm", "part", "cache"}


def test_a_model_is_loaded_once_for_each_key():
    context, loads = SimpleContext(), []
    for key in ("a", "a", "b"):
        assert context.model(key, lambda: loads.append(1) or len(loads)) == {"a": 1, "b": 2}[key]
    assert len(loads) == 2


def test_the_cache_is_a_folder_of_its_own(tmp_path):
    assert SimpleContext(cache=tmp_path).cache == tmp_path
    context = SimpleContext()
    (context.cache / "file").touch()
    folder = context.cache
    del context
    assert not folder.exists()


def test_a_backend_is_behind_a_ledger_as_in_a_run(tmp_path):
    log = tmp_path / "calls"
    backend = create("backend", "smallworld", log=str(log)).component
    llm = SimpleContext(llms={"backend": backend}).llm()
    request = ChatRequest((Message("user", "[0] star: a red star"),))

    async def twice():
        return [await llm.complete(request) for _ in range(2)]

    first, second = asyncio.run(twice())
    assert first.text == second.text
    assert len(log.read_text().splitlines()) == 1


def test_parts_are_found_by_name_or_kind_and_a_lack_says_what_to_give():
    context = SimpleContext(parts={"vqa": "mine", "second": "other"})
    assert (context.part("vqa"), context.part("vqa", "second")) == ("mine", "other")
    with pytest.raises(ConfigError, match=r"parts=\{'refiner'"):
        context.part("refiner")
    with pytest.raises(ConfigError, match=r"llms=\{'judge'"):
        context.llm("judge")
