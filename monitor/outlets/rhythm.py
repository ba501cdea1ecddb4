"""How much a source publishes in each hour of the week, learnt from what it lists; pure.

Old weeks fade, the last four count for half. An hour is judged together with its neighbours and with the week as a
whole, so that one article in a night says little, and an hour that was not seen yet is thought to be like the others.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

HOURS = 7 * 24
_HOUR, _WEEK = 3_600.0, 7 * 86_400.0
_FADE = 4.0  # weeks
# What a list says of its past counts so far back: a feed that keeps ten years of an archive says nothing of today.
_PAST = timedelta(weeks=4)
# Two articles in three hours beforehand, that is an interval of 15 minutes; gone within a day or two.
_GUESS_ARTICLES, _GUESS_HOURS = 2.0, 3.0
_FORM = struct.Struct(f"<If{HOURS}H")
_SCALE = 64.0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Articles by hour of the week (0 is Monday 00:00 UTC) over `weeks`, faded to `at`, a Unix time."""

    at: float
    weeks: float
    counts: tuple[float, ...]

    def mean(self) -> float:
        """Return the articles an hour over all hours; above 0."""
        return (sum(self.counts) + _GUESS_ARTICLES) / (self.weeks * HOURS + _GUESS_HOURS)

    def rate(self, hour: int, mean: float) -> float:
        """Return the articles an hour to be expected in this hour of the week, by the `mean` of all; above 0."""
        before, here, after = (self.counts[(hour + step) % HOURS] for step in (-1, 0, 1))
        seen = max(self.weeks, min(here, 1.0))
        return ((before + 2 * here + after) / 4 + mean) / (seen + 1.0)


def unpack(data: bytes) -> Rhythm | None:
    """Read what `pack` wrote; None for nothing."""
    if len(data) != _FORM.size:
        return None
    at, weeks, *counts = _FORM.unpack(data)
    return Rhythm(at, weeks, tuple(count / _SCALE for count in counts))


def pack(rhythm: Rhythm) -> bytes:
    """Write a rhythm in 344 bytes: above 1,000 articles an hour says no more than 1,000."""
    counts = (min(round(count * _SCALE), 0xFFFF) for count in rhythm.counts)
    return _FORM.pack(int(rhythm.at), rhythm.weeks, *counts)


def learn(known: Rhythm | None, moments: Iterable[datetime], now: datetime) -> Rhythm:
    """Return what is known after a poll that found articles of these times. The first poll learns from what the list
    says of the past; `moments` outside of four weeks say nothing.
    """
    at = now.timestamp()
    times = [moment.timestamp() for moment in moments if now - _PAST <= moment <= now]
    if known is None:
        weeks = (at - min(times)) / _WEEK if times else 0.0
        counts = [0.0] * HOURS
    else:
        # A clock that was set back has seen no time pass.
        passed = max(at - known.at, 0.0) / _WEEK
        fade = 0.5 ** (passed / _FADE)
        weeks = known.weeks * fade + min(passed, _FADE)
        counts = [count * fade for count in known.counts]
    for time in times:
        counts[hour_of_week(datetime.fromtimestamp(time, UTC))] += 1
    return Rhythm(at, weeks, tuple(counts))


def hour_of_week(moment: datetime) -> int:
    """Return 0 to 167, of an aware time."""
    there = moment.astimezone(UTC)
    return there.weekday() * 24 + there.hour


def patience(rhythm: Rhythm, now: datetime, need: float) -> float:
    """Return the seconds until the square roots of the hourly rates, summed over the hours, make `need`; 24 h at most.

    In hours of an even rate r that is need / sqrt(r): for a given number of polls the least waiting in all, as each
    source costs r x interval / 2 of waiting and 1 / interval of polls (by Lagrange's multiplier).
    """
    start = now.timestamp()
    at, left, mean = start, need, rhythm.mean()
    while at - start < 86_400.0:
        root = math.sqrt(rhythm.rate(hour_of_week(datetime.fromtimestamp(at, UTC)), mean))
        step = _HOUR - at % _HOUR
        if root * step / _HOUR >= left:
            return at - start + left / root * _HOUR
        left -= root * step / _HOUR
        at += step
    return 86_400.0
