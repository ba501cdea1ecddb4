"""A store of each engine; an archive with something of everything in it, and its copies: in PostgreSQL, and from there in
SQLite again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from monitor.place import Place
from monitor.ports import Store
from monitor.store.copying import Copied, copy
from monitor.store.opening import open_readonly
from monitor.store.sqlite import SqliteStore
from monitor.store.tables import SqlStore
from tests import postgres
from tests.store.generated import Generated

STORES = {
    "sqlite": pytest.param(lambda folder: SqliteStore.open(folder / "monitor.db"), id="sqlite"),
    "memory": pytest.param(lambda _: SqliteStore(connect(":memory:"), Path(":memory:")), id="memory"),
    "postgres": pytest.param(lambda _: open_postgres(), id="postgres", marks=pytest.mark.postgres),
}


def connect(name: str) -> sqlite3.Connection:
    connection = sqlite3.connect(name, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


def open_postgres() -> Store:
    address = postgres.fresh()
    from monitor.store.postgres import PostgresStore

    return PostgresStore.open(address)


@pytest.fixture(params=STORES.values())
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = request.param(tmp_path)
    yield made
    made.close()


@dataclass
class Archives:
    """`old` is the original, `there` its copy in PostgreSQL, `back` the copy of that in SQLite; each opened to read."""

    places: tuple[Place, Place, Place]
    copied: tuple[Copied, Copied]
    old: SqlStore
    there: SqlStore
    back: SqlStore

    @property
    def copies(self) -> dict[str, SqlStore]:
        return {"postgres": self.there, "back": self.back}


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archives]:
    folder = tmp_path_factory.mktemp("archives")
    places = generated(folder / "old.db"), Place(folder / "none", postgres.empty()), Place(folder / "back.db")
    copied = copy(places[0], places[1]), copy(places[1], places[2])
    with ExitStack() as stack:
        stores = [stack.enter_context(closing(open_readonly(place))) for place in places]
        yield Archives(places, copied, *stores)


def generated(path: Path, articles: int = 400, seed: int = 1) -> Place:
    with closing(SqliteStore.open(path)) as store:
        Generated(store, articles=articles, seed=seed).write()
    return Place(path)
