"""The SQLite file itself: opening, refusing, surviving."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from monitor.errors import BusyError, DamagedError, StoreError
from monitor.model import Block, Role
from monitor.sought import Phrase
from monitor.store import schema
from monitor.store import sqlite as door
from monitor.store.sqlite import SqliteStore
from monitor.views import EventRow, Filter
from tests.consistent import consistent
from tests.store.make import NOW, article, enrolled, hit, later, save

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "monitor.db"


def child(code: str, *words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_opening_makes_folder_file_and_the_settings_that_last(path: Path) -> None:
    SqliteStore.open(path).close()
    raw = sqlite3.connect(path)
    found = [raw.execute(f"PRAGMA {name}").fetchone()[0] for name in ("auto_vacuum", "journal_mode", "application_id")]
    raw.close()
    assert found == [2, "wal", schema.APPLICATION_ID]


def test_opening_again_keeps_what_is_there(path: Path) -> None:
    store = SqliteStore.open(path)
    save(store, article())
    store.close()
    store.close()
    store = SqliteStore.open(path)
    assert len(store.articles.rows(Filter())) == 1
    store.close()


def test_readonly_makes_no_database(path: Path) -> None:
    with pytest.raises(StoreError, match=r"no database at .*monitor\.db.*monitor run"):
        SqliteStore.open_readonly(path)
    assert not path.parent.exists()


def test_readonly_reads_beside_a_writer_and_cannot_write(path: Path) -> None:
    writer = SqliteStore.open(path)
    reader = SqliteStore.open_readonly(path)
    with writer.transaction():
        writer.upkeep.event(EventRow("seen", NOW))
        assert reader.upkeep.events() == []
    assert [event.kind for event in reader.upkeep.events()] == ["seen"]
    with pytest.raises(StoreError, match="only be read"), reader.transaction():
        reader.upkeep.event(EventRow("no", NOW))
    reader.close()
    writer.close()


def test_an_odd_path_is_no_uri(tmp_path: Path) -> None:
    path = tmp_path / "100% ?mode=rwc#ü.db"
    SqliteStore.open(path).close()
    SqliteStore.open_readonly(path).close()


@pytest.mark.parametrize("opening", [SqliteStore.open, SqliteStore.open_readonly])
def test_a_newer_schema_is_refused_and_left_alone(path: Path, opening, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = ("9999_future", lambda execute: execute("CREATE TABLE future (id INTEGER)"))
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, newer))
        SqliteStore.open(path).close()
    before = path.read_bytes()
    with pytest.raises(DamagedError, match=r"newer version.*9999_future"):
        opening(path)
    assert path.read_bytes() == before


def test_an_older_schema_is_brought_up_to_date_by_a_writer_only(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    SqliteStore.open(path).close()
    newer = ("0002_next", lambda execute: execute("CREATE TABLE next (id INTEGER)"))
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, newer))
    with pytest.raises(StoreError, match="older version"):
        SqliteStore.open_readonly(path)
    SqliteStore.open(path).close()
    SqliteStore.open_readonly(path).close()


def test_a_migration_that_fails_leaves_the_old_schema(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(execute) -> None:
        execute("CREATE TABLE half (id INTEGER)")
        execute("CREATE TABLE events (id INTEGER)")

    SqliteStore.open(path).close()
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, ("0002_broken", broken)))
        with pytest.raises(StoreError, match="events already exists"):
            SqliteStore.open(path)
    store = SqliteStore.open(path)
    raw = sqlite3.connect(path)
    assert raw.execute("SELECT count(*) FROM sqlite_master WHERE name = 'half'").fetchone() == (0,)
    raw.close()
    store.close()


@pytest.mark.parametrize("opening", [SqliteStore.open, SqliteStore.open_readonly])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, opening) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"not a database at all\n" * 100)
    with pytest.raises(DamagedError, match="damaged or no database"):
        opening(path)
    assert path.read_bytes() == b"not a database at all\n" * 100


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    raw = sqlite3.connect(path)
    raw.execute("CREATE TABLE t (a)")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(DamagedError, match="another program"):
        SqliteStore.open(path)
    assert path.read_bytes() == before


def test_a_page_overwritten_later_is_damage(path: Path) -> None:
    store = SqliteStore.open(path)
    for number in range(200):
        save(store, article(number))
    store.close()
    data = bytearray(path.read_bytes())
    data[4096 * 2 :] = b"\xa5" * (len(data) - 4096 * 2)
    path.write_bytes(data)
    with pytest.raises(DamagedError):  # noqa: PT012 - whichever of the two reads the damage first
        store = SqliteStore.open(path)
        store.articles.rows(Filter())


def test_a_folder_in_the_place_of_the_file_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        SqliteStore.open(tmp_path)


def test_a_second_writer_waits_and_then_is_told_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "BUSY_TIMEOUT", 0.05)
    one, two = SqliteStore.open(path), SqliteStore.open(path)
    with one.transaction():
        one.upkeep.event(EventRow("one", NOW))
        with pytest.raises(BusyError, match="try again"), two.transaction():
            pytest.fail("two writers at once")
    with two.transaction():
        two.upkeep.event(EventRow("two", NOW))
    assert len(one.upkeep.events()) == 2
    one.close()
    two.close()


def test_a_full_disk_is_said_in_words_and_loses_nothing_committed(path: Path) -> None:
    store = SqliteStore.open(path)
    save(store, article(1))
    raw = store._connection
    raw.execute(f"PRAGMA max_page_count = {raw.execute('PRAGMA page_count').fetchone()[0]}")
    with pytest.raises(StoreError, match="disk is full"), store.transaction():  # noqa: PT012
        for number in range(2, 500):
            store.upkeep.event(EventRow("filler", NOW, detail="x" * 1_000 + str(number)))
    raw.execute("PRAGMA max_page_count = 1000000")
    assert store.upkeep.events() == []
    save(store, article(2))
    assert len(store.articles.rows(Filter())) == 2
    store.close()


def test_nothing_is_committed_after_the_database_undid_a_transaction(path: Path) -> None:
    store = SqliteStore.open(path)
    with pytest.raises(StoreError, match="undid"), store.transaction():  # noqa: PT012
        store.upkeep.event(EventRow("first", NOW))
        store._connection.execute("ROLLBACK")  # what SQLite does by itself when the disk is full
        with store.transaction():
            store.upkeep.event(EventRow("second", NOW))
    assert store.upkeep.events() == []
    store.close()


def test_a_dictionary_or_a_zone_of_a_transaction_that_was_undone_is_used_no_more(path: Path) -> None:
    store = SqliteStore.open(path)
    texts = [(Block(Role.BODY, f"word{number} and some {number**2} more text here " * 20),) for number in range(300)]
    for number, blocks in enumerate(texts):
        save(store, article(number, blocks=blocks))
    with pytest.raises(ZeroDivisionError), store.transaction():  # noqa: PT012
        assert store.bodies.train("en", NOW) == 1
        assert store.upkeep.use_zone("Asia/Tokyo")
        save(store, article(1_000))
        1 / 0  # noqa: B018
    saved = save(store, article(1_001))
    found = store.articles.get(saved.article_id)
    assert found is not None
    assert found.article.title == "Ice 1001"
    with store.transaction():
        store.hits.add([hit(saved.article_id, found_at=NOW.replace(hour=20))])
    assert store._connection.execute("SELECT day FROM hit_days").fetchone()[0] == "2026-11-24"
    store.close()


_TRAINER = """
import random, resource, sys
from pathlib import Path
from monitor.model import Block, Role
from monitor.store.sqlite import SqliteStore
from tests.store.make import NOW, article, enrolled, save
store = SqliteStore.open(Path(sys.argv[1]))
enrolled(store)
chance = random.Random(7)
words = ["".join(chance.choices("bcdfglmnprstaeiou", k=chance.randint(3, 9))) for _ in range(3_000)]
with store.transaction():
    for number in range(400):
        text = " ".join(chance.choices(words, k=8_000))
        save(store, article(number, title=f"{number}", blocks=(Block(Role.BODY, text),)))
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
before = peak()
with store.transaction():
    assert store.bodies.train("en", NOW) == 1
