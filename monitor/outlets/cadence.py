"""When a source is asked next. Pure: the jitter comes from a seed."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

DAY = 86_400.0


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
