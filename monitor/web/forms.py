"""What people send: the login, and the buttons of the screens. Each form carries its session's token."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from monitor.web import buttons, zones
from monitor.web.access import Door, Sessions, matches
from monitor.web.asked import MOST
from monitor.web.entry import LOGIN, cookie, form, inside, numbered

if TYPE_CHECKING:
    from starlette.requests import Request

    from monitor.web.app import Screens
    from monitor.web.buttons import Writing
    from monitor.web.kept import Kept


async def sent(request: Request, sessions: Sessions) -> Mapping[str, str]:
    """Return the fields of a form; 403 for one without its session's token."""
    given = await form(request)
    if not sessions.sent(request.state.session, given.get("token", "")):
        raise HTTPException(403, "This form is of another session: load the page again.")
    return given


class Forms:
    """The routes that take a form. `writing`: opens the database for one short change."""

    def __init__(
        self,
        shown: Screens,
        sessions: Sessions,
        door: Door,
        kept: Kept,
        writing: Writing,
        now: Callable[[], datetime],
    ) -> None:
        self._shown, self._sessions, self._door, self._kept = shown, sessions, door, kept
        self._writing, self._now = writing, now
        # One at a time: each takes 16 MB and a core for a moment.
        self._trying = asyncio.Lock()

    async def login(self, request: Request) -> Response:
        """Ask for the password; with the right one go on to where somebody came from."""
        place = inside(request.query_params.get("next", "/"))
        password = self._kept.password()
        if password is None:
            return RedirectResponse(place, 303)
        said, status = "", 200
        if request.method == "POST":
            given = await self._given(request)
            async with self._trying:
                if wait := math.ceil(self._door.wait()):
                    said, status = f"Too many wrong passwords: try again in {wait} s.", 429
                elif await asyncio.to_thread(matches, given.get("password", ""), password):
                    self._door.entered()
                    answer = RedirectResponse(place, 303)
                    session = self._sessions.begin(entered=True)
                    answer.headers["Set-Cookie"] = cookie(session, secure=request.url.scheme == "https")
                    return answer
                else:
                    self._door.failed()
                    said, status = "That is not the password.", 403
        return self._shown.page(request, "login.html", status, here="", said=said, place=place)

    async def logout(self, request: Request) -> Response:
        """End the session."""
        await self._given(request)
        answer = RedirectResponse(LOGIN if self._kept.password() else "/", 303)
        session = self._sessions.begin(entered=False)
        answer.headers["Set-Cookie"] = cookie(session, secure=request.url.scheme == "https")
        return answer

    async def mark(self, request: Request) -> Response:
        """Say of a hit that it was relevant or noise."""
        number = numbered(request)
        given = await self._given(request)
        if not await asyncio.to_thread(buttons.mark, self._writing, number, given.get("mark", ""), self._now()):
            raise HTTPException(404, f"There is no hit {number}.")
        # A listing is shown where it was left.
        back = given.get("back", "")
        return RedirectResponse(f"{inside(back)}#hit-{number}" if back else f"/hits/{number}#worth", 303)

    async def retry(self, request: Request) -> Response:
        """Send a message again that was given up."""
        given = await self._given(request)
        message = request.path_params["message"]
        if not await asyncio.to_thread(buttons.retry, self._writing, message, self._now()):
            raise HTTPException(409, "This message was not given up: it waits, is on its way, or was sent.")
        return RedirectResponse(inside(given.get("back", "/alerts")), 303)

    async def zone(self, request: Request) -> Response:
        """Show times in another zone from now on; with "" in the usual one."""
        said = (await self._given(request)).get("zone", "").strip()[:MOST]
        name = zones.named(said)
        if said and not name:
            raise HTTPException(400, f"“{said}” is no time zone: write one like Europe/Berlin, or its city alone.")
        answer = RedirectResponse(inside(request.query_params.get("back", "/")), 303)
        answer.headers["Set-Cookie"] = zones.cookie(name, secure=request.url.scheme == "https")
        return answer

    async def _given(self, request: Request) -> Mapping[str, str]:
        return await sent(request, self._sessions)

    @property
    def routes(self) -> list[Route]:
        """All that takes a form."""
        return [
            Route(LOGIN, self.login, methods=["GET", "POST"], name="login"),
            Route("/logout", self.logout, methods=["POST"], name="logout"),
            Route("/zone", self.zone, methods=["POST"], name="zone"),
            Route("/hits/{number}/mark", self.mark, methods=["POST"], name="mark"),
            Route("/messages/{message}/retry", self.retry, methods=["POST"], name="retry"),
        ]
