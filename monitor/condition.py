"""How a daemon fares, as its database tells it: what `monitor status` prints.

Apart from checkup.py, which loads all that fetches and reads: 410 ms of a command that watches over containers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.ports import Store
from monitor.ports_work import workers_of
from monitor.upkeep import starved
from monitor.views import EventRow, OutletRow, Totals
from monitor.views_health import Ailment
from monitor.views_service import Daemon, Queues
from monitor.vitals import too_old

# Events that are still worth telling, and how many of them are read.
_RECENT, _MOST_EVENTS = timedelta(hours=24), 1_000


@dataclass(frozen=True, slots=True)
class Report:
    """The state of a database at a moment. `age`: seconds since the daemon last gave a sign; None: never."""

    totals: Totals
    age: float | None
    failing: tuple[OutletRow, ...]
    """Sources whose last poll failed, the longest-failing first."""
    starved: EventRow | None = None
    """Since when nothing is read for want of room on the disk; None: there is room."""
    events: tuple[EventRow, ...] = ()
    """Those of the last 24 hours, newest first; baselines last: after an import they are as many as the outlets."""
    troubles: tuple[Ailment, ...] = ()
    """Outlets that are not read as usual, the oldest first."""
    reasons: Mapping[str, int] = field(default_factory=dict)
    """What was decided of hits and alerts in the last 24 hours, and how often."""
    daemon: Daemon | None = None
    """The last that worked on the database."""
    queues: Queues | None = None
    reload: EventRow | None = None
    """How the last reload of the configuration ended."""
    workers: Mapping[str, str] = field(default_factory=dict)
    """Who works beside the daemon, and what each says (JSON), by name."""


def examine(store: Store, now: datetime) -> Report:
    """Read what is worth knowing."""
    totals = store.upkeep.totals()
    age = (now - totals.last_pass.finished_at).total_seconds() if totals.last_pass else None
    failing = sorted((row for row in store.outlets.rows() if row.reason), key=lambda row: -row.failures)
    events = [event for event in store.upkeep.events(limit=_MOST_EVENTS) if now - event.at <= _RECENT]
    events.sort(key=lambda event: event.kind == "baseline")
    return Report(
        totals, age, tuple(failing), starved(store), tuple(events), tuple(store.health.ailments()),
        store.alerts.reasons(now - _RECENT), store.upkeep.daemon(), store.upkeep.queues(now), last_reload(store),
        workers_of(store),
    )  # fmt: skip


def last_reload(store: Store) -> EventRow | None:
    """Return how the last reload ended."""
    found = [event for kind in ("reload", "reload_failed") for event in store.upkeep.events(kind=kind, limit=1)]
    return max(found, key=lambda event: event.id, default=None)


def verdict(report: Report, max_age: float) -> str:
    """Return why the daemon counts as dead, "" where it is alive. `max_age` in seconds."""
    return too_old(report.age, max_age)
