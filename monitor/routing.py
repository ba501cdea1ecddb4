"""Who is told, of what, when: records of alerts.yaml that decide and send nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum


class New(StrEnum):
    """What makes an update of a story that was told."""

    OUTLET = "outlet"
    HEADLINE = "headline"
    NAME = "name"


class Group(StrEnum):
    """What alerts must share to stand in one message."""

    STORY = "story"
    RULE = "rule"
    OUTLET = "outlet"
    LANGUAGE = "language"
    SEVERITY = "severity"


@dataclass(frozen=True, slots=True)
class Updates:
    """`every`: least seconds between two messages of a story. `outlets`: so many new ones count. `most`: updates of a
    story; what comes after them is in the next digest.
    """

    every: float
    on: tuple[New, ...] = (New.OUTLET, New.HEADLINE)
    outlets: int = 1
    most: int = 10


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the day, in the route's zone, in which only rules of the severities `through` are told. `start` after
    `end`: they cross midnight.
    """

    start: time
    end: time
    through: tuple[str, ...] = ("high",)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` messages of one rule on one channel in `per` seconds."""

    count: int
    per: float


@dataclass(frozen=True, slots=True)
class Route:
    """Which hits go to which channels, and when. An empty tuple matches everything; `wait`: seconds to collect.

    A hit that a route takes goes to the first of `children` that takes it, and on to the next where that one says
    `go_on`; only where none does it stays here. What a child does not say it has from its parent (settings/routes.py).
    """

    id: str
    channels: tuple[str, ...]
    rules: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    outlet_tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    min_outlets: int = 0
    """Only stories that so many outlets tell."""
    group_by: tuple[Group, ...] = (Group.STORY,)
    wait: float = 0.0
    updates: Updates | None = None
    corrections: bool = True
    """What was told and is said no more is told too."""
    digest: tuple[time, ...] = ()
    """Times of the day; with any, messages are sent at these alone."""
    quiet: Quiet | None = None
    limit: Limit | None = None
    timezone: str = "UTC"
    template: str = ""
    go_on: bool = False
    children: tuple[Route, ...] = ()


def flat(routes: Iterable[Route]) -> Iterator[Route]:
    """Yield every route of a tree, parents first."""
    for route in routes:
        yield route
        yield from flat(route.children)


@dataclass(frozen=True, slots=True)
class Silence:
    """What is not told for a time. `matchers`: (key, pattern) pairs that must all hold; see notify/silences.py."""

    id: int
    matchers: tuple[tuple[str, str], ...]
    starts_at: datetime
    ends_at: datetime
    author: str = ""
    comment: str = ""
