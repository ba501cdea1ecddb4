"""The archive's housework, beside the line: what has had its time goes, the file is kept small, the disk is watched.

sweep(…)    one transaction's worth of retention, for the daemon and for `db prune`
Floor       stops reading before the disk is full; a ledger that hears where it is
Upkeep      the daemon's tick: a few short transactions a minute
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from monitor.errors import FullError, StoreError
from monitor.model import Keep
from monitor.ports import Clock, Ledger, Store
from monitor.views import Aged, EventRow

T = TypeVar("T")
log = logging.getLogger("monitor")

# An article of 3.1 kB takes .6 ms of an idle core to leave, several times that beside other work. Of the 50 ms that a
# transaction may take, most is its commit and the merges of the index: so many leave as did in STEP seconds.
STEP, LEAST, MOST, LOOKED_AT = 0.012, 5, 50, 100
PAGES_FREED, PAGES_MERGED = 500, 16
TRAITS = 500
# Of each minute's writing this is the housework's part; 3,000 articles can leave in it.
TICK, SHARE = 60, 3.0
OPTIMIZE_EVERY, SWEEP_EVERY = 86_400.0, 3_600.0
# A robots.txt is of use for a week (fetch/robots.py). Links lead to hosts that are asked once and never again: of an
# outlet that links to 20 new ones in each list 2,000 a day, 500 kB each at most.
ROBOTS_KEPT, ROBOTS = timedelta(days=8), 20
# What was noted for the operator: of ten thousand outlets some hundred lines a day.
EVENTS_KEPT, EVENTS = timedelta(days=90), 500
# So much more than the floor must be free before reading goes on: at its edge it would stop and go.
_EASE = 1.1


@dataclass(frozen=True, slots=True)
class Policy:
    """For how long the articles of each outlet stay. `others`: of outlets that are no longer watched."""

    outlets: Mapping[str, Keep]
    others: Keep

    def horizon(self, now: datetime) -> datetime | None:
        """Return the time after which nothing can have to go; None: nothing ever has to."""
        ages = [age for keep in (*self.outlets.values(), self.others) for age in (keep.articles, keep.hits)]
        least = min((age for age in ages if age is not None), default=None)
        return None if least is None else now - timedelta(seconds=least)

    def expired(self, one: Aged, now: datetime) -> bool:
        """Say whether an article has had its time: from its newest hit where it has any."""
        keep = self.outlets.get(one.outlet_id, self.others)
        age = keep.articles if one.hit_at is None else keep.hits
        last = max(one.fetched_at, one.hit_at or one.fetched_at)
        return age is not None and not one.awaited and last < now - timedelta(seconds=age)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a step looked at: up to which article, and what had to go, by outlet. `ended`: there are no more."""

    after: int
    gone: Mapping[str, int] = field(default_factory=dict)
    ended: bool = False


