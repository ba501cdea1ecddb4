"""What came due while nobody asked (a stop, a suspend, a full disk) goes out a part each second. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.views import Overdue

# All within five minutes, but never fewer a second than a newsroom has outlets, nor more than one loop polls beside
# its other work (facts: 1.4 to 1.8 ms a poll).
WITHIN, LEAST, MOST = 300.0, 25.0, 200.0
# One that was never asked stands with those that missed one interval.
_NEW = 1.0
_SHORTEST = 1.0


def rate(count: int) -> float:
    """Return how many of `count` sources are asked a second."""
    return min(max(count / WITHIN, LEAST), MOST)


def over(waiting: Sequence[Overdue], now: datetime) -> list[tuple[int, datetime]]:
    """Return when each is asked, by id: first who waits longest by its own interval, of equals the faster one. Those
    of the first second keep their time, and are left out.
    """
    a_second = rate(len(waiting))
    ranked = sorted(waiting, key=lambda one: _urgency(one, now))
    return [
        (one.id, now + timedelta(seconds=rank / a_second)) for rank, one in enumerate(ranked) if rank >= int(a_second)
    ]


def _urgency(one: Overdue, now: datetime) -> tuple[float, float, int]:
    late = (now - one.due_at).total_seconds()
    if one.polled_at is None:
        return (-_NEW, 0.0, one.id)
    interval = max((one.due_at - one.polled_at).total_seconds(), _SHORTEST)
    return (-late / interval, interval, one.id)