print(peak() - before)
"""


def test_long_texts_are_no_more_to_train_on_than_short_ones(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _TRAINER, str(path)], check=True, capture_output=True, text=True, cwd=ROOT
    )
    # 22 MB of texts: all of them took 42 MB, those that are used 21.
    assert int(done.stdout) < 32


_WRITER = """
import sys
from contextlib import suppress
from pathlib import Path
from monitor.store.sqlite import SqliteStore
from monitor.views import EventRow
from tests.consistent import consistent
from tests.store.make import NOW
store = SqliteStore.open(Path(sys.argv[1]))
for number in range(50):
    with store.transaction():
        store.upkeep.totals()
        store.upkeep.event(EventRow(sys.argv[2], NOW))
store.close()
"""


@pytest.mark.parametrize("written", [False, True], ids=["waiting", "written"])
def test_the_index_is_right_where_a_part_of_a_transaction_was_undone(path: Path, written: bool) -> None:
    """What is put into the full-text index waits for the end of the transaction, or for the first that asks it."""
    store = SqliteStore.open(path)

    def found(word: str) -> int:
        return len(list(store.articles.sift(Phrase((word,)), Filter())))

    def put(number: int, word: str) -> None:
        save(store, article(number, title=word, blocks=(Block(Role.BODY, f"{word} at the quay"),)))

    with store.transaction():
        put(1, "before")
        with suppress(ZeroDivisionError), store.transaction():
            put(2, "undone")
            assert not written or [found(word) for word in ("before", "undone")] == [1, 1]
            raise ZeroDivisionError
        put(3, "after")
    assert [found(word) for word in ("before", "undone", "after", "quay")] == [1, 0, 1, 2]
    with suppress(ZeroDivisionError), store.transaction():
        put(4, "nothing")
        raise ZeroDivisionError
    put(5, "later")
    assert [found(word) for word in ("nothing", "later", "quay")] == [0, 1, 3]
    store.close()
    assert consistent(path) == []


def test_two_processes_write_beside_each_other(path: Path) -> None:
    SqliteStore.open(path).close()
    writers = [child(_WRITER, path, name) for name in ("one", "two")]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    for writer in writers:
        writer.communicate()
    store = SqliteStore.open_readonly(path)
    assert len(store.upkeep.events(limit=1_000)) == 100
    store.close()


_HALF_DONE = """
import sys
from contextlib import suppress
from pathlib import Path
from monitor.store.sqlite import SqliteStore
from tests.consistent import consistent
from tests.store.make import article, hit, NOW, save
from monitor.model import Standing
store = SqliteStore.open(Path(sys.argv[1]))
save(store, article(1))
with store.transaction():
    # More than the cache holds, so that pages of the open transaction have reached the file.
    for number in range(2, 3000):
        saved = store.articles.save(article(number, detail="x" * 2000), fetched_at=NOW, standing=Standing.LIVE)
    store.hits.add([hit(saved.article_id)])
    print("ready", flush=True)
    sys.stdin.read()
