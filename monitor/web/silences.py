"""Silences on the page: which there are, the form for a new one, the button that ends one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from monitor.silencing import DoubtfulError
from monitor.web import buttons, hushed
from monitor.web.entry import inside, numbered
from monitor.web.forms import sent

if TYPE_CHECKING:
    from starlette.requests import Request

    from monitor.web.access import Sessions
    from monitor.web.app import Screens
    from monitor.web.archive import Archive
    from monitor.web.buttons import Writing
    from monitor.web.configured import Configured


class Silences:
    """Their routes. `writing`: opens the database for one short change."""

    def __init__(
        self,
        shown: Screens,
        sessions: Sessions,
        archive: Archive,
        configured: Configured,
        writing: Writing,
        now: Callable[[], datetime],
    ) -> None:
        self._shown, self._sessions, self._archive, self._configured = shown, sessions, archive, configured
        self._writing, self._now = writing, now

    async def listed(self, request: Request) -> Response:
        """What is silenced, and what was lately."""
        now = self._now()
        found = await self._archive.ask(lambda store: hushed.listed(store, now))
        return self._shown.page(request, "silences.html", here="silences", silences=found)

    async def one(self, request: Request) -> Response:
        """One silence."""
        wanted, now = numbered(request), self._now()
        found = await self._archive.ask(lambda store: hushed.one(store, wanted, now))
        if found is None:
            raise HTTPException(404, f"There is no silence {wanted}.")
        return self._shown.page(request, "silence.html", here="silences", silence=found)

    async def new(self, request: Request) -> Response:
        """The form, filled in by a query string; when it is sent, the silence."""
        if request.method != "POST":
            return self._form(request, hushed.asked(request.query_params))
        given = await sent(request, self._sessions)
        words, now, sure = hushed.sent(given), self._now(), bool(given.get("sure"))
        zone = self._shown.zone(request)

        def when(moment: datetime) -> str:
            return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")

        try:
            wanted = hushed.wished(words, now, zone, when)
            asked = None if sure else self._configured
            made = await asyncio.to_thread(buttons.silence, self._writing, wanted, asked, now, when)
        except hushed.UnfitError as error:
            return self._form(request, words, 400, fault=str(error), field=error.field, doubtful=sure)
        except DoubtfulError as error:
            return self._form(request, words, 409, fault=str(error), doubtful=True)
        return RedirectResponse(f"/silences/{made.id}", 303)

    async def end(self, request: Request) -> Response:
        """End one. Whoever comes second finds it ended."""
        number = numbered(request)
        given = await sent(request, self._sessions)
        if not await asyncio.to_thread(buttons.end, self._writing, number, self._now()):
            raise HTTPException(404, f"There is no silence {number}.")
        return RedirectResponse(inside(given.get("back", f"/silences/{number}")), 303)

    def _form(
        self, request: Request, words: Mapping[str, str], status: int = 200, *, fault: str = "", field: str = "",
        doubtful: bool = False,
    ) -> Response:  # fmt: skip
        return self._shown.page(
            request, "silencing.html", status, here="silences", words=words, usual=hushed.USUAL, fault=fault,
            field=field, doubtful=doubtful,
        )  # fmt: skip

    @property
    def routes(self) -> list[Route]:
        """All of it."""
        return [
            Route("/silences", self.listed, name="silences"),
            Route("/silences/new", self.new, methods=["GET", "POST"], name="silencing"),
            Route("/silences/{number}", self.one, name="silence"),
            Route("/silences/{number}/end", self.end, methods=["POST"], name="end"),
        ]
