"""What a daemon writes of itself beside its passes, and what it has before it: for `status`, /healthz and /metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Daemon:
    """A process that runs, or ran, on the database, as it said at its last sign."""

    pid: int
    version: str
    started_at: datetime
    outlets: int
    rules: int
    ended: bool = False
    """It ended by itself: was stopped, or was a pass."""
    address: str = ""
    """Where /healthz and /metrics are: "127.0.0.1:9464"; "" where they are not served."""
    digests: tuple[tuple[datetime, str], ...] = ()
    """The next digest of each route that has some, earliest first."""
    in_hand: tuple[tuple[str, int], ...] = ()
    """("polls", 12): how many of these are under way."""
    errors: tuple[tuple[datetime, str], ...] = ()
    """Its last ones, newest last."""
    page: str = ""
    """Where its page is, as `address`."""


@dataclass(frozen=True, slots=True)
class Queues:
    """What waits at a moment. Leased work is in somebody's hands, and does not wait."""

    sources_due: int
    sources_overdue: int
    """Due for more than a minute."""
    next_poll: datetime | None
    """When the next source is due, or has been since."""
    links_due: int
    outbox_due: int
    digest_items: int
    """What is told with the next digests."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a worker read of a link, before the keeper has taken it in. `version`: of the configuration it was read by;
    `data`: see handover.py.
    """

    link_id: int
    outlet_id: str
    at: datetime
    kind: str
    version: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Report:
    """What a worker did besides, for the keeper; see handover.py."""

    kind: str
    data: bytes