"""


def test_sigkill_within_a_transaction_leaves_the_last_commit(path: Path) -> None:
    killed = child(_HALF_DONE, path)
    assert killed.stdout is not None
    assert killed.stdout.readline() == "ready\n"
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate(timeout=30)
    store = SqliteStore.open(path)
    assert [row.title for row in store.articles.rows(Filter())] == ["Ice 1"]
    assert store.hits.rows(Filter()) == []
    assert store._connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    enrolled(store)
    store.close()


def test_the_status_looks_at_no_link_that_is_done(path: Path) -> None:
    from monitor.store import upkeep

    store = SqliteStore.open(path)
    plan = [row["detail"] for row in store._connection.execute(f"EXPLAIN QUERY PLAN {upkeep._TOTALS}")]
    over_links = [line for line in plan if "SCAN links" in line]
    assert len(over_links) == 3
    assert all("USING" in line for line in over_links), over_links
    store.close()


def test_the_due_queries_use_their_indexes(path: Path) -> None:
    from monitor.store import alerts, links, outbox, outlets

    store = SqliteStore.open(path)
    for query, index in (
        (outlets._DUE, "sources_due"),
        (links._DUE, "links_due"),
        (links._BY_URL.format("?, ?"), "links_key"),
        (links._BY_GUID.format("?, ?"), "links_guid"),
        (links._BY_TITLE.format("?, ?"), "links_title"),
        (links._WAITING, "links_waiting"),
        (alerts._DUE, "alerts_due"),
        (outbox._SENDABLE, "outbox_due"),
        (outbox._SPENT, "outbox_created"),
    ):
        plan = store._connection.execute(f"EXPLAIN QUERY PLAN {query}", ["x"] * query.count("?")).fetchall()
        assert any(index in row["detail"] for row in plan), (index, [row["detail"] for row in plan])
    store.close()


@pytest.mark.parametrize(
    ("ask", "table", "index"),
    [
        (lambda store: store.outlets.volume(["a", "b"], [NOW, later(9_000)]), "a", "COVERING INDEX articles_outlet"),
        (
            lambda store: store.alerts.over_budget(["a"], [NOW, later(9_000)]),
            "d",
            "INDEX decisions_over_budget (rule_id=? AND at",
        ),
        (lambda store: store.outbox.spending(NOW), "outbox", "outbox_created"),
        (lambda store: store.outbox.stuck(NOW), "outbox", "INDEX outbox_"),
        (lambda store: store.alerts.told(["a"], NOW), "alerts", "INDEX alerts_told (rule_id=? AND opened_at>?"),
        (lambda store: store.spikes.every_hour(NOW), "hits", "INTEGER PRIMARY KEY"),
        (lambda store: store.upkeep.events(kind="trouble", outlet="a"), "events", "events_outlet"),
        (lambda store: store.marks.tally(), "h", "INTEGER PRIMARY KEY"),
    ],
    ids=["volume", "over_budget", "spending", "stuck", "told", "hours", "events", "marks"],
)
def test_what_the_page_lists_is_found_by_an_index_and_by_no_scan(path: Path, ask, table: str, index: str) -> None:
    store = SqliteStore.open(path)
    for number in range(3):
        save(store, article(number, outlet="ab"[number % 2]), at=later(3_600 * number))
    said: list[str] = []
    store._connection.set_trace_callback(said.append)
    ask(store)
    store._connection.set_trace_callback(None)
    plan = [row["detail"] for one in said for row in store._connection.execute(f"EXPLAIN QUERY PLAN {one}")]
    plan = [line for line in plan if "VIRTUAL TABLE" not in line]
    asked = [line for line in plan if line.split()[:2] in (["SEARCH", table], ["SCAN", table])]
    assert [index in line for line in asked] == [True] * len(asked) != [], plan
    tables = [row[0] for row in store._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    # All marks, which are "m", are read: people made them.
    aliases = {"a": "articles", "d": "decisions", "h": "hits", "l": "alerts", "t": "tellings"}
    # Whole indexes of the few that wait or were given up.
    few = ("INDEX outbox_tried", "INDEX outbox_dead")
    scanned = [line.split()[1] for line in plan if line.startswith("SCAN") and not line.endswith(few)]
    assert [name for name in scanned if aliases.get(name, name) in tables] == [], plan
    store.close()
