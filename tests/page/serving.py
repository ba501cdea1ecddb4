"""The page over a small database, served as the daemon serves it, and a browser that shows each answer as it is."""

from __future__ import annotations

import http.client
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.routing import Mount, Route

from monitor.model import Rule
from monitor.place import Place
from monitor.store import opening
from monitor.store.sqlite import SqliteStore
from monitor.web import access, kept, tokens
from monitor.web.archive import Archive
from monitor.web.assembly import World, page
from monitor.web.configured import Configured
from monitor.web.kept import Kept
from monitor.web.serve import Beside
from monitor.web.tokens import Tokens
from tests.page.room import fill
from tests.store import make

PASSWORD = "correct horse battery staple"
COOKIE = re.compile(r"monitor=([^;]*)")
# What a path of the table stands for in the database that `fill` makes.
NAMED = {"name": "monitor.css", "number": "1", "story": "s1", "message": "m1", "outlet": "courier"}
IDS = {"stories": "s1", "rules": "ice", "outlets": "courier"}


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")

    @property
    def token(self) -> str:
        """What the forms of this page carry."""
        return re.search('name="token" value="([0-9a-f]+)"', self.text)[1]


@dataclass
class Browser:
    """Keeps its cookie, follows nothing. `host`: what it asks for, if not the address."""

    port: int
    cookie: str = ""
    host: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: str | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        sent = {"Host": self.host or f"127.0.0.1:{self.port}", **self.headers}
        if self.cookie:
            sent["Cookie"] = f"monitor={self.cookie}"
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, sent)
        got = connection.getresponse()
        answer = Answer(got.status, got.headers, got.read().decode())
        connection.close()
        if given := COOKIE.match(got.headers.get("Set-Cookie", "")):
            self.cookie = given[1]
        return answer

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def post(self, path: str, **fields: str) -> Answer:
        return self.ask("POST", path, urlencode(fields))

    def login(self, password: str = PASSWORD, to: str = "/") -> Answer:
        path = "/login?" + urlencode({"next": to})
        return self.post(path, token=self.get(path).token, password=password)


@dataclass
class Desk:
    """The page that is served, and what it stands on."""

    folder: Path
    port: int
    app: Any
    secret: Path
    times: list[float]
    """The clock that only goes forward: its last value."""

    @property
    def routes(self) -> list[Route | Mount]:
        return self.app._app.app.routes

    def browser(self, **how: Any) -> Browser:
        return Browser(self.port, **how)

    def inside(self) -> Browser:
        """Return a browser of somebody who is logged in."""
        one = self.browser()
        assert one.login().status == 303
        return one

    def change_password(self, password: str) -> None:
        kept.write(self.secret, access.write(access.made(password, os.urandom)))

    def marks(self) -> list[str]:
        store = SqliteStore.open_readonly(self.folder / "monitor.db")
        found = store.marks.of([1])
        store.close()
        return [one.mark for one in found.values()]


@contextmanager
def served(folder: Path, *, closed: bool = True, broken: bool = False, **also: Any) -> Iterator[Desk]:
    """Serve it. `closed`: with a password; `broken`: its configuration ends in an error nobody thought of."""
    database, secret, times = folder / "monitor.db", folder / "secret", [0.0]
    fill(database)
    if closed:
        kept.write(secret, access.write(access.made(PASSWORD, os.urandom)))
    archive = Archive(lambda: SqliteStore.open_readonly(database))
    said = _Said((Rule("ice", "ice"),), (make.outlet(),))
    load: Callable[[], Any] = (lambda: 1 // 0) if broken else (lambda: said)
    app = page(
        archive,
        Configured(load, lambda: 0),
        Kept(secret if closed else None, os.urandom),
        Tokens(tokens.beside(database)),
        lambda: opening.writing(Place(database)),
        World(lambda: datetime.now(UTC), lambda: times[-1], os.urandom),
        UTC,
        also.get("names", ()),
    )
    beside = Beside(app, also.get("proxies", ()), lambda: None, archive.close)
    at = beside.start("127.0.0.1", 0)
    try:
        yield Desk(folder, int(at.rpartition(":")[2]), app, secret, times)
    finally:
        beside.stop()


@dataclass
class _Said:
    """What the page asks of a configuration."""

    rules: tuple[Rule, ...]
    outlets: tuple[Any, ...]
    entities: tuple[Any, ...] = ()


def table(routes: list[Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Yield method and path of everything an application answers, its mounts too, with NAMED in the paths."""
    for route in routes:
        named = {**NAMED, "id": IDS.get(route.path.split("/")[-2], "1")} if "{id}" in route.path else NAMED
        path = above + re.sub(r"\{(\w+)(:\w+)?\}", lambda match: named.get(match[1], "1"), route.path)  # noqa: B023
        if isinstance(route, Mount):
            yield from table(route.routes, path.removesuffix("/1"))
        else:
            yield from ((method, path) for method in sorted(route.methods or {"GET"}))


def waited(what: Callable[[], object], seconds: float = 20.0) -> None:
    ends = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends
        time.sleep(0.02)
