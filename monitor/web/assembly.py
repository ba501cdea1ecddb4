"""The page put together of its parts: the same for `monitor web` and for the daemon."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, tzinfo

from starlette.types import ASGIApp

from monitor.web.access import Door, Sessions
from monitor.web.api import Api
from monitor.web.app import Screens, build
from monitor.web.archive import Archive
from monitor.web.buttons import Writing
from monitor.web.configured import Configured
from monitor.web.entry import Entry
from monitor.web.forms import Forms
from monitor.web.kept import Kept
from monitor.web.silences import Silences
from monitor.web.tokens import Tokens
from monitor.web.trying import Trying


@dataclass(frozen=True, slots=True)
class World:
    """What is asked of the system: the time, aware; a clock that only goes forward, in seconds; random bytes."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    random: Callable[[int], bytes]


def page(
    archive: Archive,
    configured: Configured,
    kept: Kept,
    tokens: Tokens,
    writing: Writing,
    world: World,
    zone: tzinfo,
    names: Collection[str] = (),
) -> ASGIApp:
    """Return the application. `writing`: opens the database for one short change; `names`: as for app.build."""
    sessions = Sessions(kept.key, world.random)
    shown = Screens(archive, configured, sessions, zone, world.now, closed=kept.asks)
    forms = Forms(shown, sessions, Door(world.monotonic), kept, writing, world.now)
    api = Api(archive, configured, zone, world.now, closed=kept.asks)
    trying = Trying(shown, archive, configured, world.now, world.monotonic)
    silences = Silences(shown, sessions, archive, configured, writing, world.now)
    # The first that fits a path has it: /rules/try and /silences/new before what takes any name there.
    routes = [*trying.routes, *silences.routes, *shown.routes, *forms.routes, *api.routes]
    return build(shown, routes, lambda inner: Entry(inner, sessions, kept, tokens.known), names)
