"""How a daemon is, in numbers that it keeps of itself: counted on its loop, read from any thread.

Vitals.said     counters by name and labels, none of which grows with the number of outlets
Vitals.stuck    the test of life: which tick has not ended when it should have
health(…)       what is wrong, for /healthz; by the same test as `monitor status --max-age`
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

# Seconds that a tick may take beyond its turn: five missed signs are an illness, as the HEALTHCHECK has it.
PATIENCE = 120.0
# Within these /healthz calls a daemon alive: `status --max-age` of the container.
MAX_AGE = 150.0
_LOOP = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_START = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)


class Histogram:
    """How often values were seen, by upper bounds; in seconds."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def quantile(self, part: float) -> float | None:
        """Return the upper bound of the bucket where this part of the values ends; None: none was seen."""
        left = part * sum(self.counts)
        for bound, count in zip((*self.bounds, float("inf")), self.counts, strict=True):
            left -= count
            if left <= 0 and count:
                return bound
        return None


@dataclass
class Tick:
    """A job that comes again and again. Times of a clock that only goes forward."""

    every: float
    ended_at: float
    runs: int = 0
    failure: str = ""
    """The error that its last run ended by, as its type."""


@dataclass
class Vitals:
    """What one process has done since `started`, and whether it goes on."""

    started: datetime
    said: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """("polls", "ok") → how many."""
    start_lag: Histogram = field(default_factory=lambda: Histogram(_START))
    """From when a source was due to when its poll began."""
    loop_lag: Histogram = field(default_factory=lambda: Histogram(_LOOP))
    """How late the loop comes to what is to be done now."""
    ticks: dict[str, Tick] = field(default_factory=dict)
    beat_at: float | None = None
    """When the last sign was written to the database."""
    reload_failure: str = ""
    """Why the configuration that the files hold is not in force; "" where it is. It may quote the files."""
    address: str = ""
    """Where it answers: "127.0.0.1:9464"."""
    page: str = ""
    """Where its page is: "127.0.0.1:9465"."""
    errors: Sequence[tuple[datetime, str]] = ()
    """What went wrong last, as it may be shown."""
    starved: bool = False
    """Nothing is read for want of room on the disk."""

    def count(self, *name: str, by: int = 1) -> None:
        """Count something: its name, then its labels."""
        self.said[name] += by

    def expect(self, ticks: Mapping[str, float], now: float) -> None:
        """Begin to watch ticks, by name the seconds between two."""
        self.ticks = {name: Tick(every, now) for name, every in ticks.items()}

    def ended(self, name: str, now: float, error: BaseException | None = None) -> None:
        """Note that a tick has come to its end. With an error too: to start anew helps against a full disk no more than
        to come again.
        """
        tick = self.ticks.get(name)
        if tick is not None:
            tick.ended_at, tick.runs = now, tick.runs + 1
            tick.failure = type(error).__name__ if error else ""

    def stuck(self, now: float, patience: float = PATIENCE) -> str:
        """Return which tick should have ended for `patience` seconds, and has not; "" where all go on."""
        late = {name: now - tick.ended_at - tick.every for name, tick in self.ticks.items()}
        name = max(late, key=lambda one: late[one], default="")
        if not name or late[name] <= patience:
            return ""
        return f"the tick {name!r} has not ended for {now - self.ticks[name].ended_at:.0f} s"


@dataclass(frozen=True, slots=True)
class Health:
    """`dead`: what makes it of no use; `degraded`: what it goes on with. Nothing an outlet wrote stands in either."""

    dead: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        return "failing" if self.dead else "degraded" if self.degraded else "ok"


def too_old(age: float | None, most: float) -> str:
    """Return why a daemon counts as dead by the age of its last sign, "" where it is alive. Both in seconds."""
    if age is None:
        return "no pass has been made yet"
    if age > most:
        return f"the last sign of the daemon is {age:.0f} s old, at most {most:.0f} s are allowed"
    return ""


def health(vitals: Vitals, now: float, patience: float = PATIENCE, most: float = MAX_AGE) -> Health:
    """Judge. `now`: of the clock that only goes forward."""
    age = None if vitals.beat_at is None else now - vitals.beat_at
    dead = (too_old(age, most), vitals.stuck(now, patience))
    degraded = [f"the tick {name!r} failed: {one.failure}" for name, one in dict(vitals.ticks).items() if one.failure]
    if vitals.reload_failure:
        degraded.append("the configuration on disk cannot be used, the one before is in force")
    if vitals.starved:
        degraded.append("nothing is read: the disk is nearly full")
    return Health(tuple(why for why in dead if why), tuple(degraded))
