"""The machine's clocks. The time that is kept goes on evenly when the wall clock is set, until the step is adopted.

So all that one process writes belongs to one time: what is due is moved and the new time taken over at one moment
(timekeeper.py). A process without a timekeeper, such as `run --once`, ends in the time it began in.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from monitor.steps import Moment, step

_BOOT: int | None = getattr(time, "CLOCK_BOOTTIME", None)
# Two clocks are read one after the other; a process that loses its core between them saw no step.
_APART = 0.05


def system() -> Moment:
    """Read all clocks as of one moment."""
    for _ in range(3):
        awake = time.monotonic()
        found = Moment(time.time(), awake, None if _BOOT is None else time.clock_gettime(_BOOT))
        if time.monotonic() - awake < _APART:
            break
    return found


class SystemClock:
    """The Clock port. Any thread may ask."""

    def __init__(self, read: Callable[[], Moment] = system) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._last = read()
        self._apart = 0.0
        self._slept = 0.0

    def now(self) -> datetime:
        with self._lock:
            self._look()
            return datetime.fromtimestamp(self._last.wall - self._apart, UTC)

    def wall(self) -> datetime:
        """Return what the wall clock says, whether or not it has been set."""
        return datetime.fromtimestamp(self._read().wall, UTC)

    def monotonic(self) -> float:
        """Return seconds that never step and, where the system can tell, go on while it is suspended."""
        found = self._read()
        return found.awake if found.real is None else found.real

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0.0))

    def apart(self) -> float:
        """Return by how many seconds the wall clock was set, forward above 0, and not adopted yet."""
        with self._lock:
            self._look()
            return self._apart

    def adopt(self, by: float) -> None:
        """Take over so much of it: `now` steps by as many seconds."""
        with self._lock:
            self._apart -= by

    def slept(self) -> float:
        """Return for how many seconds the machine was suspended since this was last asked."""
        with self._lock:
            self._look()
            slept, self._slept = self._slept, 0.0
            return slept

    def _look(self) -> None:
        found = self._read()
        seen = step(self._last, found)
        self._last = found
        self._apart += seen.by
        self._slept += seen.slept