class Pace:
    """How many articles leave at once, by how long the last ones took."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        """`seconds`: a clock that only goes forward."""
        self.most = LEAST
        self._seconds = seconds

    @contextmanager
    def step(self) -> Iterator[int]:
        """Yield how many; within the block they leave."""
        started = self._seconds()
        yield self.most
        took = self._seconds() - started
        self.most = max(LEAST, min(MOST, 2 * self.most, int(self.most * STEP / max(took, 1e-6))))


def sweep(store: Store, policy: Policy, after: int, now: datetime, *, most: int = MOST, dry: bool = False) -> Swept:
    """Take out what has had its time among the next articles above `after`, so many at most. `dry`: only count it."""
    horizon = policy.horizon(now)
    if horizon is None:
        return Swept(after, ended=True)
    rows = store.keeping.aged(after, horizon, limit=LOOKED_AT)
    gone = [row for row in rows if policy.expired(row, now)]
    if not dry and len(gone) >= most:
        gone = gone[:most]
        rows = rows[: rows.index(gone[-1]) + 1]
        ended = False
    else:
        ended = len(rows) < LOOKED_AT
    if gone and not dry:
        store.keeping.take_out([row.id for row in gone])
    return Swept(rows[-1].id if rows else after, Counter(row.outlet_id for row in gone), ended)


def settle(store: Store) -> Iterator[Callable[[], object]]:
    """Yield what makes the file small again after much was taken out, a transaction each."""
    more, begin = store.keeping.indebted(), True

    def merge() -> None:
        nonlocal more, begin
        more, begin = store.keeping.merge(PAGES_MERGED, begin=begin), False

    while more:
        yield merge
    freed = True

    def free() -> None:
        nonlocal freed
        freed = store.keeping.free(PAGES_FREED) > 0

    while freed:
        yield free


def starved(store: Store) -> EventRow | None:
    """Return since when nothing is read for want of room; None: there is room."""
    low = store.upkeep.events(kind="disk_low", limit=1)
    again = store.upkeep.events(kind="disk_ok", limit=1)
    return low[0] if low and (not again or again[0].id < low[0].id) else None


class Floor:
    """Whether there is room to read more into the database. A Ledger itself, so that it hears of a disk that is full
    where the file system does not say so: a quota.
    """

    def __init__(self, ledger: Ledger, clock: Clock, path: Path, least: int) -> None:
        """`least`: bytes that must be free where `path` is; 0: no floor."""
        self.low = False
        self._looked = False
        self._ledger, self._clock, self._path, self.least = ledger, clock, path, least
        self._refused = ""
        self._untold: EventRow | None = None

    def submit(self, work: Callable[[Store], T], *, patient: bool = False) -> Future[T]:
        future = self._ledger.submit(work, patient=patient)
        future.add_done_callback(self._hear)
        return future

    def look(self, work: Callable[[Store], T]) -> Future[T]:
        return self._ledger.look(work)

    def waiting(self) -> int:
        return self._ledger.waiting()

    def hasten(self) -> None:
        self._ledger.hasten()

    def close(self) -> None:
        self._ledger.close()

    def _hear(self, future: Future[T]) -> None:
        if not future.cancelled() and isinstance(error := future.exception(), FullError):
            self._refused = str(error)

    async def room(self) -> bool:
        """Look; note once when reading stops and when it goes on."""
        if not self._looked:
            # What the last process told holds until this one tells otherwise.
            self._looked = True
            self.low = await asyncio.wrap_future(self._ledger.submit(starved)) is not None
        why = self._shortage()
        if self._refused and not why:
            # The database itself must say that it can grow again.
            why = await self._try()
        if bool(why) != self.low:
            self.low = bool(why)
            kind, detail = ("disk_low", why) if why else ("disk_ok", f"there is room at {self._path.parent} again")
            log.warning("%s: %s", kind, detail)
            self._untold = EventRow(kind, self._clock.now(), detail=detail)
        await self._tell()
        return not self.low

    def _shortage(self) -> str:
        if not self.least:
            return ""
        found = os.statvfs(self._path.parent)
        free = found.f_bavail * found.f_frsize
        if free >= self.least * (_EASE if self.low else 1.0):
            return ""
        return (
            f"{free / 10**6:.0f} MB are free at {self._path.parent}, less than storage.min_free "
            f"({self.least / 10**6:.0f} MB): nothing is read until there is room; messages are sent"
        )

    async def _try(self) -> str:
        refused, self._refused = self._refused, ""
        try:
            await asyncio.wrap_future(self._ledger.submit(lambda store: store.keeping.grow()))
        except StoreError:
            self._refused = refused
        return self._refused

    async def _tell(self) -> None:
        """Write what there is to tell; on a full disk it waits for room."""
        event, self._untold = self._untold, None
        if event is None:
            return
        try:
            await asyncio.wrap_future(self._ledger.submit(lambda store: store.upkeep.event(event)))
        except StoreError:
            self._untold = self._untold or event


class Upkeep:
    """The housework of one database, a little at every tick."""

    def __init__(self, ledger: Ledger, clock: Clock, policy: Policy, *, window: timedelta) -> None:
        """`window`: for how long articles are compared with new ones."""
        self._ledger, self._clock, self.policy, self._window = ledger, clock, policy, window
        self._after = 0
        # By the clock that is never set: an hour stays an hour.
        self._sweep_at = self._hosts_at = self._events_at = clock.monotonic()
        self._hosts_after = 0
        # Not at the start: what is asked for in its first hour says what to look at.
        self._optimize_at = clock.monotonic() + SWEEP_EVERY
        self._merging = False
        self._pace = Pace(clock.monotonic)

    async def tick(self) -> None:
        """Do what is due, within SHARE seconds."""
        ends = self._clock.monotonic() + SHARE
        first = (self._sweep, self._hosts, self._events, self._forget)
        for job in (*first, self._train, self._merge, self._free, self._optimize):
            while self._clock.monotonic() < ends and await asyncio.wrap_future(self._ledger.submit(job)):
                pass

    def _sweep(self, store: Store) -> bool:
        if self._clock.monotonic() < self._sweep_at:
            return False
        now = self._clock.now()
        with self._pace.step() as most:
            done = sweep(store, self.policy, self._after, now, most=most)
        self._after = 0 if done.ended else done.after
        if done.ended:
            self._sweep_at = self._clock.monotonic() + SWEEP_EVERY
        return not done.ended

    def _hosts(self, store: Store) -> bool:
        if self._clock.monotonic() < self._hosts_at:
            return False
        now = self._clock.now()
        self._hosts_after = store.outlets.forget_hosts(now, now - ROBOTS_KEPT, self._hosts_after, limit=ROBOTS)
        if not self._hosts_after:
            self._hosts_at = self._clock.monotonic() + SWEEP_EVERY
        return self._hosts_after > 0

    def _events(self, store: Store) -> bool:
        if self._clock.monotonic() < self._events_at:
            return False
        more = store.upkeep.forget_events(self._clock.now() - EVENTS_KEPT, limit=EVENTS) * 2 > EVENTS
        if not more:
            self._events_at = self._clock.monotonic() + SWEEP_EVERY
        return more

    def _forget(self, store: Store) -> bool:
        return store.stories.forget_traits(self._clock.now() - self._window, limit=TRAITS) == TRAITS

    def _train(self, store: Store) -> bool:
        return store.keeping.train(self._clock.now())

    def _merge(self, store: Store) -> bool:
        if self._merging or store.keeping.indebted():
            self._merging = store.keeping.merge(PAGES_MERGED, begin=not self._merging)
        return self._merging

    def _free(self, store: Store) -> bool:
        return store.keeping.free(PAGES_FREED) == PAGES_FREED

    def _optimize(self, store: Store) -> bool:
        if self._clock.monotonic() >= self._optimize_at:
            self._optimize_at = self._clock.monotonic() + OPTIMIZE_EVERY
            store.keeping.optimize()
        return False
