"""The page, for people who would rather look than read: its routes, and what goes wrong on them.

It asks the same queries of the store as the command line and has no SQL of its own; what it changes goes through the
same short writes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, tzinfo
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from monitor.errors import CursorError, MonitorError, QueryError, StoreError
from monitor.query import entities_in, parse
from monitor.views import Filter
from monitor.web import listings, screens, watched
from monitor.web.asked import MOST, PAGE, asked, number, without_page
from monitor.web.entry import numbered
from monitor.web.files import Files
from monitor.web.guard import Guard
from monitor.web.render import environment
from monitor.web.zones import Zones

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp

    from monitor.ports import Store
    from monitor.web.access import Sessions
    from monitor.web.archive import Archive
    from monitor.web.configured import Configured


class Screens:
    """The screens over one archive. `zone`: of readers who chose none; `now`: an aware clock. `closed`: a password is
    asked for.
    """

    def __init__(
        self,
        archive: Archive,
        configured: Configured,
        sessions: Sessions,
        zone: tzinfo,
        now: Callable[[], datetime],
        *,
        closed: bool = False,
    ) -> None:
        self._archive, self._configured, self._now = archive, configured, now
        self._sessions, self._closed = sessions, closed
        self.zones, self._files = Zones(zone), Files()
        self._templates = environment(self._files.addresses)

    def page(self, request: Request, name: str, status: int = 200, **values: object) -> Response:
        """Render a template."""
        token = self._sessions.token(request.state.session)
        closed = self._closed and self._sessions.entered(request.state.session)
        values |= {"token": token, "closed": closed, "zone": self.zone(request), "place": _place(request)}
        return HTMLResponse(self._templates.get_template(name).render(values), status)

    def zone(self, request: Request) -> tzinfo:
        """Return in which zone whoever asks reads times."""
        return self.zones.of(request.headers.getlist("cookie"))

    async def today(self, request: Request) -> Response:
        """What hit in the last day, what is held, which outlets are in trouble."""
        now = self._now()
        found = await self._archive.ask(lambda store: screens.today(store, now))
        return self.page(request, "today.html", here="today", today=found)

    async def hits(self, request: Request) -> Response:
        """Hits by rule, outlet, language, story, time and words."""
        one = asked(request.query_params, self._now(), self.zone(request))
        try:
            named = bool(one.query) and bool(entities_in(parse(one.query)))
            found = await self._archive.ask(
                lambda store: screens.hits(store, one, self._configured.entities() if named else ())
            )
            fault = ""
        except CursorError:
            one, found, fault = without_page(one), screens.Hits((), "", {}), "There is no such page: begin anew."
        except QueryError as error:
            found, fault = screens.Hits((), "", {}), str(error)
        return self.page(request, "hits.html", 400 if fault else 200, here="hits", asked=one, hits=found, fault=fault)

    async def _one(
        self, request: Request, kind: str, find: Callable[[Store, int], object | None], here: str = ""
    ) -> Response:
        """One thing by its number, on the screen of its kind."""
        wanted = numbered(request)
        found = await self._archive.ask(lambda store: find(store, wanted))
        if found is None:
            raise HTTPException(404, f"There is no {kind} {wanted}.")
        return self.page(request, f"{kind}.html", 200, here=here, **{kind: found})

    async def hit(self, request: Request) -> Response:
        """One hit and why it is one."""
        return await self._one(request, "hit", screens.hit, "hits")

    async def article(self, request: Request) -> Response:
        """One article: its text, the hits in it, what changed between its versions."""
        return await self._one(request, "article", screens.article)

    async def alert(self, request: Request) -> Response:
        """One alert: what was decided and when, its hits, its messages."""
        return await self._one(request, "alert", screens.alert, "alerts")

    async def rules(self, request: Request) -> Response:
        """The rules with their last 30 days."""
        words, first = _listed(request)
        now = self._now()
        zone = self.zones.counted(self.zone(request), now - listings.MONTH, now)

        def work(store: Store) -> listings.Rules:
            return listings.rules(store, self._configured.rules(), words, first, now, zone, self.zones.usual)

        return self.page(request, "rules.html", here="rules", words=words, rules=await self._archive.ask(work))

    async def outlets(self, request: Request) -> Response:
        """The outlets and how they fare."""
        words, first = _listed(request)
        now, zone = self._now(), self.zone(request)

        def work(store: Store) -> watched.Outlets:
            return watched.outlets(store, self._configured.outlets(), words, first, now, zone)

        return self.page(request, "outlets.html", here="outlets", words=words, outlets=await self._archive.ask(work))

    async def outlet(self, request: Request) -> Response:
        """One outlet: how much it brings, how it fares and fared."""
        wanted: str = request.path_params["outlet"]
        now, zone = self._now(), self.zone(request)

        def work(store: Store) -> watched.Fared | None:
            # Here, where it may take a while to read the configuration.
            one = next((one for one in self._configured.outlets() if one.id == wanted), None)
            return watched.outlet(store, one, now, zone) if one else None

        found = await self._archive.ask(work)
        if found is None:
            raise HTTPException(404, "There is no such outlet in the configuration.")
        return self.page(request, "outlet.html", here="outlets", fared=found)

    async def story(self, request: Request) -> Response:
        """How a story went: who was first, who copied, who wrote anew, and what was told of it."""
        wanted: str = request.path_params["story"]
        found = await self._archive.ask(lambda store: screens.story(store, wanted))
        if found is None:
            raise HTTPException(404, "There is no such story.")
        return self.page(request, "story.html", here="", story=found)

    async def alerts(self, request: Request) -> Response:
        """What was told, waits or failed."""
        given = request.query_params
        state = given.get("state", "")
        states = (state,) if state in screens.STATES else ()
        wanted = Filter(before=number(given.get("before", "")), limit=PAGE)
        held, now = state == "held", self._now()
        found = await self._archive.ask(lambda store: screens.alerts(store, wanted, states, now, held=held))
        return self.page(request, "alerts.html", here="alerts", alerts=found, state=state, states=screens.STATES)

    async def refused(self, request: Request, error: Exception) -> Response:
        """Say what cannot be shown, and what to do."""
        if isinstance(error, MonitorError):
            what = "archive" if isinstance(error, StoreError) else "configuration"
            return self.page(request, "error.html", 503, here="", title=f"The {what} cannot be read", said=str(error))
        status = error.status_code if isinstance(error, HTTPException) else 500
        said = error.detail if isinstance(error, HTTPException) else "It is noted in the log."
        return self.page(request, "error.html", status, here="", title=HTTPStatus(status).phrase, said=said)

    @property
    def routes(self) -> list[Route]:
        """All that is served."""
        return [
            Route("/", self.today, name="today"),
            Route("/hits", self.hits, name="hits"),
            Route("/hits/{number}", self.hit, name="hit"),
            Route("/articles/{number}", self.article, name="article"),
            Route("/rules", self.rules, name="rules"),
            Route("/outlets", self.outlets, name="outlets"),
            Route("/outlets/{outlet}", self.outlet, name="outlet"),
            Route("/stories/{story}", self.story, name="story"),
            Route("/alerts", self.alerts, name="alerts"),
            Route("/alerts/{number}", self.alert, name="alert"),
            Route("/static/{name}", self._files.serve, name="static"),
        ]


def _place(request: Request) -> str:
    """Return where somebody is, to lead them back."""
    query = f"?{request.url.query}" if request.url.query else ""
    return request.url.path + query if request.method in {"GET", "HEAD"} else "/"


def _listed(request: Request) -> tuple[str, int]:
    """Return the words that a listing is narrowed by, and the number of its first row."""
    given = request.query_params
    return given.get("q", "").strip()[:MOST], number(given.get("from", "")) or 0


def build(
    shown: Screens, routes: Sequence[BaseRoute], entry: Callable[[ASGIApp], ASGIApp], names: Collection[str] = ()
) -> ASGIApp:
    """Return the application. `routes`: all there are; `entry`: what asks for a session; `names`: of hosts, by which it
    is asked, besides addresses and "localhost".
    """
    app = Starlette(
        routes=routes,
        exception_handlers={HTTPException: shown.refused, MonitorError: shown.refused, 500: shown.refused},
    )
    return Guard(entry(app), names)
