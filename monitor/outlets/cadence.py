"""How a poll ended and when a source is asked next, and why then. Pure: the jitter comes from a seed.

    set in outlets.yaml   that interval
    else                  by what the source publishes at this time of the week (rhythm.py), times its pace
    then                  longer where the source asks for it or fails, never before a pause that its host asked for

The pace is learnt: an article that waited for us shortens it, polls that find nothing late bring it back to 1.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.errors import Reason
from monitor.model import Links, Outlet
from monitor.outlets import rhythm, silence
from monitor.outlets.load import CALM, Strain
from monitor.outlets.novelty import News
from monitor.views import DueSource, PollOutcome

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
LEAST = 2 * MINUTE
# Hours times the root of articles an hour: one an hour is asked for every 12 minutes, one a day every 59.
NEED = 0.2
# What nothing is known of.
USUAL = 15 * MINUTE
LATE = 10 * MINUTE
SLOWEST, FASTEST = 1.0, 0.125
# How much a failure counts, as in mediacloud's rss-fetcher: what passes by itself is worth trying again soon.
_HARD, _SOFT, _TEMPORARY = 1.0, 0.5, 0.25
_WEIGHTS = {
    Reason.TIMEOUT: _SOFT,
    Reason.CONNECT: _SOFT,
    Reason.PROTOCOL: _SOFT,
    Reason.SERVER_ERROR: _SOFT,
    Reason.EMPTY: _SOFT,
    Reason.ENCODING: _SOFT,
    Reason.OVER_TIME: _SOFT,
    Reason.OVER_MEMORY: _SOFT,
    Reason.CRASHED: _SOFT,
    Reason.BAD_REPLY: _SOFT,
    Reason.RATE_LIMITED: _TEMPORARY,
    Reason.ROBOTS_UNREACHABLE: _TEMPORARY,
    Reason.NO_READER: _TEMPORARY,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source answered. `found`: what it lists; None: as the last time. `digest`: its body's, to know it again.
    `fresh_for`: seconds for which it says it will not change. `strain`: how late this machine is.
    """

    digest: str
    found: Links | None = None
    unchanged: bool = False
    etag: str = ""
    last_modified: str = ""
    fresh_for: float | None = None
    moved: str = ""
    strain: Strain = CALM


