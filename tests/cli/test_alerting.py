"""The commands of alerts from the outside: marks, forecasts, silences, retries, routes."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from click.testing import CliRunner

from monitor import trial
from monitor.cli.main import cli
from monitor.forecast import Seen, forecast
from monitor.model import Limit, Quiet, Route, Rule, Standing, Updates
from monitor.review.precision import precision
from monitor.settings.load import load
from monitor.store.sqlite import SqliteStore
from monitor.views import Filter
from tests.bureau import Bureau
from tests.store.make import article

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
    def call(*words, code=0, both=False):
        result = CliRunner().invoke(cli, ["--config", str(folder), *map(str, words)])
        assert result.exit_code == code, result.output
        return result.output if code or both else result.stdout

    return call


def test_a_hit_is_marked_and_a_rule_measured_by_it(run) -> None:
    assert run("hits", "mark", 1, 2, 3, "relevant", "--author", "ann") == "3 hits: relevant\n"
    run("hits", "mark", 4, "noise", "--author", "ann")
    assert "marked as noise by ann" in run("hits", "show", 4)
    assert json.loads(run("hits", "show", 1, "--json"))["mark"]["mark"] == "relevant"
    assert "precision 75% [30%, 95%] by 4 marked hits" in run("rules", "test", "nato", "--since", "7d")
    run("hits", "mark", 4, "--clear")
    assert "precision 100% [44%, 100%] by 3 marked hits" in run("rules", "test", "nato", "--since", "7d")
    assert "there is no hit 99" in run("hits", "mark", 1, 99, "noise", code=1)
    for words in ((1,), ("noise",), (1, "useless")):
        assert "then relevant or noise" in run("hits", "mark", *words, code=2)
    assert "is not a valid integer" in run("hits", "mark", "x", "noise", code=2)
    assert json.loads(run("hits", "--limit", 12, "--json"))["hits"][-1]["mark"]["author"] == "ann"
    assert ",relevant,Headline 1," in run("hits", "--csv")


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
        Route("desk", ("mail",), updates=Updates(1800.0, most=1), quiet=Quiet(time(22), time(7))),
        Route("daily", ("chat",), digest=(time(7), time(18))),
    )
    rule = Rule("nato", "nato")
    desk = Bureau(tmp_path / "line", routes, (rule,))
    desk.tick()
    seen = []
    for number in range(150):
        desk.hit(number % 9, f"s{number // 4}")
        seen.append(Seen(desk.now, f"o{number % 9}", "en", f"s{number // 4}"))
        # No hit comes in the very second an update is due: the line looks every ten.
        desk.run(1190, step=10)
    desk.run(86_400, step=60)
    scratch = Bureau(tmp_path / "scratch", ())
    found = forecast(scratch.store, desk.orders, rule, seen[::-1], "UTC")
    last = seen[-1].at + timedelta(hours=12)
    sent = [one.row.message.kind for one in desk.sent if one.row.channel_id == "mail" and one.at < last]
    assert sum(found.alerts.values()) == sent.count("alert")
    assert sum(found.updates.values()) == sent.count("update") > 0
    assert found.reasons["max_updates"] > 0
    assert found.reasons["held_quiet"] > 0
    assert found.days == 3
    # Those that say something of it, on the channel that has most of them that day: chat, or what is over on mail.
    by_day: dict[str, Counter[str]] = {}
    for one in desk.sent:
        told = one.row.message
        if told.kind == "digest" and "Headline" in told.text and one.at <= datetime(2026, 11, 27, 8, tzinfo=UTC):
            by_day.setdefault(f"{one.at:%Y-%m-%d}", Counter())[one.row.channel_id] += 1
    assert found.digests == {day: max(counts.values()) for day, counts in by_day.items()}
    assert len(found.digests) == 4
    for one in (desk, scratch):
        one.close()


def test_a_forecast_of_many_limits_leaves_each_hit_to_one_digest(tmp_path) -> None:
    """Fifty in an hour, five of them at once: the rest comes the next morning, also what quiet hours held until then."""
    routes = (Route("desk", ("mail",), limit=Limit(5, 86_400.0), quiet=Quiet(time(20), time(8))),)
    desk = Bureau(tmp_path, routes)
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    seen = [Seen(noon + timedelta(minutes=number), "o1", "en", f"s{number}") for number in range(50)]
    seen += [Seen(noon + timedelta(hours=10, minutes=number), "o1", "en", f"t{number}") for number in range(8)]
    found = forecast(desk.store, desk.orders, Rule("nato", "nato"), seen, "UTC")
    assert found.alerts == {"2026-11-24": 5}
    assert found.digests == {"2026-11-25": 1}
    assert (found.reasons["over_limit"], found.reasons["held_quiet"]) == (53, 8)
    desk.close()


def test_a_mean_is_of_all_days_that_were_asked_for(run, desk) -> None:
    quiet = article(900, title="Nothing", outlet="o1")
    with desk.store.transaction():
        desk.store.articles.save(quiet, fetched_at=desk.now, standing=Standing.LIVE)
    assert ", 1 day" in run("rules", "test", "nato", "--since", "5d")
    early, late = (Bureau(desk.folder / name, ()) for name in "ab")
    seen = [Seen(HOME + timedelta(hours=number), "o1", "en", f"s{number}") for number in range(3)]
    period = (HOME - timedelta(days=29, hours=1), HOME + timedelta(hours=20))
    assert forecast(early.store, desk.orders, Rule("nato", ""), seen, "UTC", period=period).days == 30
    # Of more hits than are replayed the days are those of the replayed.
    assert forecast(late.store, desk.orders, Rule("nato", ""), seen, "UTC", hits=4, period=period).days <= 2
    for one in (early, late):
        one.close()


def test_a_mean_begins_with_the_archive(run, folder, tmp_path) -> None:
    with closing(SqliteStore.open(tmp_path / "other.db")) as store, store.transaction():
        for number, (title, days) in enumerate((("Nothing", 12), ("Headline 1", 3), ("Headline 2", 2)), 1):
            one = article(number, title=title, outlet="o1")
            store.articles.save(one, fetched_at=datetime.now(UTC) - timedelta(days=days), standing=Standing.LIVE)
    (folder / "monitor.yaml").write_text("storage: {path: ../other.db}\n")
    said = run("rules", "test", "nato")
    assert "forecast for one channel, 12 days" in said
    assert "0.2 a day, 1 at most" in said
    assert "forecast for one channel, 5 days" in run("rules", "test", "nato", "--since", "5d")


def test_what_an_outlet_listed_at_first_is_replayed_when_it_was_published(tmp_path) -> None:
    read, published = HOME, HOME - timedelta(days=3)
    with closing(SqliteStore.open(tmp_path / "monitor.db")) as store:
        with store.transaction():
            for number, standing in enumerate((Standing.BASELINE, Standing.LATE), 1):
                one = replace(article(number, title="Headline"), published=published)
                store.articles.save(one, fetched_at=read, standing=standing)
        rule = Rule("nato", "headline")
        seen = trial.tried(trial.stored(store, Filter(), [rule]), rule, ()).seen
    assert [one.at for one in seen] == [read, published]


def test_a_rule_that_is_not_for_ever_says_so(run) -> None:
    told = run("rules", "list")
    for said in ("20/day", "ended 2020-01-01", "shadow, spikes 5x"):
        assert said in told


def test_status_counts_what_was_decided(run) -> None:
    assert "hits and alerts in the last 24 hours: " in run("status")
    assert json.loads(run("status", "--json"))["reasons"]["first"] > 0


def test_what_is_silenced_is_listed_and_ends(run, desk) -> None:
    told = run("silence", "add", "rule=nato outlet=o3*", "--for", "4h", "--comment", "a trial", "--author", "ann")
    assert told.startswith("silence 1 until ")
    for said in ("active", "rule=nato outlet='o3*'", "ann", "a trial"):
        assert said in run("silence", "list")
    desk.now = datetime.now(UTC)
    desk.hit(3, "new")
    desk.hit(4, "new")
    desk.tick()
    (row,) = map(json.loads, run("hits", "--standing", "silenced", "--ndjson").splitlines())
    assert (row["outlet"], row["standing"]) == ("o3", "silenced")
    assert "silenced" in run("hits", "show", row["id"])
    run("silence", "expire", 1)
    assert run("silence", "list") == "Nothing is silenced.\n"
    assert "ended" in run("silence", "list", "--all")
    assert "there is no silence 1 that lasts" in run("silence", "expire", 1, code=1)
    desk.now = datetime.now(UTC)
    desk.hit(3, "newer")
    assert len(run("hits", "--standing", "silenced", "--ndjson").splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rule=nata", "--for", "1h"), "there is no rule 'nata'; did you mean 'nato'?"),
        (("outlet_tag=locl", "--for", "1h"), "there is no outlet tag 'locl'; did you mean 'local'?"),
        (("rules=nato", "--for", "1h"), "expected KEY=VALUE with one of rule, tag"),
        (("rule='nato", "--for", "1h"), "No closing quotation"),
        (("", "--for", "1h"), "nothing to silence"),
        (("rule=nato", "--for", "soon"), "a duration such as 90s"),
        (("rule=nato", "--for", "0s"), "longer than nothing"),
        (("rule=nato", "--for", "4h", "--from", "2d"), "it would have ended at"),
        (("story=s0 story=nope", "--for", "1h"), "there is no story nope"),
        (("rule=nato", "--for", "1h", "--comment", " "), "the comment says why"),
    ],
)
def test_a_silence_that_says_nothing_is_refused(run, words, said) -> None:
    assert said in " ".join(run("silence", "add", "--comment", "x", *words, code=2).split())
    assert run("silence", "list", "--all") == "Nothing is silenced.\n"


def test_a_silence_of_what_is_not_there_yet_can_be_forced(run) -> None:
    assert "silence 1" in run("silence", "add", "rule=nata story=nope", "--for", "1h", "--comment", "x", "--force")


def test_a_silence_that_adds_nothing_to_one_that_lasts_is_refused(run) -> None:
    how = ("silence", "add", "rule=nato", "--comment", "x", "--author")
    run(*how, "ann", "--for", "4h")
    assert "silence 1 of ann holds on the same until" in " ".join(run(*how, "bo", "--for", "1h", code=2).split())
    assert "silence 2 until" in run(*how, "bo", "--for", "1d")


def test_an_alert_explains_itself(run, desk) -> None:
    told = run("alerts", "show", 1)
    for said in (
        "rule nato on route desk, story s0: told",
        "first hit 1",
        "new_outlet hit 2",
        "mail: sent",
        "alert, mail",
    ):
        assert said in told
    (row,) = map(json.loads, run("alerts", "show", 1, "--json").splitlines())
    assert [one["reason"] for one in row["decisions"]][:2] == ["first", "first"]
    assert row["hits"] == [1, 2, 3]
    assert "there is no alert 99" in run("alerts", "show", 99, code=1)
    assert "new_outlet" in run("alerts", "reasons")
    assert "first on route desk" in run("hits", "show", 1)


def test_alerts_are_listed_by_what_holds_them(run, desk) -> None:
    desk.use([Route("desk", ("mail",), quiet=Quiet(time(0), time(23, 59)))])
    desk.hit(1, "night")
    desk.run(60)
    rows = [*map(json.loads, run("alerts", "list", "--held", "--json").splitlines())]
    assert {row["alert"]["hold"] for row in rows} == {"held_quiet"}
    assert "night" in {row["alert"]["story_id"] for row in rows}
    assert "held_quiet, until" in run("alerts", "list", "--reason", "held_quiet")
    assert run("alerts", "list", "--reason", "shadow").startswith("0 alerts")
    assert "'frist' is none of first" in run("alerts", "list", "--reason", "frist", code=2)


def test_alerts_of_what_is_not_there_are_told_to_be_none(run) -> None:
    for words, said in ((("--rule", "nata"), "no rule nata, only nato"), (("--outlet", "o7"), "no outlet o7"),
                        (("--story", "s7"), "no story s7")):  # fmt: skip
        assert said in run("alerts", "list", *words, both=True)
    assert "there is no channel sreen, only screen" in run("alerts", "retry", "--channel", "sreen", code=1)


def test_what_was_given_up_is_sent_again_when_somebody_says_so(run, desk) -> None:
    desk.down = {"mail"}
    desk.hit(1, "lost")
    desk.run(40 * 3600, step=600)
    (row,) = map(json.loads, run("alerts", "list", "--state", "dead", "--story", "lost", "--json").splitlines())
    number = row["outbox"][0]["id"]
    assert "ids of messages, --channel or --all" in run("alerts", "retry", code=2)
    assert "0 messages are due again" in run("alerts", "retry", "nothing", code=1)
    assert run("alerts", "retry", number) == "1 message is due again\n"
    desk.down = set()
    desk.now = datetime.now(UTC)
    assert [one.row.id for one in desk.deliver()] == [number]
    # The update of another story was given up too.
    assert run("alerts", "retry", "--channel", "mail") == "1 message is due again\n"
    assert run("alerts", "retry", "--all") == "0 messages are due again\n"


@pytest.fixture
def tried(run):
    def call(*words):
        rows = map(json.loads, run("alerts", "routes", "test", "--outlet", "o0", *words, "--json").splitlines())
        return {row["route"]: (row["takes"], row["told"], row["why"]) for row in rows}

    return call


def test_routes_say_what_they_would_do(run, tried, folder) -> None:
    (folder / "alerts.yaml").write_text("""
