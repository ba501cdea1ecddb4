"""When a source is asked next, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import Reason
from monitor.model import Feed, Link, Links, Outlet
from monitor.outlets import cadence, rhythm
from monitor.outlets.cadence import DAY, Answer, Asked, next_check, spell
from monitor.outlets.novelty import News
from monitor.views import DueSource

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WEEK = timedelta(weeks=1)


def wait(**options):
    return (next_check(NOW, **{"every": 900.0, **options}).at - NOW).total_seconds()


def source(**known):
    return DueSource(1, "a", "https://a.example/feed", "feed", NOW, **known)


def answered(known, moments=(), *, outlet=None, now=NOW, **answer):
    news = News(moments=tuple(moments))
    return cadence.answered(known, outlet or Outlet("a"), Answer("d", **answer), news, now)


def test_jitter_only_shortens_so_that_cron_finds_it_due():
    waits = {wait(seed=f"https://{number}.example/") for number in range(200)}
    assert min(waits) > 760
    assert max(waits) < 880
    assert len(waits) > 150


def test_the_same_source_is_always_shaken_alike():
    assert wait(seed="a") == wait(seed="a")


def test_trouble_waits_longer_up_to_a_day():
    assert wait(trouble=3) == pytest.approx(8 * wait())
    assert wait(trouble=0.25) > wait()
    assert wait(trouble=400) <= DAY


def test_a_host_that_asks_for_patience_gets_it():
    assert wait(asked=Asked(retry_after=7_200)) == 7_200
    assert wait(asked=Asked(retry_after=60)) == wait()
    assert wait(asked=Asked(retry_after=99 * DAY)) == DAY


def test_an_interval_that_is_set_is_kept_whatever_the_source_asks():
    assert wait(every=60, asked=Asked(patience=3_600, quiet=frozenset(range(100)))) == pytest.approx(wait(every=60))


def test_a_source_is_asked_no_oftener_than_it_asks():
    assert wait(every=None, due=300, asked=Asked(patience=3_600)) > 3_000
    assert wait(every=None, due=7_200, asked=Asked(patience=60)) > 6_000


def test_a_patience_that_made_articles_wait_is_shortened():
    assert wait(every=None, due=300, pace=0.25, asked=Asked(patience=DAY)) < DAY / 3


def test_the_interval_stays_within_two_minutes_and_a_day():
    assert wait(every=None, due=1) == 120
    assert wait(every=None, due=99 * DAY) <= DAY


def test_quiet_hours_are_waited_out_and_all_hours_are_none():
    tuesday_noon = 24 + 12
    quiet = frozenset(range(tuesday_noon, tuesday_noon + 3))
    plan = next_check(NOW, due=600, asked=Asked(quiet=quiet))
    assert plan.at == NOW.replace(hour=15)
    assert "asks not to be asked" in plan.why
    assert wait(every=None, due=600, asked=Asked(quiet=frozenset(range(168)))) < 600


# ---- what a source publishes


def test_a_source_is_asked_as_often_as_it_publishes():
    waits = []
    for each in (timedelta(minutes=2), timedelta(hours=1), timedelta(hours=29), timedelta(hours=150)):
        moments = [NOW - each * (number + 0.4) for number in range(min(40, int(4 * WEEK / each)))]
        outcome = answered(source(baseline=True), moments)
        waits.append((outcome.next_check_at - NOW).total_seconds() / 60)
    assert waits == sorted(waits)
    assert 2 <= waits[0] <= 4
    assert 9 <= waits[1] <= 13
    assert 40 <= waits[2] <= 65
    assert 90 <= waits[3] <= 240


def test_it_is_asked_oftener_in_the_hours_in_which_it_publishes():
    moments = [NOW.replace(hour=hour) - timedelta(days=day) for day in range(28) for hour in (7, 8, 9)]
    known = rhythm.learn(None, moments, NOW)
    by_day = rhythm.patience(known, NOW.replace(hour=8), cadence.NEED)
    by_night = rhythm.patience(known, NOW.replace(hour=20), cadence.NEED)
    assert by_day < by_night / 2
    # What begins at seven is not slept through from five.
    assert rhythm.patience(known, NOW.replace(hour=5), cadence.NEED) < 2.4 * 3_600


def test_a_source_without_dates_is_asked_every_quarter_hour_at_first_and_less_when_nothing_comes():
    first = answered(source(baseline=True))
    assert 700 < (first.next_check_at - NOW).total_seconds() < 900
    later = NOW + 2 * WEEK
    second = answered(source(rhythm=first.rhythm), now=later)
    assert (second.next_check_at - later).total_seconds() > 3_600


def test_an_article_that_waited_for_us_shortens_the_interval_and_the_pace_comes_back():
    asked = NOW - timedelta(hours=2)
    late = answered(source(last_ok_at=asked), [NOW - timedelta(hours=1)])
    assert late.pace == 0.7
    assert "sooner since articles were found late" in late.plan
    # Published before we last asked: the feed was late, not we.
    assert answered(source(last_ok_at=asked, pace=0.7), [NOW - timedelta(hours=3)]).pace > 0.7
    assert answered(source(last_ok_at=asked, pace=0.1), [NOW - timedelta(hours=1)]).pace == cadence.FASTEST
    assert answered(source(last_ok_at=asked, pace=0.99)).pace == 1.0


def test_what_the_feed_and_its_headers_ask_for_counts():
    moments = [NOW - timedelta(minutes=3) * number for number in range(40)]
    asked = answered(source(), moments, found=Links(ttl=3_600.0))
    assert (asked.next_check_at - NOW).total_seconds() > 3_000
    assert asked.plan == "every 1h, as it asks"
    assert (answered(source(), moments, fresh_for=1_800).next_check_at - NOW).total_seconds() > 1_500


def test_an_unchanged_answer_keeps_what_was_known():
    known = source(etag='"1"', last_modified="Tue", body_hash="aa")
    outcome = answered(known, unchanged=True)
    assert (outcome.etag, outcome.last_modified, outcome.body_hash, outcome.listed) == ('"1"', "Tue", "aa", None)
    new = answered(known, found=Links((Link("a", "f", "u"),)), etag='"2"')
    assert (new.etag, new.last_modified, new.body_hash, new.listed) == ('"2"', "", "d", 1)


def test_a_rhythm_is_written_when_there_is_something_to_write():
    first = answered(source(), [NOW])
    assert len(first.rhythm) == 344
    soon = NOW + timedelta(minutes=10)
    assert answered(source(rhythm=first.rhythm), now=soon).rhythm == b""
    assert len(answered(source(rhythm=first.rhythm), now=NOW + timedelta(hours=2)).rhythm) == 344


def test_failures_count_by_their_kind():
    outcomes = [
        cadence.failed(source(), Outlet("a", every=900.0), reason, "", NOW, None)
        for reason in (Reason.NOT_FOUND, Reason.TIMEOUT, Reason.RATE_LIMITED)
    ]
    assert [outcome.trouble for outcome in outcomes] == [1.0, 0.5, 0.25]
    assert [outcome.failures for outcome in outcomes] == [1, 1, 1]
    waits = [outcome.next_check_at for outcome in outcomes]
    assert waits == sorted(waits, reverse=True)
    again = cadence.failed(source(trouble=4.0, failures=4), Outlet("a"), Reason.DNS, "x" * 999, NOW, 60.0)
    assert (again.trouble, len(again.detail)) == (5.0, 300)
    assert again.plan == "after 8h, as it failed"


# ---- rhythms as they are kept


@given(
    st.lists(st.integers(0, 40 * 86_400), max_size=60),
    st.lists(
        st.tuples(st.integers(-90_000, 60 * 86_400), st.lists(st.integers(-99, 9_999_999), max_size=9)), max_size=8
    ),
)
def test_no_history_asks_for_less_than_two_minutes_or_more_than_a_day(first, later):
    known = rhythm.learn(None, [NOW - timedelta(seconds=ago) for ago in first], NOW)
    now = NOW
    for passed, moments in later:
        now += timedelta(seconds=passed)
        known = rhythm.learn(known, [now - timedelta(seconds=ago) for ago in moments], now)
        known = rhythm.unpack(rhythm.pack(known))
        assert all(count >= 0 for count in known.counts)
        due = rhythm.patience(known, now, cadence.NEED)
        assert 0 < due <= DAY
        assert 100 < (next_check(now, due=due).at - now).total_seconds() <= DAY


def test_a_rhythm_comes_back_as_it_was_kept():
    known = rhythm.learn(None, [NOW - timedelta(hours=number) for number in range(30)], NOW)
    again = rhythm.unpack(rhythm.pack(known))
    assert again.counts == known.counts
    assert again.weeks == pytest.approx(known.weeks)
    assert rhythm.unpack(b"") is None


def test_old_weeks_fade():
    busy = rhythm.learn(None, [NOW - timedelta(hours=number) for number in range(600)], NOW)
    silent = rhythm.learn(busy, [], NOW + 12 * WEEK)
    assert silent.mean() < busy.mean() / 5


@pytest.mark.parametrize(
    ("seconds", "said"), [(90, "90s"), (120, "2m"), (3_600, "1h"), (5_400, "90m"), (86_400, "1d"), (0.1, "0.1s")]
)
def test_durations_are_spelled_as_the_configuration_does(seconds, said):
    assert spell(seconds) == said


def test_a_feed_says_nothing_of_quiet_hours_unless_it_does():
    assert (Feed().quiet, Feed().sitemaps) == ((), ())
