"""What waits for a second look takes no more room than the articles that are in memory, and none of those is left out."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from monitor.configured import Orders
from monitor.errors import StoreError
from monitor.keeper import LOOKS, Keeper
from monitor.placing import Move, PlacementReason
from monitor.store.ledger import StoreLedger
from monitor.store.sqlite import SqliteStore
from monitor.story.cluster import Clusters
from monitor.story.due import SPARE, Due
from monitor.story.groups import Groups, Held
from monitor.story.space import Space
from monitor.story.terms import NOTHING, unpack
from monitor.story.traits import traits
from monitor.wiring import SystemClock
from tests.story.newsroom import Event

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ORDERS = Orders({}, {}, {}, ())


def test_a_week_of_articles_that_left_memory_leaves_nothing_behind():
    alive: dict[str, None] = {}
    due = Due(alive)
    for number in range(50_000):
        alive[f"m{number}"] = None
        if len(alive) > 300:
            del alive[next(iter(alive))]
        due.soon(number + 10**6, f"m{number}", len(alive))
        due.late(NOW + number * SECOND, number, f"m{number}", len(alive))
        assert len(due) <= 2 * (2 * len(alive) + SPARE)
    found = []
    while mark := due.next(10**7, NOW):
        found.append(mark)
    # The first looks, in order; of the last looks only one time has come, and its article is gone.
    assert found == list(alive)
    assert due.next(0, NOW + 50_000 * SECOND) == next(iter(alive))


def test_an_article_that_is_read_again_and_again_waits_once():
    alive = dict.fromkeys(("live", "other"))
    due = Due(alive)
    due.late(NOW, 0, "other", 2)
    for number in range(3 * SPARE):
        due.soon(number + 200, "live", 2)
        due.late(NOW + (number + 1) * SECOND, number, "live", 2)
    assert len(due) <= 2 * (4 + SPARE)
    assert due.next(199, NOW) == "other"
    assert due.next(200, NOW - SECOND) == "live"


def test_looks_come_in_their_order_whatever_was_cleared_away():
    dice = random.Random(3)
    alive = dict.fromkeys(f"m{number}" for number in range(2_000))
    due, wanted = Due(alive), []
    for number, mark in enumerate(alive):
        at = NOW + dice.randrange(10_000) * SECOND
        due.late(at, number, mark, 0)
        wanted.append((at, number, mark))
    found = []
    while mark := due.next(0, NOW + 10_000 * SECOND):
        found.append(mark)
    assert found == [mark for _, _, mark in sorted(wanted)]


def test_the_ages_of_groups_that_ended_are_cleared_away():
    groups = Groups(Space())
    kept = groups.open("kept", b"en", NOW)
    groups.add(kept, Held("kept", NOTHING, NOW, 0, kept=False), unpack(b""))
    for number in range(5 * SPARE):
        member = Held(f"m{number}", NOTHING, NOW, number, kept=False)
        groups.add(groups.open(member.mark, b"en", NOW + SECOND), member, unpack(b""))
        groups.take_out(member)
        assert len(groups._ages) <= SPARE + 4
    assert [one.mark for one in groups.ends(NOW + timedelta(days=8))] == ["kept"]


async def test_a_tick_looks_at_all_that_came_since_the_last(tmp_path):
    """Sixty articles a second for two seconds; twenty a tick would never catch up."""
    clusters, clock = Clusters(), SystemClock()
    ledger = StoreLedger(lambda: SqliteStore.open(tmp_path / "monitor.db"))
    keeper = Keeper(ledger, clock, clusters, lambda: ORDERS)
    for number in range(clusters.rules.look + 120):
        one = Event(number).article(0)
        clusters.place(one, traits(one), clock.now(), kept=False)
    assert clusters.behind(clock.now())
    assert LOOKS * 20 > 120
    await keeper.look_again()
    assert not clusters.behind(clock.now())
    ledger.close()


async def test_moves_that_cannot_be_written_do_not_pile_up(tmp_path, monkeypatch):
    """The next articles are looked at when what was found of the last is in the database."""
    monkeypatch.setattr("monitor.keeper.UNWRITTEN", 1)
    clusters, clock = Clusters(), SystemClock()

    def opened() -> StoreLedger:
        return StoreLedger(lambda: SqliteStore.open(tmp_path / "monitor.db"))

    keeper = Keeper(opened(), clock, clusters, lambda: ORDERS)
    for number in range(clusters.rules.look + 50):
        one = Event(number).article(0)
        clusters.place(one, traits(one), clock.now(), kept=False)
    waits = Move("m", "s1", "s2", PlacementReason.SAME_EVENT)
    keeper._moves.append(waits)
    keeper.ledger.close()
    for _ in range(3):
        with pytest.raises(StoreError):
            await keeper.look_again()
        assert keeper._moves == [waits]
        assert clusters.behind(clock.now())
    keeper.ledger = opened()
    await keeper.look_again()
    assert keeper._moves == []
    await keeper.look_again()
    assert not clusters.behind(clock.now())
    keeper.ledger.close()
