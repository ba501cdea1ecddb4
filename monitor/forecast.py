"""How many messages a rule would bring: its hits replayed in the order of their times, through the code that tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor import telling
from monitor.configured import Orders
from monitor.errors import SendReason
from monitor.model import Article, Delivery, Evidence, Hit, Kind, Rule, Standing
from monitor.notify import hours, plan
from monitor.placing import Placement, PlacementReason
from monitor.ports import Store

# 8 to 10 s; of more hits the newest are replayed.
MOST = 10_000
# Reasons that say something of what people would not get at once.
_WAITS = {
    "held_quiet": "held for quiet hours",
    "over_limit": "over their limit, in a digest",
    "over_budget": "over their budget, in a digest",
    "max_updates": "after the last update, in a digest",
    "digest": "in a digest",
    "same_story": "told with their story already",
    "below_spike": "kept, as the rule tells of spikes alone",
    "no_route": "taken by no route",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A hit that the rule would have had."""

    at: datetime
    outlet: str
    language: str | None
    story: str


@dataclass(slots=True)
class Forecast:
    """What would have been sent, by local day: messages on the busiest channel, of digests those that say something of
    the rule. `days`: in how many; `hits`: of them so many were `replayed`. `reasons`: what waited, or was not told, and
    why.
    """

    days: int = 0
    hits: int = 0
    replayed: int = 0
    alerts: Counter[str] = field(default_factory=Counter)
    updates: Counter[str] = field(default_factory=Counter)
    digests: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, int] = field(default_factory=dict)


def forecast(
    store: Store, orders: Orders, rule: Rule, seen: Sequence[Seen], zone: str, *,
    hits: int = 0, period: tuple[datetime, datetime] | None = None,
) -> Forecast:  # fmt: skip
    """Replay hits of a rule, which tells as if it were live. `hits`: how many there are in all, where these are the
    newest. `period`: in which the rule was tried, days without hits too; None: from the first hit to the last. `store`:
    an empty one, which is thrown away.
    """
    live = replace(rule, mode="live", until=None)
    orders = replace(orders, rules={**orders.rules, rule.id: live})
    chosen = sorted(seen, key=lambda one: one.at)[-MOST:]
    made = Forecast(hits=max(hits, len(seen)), replayed=len(chosen))
    if not chosen:
        return made
    with store.transaction():
        replay = _Replay(store, orders, made, zone, chosen[0].at)
        for number, one in enumerate(chosen, 1):
            replay.until(one.at)
            replay.hit(number, live, one)
        # What still collects, and the digests of the next morning.
        replay.until(hours.next_slot(hours.OVERFLOW, zone, chosen[-1].at).at)
    made.days = _days(chosen, zone, period if made.replayed == made.hits else None)
    made.reasons = store.alerts.reasons(chosen[0].at)
    return made


def _days(chosen: Sequence[Seen], zone: str, period: tuple[datetime, datetime] | None) -> int:
    """Return over how many days a mean is taken."""
    first, last = chosen[0].at, chosen[-1].at
    if period is None:
        return (last.astimezone(hours.zone(zone)).date() - first.astimezone(hours.zone(zone)).date()).days + 1
    return max(round((max(period[1], last) - min(period[0], first)) / timedelta(days=1)), 1)


