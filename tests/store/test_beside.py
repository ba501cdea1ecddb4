"""Reading while the daemon writes."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.store.ledger import StoreLedger
from monitor.store.sqlite import SqliteStore
from monitor.views import Filter
from tests.consistent import consistent
from tests.ingest import START, enrol, link_of, number_of, read, tell
from tests.newsroom import Newsroom
from tests.store.make import article, hits_on, later, save

# Articles; of the most there are fewer hits than are listed at once.
LEAST, MOST = 80, 1_200
# At 5 ms, as usual, the writer waits for the readers' turns most of the time.
SWITCH = 0.0005


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


def write(ledger: StoreLedger, enough: threading.Event) -> int:
    """Read LEAST articles, and on until `enough` is set, MOST at most; tell what is due. Return how many were read."""
    sources = ledger.submit(lambda store: enrol(store, START)).result()
    links = []
    for side, source in enumerate(sources):
        new = [link_of(number) for number in range(side, MOST, 2)]
        links += ledger.submit(
            lambda store, source=source, new=new: store.links.add(new, source, START, lease=60.0)
        ).result()
    links.sort(key=lambda link: number_of(link.url))
    for number, link in enumerate(links):
        if number >= LEAST and enough.is_set():
            return number
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


def ask(path: Path, stop: threading.Event, asked: threading.Event) -> None:
    """Ask everything in turn until `stop`, now and then over a new connection; set `asked` after each round."""
    while not stop.is_set():
        store = SqliteStore.open_readonly(path)
        for _ in range(5):
            for query in _QUERIES:
                query(store)
            asked.set()
        store.close()


@pytest.fixture
def turns() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    yield
    sys.setswitchinterval(before)


def test_readers_and_a_writer_meet_no_lock(room: Newsroom, ledger: StoreLedger, turns: None) -> None:
    stop, enough, path = threading.Event(), threading.Event(), database(room)
    asked = [threading.Event() for _ in range(2)]
    ledger.submit(lambda store: store.upkeep.totals()).result()
    counts = [len(room.rows("hits", "--limit", "1000"))]
    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(ask, path, stop, one) for one in asked]
        written = pool.submit(write, ledger, enough)
        try:
            while not written.done():
                counts.append(len(room.rows("hits", "--limit", "1000")))
                # Some were asked for while it wrote: it goes on until they were, however slow they are.
                if len(set(counts)) > 2 and all(one.is_set() for one in asked):
                    enough.set()
        finally:
            stop.set()
            enough.set()
        assert LEAST <= written.result() < MOST
        assert len(set(counts)) > 2
        for reader in readers:
            reader.result()
    counts.append(len(room.rows("hits", "--limit", "1000")))
    assert counts == sorted(counts)
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
