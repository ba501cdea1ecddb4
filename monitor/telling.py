"""What becomes of alerts: the halves of `read` and `tell` that run in the writer's transaction.

take_hits(…)     each hit opens an alert, waits with one, makes an update, or is kept for a reason
take_change(…)   what was told and is said no more is told too
tell_due(…)      due alerts become messages, wait for the end of quiet hours, or go to a digest
tell_digests(…)  what waits for a time of the day is told at it, once
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.configured import Orders
from monitor.errors import AlertReason
from monitor.model import Hit, Message, Route, Rule, Silence
from monitor.notify import content, digest, hours, plan, render
from monitor.notify.assurance import notes as assurance_notes
from monitor.notify.silences import noted, silenced
from monitor.ports import Store
from monitor.routing import Group
from monitor.views import ArticleRow, EventRow
from monitor.views_alerts import Changed, Decided, DigestItem, DueAlert, Post, Put

# Articles of a story that a message names besides those with hits.
OTHERS = 20
_TOLD = {AlertReason.FIRST, AlertReason.REVISED, AlertReason.NEW_OUTLET, AlertReason.NEW_FACT}

Told = tuple[DueAlert, Rule]


# ---- hits


def take_hits(store: Store, orders: Orders, scene: plan.Scene, hits: Sequence[Hit], now: datetime) -> int:
    """Open the alerts of new hits, or join them; return how many hits are to be told."""
    told = set()
    for one in plan.alerts_for(hits, scene, rules=orders.rules, routes=orders.routes, now=now):
        reason, number = one.reason, 0
        if one.alert is not None and one.route is not None:
            key = (one.alert.route, one.alert.rule_id, one.alert.story_id)
            step = plan.step(one.alert, store.alerts.state(*key), one.route, scene, now)
            reason = step.reason
            opened = replace(one.alert, due_at=step.due_at or one.alert.due_at, hold=step.hold)
            number = store.alerts.open(opened, one.hit.id, now)
            if step.due_at is not None:
                store.alerts.reopen(number, step.due_at, step.reason, step.hold)
            if one.route.min_outlets:
                store.alerts.gather(number, one.hit.rule_id, one.hit.story_id)
        if reason in _TOLD:
            told.add(one.hit.id)
        route = one.route.id if one.route else ""
        detail = _hushed_by(store, orders, scene, one.hit.rule_id, now) if reason is AlertReason.SILENCED else ""
        store.alerts.log([Decided(now, reason, route, one.hit.rule_id, one.hit.id, number, detail)])
    return len(told)


def _hushed_by(store: Store, orders: Orders, scene: plan.Scene, rule_id: str, now: datetime) -> str:
    """Return what is noted of the silence that a hit stands under."""
    facts = scene.facts(orders.rules.get(rule_id) or Rule(rule_id, ""))
    found = silenced(store.silences.active(now), facts, now)
    return noted(found) if found else ""


def take_change(store: Store, orders: Orders, change: Changed, now: datetime) -> int:
    """Have what was told of an article told anew where it changed; return how many alerts tell of it."""
    reason = AlertReason.REVISED if change.kind == "headline" else AlertReason.RETRACTED
    routes = orders.by_route
    told = 0
    for number, route, told_at in store.alerts.correct(change, now):
        due = plan.correction_due(routes.get(route), change.kind, told_at, now)
        if due is not None:
            store.alerts.reopen(number, due, reason)
            store.alerts.log([Decided(now, reason, route, change.rule_id, 0, number, change.kind)])
            told += 1
    return told


# ---- due alerts


@dataclass(slots=True)
class Desk:
    """One transaction of telling: what it has to know, read once."""

    store: Store
    orders: Orders
    now: datetime
    silences: list[Silence] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.silences = self.store.silences.active(self.now)

    def rule(self, rule_id: str) -> Rule:
        return self.orders.rules.get(rule_id) or Rule(rule_id, "")

    def names(self, rows: Iterable[ArticleRow], route: Route) -> content.Names:
        outlets = {row.outlet_id for row in rows}
        names = {one: self.orders.outlets[one].name for one in outlets if one in self.orders.outlets}
        return content.Names(names, hours.zone(route.timezone))

    def worded(self, said: content.Content, route: Route) -> Message:
        """Return the message in the words of its route; one whose template fails is told in ours, and that is noted."""
        plain = render.message(said)
        if not route.template or route.template not in self.orders.templates:
            return plain
        from monitor.notify.templates import BadTemplateError, Templates

        try:
            return Templates(self.orders.templates).apply(route.template, plain)
        except BadTemplateError as error:
            detail = f"{error.name}, line {error.line}: {error.message}"
            self.store.upkeep.event(EventRow("template", self.now, reason=route.template, detail=detail))
            return plain

    def spent(self, rule: Rule, route: Route) -> int:
        if rule.budget is None:
            return 0
        return self.store.outbox.spent(rule.id, hours.midnight(route.timezone, self.now))


def tell_due(store: Store, orders: Orders, now: datetime, *, limit: int, flush: bool = False) -> int:
    """Decide on every alert whose time has come; return how many there were."""
    due = store.alerts.due(now, limit=limit, flush=flush)
    if not due:
        return 0
    desk, routes = Desk(store, orders, now), orders.by_route
    for route in {one.alert.route: None for one in due}:
        own = [one for one in due if one.alert.route == route]
        if route not in routes:
            _reroute(desk, own)
            continue
        groups: dict[tuple[str, ...], list[Told]] = {}
        for one in _with_company(store, own, routes[route], limit):
            rule = desk.rule(one.alert.rule_id)
            groups.setdefault(plan.group_key(one, rule, routes[route]), []).append((one, rule))
        keys = {plan.group_key(one, desk.rule(one.alert.rule_id), routes[route]) for one in own}
        for key, group in groups.items():
            if key in keys:
                _tell_group(desk, routes[route], group)
    return len(due)


def _with_company(store: Store, due: list[DueAlert], route: Route, limit: int) -> list[DueAlert]:
    """Return due alerts with those that still collect and may belong to the same message."""
    if Group.STORY in route.group_by or not route.wait:
        return due
    ids = {one.alert.id for one in due}
    return due + [one for one in store.alerts.waiting(route.id, limit=limit) if one.alert.id not in ids]


def _tell_group(desk: Desk, route: Route, group: list[Told]) -> None:
    send: list[Told] = []
    later: list[tuple[DueAlert, AlertReason]] = []
    for due, rule in group:
        said = plan.verdict(
            due, rule, route, outlets=desk.orders.outlets, silences=desk.silences, spent=desk.spent(rule, route),
            now=desk.now,
        )  # fmt: skip
        decided = Decided(desk.now, said.reason, route.id, rule.id, 0, due.alert.id, said.detail)
        if said.action is plan.Action.SILENCE:
            hits = desk.store.alerts.silence(due.alert.id)
            desk.store.alerts.log([replace(decided, hit_id=hit) for hit in hits])
            continue
        if said.action is plan.Action.WAIT and said.until:
            desk.store.alerts.hold([due.alert.id], said.until, said.reason)
        elif said.action is plan.Action.DIGEST:
            later.append((due, said.reason))
        elif due.hits or due.corrections:
            send.append((due, rule))
        else:
            # What it had to tell was taken out, or silenced.
            desk.store.alerts.tell([due.alert], (), (), desk.now)
            continue
        desk.store.alerts.log([decided])
    puts = [
        Put(route.id, channel, due.alert.id, due.alert.revision, reason)
        for due, reason in later
        for channel in route.channels
    ]
    desk.store.alerts.tell([due.alert for due, _ in later], (), puts, desk.now)
    if send:
        _send(desk, route, send)


def _send(desk: Desk, route: Route, group: list[Told]) -> None:
    """Tell a group on each channel of its route; what is over a channel's limit is left to its digest."""
    rows = [row.article for due, _ in group for row in due.hits]
    rows += [one.article for due, _ in group for one in due.corrections]
    others = _others(desk.store, group)
    names = desk.names([*rows, *others], route)
    notes = [note for due, _ in group for note in _notes(desk.store, due)]
    posts, puts = [], []
    for channel in route.channels:
        within = [(due, rule) for due, rule in group if _within(desk, route, rule, channel)]
        for due, rule in group:
            if (due, rule) not in within:
                puts.append(Put(route.id, channel, due.alert.id, due.alert.revision, AlertReason.OVER_LIMIT))
                decided = Decided(desk.now, AlertReason.OVER_LIMIT, route.id, rule.id, 0, due.alert.id, channel)
                desk.store.alerts.log([decided])
        if within:
            key = plan.message_id(within[0][0].alert, channel)
            said = content.alert(within, id=key, names=names, route=route.id, others=others, notes=notes)
            told = tuple((due.alert.id, due.alert.revision) for due, _ in within)
            urgent = any(plan.urgent(rule, route) for _, rule in within)
            posts.append(Post(route.id, channel, desk.worded(said, route), told, urgent))
    desk.store.alerts.tell([due.alert for due, _ in group], posts, puts, desk.now)