class _Replay:
    """A clock that goes from one thing that is due to the next."""

    def __init__(self, store: Store, orders: Orders, made: Forecast, zone: str, began: datetime) -> None:
        self._store = store
        self._orders = orders
        self._made = made
        self._zone = hours.zone(zone)
        self._now = began
        self._slots: dict[str, datetime] = {}
        self._by_channel: Counter[tuple[str, Kind, str]] = Counter()
        telling.tell_digests(store, orders, telling.due_digests(orders, {}, began), began)

    def hit(self, number: int, rule: Rule, one: Seen) -> None:
        """Have an article with a hit read now."""
        url = f"https://replayed.invalid/{number}"
        article = Article(url, str(number), one.language, (), outlet=one.outlet, content_hash=str(number))
        saved = self._store.articles.save(article, fetched_at=one.at, standing=Standing.LIVE)
        story = one.story or f"story-{number}"
        self._store.stories.place(Placement(story, PlacementReason.NEW, at=one.at), saved.article_id, one.at)
        found = Hit(
            rule.id, (Evidence("", "title", (0, 1)),), article_id=saved.article_id, revision=1, found_at=one.at,
            story_id=story,
        )  # fmt: skip
        scene = plan.Scene(self._orders.outlet(one.outlet), one.language, story, self._store.stories.outlets(story))
        telling.take_hits(self._store, self._orders, scene, self._store.hits.add([found]), one.at)

    def until(self, moment: datetime) -> None:
        """Do what is due until then, each at its time."""
        while True:
            due, slot = self._store.alerts.next_due(), self._next_digest()
            times = [one for one in (due, slot) if one is not None and one <= moment]
            if not times:
                self._now = moment
                return
            self._now = max(min(times), self._now)
            telling.tell_due(self._store, self._orders, self._now, limit=500)
            self._digest()
            self._count()

    def _next_digest(self) -> datetime | None:
        """Return when the next digest comes that has something to say; None: nothing waits for one.

        Others say nothing of the rule, and a hundred routes looked at for each hit took half a minute.
        """
        times = []
        for name in self._store.digests.routes():
            if name not in self._slots or self._slots[name] <= self._now:
                route = self._orders.by_route[name]
                self._slots[name] = hours.next_slot(route.digest or hours.OVERFLOW, route.timezone, self._now).at
            times.append(self._slots[name])
        return min(times, default=None)

    def _digest(self) -> None:
        """Make the digests whose time has come, with what was left to them at that very moment."""
        due = []
        for name in self._store.digests.routes():
            route = self._orders.by_route[name]
            slot = hours.last_slot(route.digest or hours.OVERFLOW, route.timezone, self._now)
            if slot.at == self._now or (name in self._slots and self._slots[name] <= self._now):
                due.append((route, slot))
        if due:
            telling.tell_digests(self._store, self._orders, due, self._now)

    def _count(self) -> None:
        """Take what would be sent out of the outbox."""
        for row in self._store.outbox.lease(self._now, owner="forecast", lease=1e9, limit=MOST):
            day = f"{self._now.astimezone(self._zone):%Y-%m-%d}"
            key = (row.channel_id, row.message.kind, day)
            self._by_channel[key] += 1
            counted = {Kind.ALERT: self._made.alerts, Kind.UPDATE: self._made.updates}.get(
                row.message.kind, self._made.digests
            )
            counted[day] = max(counted[day], self._by_channel[key])
            sent = Delivery(sent=True, reason=SendReason.OK)
            self._store.outbox.mark(row, sent, self._now, retry_at=None)


# ---- for people


def title(found: Forecast) -> str:
    """Return of what time and how many hits it speaks."""
    part = f", from the newest {found.replayed:,} of {found.hits:,} hits" if found.replayed < found.hits else ""
    return f"for one channel, {found.days} day{'s' if found.days > 1 else ''}{part}"


def means(found: Forecast) -> list[tuple[str, str]]:
    """Return the kinds of messages, and how many of each come a day."""
    kinds = (("alerts", found.alerts), ("updates", found.updates), ("digests", found.digests))
    return [(name, _a_day(counts, found.days)) for name, counts in kinds]


def waits(found: Forecast) -> list[str]:
    """Return what would not be told at once, and why."""
    return [f"{found.reasons[reason]:,} {said}" for reason, said in _WAITS.items() if found.reasons.get(reason)]


def _a_day(counts: Counter[str], days: int) -> str:
    if not counts:
        return "none"
    [(day, most)] = counts.most_common(1)
    mean = sum(counts.values()) / days
    return f"{f'{mean:.1f}' if mean >= 0.1 else f'{mean:.2g}'} a day, {most} at most ({day})"
