"""Alerts over days, in a moment: the real store and the writer's half of the line, with a clock that a test sets.

Articles are made here in place of being fetched; messages are taken out of the outbox as the daemon takes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor import surges, telling
from monitor.configured import Orders
from monitor.errors import SendReason
from monitor.model import Channel, Delivery, Hit, Outlet, Route, Rule, Standing
from monitor.notify import plan
from monitor.notify.silences import silenced
from monitor.placing import Placement, PlacementReason, Traits
from monitor.views_alerts import OutboxRow
from tests import engines
from tests.store.make import article, hit

START = datetime(2026, 11, 24, 12, tzinfo=UTC)


@dataclass
class Sent:
    """A message that left, and when."""

    at: datetime
    row: OutboxRow


@dataclass
class Bureau:
    """A newsroom's alerts. `down`: channels that refuse; `sent`: what has left."""

    folder: Path
    routes: tuple[Route, ...]
    rules: tuple[Rule, ...] = (Rule("nato", "nato"),)
    now: datetime = START
    down: set[str] = field(default_factory=set)
    sent: list[Sent] = field(default_factory=list)
    numbers: int = 0

    def __post_init__(self) -> None:
        self.store = engines.opened(self.folder / "monitor.db")
        self._told: dict[str, str] = {}
        self.use(self.routes)

    def use(self, routes: Iterable[Route]) -> None:
        """Put other routes in force, as a restart does."""
        self._told = {}
        self.orders = Orders(
            {f"o{number}": Outlet(f"o{number}", name=f"Outlet {number}") for number in range(100)},
            {rule.id: rule for rule in self.rules},
            {name: Channel(name, "console") for name in ("mail", "chat")},
            tuple(routes),
            rules_since={rule.id: START for rule in self.rules},
        )

    def hit(
        self, outlet: int = 0, story: str = "s1", rule: str = "nato", *, name: bool = False, standing=Standing.LIVE
    ) -> Hit | None:
        """Have an outlet tell a story; return the hit of it."""
        self.numbers += 1
        one = article(self.numbers, outlet=f"o{outlet}", title=f"Headline {self.numbers}")
        with self.store.transaction():
            saved = self.store.articles.save(one, fetched_at=self.now, standing=standing)
            placement = Placement(story, PlacementReason.NEW, f"m{self.numbers}", at=self.now, traits=Traits((1, 2)))
            self.store.stories.place(placement, saved.article_id, self.now)
            outlets = self.store.stories.outlets(story)
            scene = plan.Scene(self.orders.outlet(f"o{outlet}"), "en", story, outlets, new_name=name)
            known = self.orders.rules[rule]
            hushed = silenced(self.store.silences.active(self.now), scene.facts(known), self.now)
            stands = Standing.SILENCED if hushed else Standing.SHADOW if known.mode == "shadow" else standing
            found = hit(saved.article_id, rule, story_id=story, standing=stands, found_at=self.now)
            (new,) = self.store.hits.add([replace(found, revision=1)])
            telling.take_hits(self.store, self.orders, scene, [new], self.now)
        return new

    def tick(self) -> list[Sent]:
        """Do what the daemon does each second; return what left."""
        with self.store.transaction():
            surges.tell_spikes(self.store, self.orders, self.now)
            telling.tell_due(self.store, self.orders, self.now, limit=500)
        if due := telling.due_digests(self.orders, self._told, self.now):
            with self.store.transaction():
                telling.tell_digests(self.store, self.orders, due, self.now)
            self._told |= {route.id: slot.day + slot.slot for route, slot in due}
        return self.deliver()

    def deliver(self) -> list[Sent]:
        gone = []
        while True:
            with self.store.transaction():
                rows = self.store.outbox.lease(self.now, owner="me", lease=60.0, limit=500)
                for row in rows:
                    if until := plan.held_until(row, self.orders.by_route.get(row.route), self.now):
                        self.store.outbox.postpone(row.id, until)
                        continue
                    taken = row.channel_id not in self.down
                    again = None if taken else plan.retry_at(row.attempts + 1, row.created_at, self.now, row.id, None)
                    reason = SendReason.OK if taken else SendReason.UNREACHABLE
                    self.store.outbox.mark(row, Delivery(sent=taken, reason=reason), self.now, retry_at=again)
                    if taken:
                        gone.append(Sent(self.now, row))
            if not rows:
                self.sent += gone
                return gone

    def run(self, seconds: float, step: float = 60.0) -> list[Sent]:
        """Let time pass; return what left."""
        began, until = len(self.sent), self.now + timedelta(seconds=seconds)
        while self.now < until:
            self.now = min(self.now + timedelta(seconds=step), until)
            self.tick()
        return self.sent[began:]

    def reasons(self) -> dict[str, int]:
        """Count what was decided, and why."""
        return self.store.alerts.reasons(datetime(2000, 1, 1, tzinfo=UTC))

    def close(self) -> None:
        self.store.close()
