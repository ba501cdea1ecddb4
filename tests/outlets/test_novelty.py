"""What is new in a list, and what of it may alert."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.model import Link, LinkState, Outlet, Source, Standing
from monitor.outlets import novelty
from monitor.outlets.novelty import Room, is_abroad, weigh
from monitor.views import DueSource, Had

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
OUTLET = Outlet("a", homepage="https://www.a.example/", sources=(Source("https://feeds.b.example/a"),))


def link(number, **fields):
    url = f"https://a.example/{number}"
    return Link(**{"outlet": "a", "source": "f", "url": url, "canonical": url, "guid": str(number), "published": NOW,
                   **fields})  # fmt: skip


def source(**fields):
    return DueSource(1, "a", "https://feeds.b.example/a", "feed", NOW, **{"outlet_ok_at": NOW - HOUR, **fields})


def judge(links, had=None, *, outlet=OUTLET, pages=2, **more):
    known = had if had is not None else [None] * len(links)
    room = Room(pages, more.pop("new", novelty.MAX_NEW), more.pop("abroad", novelty.MAX_ABROAD))
    same = more.pop("same", 0)
    return weigh(links, known, source(**more), outlet, NOW, room, same)


def standings(news):
    return [(one.url.rsplit("/", 1)[1], one.standing, one.state) for one in news.links]


OLD, FRESH, UNDATED = link("old", published=NOW - 2 * HOUR), link("fresh"), link("undated", published=None)


@pytest.mark.parametrize(
    ("baseline", "read_at", "alert", "live"),
    [
        (False, NOW - HOUR, False, {"fresh", "old", "undated"}),
        (True, None, False, set()),
        (True, None, True, {"fresh", "old", "undated"}),
        (True, NOW - HOUR, False, {"fresh"}),
    ],
    ids=["known source", "new outlet", "baseline: alert", "second feed"],
)
def test_a_first_list_is_the_baseline_but_for_what_came_since_the_outlet_was_read(baseline, read_at, alert, live):
    outlet = Outlet("a", homepage="https://a.example", alert_baseline=alert)
    news = judge([FRESH, OLD, UNDATED], outlet=outlet, baseline=baseline, outlet_ok_at=read_at)
    assert {name for name, standing, _ in standings(news) if standing is Standing.LIVE} == live
    assert len(news.links) == 3
    assert [kind for kind, _ in news.events] == (["baseline"] if len(live) < 3 else [])


def test_of_a_baseline_the_newest_pages_are_read_and_the_rest_is_listed():
    news = judge([link(number) for number in range(5)], baseline=True, outlet_ok_at=None)
    assert [state for _, _, state in standings(news)] == [LinkState.NEW] * 2 + [LinkState.LISTED] * 3


def test_three_days_make_an_article_late_and_nothing_makes_it_silent():
    times = [NOW - 73 * HOUR, NOW - 71 * HOUR, None, NOW + 30 * HOUR]
    news = judge([link(number, published=at) for number, at in enumerate(times)])
    assert [one.standing for one in news.links] == [Standing.LATE, Standing.LIVE, Standing.LIVE, Standing.LIVE]


@pytest.mark.parametrize(
    ("new", "repeating", "past"), [(5, 3, True), (6, 3, True), (7, 3, False), (4, 4, False), (200, 99, False)]
)
def test_a_past_is_five_new_links_of_which_half_repeat(new, repeating, past):
    had = [Had(900 + number, same=False) if number < repeating else None for number in range(new)]
    news = judge([link(number) for number in range(new)], had)
    held = [one for one in news.links if one.standing is Standing.BACKFILL]
    assert len(held) == (repeating if past else 0)
    assert all(one.repeats for one in held)
    assert [kind for kind, _ in news.events] == (["feed_rewritten"] if past else [])
    assert news.rewritten is past


def test_what_is_known_is_not_new():
    known = [Had(1, same=True, published=NOW), None]
    assert [name for name, _, _ in standings(judge([link(0), link(1)], known))] == ["1"]


def test_an_id_or_date_that_moved_is_noted_and_a_moved_date_reads_the_page_again():
    had = [
        Had(1, same=True, renamed=True, published=NOW),
        Had(2, same=True, published=NOW - HOUR),
        Had(3, same=True, published=NOW - timedelta(seconds=30)),
        Had(4, same=True),
    ]
    news = judge([link(number) for number in range(4)], had)
    assert [(one.id, one.guid, one.reread) for one in news.moved] == [(1, "0", False), (2, "1", True)]
    assert news.events == ()


def test_an_old_article_whose_date_moves_is_not_read_again():
    old = NOW - timedelta(days=30)
    news = judge([link(1, published=old)], [Had(1, same=True, published=old - HOUR)])
    assert [one.reread for one in news.moved] == [False]


def test_a_list_with_new_dates_throughout_is_told_and_not_read_again():
    links = [link(number) for number in range(10)]
    had = [Had(number + 1, same=True, published=NOW - HOUR) for number in range(10)]
    news = judge(links, had)
    assert [one.reread for one in news.moved] == [False] * 10
    assert [detail for _, detail in news.events] == ["https://feeds.b.example/a: 10 of 10 known links have new dates"]
    assert judge(links, had, rewritten_at=NOW - 2 * HOUR).events == ()
    assert judge(links, had, same=10).rewritten
    # Thirty more are as they were: ten corrected articles are no past written anew.
    assert not judge(links, had, same=30).rewritten
    assert all(one.reread for one in judge(links, had, same=30).moved)
    assert judge(links, had, rewritten_at=NOW - 25 * HOUR).rewritten


def test_above_the_bounds_links_wait_and_are_counted():
    abroad = [link(number, url=f"https://c.example/{number}") for number in range(4)]
    news = judge([*abroad, *(link(number) for number in range(10, 16))], new=6, abroad=2)
    taken = [one for one in news.links if one.state is LinkState.NEW]
    assert [one.abroad for one in taken] == [True, True, False, False, False, False]
    assert news.events == (("links_waiting", "10 new links, 4 of them wait for the next polls"),)


@pytest.mark.parametrize(
    ("url", "abroad"),
    [
        ("https://a.example/1", False),
        ("https://www.a.example/1", False),
        ("https://sport.a.example/1", False),
        ("https://feeds.b.example/1", False),
        ("https://b.example/1", False),
        ("https://other.b.example/1", True),
        ("https://nota.example/1", True),
        ("https://a.example.evil.example/1", True),
    ],
)
def test_an_outlet_is_at_home_on_its_hosts_and_those_above_and_below(url, abroad):
    assert is_abroad(url, source(), OUTLET) is abroad


def test_a_rhythm_learns_from_what_is_dated_and_from_what_is_new():
    times = [NOW - HOUR, None, NOW - timedelta(days=30), NOW + HOUR]
    news = judge([link(number, published=at) for number, at in enumerate(times)])
    assert news.moments == (NOW - HOUR, NOW, NOW, NOW)
    assert novelty.weigh([], [], source(), OUTLET, NOW, Room(2)).links == ()
