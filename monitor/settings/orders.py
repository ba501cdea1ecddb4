"""A configuration as the line knows it."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Mapping
from datetime import datetime

import msgspec

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


def version(settings: Settings) -> str:
    """Return a name of what is in force, and of the program: machines with another one do not work together. What is a
    machine's own (paths, addresses, how many readers) is not in it.
    """
    said = (
        settings.outlets, settings.rules, settings.entities, settings.channels, settings.routes, settings.notices,
        settings.templates, settings.gap, settings.fetch_deadline, settings.page_size, settings.baseline_pages,
    )  # fmt: skip
    # Sets have no order of their own, and another one in each process.
    found = msgspec.json.Encoder(enc_hook=str, order="deterministic").encode(said)
    return f"{importlib.metadata.version('news-monitor')}-{hashlib.blake2b(found, digest_size=8).hexdigest()}"
