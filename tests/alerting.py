"""The line from hit to delivery as the daemon runs it, in processes that may be killed.

`python -m tests.alerting` forks one for each line "RUN UPTO PORT DATABASE" of its input, as tests/ingest.py does. The
clock runs a hundred times as fast, and each run begins two hours after the one before, so that retries, updates, quiet
hours and digests come due. UPTO 0: new hits until killed; 1: none, and it ends when nothing waits; 2: a second worker, which takes nothing back at its
start, tells nothing, and ends when nothing has to be sent.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time as _time
import traceback
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path

from monitor import telling
from monitor.configured import Orders
from monitor.daemon import Works
from monitor.model import Channel, Limit, Outlet, Quiet, Route, Rule, Standing, Updates
from monitor.notify import plan
from monitor.notify.channels import apprise as channel
from monitor.notify.channels.sender import Sender
from monitor.pipeline import Pipeline
from monitor.placing import Placement, PlacementReason, Traits
from monitor.ports import Store
from monitor.store.ledger import StoreLedger
from monitor.store.sqlite import SqliteStore
from monitor.story.cluster import Clusters
from monitor.wiring import Line
from tests.store.make import article, hit

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
SPEED = 100.0
BETWEEN = timedelta(hours=2)
CHANNELS = ("at-once", "daily", "by-night")
ROUTES = (
    Route("now", ("at-once",), updates=Updates(300.0, most=2), limit=Limit(40, 3600.0)),
    Route("digest", ("daily",), digest=(time(0), time(6), time(12), time(18))),
    Route("night", ("by-night",), wait=60.0, quiet=Quiet(time(22), time(7))),
)
RULE = Rule("nato", "nato")
BATCH = 3
SECOND = 2


class Clock:
    """Fast, and never back: a run begins where the last cannot have come to."""

    def __init__(self, run: int) -> None:
        self._began, self._zero = START + run * BETWEEN, _time.monotonic()

    def now(self) -> datetime:
        return self._began + timedelta(seconds=(_time.monotonic() - self._zero) * SPEED)

    def monotonic(self) -> float:
        return _time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0.0) / SPEED)


def orders(port: int) -> Orders:
    return Orders(
        {f"o{number}": Outlet(f"o{number}") for number in range(7)},
        {RULE.id: RULE},
        {name: Channel(name, "apprise", f"json://127.0.0.1:{port}/{name}?rto=0.3") for name in CHANNELS},
        ROUTES,
    )


def one_hit(store: Store, known: Orders, now: datetime) -> None:
    """Have an outlet tell a story: three articles a story, the next in the order of their numbers."""
    number = store.upkeep.totals().articles + 1
    story, outlet = f"s{number // 3}", f"o{number % 7}"
    saved = store.articles.save(article(number, outlet=outlet), fetched_at=now, standing=Standing.LIVE)
    placed = Placement(story, PlacementReason.NEW, f"m{number}", at=now, traits=Traits((1, 2)))
    store.stories.place(placed, saved.article_id, now)
    (new,) = store.hits.add([replace(hit(saved.article_id, RULE.id, story_id=story), found_at=now, revision=1)])
    telling.take_hits(store, known, plan.Scene(known.outlet(outlet), "en", story), [new], now)


async def work(path: Path, run: int, upto: int, port: int) -> None:
    clock = Clock(run)
    # A receiver that takes a message and says nothing holds a thread for so long.
    channel.READ_TIMEOUT = 0.3
    ledger = StoreLedger(lambda: SqliteStore.open(path))
    if upto != SECOND:
        ledger.submit(lambda store: store.upkeep.reclaim(clock.now())).result()
    sender = Sender(sys.stderr)
    pipeline = Pipeline(None, None, ledger, sender, clock, Clusters(), orders(port))
    works = Works(Line(pipeline, ledger, clock, None, None))
    if upto == SECOND:
        # It tells nothing by itself either.
        works.stand_down()
    print("ready", flush=True)
    idle = 0
    while idle < 3:
        if not upto:
            new = [ledger.submit(partial(one_hit, known=pipeline.orders, now=clock.now())) for _ in range(BATCH)]
            await asyncio.gather(*map(asyncio.wrap_future, new))
        told = await works.lease_sends()
        if upto != SECOND:
            told += await pipeline.tell() + await pipeline.digest()
        await asyncio.sleep(0.01)
        if upto == SECOND:
            idle = 3 if not works.sends.keys and not await asyncio.wrap_future(ledger.submit(unsent)) else 0
        elif upto and not told and not works.sends.keys:
            idle += not await asyncio.wrap_future(ledger.submit(waiting))
            clock._began += timedelta(minutes=10)
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
        run, upto, port, path = line.rstrip("\n").split(" ", 3)
        if child := os.fork():
            continue
        try:
            print(os.getpid(), flush=True)
            asyncio.run(work(Path(path), int(run), int(upto), int(port)))
            print("done", flush=True)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    if child:
        os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    serve()
