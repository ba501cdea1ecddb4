"""The page over a small archive, served by uvicorn on loopback, as a browser meets it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import httpx

from monitor.errors import AlertReason, Trouble
from monitor.model import Entity, Route, Rule, Silence
from monitor.place import Place
from monitor.store import opening
from monitor.store.sqlite import SqliteStore
from monitor.views_alerts import Decided
from monitor.views_health import Ailment
from monitor.web import assembly
from monitor.web.archive import Archive
from monitor.web.assembly import World
from monitor.web.configured import Configured
from monitor.web.kept import Kept
from monitor.web.serve import Beside
from monitor.web.tokens import Tokens, beside
from tests.store.make import NOW, enrolled, hits_on, later, message, opened, outlet, tell

RULES = (Rule("ice", "harbour", "Ice in the harbour", budget=5), Rule("quiet", "nothing", mode="shadow"))


@dataclass
class Page:
    """A page that is served. `url`: without a slash at its end; `path`: of the database."""

    url: str
    path: Path
    client: httpx.Client

    def get(self, place: str, **how) -> httpx.Response:
        """Ask as one browser does: cookies are kept."""
        return self.client.get(self.url + place, **how)


def fill(path: Path) -> None:
    """Write an outlet in trouble, a story of three articles, one of them changed, an alert that was told, one held."""
    store = SqliteStore.open(path)
    try:
        enrolled(store)
        with store.transaction():
            store.upkeep.rules_since({"ice": "v1"}, NOW - timedelta(days=1))
        found = [hits_on(store, number, found_at=later(-600 * number))[0] for number in (1, 2, 3)]
        alert = opened(store, found[0].id)
        opened(store, found[1].id, due=later(900), route="night")
        with store.transaction():
            store.alerts.log([Decided(NOW, AlertReason.FIRST, "desk", "ice", found[0].id, alert)])
            tell(store, [due.alert for due in store.alerts.due(NOW, limit=10) if due.alert.route == "desk"],
                 [("mail", message())])  # fmt: skip
            store.health.begin(Ailment("courier", Trouble.SILENT, NOW, "silent for 9 h", "look at its feed"))
            store.silences.add(Silence(0, (("rule", "quiet"),), NOW, later(3_600), "ann", "too much"), NOW)
    finally:
        store.close()


@contextmanager
def page(
    folder: Path, secret: Path | None = None, *, filled: bool = True, settings: SimpleNamespace | None = None
) -> Iterator[Page]:
    """Serve the page of a folder's database. `secret`: the file of its password; `settings`: what is configured."""
    path = folder / "monitor.db"
    if filled and not path.exists():
        fill(path)
    if settings is None:
        settings = SimpleNamespace(
            rules=RULES, outlets=(outlet(),), entities=(Entity("nato", ()),), channels=(), templates={}, notices=(),
            routes=(Route("desk", ("mail",)),), baseline_pages=20, timezone="Europe/Berlin",
        )  # fmt: skip
    archive = Archive(lambda: SqliteStore.open_readonly(path))
    known = Configured(lambda: settings, lambda: 1)  # type: ignore[arg-type, return-value]
    kept = Kept(secret, os.urandom)
    world = World(lambda: later(60), time.monotonic, os.urandom)
    tokens = Tokens(beside(path))
    app = assembly.page(
        archive, known, kept, tokens, lambda: opening.writing(Place(path)), world, ZoneInfo("Europe/Berlin")
    )
    served = Beside(app, (), lambda: None, archive.close)
    at = served.start("127.0.0.1", 0)
    try:
        with httpx.Client() as client:
            yield Page(f"http://{at}", path, client)
    finally:
        served.stop()
