"""The part of the Store port that tells people: alerts, the outbox, digests, silences."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from monitor.errors import AlertReason
from monitor.model import Alert, Delivery, Silence
from monitor.views import Filter, HitRow
from monitor.views_alerts import (
    AlertRow,
    AlertState,
    Assurance,
    Changed,
    Decided,
    DigestItem,
    DueAlert,
    Marked,
    OutboxRow,
    Overspent,
    Post,
    Put,
    Stuck,
)


class Alerts(Protocol):
    """Alerts (one a route, rule and story), their hits, and why each was told, waits or is not told."""

    def state(self, route: str, rule_id: str, story_id: str) -> AlertState | None:
        """Return the alert that is there; None: there is none."""
        ...

    def open(self, alert: Alert, hit_id: int, now: datetime) -> int:
        """Open the alert of a hit; return its id. One that is there is joined."""
        ...

    def join(self, alert_id: int, hit_id: int) -> None:
        """Keep a hit with its alert, to be told with it if it is told again."""
        ...

    def reopen(self, alert_id: int, due_at: datetime, reason: AlertReason, hold: str = "") -> None:
        """Have an alert that was told tell again; one that is open keeps its time and reason."""
        ...

    def gather(self, alert_id: int, rule_id: str, story_id: str) -> int:
        """Join the live hits that a rule had in a story before; return how many."""
        ...

    def due(self, now: datetime, *, limit: int, flush: bool = False) -> list[DueAlert]:
        """List open alerts with due_at <= now, earliest first; `flush`: also those that collect for their first."""
        ...

    def next_due(self) -> datetime | None:
        """Return when the next open alert is due; None: there is none."""
        ...

    def waiting(self, route: str, *, limit: int) -> list[DueAlert]:
        """List a route's open alerts that collect, for messages of more than one story."""
        ...

    def hold(self, alert_ids: Sequence[int], until: datetime, reason: AlertReason) -> None:
        """Put alerts off."""
        ...

    def silence(self, alert_id: int) -> list[int]:
        """Take back what an alert has not told; return the hits, which count as silenced from now on. One that told
        nothing at all is gone.
        """
        ...

    def tell(self, alerts: Sequence[Alert], posts: Sequence[Post], puts: Sequence[Put], now: datetime) -> None:
        """Write the messages that tell these alerts and what they leave to digests, and close each as told, revision
        + 1. Doing it twice for one revision writes nothing twice.
        """
        ...

    def correct(self, change: Changed, now: datetime) -> list[tuple[int, str, datetime | None]]:
        """Note with every alert that told of an article how it changed, once; return (id, route, told at) of those
        that did not know.
        """
        ...

    def log(self, decided: Iterable[Decided]) -> None:
        """Note decisions."""
        ...

    def decisions(self, *, alert_id: int = 0, hit_id: int = 0, limit: int = 50) -> list[Decided]:
        """List, newest first."""
        ...

    def reasons(self, since: datetime) -> dict[str, int]:
        """Count decisions by reason."""
        ...

    def over_budget(self, rule_ids: Sequence[str], days: Sequence[datetime]) -> Mapping[str, Overspent]:
        """Say of these rules how often they were over their budgets in the days that begin at these times, oldest
        first, the last of them lasting.
        """
        ...

    def rows(
        self, wanted: Filter, *, states: Sequence[str] = (), reason: str | None = None, held: bool = False
    ) -> list[AlertRow]:
        """List alerts, newest first, with their outbox; `states`: only with an outbox row in one of these. `held`:
        only those that wait although they were due.
        """
        ...

    def get(self, alert_id: int) -> AlertRow | None:
        """Return one."""
        ...

    def hits(self, alert_id: int) -> dict[int, bool]:
        """Return the hits of an alert, the oldest first, and whether it has told of them."""
        ...

    def told(self, rule_ids: Sequence[str], since: datetime) -> Mapping[str, int]:
        """Count the alerts of rules that were opened since then and were told."""
        ...


