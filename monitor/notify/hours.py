"""Hours of a day in a zone: when it is quiet, when a digest is due. Right through both changes of daylight saving time.

A time of day that a change leaves out is the moment the clocks jump over it; one that comes twice is its first coming.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from monitor.routing import Quiet

OVERFLOW = (time(8),)
"""When a route without digests tells what its limits held back."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A digest's time on one day: what makes it one of its kind."""

    at: datetime
    day: str
    slot: str


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """Return a zone whose name has been checked."""
    return ZoneInfo(name)


def moment(day: date, at: time, name: str) -> datetime:
    """Return when that time of that day is in a zone, in UTC."""
    return datetime.combine(day, at, tzinfo=zone(name)).astimezone(UTC)


def slots(times: Sequence[time], name: str, around: datetime) -> list[Slot]:
    """Return the slots of the day before, the day of a moment and the day after, earliest first."""
    today = around.astimezone(zone(name)).date()
    days = (today - _DAY, today, today + _DAY)
    return sorted(Slot(moment(day, at, name), day.isoformat(), f"{at:%H:%M}") for day in days for at in times)


def last_slot(times: Sequence[time], name: str, now: datetime) -> Slot:
    """Return the newest slot that has come."""
    return [slot for slot in slots(times, name, now) if slot.at <= now][-1]


def next_slot(times: Sequence[time], name: str, now: datetime) -> Slot:
    """Return the first slot that has not come yet."""
    return next(slot for slot in slots(times, name, now) if slot.at > now)


def quiet_until(quiet: Quiet | None, name: str, now: datetime) -> datetime | None:
    """Return when the quiet hours end that `now` stands in; None outside of them. The first minute is quiet, the
    last is the first that is not.
    """
    if quiet is None:
        return None
    today = now.astimezone(zone(name)).date()
    for day in (today - _DAY, today):
        start = moment(day, quiet.start, name)
        end = moment(day + _DAY if quiet.end <= quiet.start else day, quiet.end, name)
        if start <= now < end:
            return end
    return None


def midnight(name: str, now: datetime) -> datetime:
    """Return when the day of a zone began, in UTC."""
    return moment(now.astimezone(zone(name)).date(), time(0), name)


def within(at: time, quiet: Quiet) -> bool:
    """Say whether a time of day stands in quiet hours."""
    if quiet.start < quiet.end:
        return quiet.start <= at < quiet.end
    return at >= quiet.start or at < quiet.end
