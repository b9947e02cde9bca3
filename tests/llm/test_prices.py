"""The table of prices: every line complete, dated, and found for the models that continue its name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lskd_toolkit.errors import ConfigError
from lskd_toolkit.llm import prices
from lskd_toolkit.llm.prices import Price, price_of
from lskd_toolkit.llm.staleness import stale_prices
from lskd_toolkit.pipeline.running import configure

TABLE = prices._table("")


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_line_is_complete_and_makes_sense(name):
    line = TABLE[name]
    assert 0 < line.usd_in <= line.usd_out
    assert line.source
    assert line.read <= datetime.now(UTC).date()
    assert 0 < line.batch <= 1
    assert line.cache_read is None or line.cache_read < line.usd_in
    assert line.most(1000, 10) >= line.usd(1000, 10, cached=100, written=200)


def test_money_counts_what_came_from_the_cache_and_went_into_it():
    line = Price("m", 2.0, 10.0, datetime.now(UTC).date(), "s", cache_read=0.2, cache_write=2.5)
    assert line.usd(1_000_000, 0) == 2.0
    assert line.usd(1_000_000, 100_000, cached=500_000, written=250_000) == pytest.approx(
        0.25 * 2.0 + 0.5 * 0.2 + 0.25 * 2.5 + 1.0
    )


def own(tmp_path, monkeypatch, text):
    file = tmp_path / "prices.yaml"
    file.write_text(text)
    monkeypatch.setenv("LSKD_PRICES", str(file))
    prices._table.cache_clear()


MINE = "models:\n  mine: {usd_in: 1, usd_out: 2, read: 2020-01-01, source: me}\n"


def test_a_file_of_ones_own_is_laid_over_the_table(tmp_path, monkeypatch):
    own(tmp_path, monkeypatch, MINE)
    assert price_of("mine").usd_out == 2
    assert price_of("mine-2026-01-02").model == "mine"
    assert price_of("mine-mini") is None
    assert price_of("unheard-of") is None


@pytest.mark.parametrize(
    "text", ["[]", "models: {m: {usd_in: 1}}", "models: [", "models: {m: {nonsense: 1}}"]
)
def test_a_file_that_does_not_fit_is_one_line(tmp_path, monkeypatch, text):
    own(tmp_path, monkeypatch, text)
    with pytest.raises(ConfigError, match=r"prices .*do not fit") as caught:
        price_of("mine")
    assert "\n" not in str(caught.value)


def test_an_old_price_is_said_to_be_old():
    today = datetime.now(UTC).date()
    assert Price("m", 1, 1, today - timedelta(days=91), "s").stale()
    assert not Price("m", 1, 1, today - timedelta(days=90), "s").stale()
    config = configure(None, None, {"teacher": "claude", "critic": "smallworld"})
    model = config.teacher.parts["backend"].options.model
    read = price_of(model).read
    assert stale_prices([config.teacher], read) == []
    (line,) = stale_prices([config.teacher], read + timedelta(days=91))
    assert model in line
    assert "LSKD_PRICES" in line
    overridden = configure(None, None, {"teacher": {"use": "claude", "usd_per_million_in": 1.0,
                                                    "usd_per_million_out": 2.0}})  # fmt: skip
    assert stale_prices([overridden.teacher], read + timedelta(days=91)) == []
