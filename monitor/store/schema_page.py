"""Version 9: indexes by which the page finds what it shows of rules and outlets."""

from __future__ import annotations

from collections.abc import Callable

_INDEXES = (
    # On which days a rule was over its budget: a rule of half a million decisions is not counted through.
    "CREATE INDEX decisions_over_budget ON decisions (rule_id, at) WHERE reason = 'over_budget'",
    # How an outlet fared: of ten thousand outlets there are a hundred thousand events in a quarter.
    "CREATE INDEX events_outlet ON events (outlet_id, kind, id) WHERE outlet_id <> ''",
)


def page(execute: Callable[[str], object]) -> None:
    """Make them."""
    for statement in _INDEXES:
        execute(statement)
