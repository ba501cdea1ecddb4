"""The tree of routes in alerts.yaml, and the one place where a route takes over what its parent says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, WithJsonSchema

from monitor.errors import ConfigError
from monitor.model import Limit, Quiet, Route, Updates
from monitor.notify import hours
from monitor.routing import Group, New, flat
from monitor.settings.amounts import Clock, Duration, Interval, Rate
from monitor.settings.keys import Id, Keys, Language, Severity, Text

EVERY = 1800.0
_NAMES = {"type": "string", "examples": ["Europe/Berlin"]}


def _group(value: str) -> str:
    if value not in {*Group}:
        raise ValueError(f"one of {', '.join(Group)}")
    return value


def _new(value: str) -> str:
    if value not in {*New}:
        raise ValueError(f"one of {', '.join(New)}")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, LookupError):
        raise ValueError("an IANA name such as Europe/Berlin") from None
    return value


class QuietKeys(Keys):
    """Hours in which messages are held."""

    start: Annotated[Clock | None, Field(alias="from")] = None
    """When it begins to be quiet, such as "22:00"."""
    to: Clock | None = None
    """When it ends; before `from`, it is the next day's."""
    severities: Annotated[list[Severity], Field(alias="except")] = ["high"]
    """Rules of these severities are told all the same."""
    off: bool = False
    """No quiet hours, whatever the route above says."""


