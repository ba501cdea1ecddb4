"""A query tried on the archive beside all that the page shows: in a thread of its own, one trial at a time, and of a
large archive no more than its newest articles.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import TypeVar

from monitor import heap
from monitor.forecast import Forecast, means, title, waits
from monitor.model import Rule
from monitor.ports import Store
from monitor.query import parse
from monitor.settings.orders import orders
from monitor.settings.record import Settings
from monitor.store.scratch import scratch
from monitor.trial import Reach, Span, Tally, bounded, foretold, period, stored, tried
from monitor.views import Filter

T = TypeVar("T")
Ended = Callable[[], bool]
"""Says whether somebody wants it to end."""
Work = Callable[[Store, Ended], T]
# 30,000 articles of 25 kB that all hold, where nothing else runs and fewer beside screens that are asked for; of a rare
# word a million, as full text leaves out the rest. The connection is dropped after serve.PATIENCE.
SECONDS = 10.0
# 1 to 2 s more.
FORETOLD = 1_000
# Seconds between two looks whether who asked is still there.
_LOOK = 0.5
_LISTED, _MONTH = 20, 31


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be tried: a rule, beside it another one or None, on which articles."""

    rule: Rule
    against: Rule | None
    wanted: Filter


@dataclass(frozen=True, slots=True)
class Report:
    """What a rule did. `read`: so many articles were looked at, of a `total`; `oldest`: when the last of them was read,
    where it was not all; `warnings`: how something that may be misread was read.
    """

    tally: Tally
    read: int
    total: int
    seconds: float
    oldest: datetime | None
    forecast: Forecast
    warnings: tuple[str, ...]

    @property
    def outlets(self) -> list[tuple[str, int]]:
        """The outlets with the most hits."""
        return self.tally.per_outlet.most_common(_LISTED)

    @property
    def days(self) -> list[tuple[str, int]]:
        """The month up to the newest day with hits, oldest day first."""
        last = date.fromisoformat(max(self.tally.per_day))
        month = [(last - timedelta(days=back)).isoformat() for back in range(min(_MONTH, last.toordinal()) - 1, -1, -1)]
        return [(day, self.tally.per_day[day]) for day in month]

    @property
    def future(self) -> tuple[str, list[tuple[str, str]], list[str]]:
        """What its forecast is of, the kinds of messages with how many come a day, and what is not told at once."""
        return title(self.forecast), means(self.forecast), waits(self.forecast)


def report(
    store: Store,
    asked: Asked,
    settings: Settings,
    ended: Ended,
    clock: Callable[[], float],
    now: datetime,
    zone: tzinfo,
) -> Report:
    """Try it, until it is `ended` or took SECONDS. `clock`: in seconds; `zone`: of the days. Raises QueryError."""
    began, reach = clock(), Reach()
    rules = [one for one in (asked.rule, asked.against) if one is not None]

    def enough() -> bool:
        # Lets go of the interpreter: else each row that a screen reads meanwhile waits up to 5 ms for it.
        time.sleep(0)
        return ended() or clock() - began > SECONDS

    specimens = bounded(stored(store, asked.wanted, rules, settings.entities), enough, reach)
    tally = tried(specimens, asked.rule, settings.entities, asked.against, zone=zone)
    read, total = reach.read(store, asked.wanted)
    oldest = reach.last.read if reach.ended and reach.last else None
    within = period(store.upkeep.began(), asked.wanted.since, asked.wanted.until, now)
    future = _forecast(tally, asked, settings, (max(within[0], oldest or within[0]), within[1]), ended)
    return Report(tally, read, total, clock() - began, oldest, future, parse(asked.rule.query).warnings)


def _forecast(tally: Tally, asked: Asked, settings: Settings, within: Span, ended: Ended) -> Forecast:
    if ended() or not tally.hits:
        # Nobody waits: the next one need not either.
        return Forecast()
    told, since = orders(settings, {}), asked.wanted.since
    with scratch() as empty:
        return foretold(empty, told, asked.rule, tally, settings.timezone, within, since=since, most=FORETOLD)


class Trials:
    """`open_store`: called for each trial."""

    def __init__(self, open_store: Callable[[], Store]) -> None:
        self._open = open_store
        self._free = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="trial")

    async def ask(
        self, work: Callable[[Store, Callable[[], bool]], T], gone: Callable[[], Awaitable[bool]]
    ) -> T | None:
        """Run `work` on a store, with what says whether it is to end; None where another is under way. It is to end
        when who asked has `gone`.
        """
        if not self._free.acquire(blocking=False):
            return None
        ended = threading.Event()
        future = asyncio.get_running_loop().run_in_executor(self._thread, self._run, work, ended)
        try:
            while not (await asyncio.wait({future}, timeout=_LOOK))[0]:
                if await gone():
                    ended.set()
            return future.result()
        finally:
            # The page ends, too.
            ended.set()

    def _run(self, work: Work[T], ended: threading.Event) -> T:
        try:
            store = self._open()
            try:
                return work(store, ended.is_set)
            finally:
                store.close()
        finally:
            # Texts and the pages that were read: some 15 MB.
            heap.give_back()
            self._free.release()
