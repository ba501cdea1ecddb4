"""How a poll ended and when a source is asked next. Pure: the jitter comes from a seed."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from monitor.errors import Reason
from monitor.model import Links, Outlet, Page
from monitor.views import DueSource, PollOutcome

DAY = 86_400.0
USUAL = 900.0


def next_check(
    now: datetime, *, every: float, failures: int = 0, retry_after: float | None = None, ttl: float | None = None,
    seed: str = "",
) -> datetime:  # fmt: skip
    """Return the next poll: the interval, doubled for each failure in a row, never over a day.

    Seconds throughout. A feed's `ttl` counts only where it asks for more patience; `retry_after` is never undercut.
    Jitter by `seed` keeps outlets of one interval from coming at once. It only shortens (3 to 15 %), so that a
    `run --once` started every 15 minutes finds what is asked every 15 minutes due.
    """
    wait = min(every * 2.0 ** min(failures, 16), max(DAY, every))
    if ttl:
        wait = max(wait, min(ttl, DAY))
    share = int.from_bytes(hashlib.blake2b(seed.encode("utf-8", "replace"), digest_size=4).digest(), "big") / 2**32
    wait *= 0.85 + 0.12 * share
    return now + timedelta(seconds=max(wait, min(retry_after or 0.0, DAY)))


def answered(
    source: DueSource, outlet: Outlet, page: Page, digest: str, found: Links | None, now: datetime
) -> PollOutcome:
    """Return how a poll ended that got `page`, its body's `digest`, and what it listed; None: as the last one."""
    unchanged = page.status == 304
    return PollOutcome(
        source.id,
        now,
        next_check(now, every=outlet.every or USUAL, ttl=found.ttl if found else None, seed=source.url),
        etag=page.headers.get("etag", source.etag if unchanged else "")[:500],
        last_modified=page.headers.get("last-modified", source.last_modified if unchanged else "")[:100],
        body_hash=source.body_hash if unchanged else digest,
        listed=len(found.links) if found else None,
    )


def failed(
    source: DueSource, outlet: Outlet, reason: Reason, detail: str, now: datetime, retry_after: float | None
) -> PollOutcome:
    """Return how a poll ended that got nothing usable."""
    failures = source.failures + 1
    due = next_check(now, every=outlet.every or USUAL, failures=failures, retry_after=retry_after, seed=source.url)
    return PollOutcome(source.id, now, due, reason, detail[:300], failures)
