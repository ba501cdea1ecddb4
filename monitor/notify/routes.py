"""The tree of routes: which of them take a hit, and why the others do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.model import Route, Rule


@dataclass(frozen=True, slots=True)
class Facts:
    """What routes and silences choose by. `outlets`: how many tell the story."""

    rule: Rule
    outlet_id: str
    outlet_tags: tuple[str, ...] = ()
    language: str | None = None
    outlets: int = 1
    story_id: str = ""


def takers(routes: Sequence[Route], facts: Facts) -> list[Route]:
    """Return the routes that take a hit. Those at the top choose for themselves; among the children of one the first
    that takes it does, and the next where that says `go_on`.
    """
    return [taker for route in routes if not refusal(route, facts) for taker in _inner(route, facts)]


def _inner(route: Route, facts: Facts) -> list[Route]:
    taken: list[Route] = []
    for child in route.children:
        if not refusal(child, facts):
            taken += _inner(child, facts)
            if not child.go_on:
                break
    return taken or [route]


def refusal(route: Route, facts: Facts) -> str:
    """Return the key by which a route leaves a hit alone, with what it wants; "" where it takes it."""
    rule = facts.rule
    for key, wanted, has in (
        ("rules", route.rules, (rule.id,)),
        ("tags", route.tags, rule.tags),
        ("severities", route.severities, (rule.severity,)),
        ("outlets", route.outlets, (facts.outlet_id,)),
        ("outlet_tags", route.outlet_tags, facts.outlet_tags),
        ("languages", route.languages, (facts.language,)),
    ):
        if wanted and set(wanted).isdisjoint(has):
            return f"{key}: {', '.join(wanted)}"
    if facts.outlets < route.min_outlets:
        return f"min_outlets: {route.min_outlets}"
    return ""