def _notes(store: Store, due: DueAlert) -> list[str]:
    """Return what a spike is made of, as it was noted when it began."""
    if due.alert.reason is not AlertReason.SPIKE:
        return []
    noted = store.alerts.decisions(alert_id=due.alert.id)
    return [one.detail for one in noted if one.reason is AlertReason.SPIKE and one.detail][:1]


def _within(desk: Desk, route: Route, rule: Rule, channel: str) -> bool:
    if route.limit is None:
        return True
    since = desk.now - timedelta(seconds=route.limit.per)
    return desk.store.outbox.spent(rule.id, since, channel) < route.limit.count


def _others(store: Store, group: list[Told]) -> list[ArticleRow]:
    """Return articles of the story that are told for the first time, one an outlet, without those of the hits."""
    first, _ = group[0]
    if first.alert.revision or len({due.alert.story_id for due, _ in group}) > 1:
        return []
    outlets = {row.article.outlet_id for due, _ in group for row in due.hits}
    found: dict[str, ArticleRow] = {}
    for placed in store.stories.timeline(first.alert.story_id):
        if placed.article.outlet_id not in outlets:
            found.setdefault(placed.article.outlet_id, placed.article)
    return list(found.values())[:OTHERS]


def _reroute(desk: Desk, group: list[DueAlert]) -> None:
    """Move alerts of a route that has left the configuration to the routes that take their hits today."""
    for one in group:
        for row in one.hits:
            outlet = desk.orders.outlet(row.article.outlet_id)
            scene = plan.Scene(outlet, row.article.language, one.alert.story_id)
            if not take_hits(desk.store, desk.orders, scene, [row.hit], desk.now):
                detail = f"hit {row.hit.id}: the route {one.alert.route!r} is gone, and no other takes it"
                event = EventRow("no_route", desk.now, row.article.outlet_id, row.article.id, detail=detail)
                desk.store.upkeep.event(event)
    desk.store.alerts.tell([one.alert for one in group], (), (), desk.now)


