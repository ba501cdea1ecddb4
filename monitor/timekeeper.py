"""The guard against steps of the wall clock: each second it looks, and moves what is due.

It waits by the loop's clock, which nobody can set. In one transaction what is stored moves by the step and the event
`clock` says so; at the same moment the process takes over the new time (clock.py), so that nothing is written in the
old one behind it. A suspend is time that passed: what came due is due, and the event `asleep` says for how long.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from monitor.errors import StoreError
from monitor.ports import Ledger, Store
from monitor.views import EventRow

log = logging.getLogger("monitor")

LOOK = 1.0


class Kept(Protocol):
    """A clock that knows when it was set (clock.SystemClock)."""

    def now(self) -> datetime: ...
    def apart(self) -> float: ...
    def adopt(self, by: float) -> None: ...
    def slept(self) -> float: ...


class Timekeeper:
    """`rearm` is called when clocks and timers no longer agree, each of `moved` with how far the wall clock was
    set, as what is held in memory moves.
    `beat`: gives the sign of life whose age others measure by the wall clock.
    """

    def __init__(
        self,
        clock: Kept,
        ledger: Ledger,
        rearm: Callable[[], None],
        moved: Sequence[Callable[[timedelta], None]] = (),
        beat: Callable[[], Awaitable[None]] | None = None,
        every: float = LOOK,
    ) -> None:
        self._every = every
        self._clock, self._ledger, self._rearm, self._moved, self._beat = clock, ledger, rearm, moved, beat

    async def watch(self) -> None:
        """Look every `every` seconds, for ever."""
        while True:
            await asyncio.sleep(self._every)
            try:
                await self.look()
            except Exception:
                # The process goes on in the time it had, and tries again.
                log.exception("the clock was set, and what is due could not be moved; it is tried again")

    async def look(self) -> None:
        """Carry out what happened to the clock since the last look. Raises StoreError."""
        if slept := self._clock.slept():
            await self._asleep(slept)
        if by := self._clock.apart():
            await self._stepped(by)

    async def _stepped(self, by: float) -> None:
        self._rearm()
        before, far = self._clock.now(), timedelta(seconds=by)
        # What was asked of the ledger before this is written in the old time, and moved; the rest in the new.
        done = self._ledger.submit(lambda store: _move(store, far, before))
        self._take_over(by)
        try:
            text = await asyncio.wrap_future(done)
        except StoreError:
            self._take_over(-by)
            raise
        log.warning("clock: %s", text)
        if self._beat is not None:
            await self._beat()

    def _take_over(self, by: float) -> None:
        self._clock.adopt(by)
        for move in self._moved:
            move(timedelta(seconds=by))

    async def _asleep(self, seconds: float) -> None:
        detail = f"this machine slept for {spell(seconds)}; what came due meanwhile is asked now, a part each second"
        log.warning("asleep: %s", detail)
        # What is overdue comes at once, the sign of life among it, not when timers that slept too come to it.
        self._rearm()
        event = EventRow("asleep", self._clock.now(), detail=detail)
        await asyncio.wrap_future(self._ledger.submit(lambda store: store.upkeep.event(event)))


def _move(store: Store, by: timedelta, before: datetime) -> str:
    count = store.upkeep.shift(by, before)
    way = "forward" if by > timedelta(0) else "back"
    text = f"set {way} by {spell(abs(by.total_seconds()))}; what is due moved with it ({count} rows)"
    store.upkeep.event(EventRow("clock", before + by, detail=text))
    return text


def spell(seconds: float) -> str:
    """Return a duration for people: 3.2 s, 1 h 0 min 5 s, 2 d 3 h 0 min 0 s."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"), (rest, "s"))
    first = next(number for number, (count, _) in enumerate(parts) if count)
    return " ".join(f"{count} {unit}" for count, unit in parts[first:])
