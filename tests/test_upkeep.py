"""Retention, housework and a full disk."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest

from monitor import upkeep
from monitor.errors import FullError
from monitor.model import Article, Block, Keep, Role, Standing
from monitor.store.ledger import StoreLedger
from monitor.upkeep import Floor, Pace, Policy, Upkeep, starved, sweep
from monitor.views import EventRow, Filter, RobotsFile
from tests import engines
from tests.desk import Clock, Desk, item
from tests.fetch.origin import serving
from tests.store.make import NOW, article, hits_on, opened, save

DAY = 86_400.0
POLICY = Policy({"courier": Keep(10 * DAY, 30 * DAY), "post": Keep(None, None)}, Keep(5 * DAY, 5 * DAY))


@pytest.fixture
def store(tmp_path):
    store = engines.opened(tmp_path / "monitor.db")
    yield store
    store.close()


def plain(store, number, days, outlet="courier"):
    return save(store, article(number, outlet=outlet), at=NOW - timedelta(days=days)).article_id


def with_hit(store, number, days, outlet="courier"):
    (hit,) = hits_on(store, number, found_at=NOW - timedelta(days=days), outlet=outlet)
    return hit


def swept(store, **how):
    gone, after, ended = Counter(), 0, False
    while not ended:
        with store.transaction():
            done = sweep(store, POLICY, after, NOW, **how)
        gone.update(done.gone)
        after, ended = done.after, done.ended
    return gone


def ids(store):
    return sorted(row.id for row in store.articles.rows(Filter(limit=999)))


def test_each_outlet_keeps_articles_and_hits_for_its_own_time(store):
    gone = [plain(store, 1, 40), with_hit(store, 2, 35).article_id, plain(store, 3, 8, "herald")]
    stays = [with_hit(store, 4, 20).article_id, plain(store, 5, 9), plain(store, 6, 900, "post")]
    assert swept(store, dry=True) == {"courier": 2, "herald": 1}
    assert ids(store) == sorted(gone + stays)
    assert swept(store) == {"courier": 2, "herald": 1}
    assert ids(store) == stays
    assert swept(store) == {}


def test_what_has_still_to_be_told_stays(store):
    hit = with_hit(store, 1, 40)
    opened(store, hit.id)
    assert swept(store) == {}


def test_a_step_takes_out_no_more_than_a_transaction_should(store):
    for number in range(120):
        plain(store, number, 40)
    with store.transaction():
        first = sweep(store, POLICY, 0, NOW, most=30)
    assert (first.gone, first.ended) == ({"courier": 30}, False)
    assert swept(store) == {"courier": 90}
    assert ids(store) == []


def test_fewer_leave_at_once_where_they_take_longer():
    at = 0.0
    pace = Pace(lambda: at)
    for took, then in ((0.001, 10), (0.005, 20), (0.023, 10), (9.0, 5), (0.0, 10), (0.0, 20), (0.0, 40), (0.0, 50)):
        with pace.step():
            at += took
        assert pace.most == then


def test_without_an_age_nothing_is_looked_at(store):
    plain(store, 1, 4_000)
    assert sweep(store, Policy({"courier": Keep()}, Keep()), 0, NOW).ended
    assert len(ids(store)) == 1


async def test_the_daemons_tick_takes_out_old_articles_forgets_traits_and_frees_pages(tmp_path):
    clock = Clock()
    ledger = StoreLedger(lambda: engines.opened(tmp_path / "monitor.db"))
    try:
        ledger.submit(lambda store: [hits_on(store, number) for number in range(60)]).result()
        house = Upkeep(ledger, clock, POLICY, window=timedelta(days=7))
        await house.tick()
        assert len(ledger.submit(ids).result()) == 60
        clock.forward(8 * DAY)
        await house.tick()
        assert ledger.submit(lambda store: store.stories.members(NOW - timedelta(days=99))).result() == []
        assert len(ledger.submit(ids).result()) == 60
        clock.forward(30 * DAY)
        await house.tick()
        assert ledger.submit(ids).result() == []
        if engines.engine() == "sqlite":
            assert ledger.submit(lambda store: store.upkeep._sql.number("PRAGMA freelist_count")).result() == 0
    finally:
        ledger.close()


async def test_what_hosts_said_that_are_never_asked_again_is_forgotten(tmp_path):
    """A month of an outlet that links to new hosts all the time: what is kept stays at a week of them."""
    clock, most = Clock(), []
    ledger = StoreLedger(lambda: engines.opened(tmp_path / "monitor.db"))

    def said(store, day):
        store.outlets.put_robots(RobotsFile("https://own.example", 200, b"own", clock.now()))
        for number in range(30):
            store.outlets.put_robots(RobotsFile(f"https://{day}-{number}.example", 200, b"x" * 9_000, clock.now()))
            store.outlets.hold_host(f"{day}-{number}.example", clock.now() + timedelta(hours=20))

    def kept(store):
        return [store.upkeep._sql.number(f"SELECT count(*) FROM {table}") for table in ("robots", "hosts")]

    try:
        house = Upkeep(ledger, clock, POLICY, window=timedelta(days=7))
        for day in range(30):
            ledger.submit(partial(said, day=day)).result()
            clock.forward(DAY)
            await house.tick()
            most.append(ledger.submit(kept).result())
        assert max(robots for robots, _ in most) <= 1 + 9 * 30
        assert max(hosts for _, hosts in most) == 0
        assert min(robots for robots, _ in most[10:]) >= 1 + 7 * 30
        assert ledger.submit(lambda store: store.outlets.robots("https://own.example")).result().body == b"own"
    finally:
        ledger.close()


async def test_events_go_after_three_months_but_the_newest_of_each_kind_stays(tmp_path):
    clock = Clock()
    ledger = StoreLedger(lambda: engines.opened(tmp_path / "monitor.db"))

    def note(store):
        for kind in ("disk_low", *["overload"] * 1_200):
            store.upkeep.event(EventRow(kind, clock.now()))

    def kinds(store):
        return [event.kind for event in store.upkeep.events(limit=2_000)]

    try:
        house = Upkeep(ledger, clock, POLICY, window=timedelta(days=7))
        ledger.submit(note).result()
        await house.tick()
        clock.forward(89 * DAY)
        await house.tick()
        assert len(ledger.submit(kinds).result()) == 1_201
        ledger.submit(lambda store: store.upkeep.event(EventRow("blocked", clock.now()))).result()
        clock.forward(2 * DAY)
        await house.tick()
        assert ledger.submit(kinds).result() == ["blocked", "overload", "disk_low"]
        assert ledger.submit(starved).result() is not None
    finally:
        ledger.close()


async def test_an_article_taken_out_while_it_is_read_again_stays_out(tmp_path):
    async with serving() as origin:
        desk = Desk(tmp_path, origin)
        try:
            desk.publish([item(1)])
            await desk.poll()
            desk.publish([item(2, "a NATO official said no."), item(1)])
            await desk.poll(after=3_600)
            numbers = [row.id for row in desk.articles()]
            assert (len(numbers), len(desk.alerts())) == (2, 1)
            desk.clock.forward(3_600)
            due = desk.stored(lambda store: store.links.lease_due(desk.clock.now(), limit=9, lease=60.0))
            assert due
            desk.stored(lambda store: store.keeping.take_out(numbers))
            for link in due:
                await desk.pipeline.read(link)
            for _ in range(3):
                await desk.poll()
            assert desk.articles() == desk.hits() == desk.alerts() == []
        finally:
            await desk.aclose()


# ---- the floor


async def test_below_the_floor_nothing_is_read_and_it_is_told_once_each_way(tmp_path, monkeypatch):
    free = 1_000
    monkeypatch.setattr(upkeep.os, "statvfs", lambda _: os.statvfs_result((1, 1, 0, 0, free, 0, 0, 0, 0, 255)))
    floor = Floor(StoreLedger(lambda: engines.opened(tmp_path / "monitor.db")), Clock(), tmp_path / "monitor.db", 500)
    try:
        assert await floor.room()
        free = 499
        assert not await floor.room()
        assert not await floor.room()
        free = 510
        assert not await floor.room()
        free = 600
        assert await floor.room()
        told = floor.submit(lambda store: [event.kind for event in store.upkeep.events()]).result()
        assert told == ["disk_ok", "disk_low"]
        free = 1
        assert not await floor.room()
        after = Floor(floor, Clock(), tmp_path / "monitor.db", 500)
        free = 1_000
        assert await after.room()
        told = floor.submit(lambda store: [event.kind for event in store.upkeep.events()]).result()
        assert told == ["disk_ok", "disk_low", "disk_ok", "disk_low"]
    finally:
        floor.close()


def long_article(number):
    words = " ".join(f"w{number * 977 + place}" for place in range(400))
    url = f"https://courier.example/{number}"
    return Article(url, f"Title {number}", "en", (Block(Role.BODY, words),), url, outlet="courier")


def put(number):
    return lambda store: store.articles.save(long_article(number), fetched_at=NOW, standing=Standing.LIVE)


async def fill(floor, start):
    """Save articles until there is no room; return the ids that were confirmed."""
    kept = []
    for number in range(start, start + 5_000):
        try:
            kept.append((await asyncio.wrap_future(floor.submit(put(number)))).article_id)
        except FullError:
            return kept
    raise AssertionError("it never filled")


async def meets_a_full_disk(path, shrink, grow):
    """Fill the database until nothing fits, make room, go on; return how much was kept."""
    floor = Floor(StoreLedger(lambda: engines.opened(path)), Clock(), path, 0)
    try:
        shrink(floor)
        kept = await fill(floor, 0)
        assert floor.submit(ids).result()[-1:] == kept[-1:]
        assert not await floor.room()
        assert not await floor.room()
        grow(floor)
        assert await floor.room()
        kept.append((await asyncio.wrap_future(floor.submit(put(9_999)))).article_id)
        assert (
            floor.submit(lambda store: sorted(row.id for row in store.articles.rows(Filter(limit=9_999)))).result()
            == kept
        )
        kinds = floor.submit(lambda store: [event.kind for event in store.upkeep.events()]).result()
        assert kinds[0] == "disk_ok"
    finally:
        floor.close()
    return len(kept)


def quota(pages):
    return lambda floor: floor.submit(lambda store: store.upkeep._sql.all(f"PRAGMA max_page_count = {pages}")).result()


@engines.own
async def test_at_a_full_quota_nothing_is_lost_and_it_goes_on_when_there_is_room(tmp_path):
    assert await meets_a_full_disk(tmp_path / "monitor.db", quota(400), quota(9_000)) > 100


@contextmanager
def tmpfs(folder, size):
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
    if os.geteuid() or subprocess.run(command, check=False).returncode:
        pytest.skip("a file system can only be mounted by root")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


@engines.own
async def test_on_a_full_disk_nothing_is_lost_and_it_goes_on_when_there_is_room(tmp_path):
    with tmpfs(tmp_path, "8m"):
        ballast = tmp_path / "ballast"
        ballast.write_bytes(b"x" * 3_000_000)
        kept = await meets_a_full_disk(tmp_path / "monitor.db", lambda _: None, lambda _: ballast.unlink())
        assert kept > 100
