"""A host that lists more than it lets us read: its links wait in the store, and hold up nobody."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest

from monitor import works as crews
from monitor.settings.load import load
from monitor.store.codec import instant
from monitor.wiring import line
from tests import engines
from tests.desk import words
from tests.newsroom import Newsroom
from tests.web import Web, article

MANY = 50


class Held(Web):
    """Gives no page before `free` is set; its feed at any time."""

    def __init__(self):
        super().__init__()
        self.free = threading.Event()
        pages = {f"/{number}.html": article(words(number, 0, 6), *(words(number, part, 45) + "." for part in range(4)))
                 for number in range(MANY)}  # fmt: skip
        self.pages = _Waiting(pages, self.free)
        self.feed([(path, f"Item {path}") for path in pages])


class _Waiting(dict):
    def __init__(self, pages, free):
        super().__init__(pages)
        self._free = free

    def get(self, path, default=None):
        if path.endswith(".html"):
            self._free.wait(20)
        return super().get(path, default)


@pytest.fixture
def room(tmp_path):
    return Newsroom(tmp_path)


def of(room, query, *values):
    return engines.ask(room.folder / "data" / "monitor.db", query, *values)


async def test_a_host_holds_a_handful_of_links_while_others_are_read_and_its_rest_comes_later(room):
    with Held() as slow, Web() as quick:
        quick.pages["/a.html"] = article("Ferry", *(words(900, part, 45) + "." for part in range(4)))
        quick.feed([("/a.html", "Ferry")])
        room.outlets(slow=f"{slow.url} baseline", quick=f"{quick.url} baseline")
        async with line(load(room.config, {})) as work:
            works = crews.Works(work)
            began = datetime.now(UTC)
            assert await works.lease_polls() == 2
            await works.polls.drained()
            async with asyncio.timeout(20):
                while not of(room, "SELECT 1 FROM articles WHERE outlet_id = 'quick'"):
                    await asyncio.sleep(0.02)
            assert len(works.reads.keys) == crews.HOST_MOST
            rest = of(room, "SELECT next_at FROM links WHERE outlet_id = 'slow' AND leased = 0")
            assert len(rest) == MANY - crews.HOST_MOST
            earliest = began + timedelta(seconds=crews.READ_TICK)
            assert all(instant(at) >= earliest for (at,) in rest)
            assert await works.lease_reads() == 0, "they are not due yet"
            slow.free.set()
            await works.reads.drained()
        (read,) = of(room, "SELECT count(*) FROM articles WHERE outlet_id = 'slow'")
        assert read == (crews.HOST_MOST,)


async def test_links_whose_lease_ends_in_hand_stay_in_hand(room):
    with Held() as slow:
        room.outlets(slow=f"{slow.url} baseline")
        async with line(load(room.config, {})) as work:
            works = crews.Works(work)
            await works.lease_polls()
            await works.polls.drained()
            before = set(works.reads.keys)
            past = datetime(2020, 1, 1, tzinfo=UTC)
            ids = [int(number) for *_, number in before]
            await asyncio.wrap_future(work.ledger.submit(lambda store: store.links.give_back(ids, past)))
            assert await works.lease_reads() == 0
            assert set(works.reads.keys) == before
            (leased,) = of(room, "SELECT count(*) FROM links WHERE leased = 1")
            assert leased == (len(before),)
            slow.free.set()
            await works.reads.drained()


def test_one_pass_reads_all_that_a_host_lists(room):
    with Held() as slow:
        slow.free.set()
        room.outlets(slow=f"{slow.url} baseline")
        room.run("run", "--once")
    assert of(room, "SELECT count(*) FROM articles WHERE text = 'full'") == [(MANY,)]


@pytest.mark.parametrize(
    ("gap", "links", "seconds"), [(0, 20, 5), (2, 20, 20), (10, 6, 30), (60, 2, 60), (3_600, 2, 3_600)]
)
def test_of_a_slow_host_no_more_is_in_hand_than_a_minute_lets_us_read(gap, links, seconds):
    assert crews.handful(gap) == links
    assert crews.respite(gap) == timedelta(seconds=seconds)


@engines.own
async def test_a_writer_that_stalls_holds_up_polls_and_has_no_more_to_do_than_they_have(room, monkeypatch):
    """Sixty outlets are due and forty may be in hand: forty answers wait for the disk, and nobody else is asked."""
    monkeypatch.setattr(crews, "POLL_SLOTS", 40)
    stalls = threading.Event()
    with Web() as web:
        urls = {f"o{number}": f"{web.url}/{number}" for number in range(60)}
        for number in range(60):
            web.feed([], path=f"/{number}/feed.xml")
        room.outlets(**urls)
        async with line(load(room.config, {})) as work:
            works = crews.Works(work, once=True)
            # Once in peace: robots.txt is known then.
            while await works.lease_polls():
                await works.polls.drained()
                if len(web.asked) > 60:
                    break
            overdue = "UPDATE sources SET next_check_at = '2020-01-01T00:00:00.000000+00:00'"
            await asyncio.wrap_future(work.ledger.submit(lambda store: store.upkeep._sql.write(overdue)))
            web.asked.clear()
            assert await works.lease_polls() == 40
            stalled = work.ledger.submit(lambda store: stalls.wait(30))
            async with asyncio.timeout(20):
                while waiting(work) < 40:
                    await asyncio.sleep(0.01)
            for _ in range(5):
                assert await works.lease_polls() == 0
            assert waiting(work) == len(web.asked) == 40
            stalls.set()
            await asyncio.wrap_future(stalled)
            await works.polls.drained()
            assert await works.lease_polls() >= 20
            await works.polls.drained()
            assert works.polls.failed == 0
        assert len({path for path in web.asked if path.endswith("feed.xml")}) == 60


def waiting(work):
    return work.ledger._ledger._jobs.qsize()