channels: {screen: {kind: console}}
routes:
  desk:
    channels: [screen]
    quiet_hours: {from: "22:00", to: "07:00"}
    routes:
      war: {tags: [war]}
      local: {outlet_tags: [local], wait: 10m}
  daily: {channels: [screen], digest: ["07:30"], severities: [normal]}
  large: {channels: [screen], min_outlets: 5}
""")
    noon = tried("--rule", "nato", "--at", "2026-11-26T12:00")
    assert noon == {
        "desk": (False, "", "a route below takes it"),
        "war": (False, "", "tags: war"),
        "local": (True, "2026-11-26 12:10", "first, after 600 s of collecting; 20 a day"),
        "daily": (True, "2026-11-27 07:30", "digest: the digest of 2026-11-27 07:30 UTC"),
        "large": (False, "", "min_outlets: 5"),
    }
    night = tried("--rule", "nato", "--outlets", "5", "--at", "2026-11-26T23:00")
    assert night["local"] == (True, "2026-11-27 07:00", "held_quiet: quiet until then")
    assert night["large"][0]
    assert tried("--rule", "old")["daily"][1:] == ("never", "the rule is off or has ended")
    assert tried("--rule", "quiet")["daily"][1] == "never"
    assert "quiet 22:00 to 07:00 UTC" in run("alerts", "routes", "list")
    for words, said in ((("nato", "--outlet", "o9"), "no outlet o9"), (("nata",), "no rule nata, only nato")):
        assert said in run("alerts", "routes", "test", "--outlet", "o0", "--rule", *words, code=2)


def test_routes_say_what_is_silenced(run, tried, folder, tmp_path) -> None:
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)
    start = (noon + timedelta(minutes=5)).isoformat()
    run("silence", "add", "rule=nato outlet_tag=local", "--from", start, "--for", "1h", "--comment", "x")
    (folder / "alerts.yaml").write_text(
        "channels: {screen: {kind: console}}\n"
        "routes: {slow: {channels: [screen], wait: 10m}, quick: {channels: [screen]}}\n"
    )
    until = f"silenced: silence 1 until {noon + timedelta(minutes=65):%Y-%m-%d %H:%M}"
    found = tried("--rule", "nato", "--at", noon.isoformat())
    # It begins while the slow one collects.
    assert found["slow"] == (True, "never", until)
    assert found["quick"][1] == f"{noon:%Y-%m-%d %H:%M}"
    late = (noon + timedelta(minutes=30)).isoformat()
    assert tried("--rule", "nato", "--at", late)["quick"] == (True, "never", until)
    (folder / "monitor.yaml").write_text("storage: {path: ../none.db}\n")
    assert tried("--rule", "nato", "--at", late)["quick"][1] != "never"


def test_a_route_that_leaves_a_hit_alone_leaves_it_for_all_below(tried, folder) -> None:
    (folder / "alerts.yaml").write_text("""
