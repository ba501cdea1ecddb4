"""The line from a reading to delivery as the daemon runs it, in processes that may be killed.

`python -m tests.alerting` forks one for each line "RUN AT UPTO PORT DATABASE" of its input, as tests/ingest.py does. The
clock runs a hundred times as fast and begins AT seconds after START, so that retries, updates, quiet hours and digests
come due. RUN stands in the addresses of its channels: the receiver knows who sent what. UPTO 0: new articles until
killed; 1: none, and it ends when nothing waits; 2: a second worker, which takes nothing back at its start, tells nothing,
and ends when nothing has to be sent.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time as _time
import traceback
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from monitor import works as crews
from monitor.configured import Orders
from monitor.intake import Item, take_article
from monitor.model import Channel, Limit, Link, Outlet, Quiet, Reading, Route, Rule, Silence, Source, Updates
from monitor.notify.channels import apprise as channel
from monitor.notify.channels.sender import Sender
from monitor.parse import digest
from monitor.placing import Placement, PlacementReason, Traits
from monitor.ports import Store
from monitor.store.ledger import StoreLedger
from monitor.wiring import Line
from monitor.works import Works
from tests import engines, lines
from tests.store.make import article, hit

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
SPEED = 100.0
CHANNELS = ("at-once", "daily", "by-night")
CAREFUL = "careful"
DIGESTS = (time(0), time(6), time(12), time(18))
ROUTES = (
    Route("now", ("at-once",), updates=Updates(300.0, most=2), limit=Limit(40, 3600.0)),
    Route("digest", ("daily",), digest=DIGESTS),
    Route("night", ("by-night",), wait=60.0, quiet=Quiet(time(22), time(7))),
    Route(CAREFUL, (CAREFUL,)),
)
RULE = Rule("nato", "nato")
# A person silences one outlet for a part of each run.
SILENCED, SILENCE = "o3", timedelta(seconds=20)
# So many articles later an article has another headline.
CHANGED = 20
SECOND = 2
BATCH = 2
# 36 s of the fast clock: what a killed process held is sent in time only where it was taken back.
LEASE = 3_600.0


class Clock:
    """Fast, and never back: who starts a run begins where the last cannot have come to."""

    def __init__(self, at: float) -> None:
        self._began, self._zero = START + timedelta(seconds=at), _time.monotonic()

    def skip(self, span: timedelta) -> None:
        self._began += span

    def now(self) -> datetime:
        return self._began + timedelta(seconds=(_time.monotonic() - self._zero) * SPEED)

    def monotonic(self) -> float:
        return _time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0.0) / SPEED)


def orders(port: int, run: int) -> Orders:
    address = f"json://127.0.0.1:{port}/{run}"
    channels = [Channel(name, "apprise", f"{address}/{name}?rto=0.1") for name in CHANNELS]
    channels.append(Channel(CAREFUL, "apprise", f"{address}/{CAREFUL}?rto=0.1", once=True))
    outlets = [Outlet(f"o{number}", sources=(Source(f"https://o{number}.example/feed"),)) for number in range(7)]
    return Orders(
        {one.id: one for one in outlets}, {RULE.id: RULE}, {channel.id: channel for channel in channels}, ROUTES
    )


def url_of(number: int) -> str:
    return f"https://o{number % 7}.example/{number}"


def link_of(number: int) -> Link:
    return Link(f"o{number % 7}", f"https://o{number % 7}.example/feed", url_of(number), url_of(number), f"g{number}")


def take_over(store: Store, known: Orders, now: datetime) -> dict[str, int]:
    """Do what a process begins with; return the outlets' sources."""
    store.upkeep.reclaim(now, [channel.id for channel in known.channels.values() if channel.once])
    store.outlets.sync(list(known.outlets.values()), now)
    store.silences.add(Silence(0, (("outlet", SILENCED),), now, now + SILENCE, "desk", "their feed is noise"), now)
    return {row.outlet_id: row.id for row in store.outlets.lease_due(now, limit=99, lease=60.0)}


def take(store: Store, known: Orders, link: Link, number: int, title: str, now: datetime) -> None:
    read = article(number, url=url_of(number), canonical_url=url_of(number), outlet=link.outlet, title=title)
    reading = Reading(read, (hit(0, RULE.id),), Traits((number,)))
    mark = digest.mark(link.outlet, url_of(number))
    placement = Placement(f"s{number // 3}", PlacementReason.NEW, mark, at=now, traits=reading.traits)
    take_article(store, known, Item(link, reading, retry=False, placement=placement), now)


def read_one(store: Store, known: Orders, sources: dict[str, int], now: datetime) -> None:
    """Have an outlet tell a story, three articles a story, and change the headline of one that it told before."""
    number = store.upkeep.totals().articles + 1
    (link,) = store.links.add([link_of(number)], sources[f"o{number % 7}"], now, lease=60.0)
    take(store, known, link, number, f"Headline {number}", now)
    if number > CHANGED:
        number -= CHANGED
        (had,) = store.links.known([link_of(number)], sources[f"o{number % 7}"])
        again = store.links.get(had.id) if had else None
        assert again is not None
        take(store, known, again, number, f"Headline {number}, corrected", now)


async def work(path: Path, run: int, at: float, upto: int, port: int) -> None:
    clock, known = Clock(at), orders(port, run)
    # Of what is killed, so short that it comes to know that it was not answered; elsewhere a busy machine answers in time.
    channel.READ_TIMEOUT = 5.0 if upto else 0.15
    ledger = StoreLedger(lambda: engines.opened(path))

    async def ask(job):
        return await asyncio.wrap_future(ledger.submit(job))

    sources: dict[str, int] = {}
    if upto != SECOND:
        crews.SEND_LEASE = LEASE
        sources = await ask(lambda store: take_over(store, known, clock.now()))
    pipeline, keeper = lines.pipeline(None, None, ledger, Sender(sys.stderr), clock, known)
    works = Works(Line(pipeline, ledger, clock, None, None, None, None, None, keeper))
    if upto == SECOND:
        # It tells nothing by itself either.
        works.stand_down()
    print("ready", flush=True)
    idle = 0
    while idle < 3:
        if not upto:
            await asyncio.gather(
                *(ask(lambda store: read_one(store, known, sources, clock.now())) for _ in range(BATCH))
            )
        told = await works.lease_sends()
        if upto != SECOND:
            told += await pipeline.tell() + await pipeline.digest()
        await asyncio.sleep(0.01)
        if upto == SECOND:
            idle = 3 if not works.sends.keys and not await ask(unsent) else 0
        elif upto and not told and not works.sends.keys:
            idle += not await ask(waiting)
            clock.skip(timedelta(minutes=10))
        else:
            idle = 0
    ledger.close()


def unsent(store: Store) -> int:
    """Count the messages that have to be sent."""
    return store.upkeep.totals().outbox_waiting


def waiting(store: Store) -> int:
    """Count what has still to be told or sent."""
    totals = store.upkeep.totals()
    return totals.alerts_open + totals.outbox_waiting + len(store.digests.routes())


def serve() -> None:
    child = 0
    for line in sys.stdin:
        if line == "gone\n":
            child = 0
            print("gone", os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
            continue
        run, at, upto, port, path = line.rstrip("\n").split(" ", 4)
        if child := os.fork():
            continue
        try:
            print(os.getpid(), flush=True)
            asyncio.run(work(Path(path), int(run), float(at), int(upto), int(port)))
            print("done", flush=True)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            print("failed", flush=True)
            os._exit(1)
    if child:
        os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    serve()
