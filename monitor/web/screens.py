"""What each screen shows: from the store to plain values for a template. No HTML here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from monitor import search
from monitor.errors import AlertReason
from monitor.model import Entity, Hit, Silence
from monitor.ports import Store
from monitor.review.changes import Change, Paragraph, changes
from monitor.review.timeline import Timeline, timeline
from monitor.views import Filter, HitRow, StoredArticle, StoryRow, Version
from monitor.views_alerts import AlertRow, Decided, Marked, Stuck
from monitor.views_health import Ailment, Coverage
from monitor.web import hushed
from monitor.web.asked import Asked

OVERNIGHT = timedelta(hours=24)
RULES, STORIES, HELD = 12, 12, 20
# A message is given up a day after it was written, and shown as such for another day.
SENT = timedelta(hours=48)
_HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Hours:
    """A rule's hits by hour, the oldest first."""

    rule: str
    total: int
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A story with the newest sentence that made a hit of it."""

    story: StoryRow
    hit: HitRow | None


@dataclass(frozen=True, slots=True)
class Today:
    """What a desk looks at first. `hours`: when each column of the charts begins; `most`: the highest of all columns;
    `stuck`: channels that take no messages.
    """

    since: datetime
    hours: tuple[datetime, ...]
    rules: tuple[Hours, ...]
    more_rules: int
    most: int
    hits: int
    stories: tuple[Told, ...]
    held: tuple[AlertRow, ...]
    stuck: tuple[Stuck, ...]
    troubles: tuple[Ailment, ...]
    coverage: Coverage


def today(store: Store, now: datetime) -> Today:
    """Return the last 24 hours."""
    since = now - OVERNIGHT
    found = store.spikes.every_hour(since)
    totals = {rule: sum(counts.values()) for rule, counts in found.items()}
    ranked = sorted(totals, key=lambda rule: (-totals[rule], rule))
    hours = range(int(since.timestamp()) // _HOUR, int(now.timestamp()) // _HOUR + 1)
    rules = tuple(
        Hours(rule, totals[rule], tuple(found[rule].get(hour, 0) for hour in hours)) for rule in ranked[:RULES]
    )
    return Today(
        since=since,
        hours=tuple(datetime.fromtimestamp(hour * _HOUR, UTC) for hour in hours),
        rules=rules,
        more_rules=len(ranked) - len(rules),
        most=max((count for rule in rules for count in rule.counts), default=0),
        hits=sum(totals.values()),
        stories=tuple(_told(store, story) for story in store.stories.newest(STORIES) if story.last_hit_at >= since),
        held=tuple(store.alerts.rows(Filter(limit=HELD), held=True)),
        stuck=tuple(store.outbox.stuck(now - SENT)),
        troubles=tuple(store.health.ailments()),
        coverage=store.health.coverage(),
    )


def _told(store: Store, story: StoryRow) -> Told:
    rows = store.hits.rows(Filter(story=story.id, limit=1))
    return Told(story, rows[0] if rows else None)


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of hits. `next`: where the next one goes on; "" where there is none."""

    rows: tuple[HitRow, ...]
    next: str
    marks: Mapping[int, Marked]


def hits(store: Store, one: Asked, entities: Sequence[Entity] = ()) -> Hits:
    """Return what was asked for. Raises QueryError, CursorError."""
    page = search.hits(store, one.wanted, one.query, entities, after=one.after, sort=one.sort)
    return Hits(page.rows, page.next, store.marks.of([row.hit.id for row in page.rows]))


@dataclass(frozen=True, slots=True)
class Receipt:
    """One hit, why it is one, and what was decided about it, oldest first. `silences`: that are named there, by id;
    `gone`: ids of alerts named there that were silenced before they told anything.
    """

    row: HitRow
    mark: Marked | None
    decided: tuple[Decided, ...]
    others: tuple[HitRow, ...]
    silences: Mapping[int, Silence]
    gone: frozenset[int]