class RouteKeys(Keys):
    """Which hits go to which channels, and when. Of what narrows all must hold; what is not said here is as in the
    route above.
    """

    channels: Annotated[list[str], Field(min_length=1)] | None = None
    """Ids of the channels that are told."""
    rules: list[str] = []
    """Only hits of these rules; without it, of all."""
    tags: list[str] = []
    """Only hits of rules with one of these tags; without it, of all."""
    severities: list[Severity] = []
    """Only hits of rules of these severities; without it, of all."""
    outlets: list[str] = []
    """Only articles of these outlets; without it, of all."""
    outlet_tags: list[str] = []
    """Only articles of outlets with one of these tags; without it, of all."""
    languages: list[Language] = []
    """Only articles in these languages; without it, in all."""
    min_outlets: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Only stories that so many outlets tell; they are told when the last of these comes."""
    group_by: list[Annotated[str, AfterValidator(_group)]] | None = None
    """What alerts share that stand in one message: story, rule, outlet, language, severity. Without it: story."""
    wait: Duration | None = None
    """How long to collect before the first message. Without it: 0s."""
    update_every: Interval | None = None
    """Tell again what is new in a story, so often at most. Without it a story is told once."""
    update_on: list[Annotated[str, AfterValidator(_new)]] | None = None
    """What is new: outlet (another one has it), headline (it was changed), name (one that no article had). Without it:
    outlet and headline.
    """
    update_outlets: Annotated[int, Field(ge=1, le=1000)] | None = None
    """So many new outlets make an update. Without it: 1."""
    max_updates: Annotated[int, Field(ge=0, le=1000)] | None = None
    """So many updates a story; what comes then is in the next digest. Without it: 10."""
    corrections: bool | None = None
    """Tell when an article that was told changes its headline, loses its sentence or is gone. Without it: true."""
    digest: list[Clock] | None = None
    """Times of the day, such as ["07:30", "18:00"], at which everything is told together, and only then. []: none."""
    quiet_hours: QuietKeys = Field(default_factory=QuietKeys)
    """Hours in which messages wait."""
    limit: Rate | None = None
    """Messages of one rule on one channel, such as 20/1h; what is over is in the next digest, at 08:00 if none is said.
    """
    timezone: Annotated[str, AfterValidator(_zone), WithJsonSchema(_NAMES)] | None = None
    """The zone of its times. Without it: that of monitor.yaml."""
    template: Text | None = None
    """The template of its messages, a name in the folder `templates`."""
    go_on: Annotated[bool, Field(alias="continue")] = False
    """The next route beside it may take the hit too. Routes at the top all choose for themselves."""
    routes: dict[Id, RouteKeys] = {}
    """Routes below: the first that takes a hit has it; where none does it stays here."""


def walk(
    routes: Mapping[str, RouteKeys], at: tuple[str, ...] = ("routes",)
) -> Iterator[tuple[tuple[str, ...], RouteKeys]]:
    """Yield each route of a tree with the keys that lead to it."""
    for route_id, item in routes.items():
        yield (*at, route_id), item
        yield from walk(item.routes, (*at, route_id, "routes"))


def build(routes: Mapping[str, RouteKeys], timezone: str) -> tuple[Route, ...]:
    """Return the tree with everything that is inherited filled in."""
    return tuple(_route(route_id, item, Route("", (), timezone=timezone)) for route_id, item in routes.items())


def _route(route_id: str, item: RouteKeys, above: Route) -> Route:
    route = Route(
        route_id,
        channels=above.channels if item.channels is None else tuple(item.channels),
        rules=tuple(item.rules),
        tags=tuple(item.tags),
        severities=tuple(item.severities),
        outlets=tuple(item.outlets),
        outlet_tags=tuple(item.outlet_tags),
        languages=tuple(item.languages),
        min_outlets=item.min_outlets or 0,
        group_by=above.group_by if item.group_by is None else tuple(Group(one) for one in item.group_by),
        wait=above.wait if item.wait is None else item.wait,
        updates=_updates(item, above.updates),
        corrections=above.corrections if item.corrections is None else item.corrections,
        digest=above.digest if item.digest is None else tuple(item.digest),
        quiet=_quiet(item.quiet_hours, above.quiet),
        limit=above.limit if item.limit is None else Limit(*item.limit),
        timezone=item.timezone or above.timezone,
        template=item.template or above.template,
        go_on=item.go_on,
    )
    children = tuple(_route(child_id, child, route) for child_id, child in item.routes.items())
    return replace(route, children=children)


def _updates(item: RouteKeys, above: Updates | None) -> Updates | None:
    if item.update_every is None and above is None:
        return None
    base = above or Updates(EVERY)
    return Updates(
        base.every if item.update_every is None else item.update_every,
        base.on if item.update_on is None else tuple(New(one) for one in item.update_on),
        base.outlets if item.update_outlets is None else item.update_outlets,
        base.most if item.max_updates is None else item.max_updates,
    )


def _quiet(item: QuietKeys, above: Quiet | None) -> Quiet | None:
    if item.off:
        return None
    if item.start is None or item.to is None:
        return above
    return Quiet(item.start, item.to, tuple(item.severities))


Fault = Callable[[tuple[str | int, ...], str, str], ConfigError]


def faults(routes: Mapping[str, RouteKeys], timezone: str, fault: Fault) -> Iterator[ConfigError]:
    """Yield what no single value shows. `fault`: makes an error of the keys, what is wrong, and what to do."""
    seen: set[str] = set()
    for keys, item in walk(routes):
        route_id = keys[-1]
        if route_id in seen:
            yield fault(keys, f"route {route_id!r} is there twice", "Ids are unique in the whole tree")
        seen.add(route_id)
        quiet = item.quiet_hours
        if (quiet.start is None) != (quiet.to is None):
            yield fault((*keys, "quiet_hours"), f"route {route_id!r}: quiet hours need `from` and `to`", "")
        elif quiet.start is not None and quiet.start == quiet.to:
            message = f"route {route_id!r}: quiet hours that end when they begin"
            yield fault((*keys, "quiet_hours"), message, "A whole day is a silence: `monitor silence add`")
    for route in flat(build(routes, timezone)):
        keys = next(found for found, _ in walk(routes) if found[-1] == route.id)
        if not route.channels:
            yield fault(keys, f"route {route.id!r} has no channels, nor has a route above it", "")
        for at in route.digest:
            if route.quiet and route.quiet.start != route.quiet.end and hours.within(at, route.quiet):
                message = f"route {route.id!r}: its digest at {at:%H:%M} lies in its quiet hours"
                yield fault(keys, message, "Put it at their end, or outside of them")
