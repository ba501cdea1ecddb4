"""Versions 9 and 10: indexes by which the page finds what it shows of rules, outlets and channels."""

from __future__ import annotations

from collections.abc import Callable

_INDEXES = (
    # On which days a rule was over its budget: a rule of half a million decisions is not counted through.
    "CREATE INDEX decisions_over_budget ON decisions (rule_id, at) WHERE reason = 'over_budget'",
    # How an outlet fared: of ten thousand outlets there are a hundred thousand events in a quarter.
    "CREATE INDEX events_outlet ON events (outlet_id, kind, id) WHERE outlet_id <> ''",
)

_TOLD_AND_TRIED = (
    # How often a rule was told in a month.
    "CREATE INDEX alerts_told ON alerts (rule_id, opened_at) WHERE told_at IS NOT NULL",
    # What did not get through at once, among the many that were not tried yet.
    "CREATE INDEX outbox_tried ON outbox (not_before) WHERE state IN ('pending', 'leased') AND attempts > 0",
)


def page(execute: Callable[[str], object]) -> None:
    """Make those of version 9."""
    for statement in _INDEXES:
        execute(statement)


def told_and_tried(execute: Callable[[str], object]) -> None:
    """Make those of version 10."""
    for statement in _TOLD_AND_TRIED:
        execute(statement)
