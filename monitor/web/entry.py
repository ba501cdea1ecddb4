"""Who gets in: nobody without a session where a password is set, but for the login itself and the style sheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.errors import ConfigError
from monitor.web.access import SESSION, Sessions
from monitor.web.asked import number
from monitor.web.kept import Kept
from monitor.web.problem import problem

COOKIE = "monitor"
LOGIN = "/login"
API, FEED = "/api/", "/hits.atom"
"""What programs ask for; nothing there changes anything."""
# What answers anybody: paths, and all that is in folders.
OPEN, OPEN_FOLDERS = {LOGIN}, ("/static/",)
# Bytes of a form: a few short fields.
LARGEST = 8_192
_HOW = "give a token: `Authorization: Bearer TOKEN`; `monitor web token create NAME` makes one"


class Entry:
    """Lets in whoever has a session; gives one to everybody, for the token in the forms. Where `kept` has no password
    nobody is asked for one, and only this machine is served. `holds`: says of an API token whether it is one; it gets
    its holder to what programs ask for, and no further.
    """

    def __init__(self, app: ASGIApp, sessions: Sessions, kept: Kept, holds: Callable[[str], bool]) -> None:
        self.app, self.sessions, self.kept, self.holds = app, sessions, kept, holds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            password = self.kept.password()
        except ConfigError:
            # Nobody is let in by mistake.
            await PlainTextResponse("the password cannot be read: the log says why\n", 503)(scope, receive, send)
            return
        session = given(Headers(scope=scope).getlist("cookie"))
        if scope["path"].startswith(API) or scope["path"] == FEED:
            held = password is None or self.sessions.entered(session) or self._holds(scope)
            await (self.app if held else problem(401, _HOW, {"WWW-Authenticate": "Bearer"}))(scope, receive, send)
            return
        fresh = not self.sessions.known(session)
        if fresh:
            session = self.sessions.begin(entered=False)
        scope.setdefault("state", {})["session"] = session

        async def named(message: Message) -> None:
            headers = MutableHeaders(scope=message) if message["type"] == "http.response.start" else None
            # What a browser keeps for a year gives nobody a session.
            made = fresh and not scope["path"].startswith(OPEN_FOLDERS)
            if made and headers is not None and "set-cookie" not in headers:
                headers["Set-Cookie"] = cookie(session, secure=scope["scheme"] == "https")
            await send(message)

        if password is None or self.sessions.entered(session) or is_open(scope["path"]):
            await self.app(scope, receive, named)
        elif scope["method"] in {"GET", "HEAD"}:
            place = scope["path"] + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
            await RedirectResponse(f"{LOGIN}?{urlencode({'next': place})}", 303)(scope, receive, named)
        else:
            await PlainTextResponse("log in first\n", 401)(scope, receive, named)

    def _holds(self, scope: Scope) -> bool:
        kind, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        return kind.lower() == "bearer" and self.holds(token.strip())


def given(headers: Sequence[str], wanted: str = COOKIE) -> str:
    """Return the session, or another cookie, in Cookie headers; "" for none. By hand: programs on other ports of this
    machine set cookies for us too, and http.cookies refuses all of them where one has a name that it does not like.
    """
    parts = (part.strip().partition("=") for header in headers for part in header.split(";"))
    return next((value for name, _, value in parts if name == wanted), "")


def is_open(path: str) -> bool:
    """Say whether a path answers anybody."""
    return path in OPEN or path.startswith(OPEN_FOLDERS)


def cookie(session: str, *, secure: bool) -> str:
    """Return the header that keeps a session. Lax: a link in a mail may lead here, a form of another site may not."""
    return f"{COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax; Max-Age={SESSION}{'; Secure' if secure else ''}"


async def form(request: Request) -> Mapping[str, str]:
    """Return a form's fields; empty for one that is too long, or was not sent to its end."""
    data = b""
    # Who hangs up is no fault of ours, to be logged with where it was met.
    with suppress(ClientDisconnect):
        async for chunk in request.stream():
            data += chunk
            if len(data) > LARGEST:
                return {}
        return _fields(data)
    return {}


def _fields(data: bytes) -> dict[str, str]:
    return dict(parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True))


def numbered(request: Request) -> int:
    """Return the id in a path; 404 for what the database cannot hold. Not by Starlette's own convertor, which fails on
    more than 4,300 digits.
    """
    found = number(request.path_params["number"])
    if found is None:
        raise HTTPException(404, "There is nothing of this number.")
    return found


def inside(place: str) -> str:
    """Return a path of this site to go on to; "/" for what leads elsewhere, as "//other" does, with a backslash too."""
    return place if place.startswith("/") and not place.startswith(("//", "/\\")) and place.isprintable() else "/"
