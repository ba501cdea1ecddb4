"""DOOR apscheduler: the daemon's ticks.

APScheduler goes by the wall clock: set back an hour it does nothing for an hour, set forward it runs everything early
and counts every time it missed (56 years of seconds, where a machine without a clock of its own gets the time). So
each tick's next time is kept here on a clock that never steps; one that comes early is put off until then, and `rearm`
tells APScheduler anew when the wall clock was set.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from monitor.errors import BusyError

log = logging.getLogger("monitor")

Tick = Callable[[], Awaitable[object]]
# Timers are some milliseconds early or late.
_EARLY = 0.05


class TwoClocks(Protocol):
    """What ticks go by: the wall clock, which APScheduler asks itself, and seconds that never step."""

    def wall(self) -> datetime: ...
    def monotonic(self) -> float: ...


class Every(BaseTrigger):  # type: ignore[misc]  # APScheduler says nothing of its types
    """An interval. What was missed is left out at once, where IntervalTrigger walks through each of its times."""

    def __init__(self, seconds: float) -> None:
        self._every = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """Return the first time after `now` on the grid of the last one."""
        if previous is None:
            return now + self._every
        missed = max(now - previous, timedelta(0)) // self._every
        return previous + (missed + 1) * self._every


class Ticks:
    """Runs each of `table` (name → what, and every how many seconds), one at a time of a name."""

    def __init__(self, table: Mapping[str, tuple[Tick, float]], clock: TwoClocks) -> None:
        self._table = table
        self._clock = clock
        self._due: dict[str, float] = {}
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            # Its default drops a job that comes a second late; a loaded box would lose ticks.
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def start(self) -> None:
        """Begin; each comes first after its interval."""
        now = self._clock.monotonic()
        for name, (_, seconds) in self._table.items():
            self._due[name] = now + seconds
            self._scheduler.add_job(self._run, Every(seconds), args=[name], id=name)
        self._scheduler.start()

    def rearm(self) -> None:
        """Let each come when it is due, whatever the wall clock says now."""
        for name in self._table:
            self._arm(name)

    def stop(self) -> None:
        """End. Ticks that run are cancelled: APScheduler waits for no coroutine, whatever it is told."""
        self._scheduler.shutdown(wait=False)

    def _arm(self, name: str) -> None:
        left = max(self._due[name] - self._clock.monotonic(), 0.0)
        self._scheduler.modify_job(name, next_run_time=self._clock.wall() + timedelta(seconds=left))

    async def _run(self, name: str) -> None:
        tick, seconds = self._table[name]
        late = self._clock.monotonic() - self._due[name]
        if late < -_EARLY:
            self._arm(name)
            return
        self._due[name] += seconds * (1 + max(late, 0.0) // seconds)
        if late > _EARLY:
            # Its grid began anew when it was re-armed, and is late by as much.
            self._arm(name)
        try:
            await tick()
        except BusyError as error:
            log.error("the tick %r failed; it runs again: %s", name, error)  # noqa: TRY400 - nothing of ours is at fault
        except Exception:
            # A full disk at this second is no reason to stop asking at the next.
            log.exception("the tick %r failed; it runs again", name)
