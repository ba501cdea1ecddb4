"""A filled archive and the page over it on a real port, as a program meets it."""

from __future__ import annotations

import http.client
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from monitor.errors import AlertReason, Trouble
from monitor.model import Alert, Silence
from monitor.place import Place
from monitor.placing import Kinship
from monitor.settings.load import load
from monitor.store import opening
from monitor.store.sqlite import SqliteStore
from monitor.views_alerts import Decided, Marked
from monitor.views_health import Ailment
from monitor.web import access, kept
from monitor.web.archive import Archive
from monitor.web.assembly import World, page
from monitor.web.configured import Configured
from monitor.web.kept import Kept
from monitor.web.serve import Beside
from monitor.web.tokens import Tokens, beside
from tests.store.make import NOW, hits_on, later, message, save, tell
from tests.store.make import article as made

ARTICLES, STORIES, OUTLETS, RULES, SILENCES = 23, 7, 9, 8, 11


def configuration(folder: Path) -> Path:
    """Write one: eight rules, nine outlets of which two have two sources."""
    config = folder / "config"
    config.mkdir()
    config.joinpath("monitor.yaml").write_text("storage: {path: ../monitor.db}\n")
    rules = "".join(f"  rule{number}: harbour{number}\n" for number in range(RULES - 1))
    config.joinpath("rules.yaml").write_text(
        f"rules:\n{rules}  ice: {{query: ice, tags: [winter], budget: 3/day, languages: [en], until: 2027-01-01}}\n"
        "entities: {port: {names: [harbour]}}\n"
    )
    outlets = "".join(
        f"  o{number}: {{homepage: 'https://o{number}.example/', feeds: [{', '.join(_feeds(number))}]}}\n"
        for number in range(OUTLETS)
    )
    config.joinpath("outlets.yaml").write_text(f"outlets:\n{outlets}")
    return config


def _feeds(number: int) -> list[str]:
    return [f"'https://o{number}.example/{name}.xml'" for name in ("feed", "also")[: 1 + (number < 2)]]


def fill(path: Path) -> None:
    """Fill a database: articles and hits of all outlets in stories that overlap, alerts in each state, silences."""
    store = SqliteStore.open(path)
    hits = []
    for number in range(ARTICLES):
        rules = ("ice", "rule1") if number % 3 == 0 else ("ice",)
        found = hits_on(store, number, rules, f"s{number * number % STORIES}", outlet=f"o{number % OUTLETS}",
                        found_at=later(60 * number))  # fmt: skip
        hits += found
    save(store, made(99, title="Nothing of it", outlet="o1", language=None))
    with store.transaction():
        for number, one in enumerate(hits):
            store.alerts.open(Alert("desk", one.rule_id, one.story_id, later(number)), one.id, NOW)
            store.alerts.log([Decided(NOW, AlertReason.FIRST, "desk", one.rule_id, one.id, 1, "said")])
        first, second = (store.alerts.get(number) for number in (1, 2))
        tell(store, [first.alert], [("mail", message("m1")), ("chat", message("m2"))])
        store.alerts.hold([second.alert.id], later(9_000), AlertReason.HELD_QUIET)
        for number in range(SILENCES):
            ends = datetime.now(UTC) + timedelta(hours=number % 3 - 1 or 2)
            store.silences.add(Silence(0, (("rule", f"r{number}"),), NOW, ends, "ann", "too much"), NOW)
        store.marks.put(hits[0].id, Marked("noise", "ann", NOW))
        store.health.begin(Ailment("o1", Trouble.LAYOUT, NOW, "shorter", "look"))
        store.stories.relate([Kinship("s0", "s1", 0.75, "names")])
        store.stories.join("s4", "s2", NOW)
    store.close()


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class Programs:
    """Asks the page. `tokens`: of its database."""

    port: int
    tokens: Tokens
    sessions: access.Sessions
    storage: Path

    def ask(self, path: str, given=(), method: str = "GET", **headers: str) -> Answer:
        pairs = list(given.items()) if isinstance(given, dict) else list(given)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path + (f"?{urlencode(pairs)}" if pairs else ""), headers=headers)
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, name: str, **given):
        """Return what is answered below /api/v1."""
        answer = self.ask(f"/api/v1/{name}", given)
        assert answer.status == 200, answer.body
        return answer.json


@contextmanager
def serving(folder: Path, *, closed: bool = False) -> Iterator[Programs]:
    """Serve the page over folder/monitor.db and folder/config. `closed`: a password is set."""
    storage, config, secret = folder / "monitor.db", folder / "config", folder / "secret"
    if closed and not secret.exists():
        kept.write(secret, access.write(access.made("correct horse battery staple", os.urandom)))
    held = Kept(secret if closed else None, os.urandom)
    held.password()
    archive = Archive(lambda: SqliteStore.open_readonly(storage))
    known = Configured(lambda: load(config, {}, addresses=False), lambda: 1)
    tokens = Tokens(beside(storage))
    world = World(lambda: datetime.now(UTC), time.monotonic, os.urandom)
    app = page(archive, known, held, tokens, lambda: opening.writing(Place(storage)), world, UTC)
    served = Beside(app, (), lambda: None, archive.close)
    at = served.start("127.0.0.1", 0)
    try:
        yield Programs(int(at.rpartition(":")[2]), tokens, access.Sessions(held.key, os.urandom), storage)
    finally:
        served.stop()