@dataclass(frozen=True, slots=True)
class Plan:
    """When to ask next, and why, in words for people."""

    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a source or its host asks for. `patience` (ttl, Cache-Control) and `retry_after` in seconds; `quiet`: hours
    of the week in which it is not to be asked.
    """

    patience: float = 0.0
    retry_after: float = 0.0
    quiet: frozenset[int] = frozenset()


NOTHING = Asked()


def next_check(
    now: datetime,
    *,
    every: float | None = None,
    due: float = USUAL,
    pace: float = 1.0,
    trouble: float = 0.0,
    asked: Asked = NOTHING,
    seed: str = "",
    strain: Strain = CALM,
) -> Plan:
    """Return the next poll. Seconds throughout.

    `every`: the interval that is set, which what the source asks for does not change; None: `due` times `pace`, within
    2 minutes and 24 hours, and the source's patience, which a pace that is short shortens too. `trouble` doubles the
    interval for each point, up to a day; `retry_after` is never undercut. Jitter by `seed` keeps outlets of one
    interval from coming at once. It only shortens (3 to 15 %), so that a `run --once` started every 15 minutes finds
    what is asked every 15 minutes due.
    """
    if every is None:
        wait, why = _as_it_publishes(due, pace, asked)
    else:
        wait, why = every, f"every {spell(every)}, as set"
    if (factor := strain.stretch(wait)) > 1.0:
        wait, why = min(wait * factor, max(DAY, wait)), f"{why}; {factor:g} times that while this machine is late"
    if trouble > 0:
        wait = min(wait * 2.0 ** min(trouble, 16.0), max(DAY, wait))
        why = f"after {spell(wait)}, as it failed"
    share = int.from_bytes(hashlib.blake2b(seed.encode("utf-8", "replace"), digest_size=4).digest(), "big") / 2**32
    wait *= 0.85 + 0.12 * share
    if every is None:
        wait = max(wait, LEAST)
    pause = min(asked.retry_after, DAY)
    if pause > wait:
        wait, why = pause, f"after {spell(pause)}, as its host asks"
    at = now + timedelta(seconds=wait)
    later = _after(at, asked.quiet) if every is None else at
    return Plan(later, why if later == at else "after the hours in which it asks not to be asked")


def _as_it_publishes(due: float, pace: float, asked: Asked) -> tuple[float, str]:
    wait = min(max(due * pace, LEAST), DAY)
    patience = min(asked.patience * pace, DAY)
    if patience > wait:
        return patience, f"every {spell(patience)}, as it asks"
    sooner = ", sooner since articles were found late" if pace < SLOWEST else ""
    return wait, f"every {spell(wait)}, as it publishes{sooner}"


def _after(at: datetime, quiet: frozenset[int]) -> datetime:
    """Return `at`, or the end of the quiet hours it falls in; a source that names all hours names none."""
    later = at
    for _ in range(24):
        if rhythm.hour_of_week(later) not in quiet:
            return later
        later = later.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return at


def answered(source: DueSource, outlet: Outlet, answer: Answer, news: News, now: datetime) -> PollOutcome:
    """Return how a poll ended that got an answer, and what was new in it."""
    found, unchanged = answer.found, answer.unchanged
    known = rhythm.unpack(source.rhythm)
    # Learnt from when there is something to learn: 344 bytes a poll would be most of what one writes.
    learns = known is None or bool(news.moments) or abs(now.timestamp() - known.at) > HOUR
    learnt = rhythm.learn(known, news.moments, now) if known is None or learns else known
    pace = _pace(source, news, now)
    heard = silence.heard(source, known, learnt, news.moments, now)
    plan = next_check(
        now,
        every=outlet.every,
        due=rhythm.patience(learnt, now, NEED),
        pace=pace,
        asked=Asked(
            patience=max(found.ttl or 0.0 if found else 0.0, answer.fresh_for or 0.0),
            quiet=frozenset(found.quiet) if found else frozenset(),
        ),
        seed=source.url,
        strain=answer.strain,
    )
    return PollOutcome(
        source.id,
        now,
        plan.at,
        etag=(answer.etag or (source.etag if unchanged else ""))[:500],
        last_modified=(answer.last_modified or (source.last_modified if unchanged else ""))[:100],
        body_hash=source.body_hash if unchanged else answer.digest,
        listed=len(found.links) + found.same if found else None,
        rhythm=rhythm.pack(learnt) if learns else b"",
        pace=pace,
        plan=plan.why,
        rewritten=news.rewritten,
        seen=found.seen if found else None,
        news_at=heard.news_at if heard else None,
        quiet=heard.quiet if heard else None,
        spells=heard.spells if heard else None,
        moved=answer.moved,
    )


def usual(source: DueSource, outlet: Outlet, now: datetime) -> float:
    """Return the seconds between two polls of a source that answers and asks for nothing."""
    return outlet.every or min(max(_due(source, now) * source.pace, LEAST), DAY)


def _due(source: DueSource, now: datetime) -> float:
    known = rhythm.unpack(source.rhythm)
    return rhythm.patience(known, now, NEED) if known else USUAL


def _pace(source: DueSource, news: News, now: datetime) -> float:
    """Return the pace after a poll: shorter for an article that waited ten minutes for us, else a little longer."""
    asked = source.last_ok_at
    waited = max(
        ((now - moment).total_seconds() for moment in news.moments if asked and asked < moment <= now), default=0.0
    )
    if asked and waited > LATE:
        return max(source.pace * 0.7, FASTEST)
    return min(source.pace * 1.02, SLOWEST)


def failed(
    source: DueSource, outlet: Outlet, reason: Reason, detail: str, now: datetime, retry_after: float | None
) -> PollOutcome:
    """Return how a poll ended that got nothing usable."""
    trouble = source.trouble + _WEIGHTS.get(reason, _HARD)
    plan = next_check(
        now, every=outlet.every, due=_due(source, now), pace=source.pace, trouble=trouble,
        asked=Asked(retry_after=retry_after or 0.0), seed=source.url,
    )  # fmt: skip
    return PollOutcome(
        source.id, now, plan.at, reason, detail[:300], source.failures + 1, pace=source.pace, trouble=trouble,
        plan=plan.why,
    )  # fmt: skip


def spell(seconds: float) -> str:
    """Return a duration as outlets.yaml writes it: 90s, 12m, 6h, 1d."""
    for size, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
        if seconds >= 2 * size or seconds == size:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.3g}s"
