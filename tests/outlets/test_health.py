"""What is wrong with an outlet, and what only seems so."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.errors import Reason, Trouble
from monitor.model import Article, Block, Link, LinkState, Role, TextKind
from monitor.outlets import health, rhythm, silence
from monitor.views import DueSource
from monitor.views_health import Ailment, Chart, Glance, Pulse
from tests.outlets.simulated import MONDAY, Paper, learn, papers, week

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
FEED = "https://courier.example/feed"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def pulse(**fields: object) -> Pulse:
    return replace(Pulse(FEED, last_ok_at=NOW - DAY / 24, first_ok_at=NOW - 60 * DAY), **fields)


def pages(*some: tuple[int, Glance], minutes: int = 20) -> tuple[Glance, ...]:
    """So many of each, the last now."""
    row = [one for count, one in some for _ in range(count)]
    return tuple(
        replace(one, at=NOW - (len(row) - 1 - number) * timedelta(minutes=minutes), title=number + 1,
                body=one.body and (number + 1 if one.body == 1 else one.body))
        for number, one in enumerate(row)
    )  # fmt: skip


GOOD = Glance(NOW, None, 3_000, 1)
SHORT = Glance(NOW, None, 300, 1)
EMPTY = Glance(NOW, Reason.NO_BODY)
WALLED = Glance(NOW, Reason.CHALLENGE)
PAID = Glance(NOW, Reason.PAYWALL, 200, 1)
SAME = Glance(NOW, None, 3_000, 77)
MISSED = Glance(NOW, Reason.TIMEOUT)


def begun(glances: Sequence[Glance] = (), *pulses: Pulse, now: datetime = NOW) -> list[Ailment]:
    chart = Chart("courier", pulses or (pulse(),), tuple(glances))
    said = health.examine(chart, "https://courier.example/", now)
    assert not said.ended
    # What stands is not begun again.
    again = health.examine(replace(chart, ailments=said.begun), "", now)
    assert not again.begun
    return list(said.begun)


# ---- polls


@pytest.mark.parametrize(
    ("reason", "trouble", "todo"),
    [
        (Reason.FORBIDDEN, Trouble.BLOCKED, "User-Agent"),
        (Reason.RATE_LIMITED, Trouble.BLOCKED, "a longer `every` of courier"),
        (Reason.CHALLENGE, Trouble.BLOCKED, "User-Agent"),
        (Reason.ROBOTS, Trouble.BLOCKED, "ignore_robots"),
        (Reason.UNAUTHORIZED, Trouble.BLOCKED, "headers_env"),
        (Reason.TLS_EXPIRED, Trouble.CERTIFICATE, "clock"),
        (Reason.TLS_WRONG_HOST, Trouble.CERTIFICATE, "discover https://courier.example/"),
        (Reason.NOT_FOUND, Trouble.FAILING, "discover https://courier.example/"),
        (Reason.SERVER_ERROR, Trouble.FAILING, "outlets check courier"),
        (Reason.DNS, Trouble.FAILING, "outlets check courier"),
    ],
)
def test_three_polls_in_a_row_that_fail_are_a_trouble_by_their_reason(
    reason: Reason, trouble: Trouble, todo: str
) -> None:
    [one] = begun((), pulse(reason=reason, failures=3, detail="HTTP 999"))
    assert (one.trouble, one.outlet_id, one.cause) == (trouble, "courier", "polls")
    assert one.said.startswith(f"{trouble}: {reason} (HTTP 999), 3 polls in a row, last read 1h ago"), one.said
    assert todo in one.todo
    assert not begun((), pulse(reason=reason, failures=2))


def test_a_reader_that_cannot_be_started_is_no_fault_of_an_outlet() -> None:
    assert not begun((), pulse(reason=Reason.NO_READER, failures=9))


def test_of_several_sources_the_one_that_fails_is_named() -> None:
    [one] = begun((), pulse(), pulse(url="https://courier.example/sport", reason=Reason.NOT_FOUND, failures=3))
    assert one.said.endswith(": https://courier.example/sport")


def test_another_reason_of_the_same_failure_is_no_second_trouble() -> None:
    [one] = begun((), pulse(reason=Reason.SERVER_ERROR, failures=3))
    bad = Chart("courier", (pulse(reason=Reason.FORBIDDEN, failures=6),), (), (one,))
    assert health.examine(bad, "", NOW) == health.Diagnosis()
    [over] = health.examine(replace(bad, pulses=(pulse(),)), "", NOW + 5 * HOUR).ended
    assert (over.trouble, over.said) == (Trouble.FAILING, "answers again (failing for 5h)")


# ---- pages


@pytest.mark.parametrize(
    ("glances", "said"),
    [
        (pages((37, GOOD), (3, EMPTY)), "layout changed: no text on the last 3 pages (37 of 37 before had some)"),
        (pages((8, GOOD), (6, EMPTY)), "layout changed: no text on the last 6 pages (8 of 8 before had some)"),
        (pages((1, EMPTY), (33, GOOD), (5, EMPTY)), "no text on the last 5 pages (33 of 34"),
        (pages((36, GOOD), (4, SHORT)), "layout changed: at most 300 characters on the last 4 pages (usually 3,000)"),
        (pages((37, GOOD), (3, SAME)), "layout changed: the same text on 3 of the last 5 pages"),
        (pages((36, GOOD), (1, SAME), (1, MISSED), (2, SAME)), "layout changed: the same text on 3"),
        (pages((36, GOOD), (1, EMPTY), (1, WALLED), (2, EMPTY)), "no text on the last 3 pages"),
        (pages((37, GOOD), (3, WALLED)), "blocked: challenge on the last 3 pages (0 of 37 before)"),
        (pages((37, GOOD), (3, PAID)), "blocked: paywall on the last 3 pages"),
        (pages((37, GOOD), (3, MISSED)), "failing: timeout on the last 3 pages"),
    ],
)
def test_pages_that_are_not_read_as_usual_are_a_trouble(glances: tuple[Glance, ...], said: str) -> None:
    [one] = begun(glances)
    assert said in one.said
    assert one.todo


@pytest.mark.parametrize(
    "glances",
    [
        pages((38, GOOD), (2, EMPTY)),
        pages((3, GOOD), (8, EMPTY)),  # too few are known
        pages((1, EMPTY), (35, GOOD), (4, EMPTY)),
        pages((14, EMPTY), (20, GOOD), (6, EMPTY)),  # films: often without text
        pages((7, EMPTY), (13, GOOD), (20, EMPTY)),
        pages((20, PAID), (10, GOOD), (10, PAID)),  # half of it is behind a paywall anyway
        pages((37, GOOD), (3, SHORT)),
        pages((40, SHORT)),  # always
        pages((37, GOOD), (2, SAME), (1, GOOD)),
        pages((3, SAME), (32, GOOD), (3, SAME), (2, GOOD)),  # as before
        pages((37, GOOD), (3, WALLED), minutes=1),  # one moment
        pages((37, GOOD), (3, MISSED), minutes=5),
        pages((37, GOOD), (3, Glance(NOW, Reason.RATE_LIMITED))),  # a pause that passes
        pages((37, GOOD), (5, Glance(NOW, Reason.NO_READER))),
    ],
)
def test_what_happens_to_pages_now_and_then_is_none(glances: tuple[Glance, ...]) -> None:
    assert not begun(glances)


def test_one_text_under_one_title_on_several_addresses_is_one_article() -> None:
    glances = [*pages((37, GOOD)), *(replace(SAME, title=5) for _ in range(3))]
    assert not begun(glances)


def test_a_layout_is_over_when_two_pages_have_their_text() -> None:
    broken = pages((36, GOOD), (4, SHORT))
    [one] = begun(broken)

    def ends(*some: Glance) -> bool:
        later = tuple(replace(page, at=NOW + (n + 1) * HOUR, body=page.body and 900 + n) for n, page in enumerate(some))
        chart = Chart("courier", (pulse(),), (*broken, *later)[-health.GLANCES :], (one,))
        return bool(health.examine(chart, "", NOW + DAY).ended)

    assert not ends()
    assert not ends(GOOD)
    assert not ends(GOOD, SHORT)
    assert not ends(GOOD, EMPTY)
    assert ends(GOOD, GOOD)
    assert ends(EMPTY, GOOD, MISSED, GOOD)
    assert not ends(*[SHORT] * 39)
    assert ends(*[SHORT] * 40)  # a redesign that stays
    same = tuple(replace(SAME, at=NOW + n * HOUR, title=n) for n in (1, 2))
    assert not health.examine(Chart("courier", (pulse(),), (*broken, *same), (one,)), "", NOW + DAY).ended


def test_walls_before_pages_are_over_when_two_are_read() -> None:
    walled = pages((37, GOOD), (3, WALLED))
    [one] = begun(walled)
    later = tuple(replace(GOOD, at=NOW + n * HOUR) for n in (1, 2))
    for count, ended in ((0, False), (1, False), (2, True)):
        chart = Chart("courier", (pulse(),), (*walled, *later[:count]), (one,))
        assert bool(health.examine(chart, "", NOW + DAY).ended) is ended
    # While its feed fails nothing is over.
    chart = Chart("courier", (pulse(reason=Reason.TIMEOUT, failures=1),), (*walled, *later), (one,))
    assert not health.examine(chart, "", NOW + DAY).ended


def test_only_first_readings_are_glances() -> None:
    link = Link("courier", FEED, "https://courier.example/1", "https://courier.example/1", title="One")
    whole = Article(link.url, "One", "en", (Block(Role.BODY, "x" * 700),))
    assert health.glance(link, whole, None, NOW) == Glance(
        NOW, None, 700, health.glance(link, whole, None, NOW).body, health.glance(link, whole, None, NOW).title
    )
    entry = replace(whole, text=TextKind.FEED, reason=Reason.FORBIDDEN)
    assert health.glance(link, entry, entry.reason, NOW).reason is Reason.FORBIDDEN
    assert health.glance(link, None, Reason.TIMEOUT, NOW).reason is Reason.TIMEOUT
    assert health.glance(replace(link, attempts=1), whole, None, NOW) is None
    assert health.glance(replace(link, state=LinkState.AGAIN), whole, None, NOW) is None


# ---- silences


def even(a_day: float, *, weeks: float = 5.0, hours: Sequence[int] = range(168)) -> bytes:
    share = a_day * 7 / len(hours) * weeks
    return rhythm.pack(rhythm.Rhythm(NOW.timestamp(), weeks, tuple(share if n in hours else 0.0 for n in range(168))))


OFFICE = [24 * day + hour for day in range(5) for hour in range(8, 18)]


def quiet_for(span: timedelta, asked: datetime = NOW, **fields: object) -> list[Ailment]:
    known = {"rhythm": even(72), "quiet": 8.0, "spells": 500.0, "last_ok_at": asked, "news_at": asked - span}
    return begun((), pulse(**(known | fields)), now=asked)


def test_a_silence_is_judged_against_the_outlet_s_own_usual() -> None:
    [one] = quiet_for(9 * HOUR)
    assert one.said == "silent for 9h (usually 3 articles an hour)"
    assert one.todo == (
        "look at https://courier.example/; monitor outlets discover https://courier.example/ finds other sources"
    )
    assert not quiet_for(6 * HOUR)
    assert not quiet_for(9 * HOUR, quiet=14.0)
    assert quiet_for(9 * HOUR, quiet=13.0)
    # Eleven articles a week; a silence that was known twice only is given four times as much.
    assert quiet_for(6 * DAY, rhythm=even(1.6), quiet=4.0)[0].said == "silent for 6d (usually 2 articles a day)"
    assert not quiet_for(6 * DAY, rhythm=even(1.6), quiet=4.0, spells=2.0)
    assert quiet_for(60 * DAY, rhythm=even(1 / 7), quiet=3.0)[0].said == "silent for 60d (usually 1 article a week)"
    assert not quiet_for(50 * DAY, rhythm=even(1 / 7), quiet=3.0)


def test_nights_weekends_and_a_holiday_are_no_silence() -> None:
    friday, monday = datetime(2026, 11, 20, 17, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)
    office = {"rhythm": even(30, hours=OFFICE), "quiet": 6.0}
    assert not quiet_for(monday + 9 * HOUR - friday, monday + 9 * HOUR, **office)
    # Monday is a holiday; on Tuesday they begin at nine.
    assert not quiet_for(monday + 33 * HOUR - friday, monday + 33 * HOUR, **office)
    assert quiet_for(monday + 40 * HOUR - friday, monday + 40 * HOUR, **office)
    # A small one stays closed on Tuesday too.
    parish = {"rhythm": even(5, hours=OFFICE), "quiet": 3.0}
    assert not quiet_for(monday + 48 * HOUR - friday, monday + 48 * HOUR, **parish)


@pytest.mark.parametrize(
    "fields",
    [
        {"first_ok_at": NOW - 13 * DAY},  # new
        {"first_ok_at": None},
        {"news_at": None},
        {"rhythm": b""},
        {"reason": Reason.TIMEOUT, "failures": 1},  # it was not asked
        {"last_ok_at": NOW - 30 * DAY + 6 * HOUR},
        {"back_at": NOW - 6 * HOUR},
    ],
)
def test_what_is_not_known_is_no_silence(fields: dict[str, object]) -> None:
    assert quiet_for(30 * DAY)
    assert not quiet_for(30 * DAY, **fields)


def test_one_source_that_brings_something_speaks_for_its_outlet() -> None:
    old = pulse(rhythm=even(72), quiet=8.0, spells=500.0, last_ok_at=NOW, news_at=NOW - 30 * HOUR)
    assert begun((), old)
    assert not begun((), old, replace(old, url="https://courier.example/sport", news_at=NOW - HOUR))


def test_a_silence_is_over_with_the_first_article() -> None:
    [one] = quiet_for(9 * HOUR)
    chart = Chart("courier", (pulse(news_at=NOW - 9 * HOUR),), (), (one,))
    assert not health.examine(chart, "", NOW + HOUR).ended
    [over] = health.examine(replace(chart, pulses=(pulse(news_at=NOW + HOUR),)), "", NOW + HOUR).ended
    assert over.said == "brings articles again (silent for 1h)"


def test_what_an_outage_of_ours_took_is_not_learnt_as_a_silence() -> None:
    known = rhythm.unpack(even(72))
    source = DueSource(1, "courier", FEED, "feed", NOW, news_at=NOW - 30 * HOUR, last_ok_at=NOW - 28 * HOUR)
    heard = silence.heard(source, known, known, [NOW], NOW)
    assert heard.quiet == pytest.approx(6.0)
    asked = silence.heard(replace(source, last_ok_at=NOW), known, known, [NOW], NOW)
    assert asked.quiet == pytest.approx(90.0, rel=0.01)
    later = silence.heard(replace(source, quiet=90.0, spells=4.0), known, known, [NOW], NOW + 56 * DAY)
    assert later.quiet == pytest.approx(45.0, rel=0.05)
    assert silence.heard(source, known, known, [], NOW) is None


# ---- links


def test_a_flood_is_more_than_polls_take_up_and_more_than_usual() -> None:
    [one] = begun((), pulse(waiting=1_201, rhythm=even(40)))
    assert one.said == "flooding: more than 1,200 new links wait to be read (usually 40 a day)"
    assert FEED in one.todo
    assert not begun((), pulse(waiting=300, rhythm=even(1)))
    assert not begun((), pulse(waiting=1_201, rhythm=even(500)))
    chart = Chart("courier", (pulse(waiting=1),), (), (one,))
    assert not health.examine(chart, "", NOW).ended
    assert health.examine(replace(chart, pulses=(pulse(),)), "", NOW).ended


def test_a_redirect_for_good_is_told_when_it_lasts_and_leads_elsewhere() -> None:
    moved = pulse(moved="https://new.example/feed", moved_at=NOW - HOUR)
    [one] = begun((), moved)
    assert one.said == f"moved: {FEED} is redirected for good to https://new.example/feed"
    assert not begun((), replace(moved, moved_at=NOW - HOUR / 2))
    for trifle in ("http://www.courier.example/feed", "https://courier.example/feed/"):
        assert not begun((), replace(moved, moved=trifle))
    chart = Chart("courier", (moved,), (), (one,))
    assert not health.examine(chart, "", NOW).ended
    assert health.examine(replace(chart, pulses=(pulse(),)), "", NOW).ended


# ---- our own network


def test_our_network_is_gone_when_most_hosts_cannot_be_reached() -> None:
    assert health.cut_off([False] * 20, already=False)
    assert health.cut_off([False] * 16 + [True] * 4, already=False)
    assert not health.cut_off([False] * 15 + [True] * 5, already=False)
    assert health.cut_off([False] * 3, already=False)
    assert not health.cut_off([False] * 2, already=False)
    assert not health.cut_off([], already=False)
    assert health.cut_off([], already=True)
    assert health.cut_off([False, True, False], already=True)
    assert not health.cut_off([True, False], already=True)


# ---- a week of fifty


@pytest.fixture(scope="module")
def town() -> list[Paper]:
    dice = random.Random(8)
    found = papers(dice)
    for paper in found:
        learn(paper, dice)
    return found


def test_a_quiet_week_of_fifty_outlets_tells_nothing(town: list[Paper]) -> None:
    told = week([replace_all(paper) for paper in town], random.Random(1))
    assert told.said == []


def replace_all(paper: Paper) -> Paper:
    twin = replace(paper, glances=list(paper.glances))
    twin.source = paper.source
    return twin


def test_each_trouble_in_it_is_told_once_in_time_and_once_when_over(town: list[Paper]) -> None:
    begins, ends = MONDAY + DAY + 9 * HOUR, MONDAY + 3 * DAY
    silent, layout, blocked, failing = "agency0", "agency1", "daily1", "press0"
    chosen = [replace_all(paper) for paper in town if paper.name in {silent, layout, blocked, failing, "seldom0"}]

    def spoil(name: str, now: datetime, new: list[datetime]) -> tuple[Reason | None, list[Glance]] | None:
        if not begins <= now < ends:
            return None
        if name == silent:
            return None, []
        if name == layout:
            return None, [Glance(one, Reason.NO_BODY, title=n + 1) for n, one in enumerate(new)]
        if name == blocked:
            return Reason.FORBIDDEN, []
        return (Reason.SERVER_ERROR, []) if name == failing else None

    told = week(chosen, random.Random(2), spoil)
    expected = {
        (silent, Trouble.SILENT), (layout, Trouble.LAYOUT), (blocked, Trouble.BLOCKED), (failing, Trouble.FAILING),
    }  # fmt: skip
    assert {(name, trouble) for name, trouble, _ in told.begun} == expected, told.said
    assert {(name, trouble) for name, trouble, _ in told.ended} == expected, told.said
    assert len(told.begun) == len(told.ended) == 4, told.said
    assert [told.polls[name] for name in (layout, blocked, failing)] <= [3, 3, 3]
    at = {name: when for name, _, when in told.begun}
    # Its longest usual silence, at the pace of a working morning.
    paper = next(one for one in town if one.name == silent)
    known = rhythm.unpack(paper.source.rhythm)
    usual = next(
        n for n in range(1_000) if silence.expected(known, begins, begins + n * HOUR / 4) >= paper.source.quiet
    )
    assert at[silent] - begins <= 2 * usual * HOUR / 4 + HOUR
    assert all(when - ends < 3 * HOUR for _, _, when in told.ended), told.said