channels: {screen: {kind: console}}
routes:
  war: {channels: [screen], tags: [war], routes: {deep: {wait: 5m, routes: {deeper: {wait: 1m}}}}}
""")
    found = tried("--rule", "nato")
    assert found["war"] == (False, "", "tags: war")
    assert found["deep"] == found["deeper"] == (False, "", "war does not take it")


@pytest.mark.parametrize("at", ["07:25", "07:35", "12:00", "17:55", "21:55", "23:00"])
def test_a_hit_is_told_when_it_is_said_to_be(tried, folder, tmp_path, at) -> None:
    """`routes test` against the line itself."""
    (folder / "alerts.yaml").write_text("""
channels: {mail: {kind: console}}
routes:
  slow: {channels: [mail], wait: 10m, quiet_hours: {from: "22:00", to: "07:00"}}
  daily: {channels: [mail], digest: ["07:30", "18:00"], wait: 10m}
""")
    said = {route: told for route, (_, told, _) in tried("--rule", "nato", "--at", f"2026-11-26T{at}").items()}
    routes = load(folder, {}, addresses=False).routes
    line = Bureau(tmp_path / "line", routes, now=datetime.fromisoformat(f"2026-11-26T{at}:00+00:00"))
    line.tick()
    line.hit()
    line.run(26 * 3600)
    # Digests that say nothing of it come besides.
    sent = {one.row.route: f"{one.at:%Y-%m-%d %H:%M}" for one in line.sent if "Headline 1" in one.row.message.text}
    assert sent == said
    line.close()
