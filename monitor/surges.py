"""Rules that tell of spikes: when coverage jumps, one alert with the outlets and the story that make it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from monitor.configured import Orders
from monitor.errors import AlertReason
from monitor.model import Alert, Rule
from monitor.notify import plan, spikes
from monitor.notify.routes import takers
from monitor.ports import Store
from monitor.views import HitRow
from monitor.views_alerts import Decided

NAMED = 5


def tell_spikes(store: Store, orders: Orders, now: datetime) -> int:
    """Look at every rule that tells of spikes; return how many begin."""
    begun = 0
    for rule in orders.rules.values():
        if not rule.spike or rule.mode != "live" or plan.ended(rule, now):
            continue
        since = max(orders.rules_since.get(rule.id, now), now - timedelta(weeks=spikes.WEEKS))
        recent = store.spikes.hits(rule.id, now - timedelta(hours=1))
        found = spikes.level(store.spikes.hours(rule.id, since), len(recent), since, now)
        lasting = store.spikes.lasting(rule.id)
        if found is None:
            continue
        if lasting and not spikes.lasts(found, rule.spike):
            store.spikes.end(rule.id, now)
        elif not lasting and spikes.begins(found, rule.spike):
            store.spikes.begin(rule.id, now)
            _open(store, orders, rule, recent, found, now)
            begun += 1
    return begun


def _open(store: Store, orders: Orders, rule: Rule, recent: list[HitRow], found: spikes.Level, now: datetime) -> None:
    outlets = Counter(row.article.outlet_id for row in recent)
    [(story, _)] = Counter(row.hit.story_id for row in recent).most_common(1)
    first = next(row for row in recent if row.hit.story_id == story)
    names = [f"{orders.outlet(one).name or one} {count}" for one, count in outlets.most_common(NAMED)]
    said = (
        f"{found.count} articles in the last hour, usual at this hour {found.usual:.1f}: {found.times:.0f} times as "
        f"many; by outlet: {', '.join(names)}"
    )
    scene = plan.Scene(orders.outlet(first.article.outlet_id), first.article.language, story, len(outlets))
    for route in takers(orders.routes, scene.facts(rule)):
        alert = Alert(route.id, rule.id, story, now, AlertReason.SPIKE)
        number = store.alerts.open(alert, first.hit.id, now)
        for row in recent:
            store.alerts.join(number, row.hit.id)
        store.alerts.reopen(number, now, AlertReason.SPIKE)
        store.alerts.log([Decided(now, AlertReason.SPIKE, route.id, rule.id, 0, number, said)])
