"""Reading while the daemon writes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.store.ledger import StoreLedger
from monitor.store.sqlite import SqliteStore
from monitor.views import Filter
from tests.consistent import consistent
from tests.ingest import BATCH, START, enrol, link_of, read, tell
from tests.newsroom import Newsroom
from tests.store.make import article, hits_on, later, save

SECONDS = 3
RATE = 40


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path)


@pytest.fixture
def ledger(room: Newsroom) -> Iterator[StoreLedger]:
    made = StoreLedger(lambda: SqliteStore.open(database(room)))
    yield made
    made.close()


def database(room: Newsroom) -> Path:
    return room.folder / "data" / "monitor.db"


def write(ledger: StoreLedger) -> int:
    """Read articles at the daemon's pace, tell what is due, and return how many there are."""
    sources = ledger.submit(lambda store: enrol(store, START)).result()
    links = [
        link
        for side, source in enumerate(sources)
        for link in ledger.submit(
            lambda store, side=side, source=source: store.links.add(
                [link_of(number) for number in range(BATCH) if number % 2 == side], source, START, lease=60.0
            )
        ).result()
    ][: SECONDS * RATE]
    began = time.monotonic()
    for number, link in enumerate(links):
        time.sleep(max(0.0, began + number / RATE - time.monotonic()))
        at = START + timedelta(seconds=number)
        ledger.submit(lambda store, link=link, at=at: read(store, link, 1, at)).result()
        if number % 10 == 0:
            ledger.submit(lambda store, at=at: tell(store, at)).result()
    return len(links)


_QUERIES: tuple[Callable[[SqliteStore], object], ...] = (
    lambda store: store.hits.rows(Filter(rule="nato", since=START)),
    lambda store: [store.articles.get(row.id) for row in store.articles.rows(Filter(limit=10))],
    lambda store: store.alerts.rows(Filter(limit=50)),
    lambda store: store.stories.members(START),
    lambda store: store.upkeep.totals(),
    lambda store: store._connection.execute(
        "SELECT rowid FROM articles_fts WHERE articles_fts MATCH 'harbour' ORDER BY rowid DESC LIMIT 20"
    ).fetchall(),
    lambda store: store._connection.execute("SELECT * FROM hit_list ORDER BY id DESC LIMIT 20").fetchall(),
)


def ask(path: Path, stop: threading.Event) -> int:
    """Ask everything in turn, now and then over a new connection; return how many rounds."""
    rounds = 0
    while not stop.is_set():
        store = SqliteStore.open_readonly(path)
        for _ in range(5):
            for query in _QUERIES:
                query(store)
            rounds += 1
        store.close()
    return rounds


def test_readers_and_a_writer_meet_no_lock(room: Newsroom, ledger: StoreLedger) -> None:
    stop, path = threading.Event(), database(room)
    ledger.submit(lambda store: store.upkeep.totals()).result()
    listed = [room.rows("hits", "--limit", "1000")]
    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(ask, path, stop) for _ in range(2)]
        written = pool.submit(write, ledger)
        while not written.done():
            listed.append(room.rows("hits", "--limit", "1000"))
        stop.set()
        assert written.result() == SECONDS * RATE
        assert all(reader.result() > 0 for reader in readers)
    listed.append(room.rows("hits", "--limit", "1000"))
    counts = [len(rows) for rows in listed]
    assert counts == sorted(counts)
    # Some of them were asked for while it wrote.
    assert len(set(counts)) > 2
    ledger.close()
    assert consistent(path) == []


def test_a_long_reader_sees_what_was_and_does_not_stop_the_writer(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    writer = SqliteStore.open(path)
    hits_on(writer, 1)
    reader = SqliteStore.open_readonly(path)
    reader._connection.execute("BEGIN")
    assert len(reader.hits.rows(Filter())) == 1
    # More than the 1,000 pages after which a commit moves the log into the file.
    for number in range(2, 50):
        save(writer, article(number, detail="x" * 100_000), at=later(number))
    hits_on(writer, 51)
    assert len(reader.hits.rows(Filter())) == 1
    assert len(reader.articles.rows(Filter())) == 1
    reader._connection.execute("COMMIT")
    assert len(reader.hits.rows(Filter())) == 2
    busy = writer._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    assert busy == 0
    assert len(reader.articles.rows(Filter())) == 50
    reader.close()
    writer.close()
