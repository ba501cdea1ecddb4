from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.errors import AlertReason
from monitor.model import Alert, Hit, Link, Outlet, Route, Rule, Standing
from monitor.notify.plan import MAX_ATTEMPTS, Planned, Scene, alerts_for, message_id, retry_at, standing

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
RULES = {
    "nato": Rule("nato", "NATO", tags=("defence",), severity="high"),
    "bread": Rule("bread", "bread"),
    "quiet": Rule("quiet", "x", mode="shadow"),
}


def plan(hit: Hit, *routes: Route, outlet: str = "gazette", language: str | None = "en") -> list[Planned]:
    return alerts_for([hit], Scene(Outlet(outlet), language), rules=RULES, routes=routes, now=NOW)


def test_every_matching_route_gets_an_alert_due_after_its_wait() -> None:
    hit = Hit("nato", (), story_id="s1")
    found = plan(hit, Route("now", ("mail",)), Route("later", ("chat",), wait=90), Route("other", ("x",), rules=("y",)))
    assert [item.alert for item in found] == [
        Alert("now", "nato", "s1", NOW),
        Alert("later", "nato", "s1", NOW + timedelta(seconds=90)),
    ]
    assert {item.reason for item in found} == {AlertReason.FIRST}


@pytest.mark.parametrize(
    ("route", "matches"),
    [
        (Route("r", ("c",)), True),
        (Route("r", ("c",), rules=("bread", "nato")), True),
        (Route("r", ("c",), rules=("bread",)), False),
        (Route("r", ("c",), tags=("trade", "defence")), True),
        (Route("r", ("c",), tags=("trade",)), False),
        (Route("r", ("c",), severities=("high",)), True),
        (Route("r", ("c",), severities=("low",)), False),
        (Route("r", ("c",), outlets=("gazette",)), True),
        (Route("r", ("c",), outlets=("courier",)), False),
        (Route("r", ("c",), languages=("de", "en")), True),
        (Route("r", ("c",), languages=("de",)), False),
        (Route("r", ("c",), tags=("defence",), outlets=("courier",)), False),
    ],
)
def test_a_route_matches_where_each_of_its_conditions_holds(route: Route, matches: bool) -> None:
    [item] = plan(Hit("nato", (), story_id="s"), route)
    assert (item.alert is not None) is matches
    assert item.reason is (AlertReason.FIRST if matches else AlertReason.NO_ROUTE)


def test_an_unknown_language_matches_only_routes_for_all() -> None:
    hit = Hit("nato", (), story_id="s")
    assert plan(hit, Route("r", ("c",), languages=("en",)), language=None)[0].alert is None
    assert plan(hit, Route("r", ("c",)), language=None)[0].alert is not None


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (Standing.BASELINE, AlertReason.BASELINE),
        (Standing.BACKFILL, AlertReason.BACKFILL),
        (Standing.SHADOW, AlertReason.SHADOW),
    ],
)
def test_a_held_hit_is_named_once_with_its_reason(standing: Standing, reason: AlertReason) -> None:
    hit = Hit("nato", (), standing=standing, story_id="s")
    assert plan(hit, Route("a", ("c",)), Route("b", ("c",))) == [Planned(hit, None, reason)]


def test_a_late_hit_is_told_and_a_shadow_rule_never_is() -> None:
    assert plan(Hit("nato", (), standing=Standing.LATE), Route("a", ("c",)))[0].alert is not None
    link = Link("gazette", "", "https://gazette.invalid/1", "")
    assert standing(link, RULES["quiet"], None) is Standing.SHADOW


def test_a_hit_of_a_rule_that_is_gone_still_finds_a_general_route() -> None:
    assert plan(Hit("gone", (), story_id="s"), Route("a", ("c",)))[0].alert is not None


def test_message_id_is_stable_and_differs_by_everything_that_makes_another_message() -> None:
    alert = Alert("desk", "nato", "s1", NOW)
    same = Alert("desk", "nato", "s1", NOW + timedelta(hours=1), id=9, state="told")
    assert message_id(alert, "mail") == message_id(same, "mail")
    others = [
        message_id(alert, "chat"),
        message_id(Alert("desk", "nato", "s1", NOW, revision=1), "mail"),
        message_id(Alert("desk", "nato", "s2", NOW), "mail"),
        message_id(Alert("desk", "bread", "s1", NOW), "mail"),
        message_id(Alert("night", "nato", "s1", NOW), "mail"),
    ]
    assert len({message_id(alert, "mail"), *others}) == 6
    assert len(message_id(alert, "mail")) == 32


def seconds(attempts: int, seed: str = "m1", retry_after: float | None = None) -> float:
    at = retry_at(attempts, NOW, NOW, seed, retry_after)
    assert at is not None
    return (at - NOW).total_seconds()


def test_retries_are_anywhere_up_to_half_a_minute_doubling_to_an_hour() -> None:
    for attempts in range(1, MAX_ATTEMPTS):
        longest = min(30 * 2 ** (attempts - 1), 3600)
        waits = [seconds(attempts, f"m{number}") for number in range(200)]
        assert min(waits) >= 1
        assert longest * 0.9 < max(waits) <= longest
        assert min(waits) < longest * 0.1 + 1


def test_retries_of_messages_that_failed_together_are_spread_and_repeatable() -> None:
    assert len({seconds(5, f"m{n}") for n in range(50)}) == 50
    assert seconds(5) == seconds(5)


def test_a_message_is_dead_after_twelve_attempts_and_a_day() -> None:
    day = NOW + timedelta(hours=24)
    assert retry_at(12, NOW, day, "m", None) is None
    assert retry_at(40, NOW, day - timedelta(minutes=1), "m", None) is not None
    # We were down for the weekend: it was tried once.
    assert retry_at(1, NOW, day + timedelta(hours=48), "m", 60) is not None


def test_retry_after_is_obeyed_where_longer_up_to_six_hours() -> None:
    assert seconds(1, retry_after=600) == 600
    assert seconds(1, retry_after=1) == seconds(1)
    assert seconds(1, retry_after=-5) == seconds(1)
    assert seconds(1, retry_after=1e9) == 6 * 3600
