"""How much of a rule is usual, and whether there is much more now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR = 3600
WEEK = 7 * 24
WEEKS = 4
# Below this nothing is a spike: of a rule with one hit a day, two in an hour are forty times more than usual.
LEAST = 5
# What is usual at an hour of the week is known from four values at most: the rule's mean over all hours counts as two
# more. With less than two days of history nothing is told.
PRIOR = 2.0
HISTORY = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Level:
    """Articles of a rule in the last hour, and as many as are usual at this hour of the week."""

    count: int
    usual: float

    @property
    def times(self) -> float:
        """How many times more than usual; a rule without history is measured against one article in ten hours."""
        return self.count / max(self.usual, 0.1)


def level(by_hour: Mapping[int, int], count: int, began: datetime, now: datetime) -> Level | None:
    """Compare the last hour with the weeks before. `by_hour`: articles by hours since 1970, `began`: since when they
    are counted. None: too short a time is known.
    """
    if now - began < HISTORY:
        return None
    current = int(now.timestamp() - HOUR / 2) // HOUR
    first = max(int(began.timestamp()) // HOUR + 1, current - WEEKS * WEEK)
    hours = range(first, current - 1)
    if not hours:
        return None
    mean = sum(by_hour.get(hour, 0) for hour in hours) / len(hours)
    same = [by_hour.get(hour, 0) for hour in hours if (current - hour) % WEEK == 0]
    return Level(count, (sum(same) + PRIOR * mean) / (len(same) + PRIOR))


def begins(now: Level, spike: float) -> bool:
    """Say whether this is a spike."""
    return now.count >= LEAST and now.times >= spike


def lasts(now: Level, spike: float) -> bool:
    """Say whether a spike goes on: it ends at half of what began it, so that none begins twice around the line."""
    return now.count >= LEAST / 2 and now.times >= spike / 2
