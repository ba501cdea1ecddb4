"""What workers hand over becomes what it would have become where it was read: with the keeper away, killed, reloaded."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor import handover
from monitor.errors import BusyError, Reason
from monitor.fetch.visit import Refusal
from monitor.handover import AsBefore, Handed, PollReport
from monitor.keeper import HandingOver
from monitor.model import Article, Block, Failure, Link, LinkState, Page, Reading, Role, TextKind, Traits
from monitor.store import forget, sqlite
from monitor.store.check import check
from monitor.store.ledger import StoreLedger
from monitor.story.traits import traits
from monitor.views_service import Report
from tests import engines
from tests.desk import HOME, Desk, item, page
from tests.fetch.origin import answer, serving
from tests.test_stories_over_time import AGAIN, FLOOD, FLUT, TRIAL, html

SAID = "a NATO official said no."
TABLES = (
    "articles", "bodies", "revisions", "hits", "hit_days", "stories", "placements", "traits", "kinships", "alerts",
    "alert_hits", "corrections", "outbox", "tellings", "decisions", "links", "outlet_memory", "events", "sources",
)  # fmt: skip
# What differs where time passes between reading a page and keeping it: times, and what quotes them.
TIMES = {"at", "opened_at", "due_at", "told_at", "fetched_at", "found_at", "gone_at", "next_at", "created_at"}
TIMES |= {"not_before", "payload", "id"}


def as_worker(path):
    """Open the database as one of those who write beside each other, where its engine lets them."""
    place = engines.place(path)
    if not place.address:
        return engines.opened(path)
    from monitor.store.postgres import PostgresStore

    return PostgresStore.open(place.address, locking=False)


class Cluster(Desk):
    """A worker and a keeper on one database, a connection each."""

    def __init__(self, folder, origin, **outlet):
        super().__init__(folder, origin, **outlet)
        self.works = StoreLedger(lambda: as_worker(folder / "monitor.db"))
        self.hand = HandingOver(self.works, self.clock, lambda: self.pipeline.orders)
        self.pipeline.ledger, self.pipeline.keeper = self.works, self.hand
        self.in_force("one")

    def in_force(self, version):
        self.pipeline.orders = replace(self.pipeline.orders, version=version)

    def link(self, number, **fields):
        """Return a link that a worker has in hand."""
        url = f"{HOME}/{number}"
        listed = Link("courier", f"{HOME}/feed.xml", url, url, title=f"Item {number}", **fields)
        (link,) = self.stored(lambda store: store.links.add([listed], 1, self.clock.now(), lease=600.0))
        return link

    async def handed(self, link, text="The harbour froze over and nobody left.", **fields):
        """Hand over a reading of a link. `fields`: of the reading."""
        reading = replace(reading_of(link, text), **fields)
        return await self.hand.keep(link, reading, page_of(link), "", self.pipeline.orders.version)

    def waiting(self):
        return self.stored(lambda store: store.readings.count())

    def due(self):
        """Return the links that a worker would be given now, without taking them."""
        now = self.clock.now()

        def look(store):
            found = [link.id for link in store.links.lease_due(now, limit=99, lease=60.0)]
            store.links.give_back(found, now)
            return found

        return self.stored(look)

    async def aclose(self):
        self.works.close()
        await super().aclose()


class AtOnce:
    """The keeper takes in what was handed over before anything else is read."""

    def __init__(self, hand, keeper):
        self.hand, self.keeper, self.taken = hand, keeper, []

    async def keep(self, *given):
        return await self._taken(await self.hand.keep(*given))

    async def as_before(self, *given):
        return await self._taken(await self.hand.as_before(*given))

    async def _taken(self, here):
        found = await self.keeper.take_in(9)
        self.taken += found
        return found[0] if found else here


def reading_of(link, text):
    told = Article(link.url, f"Title {link.id}", "en", (Block(Role.BODY, text),), link.url, outlet="courier")
    return Reading(told, traits=traits(told))


def page_of(link):
    return Page(link.url, link.url, 200, {"etag": '"1"'}, b"x" * 9_999, link.first_seen)


@pytest.fixture
async def cluster(tmp_path):
    async with serving() as origin:
        one = Cluster(tmp_path, origin)
        yield one
        await one.aclose()


async def week(desk, between):
    """Let an outlet live: a past, stories, a copy, pages that fail, change, stay as they were, and go. `between`: called
    when a page or some have been read.
    """
    listed = [item(number, SAID, at=desk.clock.now() - timedelta(hours=number)) for number in range(60, 85)]

    async def poll(after=3_600.0):
        desk.publish(listed)
        done = await desk.poll(after=after, read=False)
        await read(done.links)
        await reread(0)

    async def read(links):
        for link in links:
            await desk.pipeline.read(link)
            desk.clock.forward(0.01)
        await between()

    async def reread(after):
        desk.clock.forward(after)
        now = desk.clock.now()
        await read(desk.stored(lambda store: store.links.lease_due(now, limit=999, lease=60.0)))
        await desk.pipeline.tell()

    await poll()
    for number, title, said, language in (
        (1, "Flood in Orsk after dam at Krasny Brod breaks", FLOOD, "en"),
        (2, "Orsk under water: 300 houses lost as Velen rises", AGAIN, "en"),
        (3, "Banker Weil denies all in Hallstadt trial", TRIAL, "en"),
        (4, "Flut in Orsk: Damm von Krasny Brod gebrochen", FLUT, "de"),
    ):
        listed.append(item(number, title=title))
        desk.show(f"/news/{number}", html(title, said, language))
    listed += [item(number, SAID, at=desk.clock.now()) for number in (5, 6, 7, 8)]
    for number, status in ((9, 500), (10, 403), (11, 410)):
        listed.append(item(number, at=desk.clock.now()))
        desk.origin.routes[f"/news/{number}"] = answer(status, b"no")
    await poll()
    desk.show("/news/5", page({**listed[-7], "title": "Minister denies it all"}))
    desk.show("/news/6", page({**listed[-6], "said": ""}))
    desk.origin.routes["/news/7"] = answer(410)
    desk.origin.routes["/news/8"] = answer(304)
    desk.show("/news/9", page(item(9, SAID)))
    await reread(1_200)
    await reread(7 * 3_600)
    for _ in range(3):
        await desk.keeper.look_again()
    await poll(after=8 * 3_600.0)
    desk.origin.routes["/news/1"] = answer(404)
    await reread(86_400)
    await reread(7 * 86_400)


def contents(desk, without=frozenset()):
    """Return what stands in every table that a reading writes to."""

    def look(store):
        return {
            table: sorted(
                repr([(name, row[name]) for name in row.keys() if name not in without])  # noqa: SIM118 - a row's
                for row in store.sql.all(f"SELECT * FROM {table}")
            )
            for table in TABLES
        }

    return desk.ledger.look(look).result()


@asynccontextmanager
async def outlet_over_a_week(folder: Path, kind, *, batch=0, at_once=False):
    folder.mkdir()
    async with serving() as origin:
        desk = kind(folder, origin)
        if at_once:
            desk.pipeline.keeper = AtOnce(desk.hand, desk.keeper)

        async def between():
            ends = desk.clock.now() + timedelta(minutes=1)
            desk.clock.forward(1)
            while batch and await desk.keeper.take_in(batch):
                desk.clock.forward(1)
            desk.clock.forward((ends - desk.clock.now()).total_seconds())

        try:
            await week(desk, between)
            yield desk
        finally:
            await desk.aclose()


async def test_what_is_handed_over_at_once_leaves_the_same_rows(tmp_path):
    async with (
        outlet_over_a_week(tmp_path / "here", Desk) as here,
        outlet_over_a_week(tmp_path / "there", Cluster, at_once=True) as there,
    ):
        wanted, found = contents(here), contents(there)
        for table in TABLES:
            assert found[table] == wanted[table], table
        # It had something to say in each of them.
        assert [table for table in TABLES if not wanted[table]] == []
        states = here.stored(lambda store: store.sql.all("SELECT DISTINCT state FROM links"))
        assert {row["state"] for row in states} >= {"again", "read", "failed"}
        assert there.waiting() == 0
        taken = there.pipeline.keeper.taken
        assert None not in taken
        assert sum(one.hits for one in taken) == len(here.hits())


@pytest.mark.parametrize("batch", [2, 99])
async def test_what_is_taken_in_later_leaves_the_same_but_for_the_times(tmp_path, batch):
    async with (
        outlet_over_a_week(tmp_path / "here", Desk) as here,
        outlet_over_a_week(tmp_path / "there", Cluster, batch=batch) as there,
    ):
        wanted, found = contents(here, TIMES), contents(there, TIMES)
        for table in TABLES:
            assert found[table] == wanted[table], table
        assert len(here.hits()) > 20
        assert there.waiting() == 0


# ---- what may happen between


async def test_a_keeper_that_was_killed_finds_what_waits_and_nobody_reads_it_meanwhile(tmp_path):
    async with serving() as origin:
        desk = Cluster(tmp_path, origin)
        link = desk.link(1)
        await desk.handed(link)
        desk.clock.forward(3_600)
        assert desk.due() == []
        await desk.aclose()
        desk = Cluster(tmp_path, origin)
        # What a killed process had leased is given back; this waits for no worker.
        desk.stored(lambda store: store.upkeep.reclaim(desk.clock.now()))
        assert (desk.due(), desk.waiting(), desk.articles()) == ([], 1, [])
        (done,) = await desk.keeper.take_in(9)
        assert (done.text, done.link.id, done.glance.length) == (TextKind.FULL, link.id, 39)
        assert (len(desk.articles()), desk.waiting()) == (1, 0)
        assert desk.stored(lambda store: store.links.get(link.id)).state is LinkState.AGAIN
        assert await desk.keeper.take_in(9) == []
        await desk.aclose()


async def test_a_write_that_fails_at_its_end_leaves_no_article_and_loses_no_reading(cluster, monkeypatch):
    await cluster.handed(cluster.link(1))

    def refused(*_):
        raise BusyError("not now")

    # Behind the article, in the same transaction.
    monkeypatch.setattr("monitor.intake.health.glance", refused)
    with pytest.raises(BusyError):
        await cluster.keeper.take_in(9)
    assert (cluster.articles(), cluster.waiting(), len(cluster.keeper.clusters)) == ([], 1, 0)
    monkeypatch.undo()
    assert len(await cluster.keeper.take_in(9)) == len(cluster.articles()) == 1


async def test_two_readings_of_one_link_are_one_article(cluster):
    link = cluster.link(1)
    await cluster.handed(link, "The harbour froze over, the first worker read.")
    cluster.clock.forward(1)
    await cluster.handed(link, "The harbour froze over, the second worker read.")
    assert cluster.waiting() == 1
    (done,) = await cluster.keeper.take_in(9)
    # A third had it in hand when the keeper took it in.
    await cluster.handed(link, "The harbour froze over, the third worker read.")
    (again,) = await cluster.keeper.take_in(9)
    assert (done.text, again.text, cluster.waiting()) == (TextKind.FULL, TextKind.FULL, 0)
    (row,) = cluster.articles()
    said = [one.blocks[0].text.split()[5] for one in cluster.stored(lambda store: store.articles.versions(row.id))]
    assert said == ["second", "third"]


async def test_a_newer_reading_that_comes_while_the_older_is_taken_in_is_not_lost(cluster):
    link = cluster.link(1)
    await cluster.handed(link, "The harbour froze over, the first worker read.")
    newer = handover.pack(Handed(link, reading_of(link, "The harbour froze over, the second worker read."), retry=True))
    came = []

    class Between:
        """The writer, before whom another machine writes."""

        look, waiting = cluster.ledger.look, cluster.ledger.waiting

        def submit(self, work, *, patient=False):
            if not came:
                came.append(True)
                later = cluster.clock.now() + timedelta(seconds=1)
                cluster.works.submit(
                    lambda store: store.readings.put(link.id, "courier", newer[0], "one", newer[1], later)
                ).result()
            return cluster.ledger.submit(work, patient=patient)

    ledger, cluster.keeper.ledger = cluster.keeper.ledger, Between()
    assert await cluster.keeper.take_in(9) == [None]
    assert (cluster.articles(), cluster.waiting(), cluster.due(), len(cluster.keeper.clusters)) == ([], 1, [], 0)
    cluster.keeper.ledger = ledger
    (done,) = await cluster.keeper.take_in(9)
    assert done.text is TextKind.FULL
    (row,) = cluster.articles()
    assert "second" in cluster.stored(lambda store: store.articles.get(row.id)).article.body


async def test_small_batches_keep_the_order_in_which_pages_were_read(cluster):
    links = [cluster.link(number) for number in range(7)]
    # The later link was read first.
    for link in reversed(links):
        await cluster.handed(link, f"Number {link.id} says what no other does, by itself.")
        cluster.clock.forward(1)
    sizes = []
    while taken := await cluster.keeper.take_in(3):
        sizes.append([one.link.id for one in taken])
    assert sizes == [[7, 6, 5], [4, 3, 2], [1]]
    assert [row.title for row in cluster.articles()] == [f"Title {number}" for number in range(7, 0, -1)]


async def test_a_reading_by_another_configuration_is_read_again_and_never_kept(cluster):
    link, other = cluster.link(1), cluster.link(2)
    await cluster.handed(link)
    cluster.in_force("two")
    cluster.clock.forward(1)
    await cluster.handed(other, "What was matched by the second configuration is kept.")
    none, done = await cluster.keeper.take_in(9)
    assert (none, done.link.id) == (None, other.id)
    assert ([row.title for row in cluster.articles()], cluster.waiting()) == ([f"Title {other.id}"], 0)
    assert cluster.due() == [link.id]


async def test_a_page_that_was_read_while_the_configuration_changed_is_read_again(cluster):
    link, version = cluster.link(1), "one"
    cluster.in_force("two")
    reading = reading_of(link, "The harbour froze over and nobody left.")
    done = await cluster.hand.keep(link, reading, page_of(link), "", version)
    assert (done.text, cluster.waiting(), cluster.due()) == (None, 0, [link.id])


async def test_a_reload_between_look_and_write_leaves_the_reading_to_be_read_again(cluster):
    link = cluster.link(1)
    await cluster.handed(link)
    keeper, orders = cluster.keeper, cluster.pipeline.orders
    said = iter([orders])
    keeper.orders = lambda: next(said, replace(orders, version="two"))
    assert await keeper.take_in(9) == [None]
    assert (cluster.waiting(), cluster.articles()) == (1, [])
    assert await keeper.take_in(9) == [None]
    assert (cluster.waiting(), cluster.articles(), cluster.due()) == (0, [], [link.id])


async def test_what_another_version_wrote_is_read_again_and_the_rest_goes_on(cluster, caplog):
    links = [cluster.link(number) for number in range(5)]
    kind, data = handover.pack(Handed(links[0], reading_of(links[0], "The harbour froze."), retry=True))
    spoilt = [
        (kind, b"\0\0\0\0" + data[4:]),
        (kind, data[:-1]),
        ("picture", data),
        handover.pack(PollReport(1, "", "", "")),
    ]
    now = cluster.clock.now()

    def put(store):
        for link, (kind, bad) in zip(links, spoilt, strict=False):
            store.readings.put(link.id, link.outlet, kind, "one", bad, now)

    cluster.stored(put)
    cluster.clock.forward(1)
    await cluster.handed(links[4])
    assert [bool(one) for one in await cluster.keeper.take_in(9)] == [False] * 4 + [True]
    assert sorted(cluster.due()) == [link.id for link in links[:4]]
    assert len([record for record in caplog.records if "is read again" in record.getMessage()]) == 4


async def test_what_was_read_of_a_page_that_was_forgotten_is_gone(cluster, tmp_path, caplog):
    links = [cluster.link(number) for number in range(4)]
    for link in links:
        await cluster.handed(link, f"Number {link.id} says what no other does, by itself.")
    now = cluster.clock.now()
    with closing(engines.opened(tmp_path / "monitor.db")) as store:
        forget.forget(store, forget.find(store, [], links[0].url), now)
    assert cluster.waiting() == 3
    # In hand when it was forgotten.
    await cluster.handed(links[0])
    assert cluster.waiting() == 3
    await cluster.keeper.take_in(1)
    await cluster.handed(links[1], "It was read again, and waits.")
    (row,) = cluster.articles()
    cluster.stored(lambda store: store.keeping.take_out([row.id]))
    assert cluster.waiting() == 2
    place = engines.place(tmp_path / "monitor.db")
    assert list(check(place)) == []
    cluster.stored(lambda store: store.sql.write("UPDATE links SET state = 'gone' WHERE id = ?", links[2].id))
    (fault,) = check(place)
    assert fault.startswith("1 readings that wait for no link")
    none, done = await cluster.keeper.take_in(9)
    assert (none, done.link.id, len(cluster.articles())) == (None, links[3].id, 1)
    assert f"link {links[2].id} is gone" in caplog.text
    assert list(check(place)) == []


async def test_a_reading_that_cannot_be_kept_is_not_the_first_for_ever(cluster, caplog):
    bad, good = cluster.link(1), cluster.link(2)
    await cluster.handed(bad, traits=Traits((-1,)))
    cluster.clock.forward(1)
    await cluster.handed(good)
    none, done = await cluster.keeper.take_in(9)
    assert (none, done.link.id, cluster.waiting(), cluster.due()) == (None, good.id, 0, [])
    assert f"link {bad.id}: what was read of it cannot be kept" in caplog.text
    cluster.clock.forward(600)
    assert cluster.due() == [bad.id]


@pytest.mark.skipif(engines.engine() != "sqlite", reason="holds the file's write lock")
async def test_readings_wait_while_the_database_takes_none(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT", 0.05)
    async with serving() as origin:
        desk = Cluster(tmp_path, origin)
        for number in range(3):
            await desk.handed(desk.link(number), f"Number {number} says what no other does, by itself.")
        other = sqlite3.connect(tmp_path / "monitor.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BusyError):
            await desk.keeper.take_in(9)
        assert len(desk.keeper.clusters) == 0
        other.execute("ROLLBACK")
        other.close()
        assert desk.waiting() == 3
        assert [one.text for one in await desk.keeper.take_in(9)] == [TextKind.FULL] * 3
        await desk.aclose()


async def test_a_page_that_was_not_read_is_finished_by_the_worker(cluster):
    link = cluster.link(1)
    done = await cluster.hand.keep(link, Failure(Reason.CRASHED, "SIGSEGV"), page_of(link), "", "one")
    assert (done.reason, done.glance.reason, cluster.waiting()) == (Reason.CRASHED, Reason.CRASHED, 0)
    assert cluster.stored(lambda store: store.links.get(link.id)).state is LinkState.PARTIAL


async def test_an_outlet_that_is_no_longer_configured_keeps_its_article(cluster):
    await cluster.handed(cluster.link(1))
    cluster.pipeline.orders = replace(cluster.pipeline.orders, outlets={})
    (done,) = await cluster.keeper.take_in(9)
    assert (done.text, len(cluster.articles())) == (TextKind.FULL, 1)


async def test_the_story_is_looked_up_where_the_reading_is_taken_in(cluster):
    """A person joins two stories while a new reading of an article of one of them waits."""
    one, two = cluster.link(1), cluster.link(2)
    await cluster.handed(one, " ".join(FLOOD))
    await cluster.handed(two, " ".join(TRIAL))
    await cluster.keeper.take_in(9)
    old, new = (row.story_id for row in cluster.articles())
    again = replace(cluster.stored(lambda store: store.links.get(one.id)), state=LinkState.AGAIN)
    await cluster.handed(again, " ".join(FLOOD) + " It rains.")
    cluster.stored(lambda store: store.stories.join(old, new, cluster.clock.now()))
    await cluster.keeper.take_in(9)
    assert {row.story_id for row in cluster.articles()} == {new}
    (group,) = cluster.keeper.clusters.groups.stories[new][:1]
    assert len(cluster.keeper.clusters.groups.members) == 2
    assert old not in cluster.keeper.clusters.groups.stories
    assert group.story == new


async def test_a_page_of_nothing_new_is_handed_over_without_its_text(cluster):
    link = cluster.link(1, content="word " * 100_000, summary="It froze.")
    await cluster.handed(link)
    (row,) = cluster.stored(lambda store: store.readings.oldest(9))
    assert len(row.data) < 2_000
    await cluster.keeper.take_in(9)
    known = cluster.stored(lambda store: store.links.get(link.id))
    assert known.etag == '"1"'
    cluster.clock.forward(900)
    await cluster.hand.as_before(known, Refusal(Reason.NOT_FOUND, retry=False))
    (row,) = cluster.stored(lambda store: store.readings.oldest(9))
    assert handover.unpack(row.kind, row.data) == AsBefore(known, gone=True, missing=True)
    (done,) = await cluster.keeper.take_in(9)
    assert (done.text, cluster.waiting()) == (TextKind.FULL, 0)
    assert cluster.stored(lambda store: store.links.get(link.id)).state is LinkState.READ


async def test_reports_come_once_and_in_order(cluster, caplog):
    link = cluster.link(1, content="word " * 1_000)
    polls = [
        PollReport(1, "courier", f"{HOME}/feed.xml", HOME, Reason.DNS, "no such name", 0, cluster.clock.now()),
        PollReport(1, "courier", f"{HOME}/feed.xml", HOME, links=3),
    ]
    failed = await cluster.hand.keep(link, Failure(Reason.CRASHED), page_of(link), "", "one")
    await cluster.hand.report([*polls, failed])
    cluster.stored(lambda store: store.readings.put_reports([Report("poll", b"what")]))
    await cluster.hand.report(polls[:1])
    assert await cluster.keeper.take_reports(2) == polls
    rest = await cluster.keeper.take_reports(9)
    assert rest == [replace(failed, link=replace(link, content="")), polls[0]]
    assert "a report is left out" in caplog.text
    assert await cluster.keeper.take_reports(9) == []


async def test_two_that_take_in_at_once_take_each_reading_once(cluster):
    for number in range(20):
        await cluster.handed(cluster.link(number), f"Number {number} says what no other does, by itself.")
    found = await asyncio.gather(cluster.keeper.take_in(15), cluster.keeper.take_in(15))
    assert [len(one) for one in found] == [15, 5]
    assert len(cluster.articles()) == len(cluster.keeper.clusters.groups.members) == 20


async def test_a_clock_that_was_set_moves_what_waits(cluster):
    links = [cluster.link(number) for number in range(2)]
    await cluster.handed(links[0])
    hour = timedelta(hours=1)
    cluster.stored(lambda store: store.upkeep.shift(-hour, cluster.clock.now()))
    cluster.clock.at -= hour
    cluster.clock.forward(1)
    await cluster.handed(links[1], "Read after the clock was set back, and kept after the other.")
    assert [one.link.id for one in await cluster.keeper.take_in(9)] == [links[0].id, links[1].id]
