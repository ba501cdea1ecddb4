"""When polls start late, those of the slowest outlets are asked for less often, and again as before when they do not.
Pure: what is measured each minute comes in, a level goes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

# 95 % of the polls of a minute are to start within so many seconds of their time; late is above LATE, at ease below
# EASE, and what lies between changes nothing.
LATE, EASE = 5.0, 2.0
# Minutes in a row before a step up and before one down: a burst passes by itself, and what was relieved is no proof.
LATE_MINUTES, EASE_MINUTES = 3, 5
# Fewer say nothing.
LEAST = 20
# (share of all polls, the slowest outlets' first, by what their interval is multiplied): least urgent first, then more.
# At the last of them a third of the load is left.
LEVELS = ((0.0, 1.0), (0.5, 1.5), (0.5, 2.0), (0.75, 2.0), (0.75, 3.0), (0.9, 4.0))


@dataclass(frozen=True, slots=True)
class Strain:
    """Intervals of `over` seconds and more are multiplied by `factor`."""

    over: float = 0.0
    factor: float = 1.0

    def stretch(self, interval: float) -> float:
        """Return by what an interval is multiplied."""
        return self.factor if interval >= self.over else 1.0


CALM = Strain()


@dataclass(frozen=True, slots=True)
class Load:
    """`level`: of LEVELS. `late`, `ease`: minutes of it in a row."""

    level: int = 0
    late: int = 0
    ease: int = 0


def percentile(lags: Sequence[float], share: float = 0.95) -> float:
    """Return what so many of these stay within; 0 of none."""
    ranked = sorted(lags)
    return ranked[min(int(share * len(ranked)), len(ranked) - 1)] if ranked else 0.0


def judge(load: Load, lags: Sequence[float], *, full: bool) -> Load:
    """Return the level after a minute. `lags`: seconds between due and started of its polls; `full`: no poll can start
    now, as all slots are taken.
    """
    enough = len(lags) >= LEAST
    worst = percentile(lags) if enough else 0.0
    if worst > LATE or (full and not enough):
        load = replace(load, late=load.late + 1, ease=0)
    elif worst < EASE:
        load = replace(load, late=0, ease=load.ease + 1)
    else:
        load = replace(load, late=0, ease=0)
    if load.late >= LATE_MINUTES:
        return Load(min(load.level + 1, len(LEVELS) - 1))
    if load.ease >= EASE_MINUTES:
        return Load(max(load.level - 1, 0))
    return load


def strain(level: int, intervals: Sequence[float]) -> Strain:
    """Return what a level asks for. `intervals`: seconds, of the last polls, one each: an outlet that is asked more
    often counts for more, as it does for the load.
    """
    share, factor = LEVELS[level]
    if not share or not intervals:
        return CALM
    ranked = sorted(intervals)
    return Strain(ranked[min(int((1.0 - share) * len(ranked)), len(ranked) - 1)], factor)
