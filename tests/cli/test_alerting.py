"""The commands of alerts from the outside: marks, forecasts, silences, retries, routes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta

import pytest
from click.testing import CliRunner

from monitor.cli.main import cli
from monitor.cli.marking import precision
from monitor.forecast import Seen, forecast
from monitor.model import Quiet, Route, Rule, Updates
from tests.bureau import Bureau

HOME = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=20)


@pytest.fixture
def desk(tmp_path):
    """An archive with 12 hits in 4 stories that were told."""
    made = Bureau(tmp_path, (Route("desk", ("mail",), updates=Updates(1800.0)),), now=HOME)
    made.tick()
    for number in range(12):
        made.hit(number % 5, f"s{number // 3}")
        made.run(600)
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path):
    config = tmp_path / "config"
    config.mkdir()
    (config / "monitor.yaml").write_text("storage: {path: ../monitor.db}\n")
    (config / "outlets.yaml").write_text("outlets: {o0: {feeds: [https://o0.invalid/rss], tags: [local]}}\n")
    (config / "rules.yaml").write_text(
        "rules:\n  nato: {query: headline, budget: 20/day}\n"
        "  old: {query: x, until: 2020-01-01}\n  quiet: {query: y, mode: shadow, spike: 5x}\n"
    )
    (config / "alerts.yaml").write_text(
        "channels: {screen: {kind: console}}\nroutes: {desk: {channels: [screen], update_every: 30m, limit: 30/1h}}\n"
    )
    return config


@pytest.fixture
def run(folder, desk):
    def call(*words, code=0):
        result = CliRunner().invoke(cli, ["--config", str(folder), *map(str, words)])
        assert result.exit_code == code, result.output
        return result.stdout if code == 0 else result.output

    return call


def test_a_hit_is_marked_and_a_rule_measured_by_it(run) -> None:
    assert run("hits", "mark", 1, 2, 3, "--relevant", "--author", "ann") == "3 hits: relevant\n"
    run("hits", "mark", 4, "--noise", "--author", "ann")
    assert "marked as noise by ann" in run("hits", "show", 4)
    assert json.loads(run("hits", "show", 1, "--json"))["mark"]["mark"] == "relevant"
    assert "precision 75% [30%, 95%] by 4 marked hits" in run("rules", "test", "nato", "--since", "7d")
    run("hits", "mark", 4, "--clear")
    assert "precision 100% [44%, 100%] by 3 marked hits" in run("rules", "test", "nato", "--since", "7d")
    assert "there is no hit 99" in run("hits", "mark", 1, 99, "--noise", code=1)
    assert "one of --relevant" in run("hits", "mark", 1, code=2)


def test_the_interval_of_a_share_is_wilsons() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for good, total, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611),
                                   (1, 29, 0.0061, 0.1718)):  # fmt: skip
        _, found_low, found_high = precision(good, total - good)
        assert (round(found_low, 4), round(found_high, 4)) == (low, high)


def test_a_rule_is_tried_with_what_it_would_send(run) -> None:
    told = run("rules", "test", "nato", "--since", "7d")
    assert "hits: 12 of 12 articles" in told
    assert "forecast for one channel" in told
    (found,) = map(json.loads, run("rules", "test", "nato", "--since", "7d", "--json").splitlines())
    assert sum(found["forecast"]["alerts"].values()) == 4
    assert found["forecast"]["replayed"] == 12
    # Nothing of it is left.
    assert len(run("alerts", "list", "--json").splitlines()) == 4


def test_a_forecast_is_what_the_same_hits_bring(tmp_path) -> None:
    """The replay against the line itself, over two days."""
    routes = (
        Route("desk", ("mail",), updates=Updates(1800.0, most=2), quiet=Quiet(time(22), time(7))),
        Route("daily", ("chat",), digest=(time(7), time(18))),
    )
    rule = Rule("nato", "nato")
    desk = Bureau(tmp_path / "line", routes, (rule,))
    desk.tick()
    seen = []
    for number in range(150):
        desk.hit(number % 9, f"s{number // 4}")
        seen.append(Seen(desk.now, f"o{number % 9}", "en", f"s{number // 4}"))
        desk.run(1200, step=10)
    desk.run(86_400, step=60)
    scratch = Bureau(tmp_path / "scratch", ())
    found = forecast(scratch.store, desk.orders, rule, seen[::-1], "UTC")
    last = seen[-1].at + timedelta(hours=12)
    sent = [one.row.message.kind for one in desk.sent if one.row.channel_id == "mail" and one.at < last]
    assert sum(found.alerts.values()) == sent.count("alert")
    assert abs(sum(found.updates.values()) - sent.count("update")) <= 1
    assert found.reasons["held_quiet"] > 0
    assert found.days == 3
    for one in (desk, scratch):
        one.close()


def test_a_rule_that_is_not_for_ever_says_so(run) -> None:
    told = run("rules", "list")
    for said in ("20/day", "ended 2020-01-01", "shadow, spikes 5x"):
        assert said in told


def test_status_counts_what_was_decided(run) -> None:
    assert "hits and alerts in the last 24 hours: " in run("status")
    assert json.loads(run("status", "--json"))["reasons"]["first"] > 0
