"""What the store hands out and takes in of alerts, messages and digests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from monitor.errors import AlertReason, SendReason
from monitor.model import Alert, Message
from monitor.views import ArticleRow, HitRow


@dataclass(frozen=True, slots=True)
class Correction:
    """What an alert told and is another now. `kind`: headline, sentence (no longer there) or deleted. Of a deleted
    article and a sentence `after` is "".
    """

    kind: str
    article: ArticleRow
    before: str
    after: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """How an article changed that may have been told; see Correction. `rule_id`: whose hit it is; "": of all."""

    article_id: int
    kind: str
    before: str
    after: str = ""
    rule_id: str = ""


@dataclass(frozen=True, slots=True)
class DueAlert:
    """An alert whose time has come, with the hits it has not told yet, oldest first, and what it has to correct."""

    alert: Alert
    hits: tuple[HitRow, ...]
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertState:
    """An alert that a hit comes to. `outlets`: those told; `waiting`: those of hits it has not told."""

    id: int
    state: str
    revision: int
    reason: AlertReason
    due_at: datetime
    told_at: datetime | None = None
    hold: str = ""
    outlets: frozenset[str] = frozenset()
    waiting: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Post:
    """A message on its way into the outbox. `told`: (alert id, its revision) of what it tells."""

    route: str
    channel_id: str
    message: Message
    told: tuple[tuple[int, int], ...]
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Put:
    """What an alert leaves to the next digest of a channel."""

    route: str
    channel_id: str
    alert_id: int
    revision: int
    reason: AlertReason


@dataclass(frozen=True, slots=True)
class DigestItem:
    """What waited for a digest: the hits of one revision of an alert."""

    channel_id: str
    reason: AlertReason
    revision: int
    due: DueAlert


@dataclass(frozen=True, slots=True)
class Assurance:
    """What was done in a time, for a message that has nothing else to say. `down`: name and since when, None: never
    read; `hits`: by rule.
    """

    outlets: int
    outlets_read: int
    articles: int
    hits: Mapping[str, int]
    down: tuple[tuple[str, datetime | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision about a hit or an alert, with why."""

    at: datetime
    reason: AlertReason
    route: str = ""
    rule_id: str = ""
    hit_id: int = 0
    alert_id: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Overspent:
    """How often a rule had more to tell than its budget allows: on so many `days`, and of the `last` day so many alerts
    were left to a digest.
    """

    days: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class Marked:
    """What somebody said of a hit: relevant or noise."""

    mark: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One message for one channel. `state`: pending, leased, sent, dead, or unknown: it may have arrived and is not
    sent again. `urgent`: quiet hours do not hold it. `ambiguous`: attempts that may have arrived.
    """

    id: str
    route: str
    channel_id: str
    message: Message
    state: str
    attempts: int
    not_before: datetime
    created_at: datetime
    sent_at: datetime | None = None
    reason: SendReason | None = None
    detail: str = ""
    urgent: bool = False
    ambiguous: int = 0


@dataclass(frozen=True, slots=True)
class Stuck:
    """A channel that takes no messages: how many are `waiting` after they were tried, how often the most tried one was
    and what came of it, when the first is tried again (None: all are being sent); how many were `given_up`, and how
    many are `doubtful`: they may have arrived and are not sent again.
    """

    channel_id: str
    waiting: int = 0
    attempts: int = 0
    detail: str = ""
    next_at: datetime | None = None
    given_up: int = 0
    doubtful: int = 0


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert in a listing, with its messages. `title`: of the article it began with."""

    alert: Alert
    opened_at: datetime
    told_at: datetime | None
    hits: int
    outbox: tuple[OutboxRow, ...]
    title: str = ""
