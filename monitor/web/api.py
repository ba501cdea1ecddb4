"""What programs ask: the routes of endpoints.py, and what goes wrong on them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from monitor.errors import BusyError, CursorError, MonitorError, QueryError
from monitor.web.endpoints import ENDPOINTS, JSON, Endpoint, Look
from monitor.web.files import kept
from monitor.web.openapi import PATH, document
from monitor.web.parameters import Reading, Wrong, read
from monitor.web.problem import problem

if TYPE_CHECKING:
    from starlette.requests import Request

    from monitor.ports import Store
    from monitor.web.archive import Archive
    from monitor.web.configured import Configured

_ROOT = "/api"


class Api:
    """The API over one archive. `now`: an aware clock; `zone`: in which days are meant. `closed`: a password is set."""

    def __init__(
        self,
        archive: Archive,
        configured: Configured,
        zone: tzinfo,
        now: Callable[[], datetime],
        *,
        closed: bool = False,
    ) -> None:
        self._archive, self._configured, self._zone, self._now = archive, configured, zone, now
        self._document = json.dumps(document(ENDPOINTS, closed=closed))

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """All that is served to programs; everything that goes wrong there is a problem document."""
        inside = [one for one in ENDPOINTS if one.path.startswith(_ROOT)]
        below = [Route(one.path.removeprefix(_ROOT), self._serve(one), name=one.name) for one in inside]
        described = Route(PATH.removeprefix(_ROOT), self._describe, name="openapi")
        return [
            *(Route(one.path, _app([Route(one.path, self._serve(one))])) for one in ENDPOINTS if one not in inside),
            Mount(_ROOT, _app([*below, described])),
        ]

    def _serve(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            try:
                return await self._answer(endpoint, request)
            except Wrong as error:
                return problem(400, f"{error.parameter}: {error.detail}", parameter=error.parameter)
            except QueryError as error:
                return problem(400, str(error), parameter="q", position=error.position)
            except CursorError as error:
                return problem(400, str(error), parameter="after" if request.query_params.get("after") else "sort")
            except MonitorError as error:
                again = {"Retry-After": "1"} if isinstance(error, BusyError) else None
                return problem(503, str(error), again)

        return serve

    async def _answer(self, endpoint: Endpoint, request: Request) -> Response:
        now = self._now()
        asked = request.query_params.multi_items()
        if endpoint.media != JSON:
            # The address of a feed is that of a form, which sends what is left empty.
            asked = [(name, said) for name, said in asked if said]
        given = read(endpoint.parameters, asked, Reading(now, self._zone))
        one: str = request.path_params.get("id", "")

        def work(store: Store) -> bytes | None:
            found = endpoint.work(Look(store, self._configured, now, given, one, str(request.url)))
            if found is None:
                return None
            text = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, default=str)
            return text.encode("utf-8", "replace")

        body = await self._archive.ask(work)
        if body is None:
            return problem(404, f"there is no {endpoint.name} {one[:80]}")
        if endpoint.media != JSON:
            return kept(request, body, endpoint.media)
        return Response(body, media_type=endpoint.media)

    async def _describe(self, request: Request) -> Response:
        try:
            read((), request.query_params.multi_items(), Reading(self._now(), self._zone))
        except Wrong as error:
            return problem(400, f"{error.parameter}: {error.detail}", parameter=error.parameter)
        return Response(self._document, media_type=JSON)


def _app(routes: Sequence[Route]) -> Starlette:
    """Return an application of its own: what the screens say of an error is for people."""
    app = Starlette(routes=routes, exception_handlers={HTTPException: _refused, 500: _failed})
    app.router.redirect_slashes = False
    return app


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = {404: "there is nothing here; /api/v1/openapi.json lists what there is", 405: "this API is read only: GET"}
    return problem(error.status_code, said.get(error.status_code, str(error.detail)), error.headers)


async def _failed(_: Request, __: Exception) -> Response:
    return problem(500, "it is noted in the log")
