"""A configuration as the line knows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from monitor.configured import Orders
from monitor.settings.record import Settings


def orders(settings: Settings, rules_since: Mapping[str, datetime]) -> Orders:
    """Return what the pipeline needs to know of the configuration, and since when each rule has been in force."""
    return Orders(
        outlets={outlet.id: outlet for outlet in settings.outlets},
        rules={rule.id: rule for rule in settings.rules},
        channels={channel.id: channel for channel in settings.channels},
        routes=settings.routes,
        templates=settings.templates,
        rules_since=rules_since,
        baseline_pages=settings.baseline_pages,
        notices=settings.notices,
    )