class Outbox(Protocol):
    """Messages on their way: one row a message and channel."""

    def lease(
        self, now: datetime, *, owner: str, lease: float, limit: int,
        busy: Mapping[str, int] | None = None, once: Collection[str] = (),
    ) -> list[OutboxRow]:  # fmt: skip
        """Take rows that may be sent now: pending ones, and leased ones whose lease ran out. At most `limit` a
        channel, less what is in hand already by `busy`, so that a receiver that hangs holds up no other. `once`:
        channels whose messages are not sent again where they may have arrived; they become unknown.
        """
        ...

    def mark(self, row: OutboxRow, delivery: Delivery, now: datetime, *, retry_at: datetime | None) -> None:
        """Write how an attempt ended: sent, pending until `retry_at`; where that is None unknown if it may have
        arrived, else dead.
        """
        ...

    def postpone(self, row_id: str, until: datetime) -> None:
        """Give a leased row back, due later; no attempt was made."""
        ...

    def retry(self, ids: Sequence[str], channel: str | None, now: datetime) -> int:
        """Make dead and unknown messages due now, as new ones: these, or all of a channel, or with neither all;
        return how many.
        """
        ...

    def post(self, posts: Sequence[Post], now: datetime) -> None:
        """Write messages that tell of no alert, each once by its id."""
        ...

    def spent(self, rule_id: str, since: datetime, channel: str | None = None) -> int:
        """Count how often a rule was told at once since then, updates included; with a channel, there."""
        ...

    def spending(self, since: datetime) -> Mapping[str, int]:
        """Count the same for all rules that were told since then."""
        ...

    def stuck(self, since: datetime) -> list[Stuck]:
        """List the channels that take no messages, or to which messages written since then were given up, by id."""
        ...


class Digests(Protocol):
    """What waits for a time of the day, and which times have been told."""

    def latest(self, route: str) -> datetime | None:
        """Return when the route's newest digest was made; None: it never had one."""
        ...

    def take(self, route: str, day: str, slot: str, now: datetime) -> bool:
        """Note that the digest of a route, day and time is made; False where it had been."""
        ...

    def items(self, route: str) -> list[DigestItem]:
        """List what waits for a route's digests, oldest first."""
        ...

    def routes(self) -> list[str]:
        """List the routes for whose digests something waits."""
        ...

    def move(self, old: str, new: str, channels: Mapping[str, str]) -> None:
        """Let another route tell what waits, on other channels by `channels`."""
        ...

    def tell(self, items: Sequence[DigestItem], posts: Sequence[Post], digest: str, now: datetime) -> None:
        """Write a digest's messages, and that these items are told by it."""
        ...

    def assurance(self, since: datetime) -> Assurance:
        """Say what was done since then."""
        ...


class Silences(Protocol):
    """What is not told for a time."""

    def active(self, now: datetime) -> list[Silence]:
        """List those that have not ended, also those that begin later."""
        ...

    def rows(self, *, limit: int = 50, before: int | None = None, lasting: datetime | None = None) -> list[Silence]:
        """List, newest first: only ids below `before`, only those that end after `lasting`."""
        ...

    def ended(self, now: datetime, *, limit: int) -> list[Silence]:
        """List those that have ended, the last to end first."""
        ...

    def get(self, silence_id: int) -> Silence | None:
        """Return one."""
        ...

    def add(self, silence: Silence, now: datetime) -> int:
        """Write one; return its id."""
        ...

    def end(self, silence_id: int, now: datetime) -> bool:
        """End one now; False where there is none that lasts."""
        ...


class Spikes(Protocol):
    """How much there is of a rule, by hour."""

    def hours(self, rule_id: str, since: datetime) -> dict[int, int]:
        """Count a rule's live hits by hours since 1970."""
        ...

    def every_hour(self, since: datetime) -> Mapping[str, Mapping[int, int]]:
        """Count the same for every rule, all its hits."""
        ...

    def hits(self, rule_id: str, since: datetime) -> list[HitRow]:
        """List a rule's live hits since then, oldest first."""
        ...

    def lasting(self, rule_id: str) -> datetime | None:
        """Return when the spike began that lasts; None: none does."""
        ...

    def begin(self, rule_id: str, now: datetime) -> None:
        """Note that a spike began."""
        ...

    def end(self, rule_id: str, now: datetime) -> None:
        """Note that it is over."""
        ...


class Marks(Protocol):
    """What people said of hits."""

    def put(self, hit_id: int, marked: Marked) -> None:
        """Write what somebody says of a hit; the last word counts."""
        ...

    def clear(self, hit_id: int) -> bool:
        """Take it back; False where nothing was said."""
        ...

    def of(self, hit_ids: Sequence[int]) -> dict[int, Marked]:
        """Return what was said of these hits."""
        ...

    def counts(self, rule_id: str) -> dict[str, int]:
        """Count what was said of a rule's hits, by mark."""
        ...

    def tally(self) -> Mapping[str, Mapping[str, int]]:
        """Count what was said of all hits, by rule and mark."""
        ...
