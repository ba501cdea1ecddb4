"""What machines hand to each other, in any Store."""

from __future__ import annotations

import pytest

from monitor.model import LinkState
from monitor.ports import Store
from monitor.views import LinkOutcome
from monitor.views_service import Report, Waiting
from tests.store.make import NOW, article, enrolled, later, link, save


def listed(store: Store, count: int) -> list[int]:
    """Return so many links that are leased for a minute."""
    source = enrolled(store)
    with store.transaction():
        return [one.id for one in store.links.add([link(n) for n in range(count)], source, NOW, lease=60)]


def put(store: Store, number: int, data: bytes = b"\0\xff", at: float = 0, version: str = "v") -> bool:
    with store.transaction():
        return store.readings.put(number, "courier", "reading", version, data, later(at))


def due(store: Store, at: float) -> list[int]:
    with store.transaction():
        return [one.id for one in store.links.lease_due(later(at), limit=9, lease=60)]


def test_what_is_put_comes_back_whole_the_oldest_first(store: Store) -> None:
    first, second, third = listed(store, 3)
    assert put(store, third, b"3", 1)
    assert put(store, second, b"2", 2.000001)
    assert put(store, first, b"", 2)
    assert store.readings.count() == 3
    assert store.readings.oldest(9) == [
        Waiting(third, "courier", later(1), "reading", "v", b"3"),
        Waiting(first, "courier", later(2), "reading", "v", b""),
        Waiting(second, "courier", later(2.000001), "reading", "v", b"2"),
    ]
    assert [one.link_id for one in store.readings.oldest(2)] == [third, first]


def test_the_newer_of_two_readings_replaces_the_older(store: Store) -> None:
    (number,) = listed(store, 1)
    assert put(store, number, b"old")
    assert put(store, number, b"new", 5, "w")
    (row,) = store.readings.oldest(9)
    assert (row.data, row.version, row.at, store.readings.count()) == (b"new", "w", later(5), 1)


def test_a_link_that_waits_is_given_to_nobody_for_a_week_and_to_all_once_it_is_given_back(store: Store) -> None:
    waits, other = listed(store, 2)
    put(store, waits)
    assert due(store, 86_400) == [other]
    with store.transaction():
        assert store.readings.drop(waits, NOW)
    assert due(store, 86_000) == []
    with store.transaction():
        store.links.give_back([waits], later(100))
    assert due(store, 100) == [waits]
    put(store, waits)
    # A keeper that nobody starts again keeps no page from being read.
    assert due(store, 7 * 86_400) == [other, waits]


def test_only_what_was_looked_at_is_dropped(store: Store) -> None:
    (number,) = listed(store, 1)
    put(store, number)
    put(store, number, b"newer", 1)
    with store.transaction():
        assert not store.readings.drop(number, NOW)
        assert not store.readings.drop(number + 1, later(1))
    assert store.readings.count() == 1
    with store.transaction():
        assert store.readings.drop(number, later(1))
        assert not store.readings.drop(number, later(1))
    assert store.readings.oldest(9) == []


def test_what_is_undone_was_not_handed_over(store: Store) -> None:
    (number,) = listed(store, 1)
    with pytest.raises(ZeroDivisionError), store.transaction():  # noqa: PT012
        store.readings.put(number, "courier", "reading", "v", b"", NOW)
        1 / 0  # noqa: B018
    assert store.readings.count() == 0
    assert due(store, 60) == [number]


def test_nothing_waits_for_a_link_that_is_gone(store: Store) -> None:
    (number,) = listed(store, 1)
    saved = save(store, article(0))
    with store.transaction():
        store.links.finish(LinkOutcome(number, LinkState.AGAIN, 1, next_at=NOW, article_id=saved.article_id))
    assert put(store, number)
    with store.transaction():
        store.keeping.take_out([saved.article_id])
    assert store.readings.count() == 0
    assert not put(store, number)
    assert not put(store, number + 1)
    assert store.readings.count() == 0


def test_what_a_dead_process_had_leased_is_given_back_but_not_what_was_read(store: Store) -> None:
    read, leased = listed(store, 2)
    put(store, read)
    with store.transaction():
        store.upkeep.reclaim(later(1))
    assert due(store, 1) == [leased]


def test_a_clock_that_was_set_moves_what_waits(store: Store) -> None:
    (number,) = listed(store, 1)
    put(store, number, at=10)
    with store.transaction():
        store.upkeep.shift(later(-3_600) - NOW, later(10))
    (row,) = store.readings.oldest(9)
    assert row.at == later(10 - 3_600)


def test_reports_are_taken_once_the_oldest_first(store: Store) -> None:
    said = [Report("poll", bytes([number, 0, 255])) for number in range(5)]
    with store.transaction():
        store.readings.put_reports(said[:3])
        store.readings.put_reports(said[3:])
        store.readings.put_reports([])
        assert store.readings.take_reports(2) == said[:2]
    with store.transaction():
        assert store.readings.take_reports(9) == said[2:]
        assert store.readings.take_reports(9) == []