# ---- digests


def due_digests(orders: Orders, known: dict[str, str], now: datetime) -> list[tuple[Route, hours.Slot]]:
    """Return the routes whose newest digest time is another than the one known to have been told."""
    found = []
    for route in orders.by_route.values():
        slot = hours.last_slot(route.digest or hours.OVERFLOW, route.timezone, now)
        if known.get(route.id) != slot.day + slot.slot:
            found.append((route, slot))
    return found


def tell_digests(store: Store, orders: Orders, due: Sequence[tuple[Route, hours.Slot]], now: datetime) -> int:
    """Make the digests that are due and were not made; return how many messages. A route that never had one begins
    to count here: the first is told at its next time.
    """
    _adopt(store, orders)
    made = 0
    for route, slot in due:
        since = store.digests.latest(route.id)
        if not store.digests.take(route.id, slot.day, slot.slot, now):
            continue
        # A clock that was set back must not tell a day a second time.
        if since is not None and since < slot.at:
            made += _digest(Desk(store, orders, now), route, slot, since)
    return made


def _digest(desk: Desk, route: Route, slot: hours.Slot, since: datetime) -> int:
    items = desk.store.digests.items(route.id)
    if not items and not route.digest:
        return 0
    assured = assurance_notes(
        desk.store.digests.assurance(since), list(desk.orders.rules.values()), since, desk.names((), route)
    )
    made = 0
    for channel in route.channels:
        own = [item for item in items if item.channel_id == channel]
        if own or route.digest:
            made += _digest_for(desk, route, slot, channel, own, assured)
    return made


def _digest_for(
    desk: Desk, route: Route, slot: hours.Slot, channel: str, items: list[DigestItem], assured: list[str]
) -> int:
    entries = [(due, desk.rule(due.alert.rule_id)) for due in _merged(items)]
    rows = [row.article for due, _ in entries for row in due.hits]
    rows += [one.article for due, _ in entries for one in due.corrections]
    key = plan.digest_id(route.id, channel, slot, 0)
    title = digest.digest_title(entries, slot.day, slot.slot)
    said = digest.digest(
        entries,
        ids=_ids(lambda part: plan.digest_id(route.id, channel, slot, part)),
        names=desk.names(rows, route),
        route=route.id,
        title=title,
        notes=[*digest.overflow(items, desk.orders.rules), *assured],
    )
    revisions: dict[int, list[int]] = {}
    for item in items:
        revisions.setdefault(item.due.alert.id, []).append(item.revision)
    posts = []
    for one, alerts in said:
        told = tuple((alert, revision) for alert in sorted(alerts) for revision in revisions[alert])
        posts.append(Post(route.id, channel, desk.worded(one, route), told))
    desk.store.digests.tell(items, posts, key, desk.now)
    return len(posts)


def _merged(items: Sequence[DigestItem]) -> list[DueAlert]:
    """Return what the revisions of each alert left for a digest as one."""
    found: dict[int, DueAlert] = {}
    for item in items:
        one = found.setdefault(item.due.alert.id, replace(item.due, hits=(), corrections=()))
        found[item.due.alert.id] = replace(
            one, hits=one.hits + item.due.hits, corrections=one.corrections + item.due.corrections
        )
    return list(found.values())


def _ids(make: Callable[[int], str]) -> Iterable[str]:
    part = 0
    while True:
        yield make(part)
        part += 1


def _adopt(store: Store, orders: Orders) -> None:
    """Let routes that are there tell what waits for digests of routes or channels that are gone."""
    routes = orders.by_route
    for name in store.digests.routes():
        items = store.digests.items(name)
        route = routes.get(name) or next(iter(routes.values()), None)
        if route is None:
            continue
        gone = {item.channel_id for item in items} - set(route.channels)
        if name not in routes or gone:
            kept = {one: one for one in route.channels} if name not in routes else {}
            store.digests.move(name, route.id, kept | dict.fromkeys(gone, route.channels[0]))
