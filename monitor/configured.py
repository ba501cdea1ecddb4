"""What the configuration asks for, by id: what the verbs of the line know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from monitor.model import Channel, Outlet, Route, Rule
from monitor.routing import flat


@dataclass(frozen=True)
class Orders:
    """`templates`: by name, the text of each form. `lease`: seconds a link stays ours after a crash."""

    outlets: Mapping[str, Outlet]
    rules: Mapping[str, Rule]
    channels: Mapping[str, Channel]
    routes: tuple[Route, ...]
    templates: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    rules_since: Mapping[str, datetime] = field(default_factory=dict)
    baseline_pages: int = 20
    lease: float = 600.0
    notices: tuple[str, ...] = ()
    """Channels that are told how outlets fare."""
    version: str = ""
    """What it is called among the machines that share the work; "" where one does all."""

    @cached_property
    def by_route(self) -> dict[str, Route]:
        """Every route of the tree by its id."""
        return {route.id: route for route in flat(self.routes)}

    def shifted(self, by: timedelta, now: datetime) -> Orders:
        """Return what holds when the wall clock was set `by` to `now`: no rule is in force from a time to come."""
        since = {rule: at + by if at > now else at for rule, at in self.rules_since.items()}
        return replace(self, rules_since=since)

    def outlet(self, outlet_id: str) -> Outlet:
        """Return an outlet; one that has left the configuration is known by its id alone: its links were seen."""
        return self.outlets.get(outlet_id) or Outlet(outlet_id)