def hit(store: Store, number: int) -> Receipt | None:
    """Return a hit; None where there is none of that number."""
    row = store.hits.get(number)
    if row is None:
        return None
    others = [other for other in store.hits.rows(Filter(story=row.hit.story_id, limit=20)) if other.hit.id != number]
    decided = tuple(store.alerts.decisions(hit_id=number)[::-1])
    taken_back = {one.alert_id for one in decided if one.reason is AlertReason.SILENCED and one.alert_id}
    return Receipt(
        row, store.marks.of([number]).get(number), decided, tuple(others), hushed.of(store, decided),
        frozenset(one for one in taken_back if store.alerts.get(one) is None),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Story:
    """How a story went, how much of it there was by hour, and what was told of it. `hours`: when each column begins."""

    timeline: Timeline
    hours: tuple[datetime, ...]
    counts: tuple[int, ...]
    hits: tuple[HitRow, ...]
    alerts: tuple[AlertRow, ...]


COLUMNS = 48


def story(store: Store, story_id: str) -> Story | None:
    """Return a story by any id it ever had; None where there never was one."""
    found = timeline(store, story_id)
    if found is None:
        return None
    hours, counts = _volume([one.at for one in found.entries])
    wanted = Filter(story=found.id, limit=50)
    return Story(found, hours, counts, tuple(store.hits.rows(wanted)), tuple(store.alerts.rows(wanted)))


def _volume(moments: Sequence[datetime]) -> tuple[tuple[datetime, ...], tuple[int, ...]]:
    """Count moments, oldest first, by as many whole hours as make COLUMNS columns at most."""
    if not moments:
        return (), ()
    first, last = (int(moment.timestamp()) // _HOUR for moment in (min(moments), max(moments)))
    step = (last - first) // COLUMNS + 1
    counts = [0] * ((last - first) // step + 1)
    for moment in moments:
        counts[(int(moment.timestamp()) // _HOUR - first) // step] += 1
    starts = (datetime.fromtimestamp((first + place * step) * _HOUR, UTC) for place in range(len(counts)))
    return tuple(starts), tuple(counts)


@dataclass(frozen=True, slots=True)
class Alerts:
    """A page of alerts. `next`: the id below which the next one goes on; 0 where there is none. `silences`: how many
    are in force.
    """

    rows: tuple[AlertRow, ...]
    next: int
    silences: int


STATES = ("pending", "leased", "sent", "dead", "unknown")


def alerts(store: Store, wanted: Filter, states: Sequence[str], now: datetime, *, held: bool) -> Alerts:
    """Return alerts, newest first."""
    rows = store.alerts.rows(replace(wanted, limit=wanted.limit + 1), states=states, held=held)
    shown = tuple(rows[: wanted.limit])
    silences = sum(one.starts_at <= now for one in store.silences.active(now))
    return Alerts(shown, shown[-1].alert.id if len(rows) > wanted.limit else 0, silences)


@dataclass(frozen=True, slots=True)
class Explained:
    """An alert, what was decided of it, oldest first, the hits that it tells of, those of its story that it has not
    told of (`later`), and the silences that are named there, by id.
    """

    row: AlertRow
    decided: tuple[Decided, ...]
    hits: tuple[HitRow, ...]
    later: tuple[HitRow, ...]
    silences: Mapping[int, Silence]


def alert(store: Store, number: int) -> Explained | None:
    """Return an alert; None where there is none of that number."""
    row = store.alerts.get(number)
    if row is None:
        return None
    told = store.alerts.hits(number)
    found = store.hits.many([*told])
    shown = [one for one in told if one in found]
    because = {one for one in shown if told[one] or row.told_at is None}
    decided = store.alerts.decisions(alert_id=number, limit=1_000)[::-1]
    return Explained(
        row,
        tuple(decided),
        tuple(found[one] for one in shown if one in because),
        tuple(found[one] for one in shown if one not in because),
        hushed.of(store, decided),
    )


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of one version of an article by the next one. `kept`: paragraphs that stayed as they were."""

    before: Version
    after: Version
    paragraphs: tuple[Paragraph, ...]
    kept: int


@dataclass(frozen=True, slots=True)
class Read:
    """An article as it is stored, its hits and what changed in it, the newest change first."""

    stored: StoredArticle
    hits: tuple[Hit, ...]
    changed: tuple[Changed, ...]


def article(store: Store, number: int) -> Read | None:
    """Return an article; None where there is none of that number."""
    stored = store.articles.get(number)
    if stored is None:
        return None
    versions = store.articles.versions(number)
    changed = [_changed(before, after) for before, after in pairwise(versions[-_VERSIONS:])]
    return Read(stored, tuple(store.hits.of(number)), tuple(changed[::-1]))


# Comparing two versions may take a second; of a live blog there are hundreds.
_VERSIONS = 6


def _changed(before: Version, after: Version) -> Changed:
    found = changes(before, after)
    other = [paragraph for paragraph in found if any(piece.change is not Change.SAME for piece in paragraph)]
    return Changed(before, after, tuple(other), len(found) - len(other))
