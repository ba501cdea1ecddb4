"""How long a source is silent usually, learnt at its polls; pure.

A silence is measured in the articles that are usual in such a time, by the hours of the week that it spans: a night
and a weekend weigh next to nothing. A source remembers its longest silence; what passes twice that is unusual, four
times that where few silences are known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from monitor.outlets.rhythm import HOURS, Rhythm, hour_of_week, unpack
from monitor.views import DueSource
from monitor.views_health import Pulse

_HOUR = 3_600.0
# A long silence is forgotten to half in so many weeks: a summer's says little of the autumn.
_FADE = timedelta(weeks=8)
# A day with less than this share of the busiest day's articles is one on which nothing comes.
_EMPTY = 0.1
_TAIL = math.log(1e5)
KNOWN_FOR = timedelta(days=14)
# Articles that must be missing at least: at 8 of random gaps one in 3,000 is longer. Where nothing comes on some days
# one more such day is given, of small outlets two and a half: holidays.
_MISSING, _MOST_MISSING, _A_DAY, _HOLIDAYS = 8.0, 24.0, 1.25, 2.5


@dataclass(frozen=True, slots=True)
class Heard:
    """When a source last brought something new, and its longest silence so far; see DueSource.quiet."""

    news_at: datetime
    quiet: float
    spells: float


def expected(known: Rhythm, start: datetime, end: datetime) -> float:
    """Return how many articles are usual between two times; 0 where they are the other way round.

    Unlike Rhythm.rate it thinks nothing of hours in which none ever came, or a weekend would seem a silence.
    """
    span = (end - start).total_seconds() / _HOUR
    if span <= 0:
        return 0.0
    counts = known.counts
    weeks, rest = divmod(span, HOURS)
    found = weeks * sum(counts) * 4
    at, hour = (start.timestamp() % _HOUR) / _HOUR, hour_of_week(start)
    while rest > 0:
        step = min(1.0 - at, rest)
        found += (counts[hour - 1] + 2 * counts[hour] + counts[(hour + 1) % HOURS]) * step
        rest -= step
        at, hour = 0.0, (hour + 1) % HOURS
    return found / (4 * max(known.weeks, 1.0))


def days(known: Rhythm) -> list[float]:
    """Return the articles that are usual on each day of the week, Monday first, in UTC."""
    return [sum(known.counts[24 * day : 24 * day + 24]) / max(known.weeks, 1.0) for day in range(7)]


def rests(week: Sequence[float]) -> bool:
    """Say whether there are days on which nothing comes, by what is usual on each."""
    return min(week) < _EMPTY * max(week)


def heard(
    source: DueSource, known: Rhythm | None, learnt: Rhythm, moments: Sequence[datetime], now: datetime
) -> Heard | None:
    """Return what a poll that found articles of these times says of silence; None where it found none.

    `known`: the rhythm before it, None at the first poll; `learnt`: after it. Its list then tells of silences too.
    """
    if not moments:
        return None
    if known is None or source.news_at is None:
        times = sorted(moment for moment in moments if moment <= now)
        gaps = [expected(learnt, one, other) for one, other in pairwise(times)]
        return Heard(times[-1].astimezone(UTC) if times else now, max(gaps, default=0.0), float(len(gaps)))
    # While nobody asked, nothing was heard: what an outage of ours took is no silence of theirs.
    begin = max(source.news_at, source.back_at or source.news_at)
    gap = expected(known, begin, source.last_ok_at) if source.last_ok_at else 0.0
    fade = 0.5 ** (max(now - source.news_at, timedelta()) / _FADE)
    return Heard(now, max(gap, source.quiet * fade), source.spells * fade + 1)


def missing(pulses: Sequence[Pulse], now: datetime) -> tuple[float, float, datetime | None]:
    """Return how many articles did not come that usually would have, how many must be missing to be a silence, and
    since when nothing came. Sources that fail, or are known for less than two weeks, say nothing.
    """
    news = [one.news_at for one in pulses if one.news_at]
    known = [
        (one, learnt)
        for one in pulses
        if one.reason is None and one.first_ok_at and now - one.first_ok_at >= KNOWN_FOR
        if (learnt := unpack(one.rhythm))
    ]
    if not news or not known:
        return 0.0, _MISSING, None
    last = max(news + [one.back_at for one, _ in known if one.back_at])
    lacks = sum(expected(learnt, last, one.last_ok_at) for one, learnt in known if one.last_ok_at)
    week = [sum(day) for day in zip(*(days(learnt) for _, learnt in known), strict=True)]
    busiest = max(week)
    longest = sum(_patience(one.spells) * one.quiet for one, _ in known)
    bound = max(longest, _MISSING, min(_A_DAY * busiest, _MOST_MISSING))
    if rests(week):
        bound = max(bound, min(_HOLIDAYS * busiest, _MOST_MISSING), _A_DAY * busiest)
    return lacks, bound, last


def _patience(spells: float) -> float:
    """Return how many times its longest silence a source is given, by how many silences are known of it.

    Of n random gaps the longest is passed c times by one in n^c: that is one in 100,000 here, as far as 2 and 4 allow.
    """
    return min(max(_TAIL / math.log(max(spells, 2.0)), 2.0), 4.0)
