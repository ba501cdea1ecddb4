"""Backups, checks, exports, and forgetting down to the bytes."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta

import pytest

from monitor.errors import BusyError, DamagedError, StoreError
from monitor.model import Block, Message, Role
from monitor.place import Place
from monitor.store import bodies as packing
from monitor.store import sqlite
from monitor.store.backup import backup
from monitor.store.check import check
from monitor.store.export import lines, without, write
from monitor.store.forget import by_address, find, forget, note_copy
from monitor.store.lock import DatabaseLock
from monitor.store.sqlite import SqliteStore
from monitor.views import Filter, LinkOutcome
from tests.store.make import NOW, article, enrolled, hits_on, later, link, opened, save, tell

WORD = "Quagmirezephyr"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "monitor.db"


@pytest.fixture
def store(path):
    store = SqliteStore.open(path)
    yield store
    store.close()


def secret(number=7, **fields):
    blocks = (
        Block(Role.BODY, f"The {WORD} said no {number} times. " + "More of it. " * 60),
        Block(Role.CAPTION, f"{WORD} in June"),
    )
    return article(number, **{"blocks": blocks, "title": f"A {WORD} speaks", **fields})


# ---- backup


def test_a_backup_made_while_articles_are_saved_is_whole(path, tmp_path):
    with closing(SqliteStore.open(path)) as store:
        for number in range(400):
            hits_on(store, number)
    stop, written = threading.Event(), []

    def work():
        with closing(SqliteStore.open(path)) as writer:
            number = 1_000
            while not stop.is_set():
                with writer.transaction():
                    hits_on(writer, number)
                written.append(number)
                number += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for turn in range(3):
            before = len(written)
            counts = backup(path, tmp_path / f"{turn}.db", lambda *_: stop.wait(0.001))
            assert list(check(Place(tmp_path / f"{turn}.db"))) == []
            assert counts["articles"] == counts["hits"] >= 400 + before
    finally:
        stop.set()
        thread.join()
    with closing(SqliteStore.open(tmp_path / "2.db")) as restored:
        assert hits_on(restored, 90_000)
    assert list(check(Place(tmp_path / "2.db"))) == []
    assert sorted(one.name for one in tmp_path.iterdir() if "part" in one.name) == []


def test_a_backup_overwrites_nothing(store, path, tmp_path):
    there = tmp_path / "there"
    there.write_text("mine")
    with pytest.raises(StoreError, match="overwrites nothing"):
        backup(path, there)
    assert there.read_text() == "mine"


def test_of_a_damaged_database_no_backup_is_made(store, path, tmp_path):
    hits_on(store, 1)
    store.sql.all("PRAGMA foreign_keys = OFF")
    with store.transaction():
        store.sql.write("DELETE FROM articles")
    with pytest.raises(DamagedError, match="no backup was made"):
        backup(path, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()
    assert [one.name for one in tmp_path.iterdir() if "copy" in one.name] == []


# ---- check


def broken(store, *statements):
    store.sql.all("PRAGMA foreign_keys = OFF")
    with store.transaction():
        for statement in statements:
            store.sql.write(statement)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DELETE FROM bodies WHERE article_id = 1", "1 articles without a text"),
        ("INSERT INTO articles_fts (rowid, title) VALUES (99, 'x')", "1 articles in the index alone"),
        ("DELETE FROM articles_fts_docsize WHERE id = 1", "1 articles that the index lacks"),
        ("DELETE FROM articles WHERE id = 2", "1 hits without an article"),
        ("DELETE FROM stories", "2 hits without a story"),
        ("UPDATE hits SET story_id = 's9' WHERE id = 1", "1 hits in another story"),
        ("UPDATE hit_days SET n = 5", "1 counts of hits by day are wrong"),
        ("DELETE FROM hits WHERE id = 2", "open alerts without a hit"),
        ("UPDATE hours SET last_hit = 1", "hours whose hits are noted wrongly"),
        ("UPDATE bodies SET data = x'00' WHERE article_id = 2", "1 texts cannot be read, the first 2"),
        ("UPDATE hits SET evidence = x'28b52ffd' WHERE id = 1", "1 hits cannot be read"),
    ],
)
def test_what_does_not_belong_together_is_said(store, path, statement, told):
    hits_on(store, 1)
    (second,) = hits_on(store, 2)
    opened(store, second.id)
    assert list(check(Place(path))) == []
    extra = ("DELETE FROM alert_hits",) if "hits WHERE id = 2" in statement else ()
    broken(store, statement, *extra)
    assert any(told in fault for fault in check(Place(path))), list(check(Place(path)))


def test_a_damaged_file_is_said_and_left_alone(store, path):
    for number in range(300):
        hits_on(store, number)
    store.close()
    data = bytearray(path.read_bytes())
    data[8 * 4096 : 40 * 4096] = b"\xa5" * (32 * 4096)
    path.write_bytes(data)
    found = list(check(Place(path)))
    assert found
    assert all("restore" in fault for fault in found)
    assert path.read_bytes() == data


def test_no_database_and_another_programs_are_said(tmp_path):
    assert "no database" in next(check(Place(tmp_path / "none.db")))
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE t (a)")
    assert "another program" in next(check(Place(tmp_path / "other.db")))


# ---- export


def exported(path):
    with closing(SqliteStore.open_readonly(path)) as store:
        return list(lines(store))


def test_an_export_holds_texts_versions_hits_stories_and_alerts(store, path):
    (hit,) = hits_on(store, 1)
    save(store, article(1, title="Thaw 1"), at=later(5))
    opened(store, hit.id)
    one, story, alert = exported(path)
    assert (one["kind"], one["title"], one["text"][0]["text"]) == ("article", "Thaw 1", "The harbour froze.")
    assert [old["title"] for old in one["revisions"]] == ["Ice 1"]
    assert one["hits"][0]["evidence"][0]["quote"] == "The harbour froze."
    assert (story["kind"], story["id"], one["story"]) == ("story", "s1", "s1")
    assert (alert["kind"], alert["hits"]) == ("alert", [hit.id])
    assert json.loads(write(one))


def test_a_file_that_is_no_export_is_left_alone(tmp_path):
    other = tmp_path / "other.ndjson"
    other.write_text('{"name": 1}\n')
    with pytest.raises(ValueError, match="no export"):
        without(other, [1], [1])
    assert other.read_text() == '{"name": 1}\n'


# ---- forget


def everything(store, tmp_path):
    """Store an article in every place there is, with another one beside it; return its id."""
    source = enrolled(store)
    with store.transaction():
        address = f"https://courier.example/{WORD.lower()}"
        (new,) = store.links.add(
            [link(7, url=address, canonical=address, title=f"A {WORD} speaks", summary=WORD, content=WORD)], source, NOW,
            lease=60,
        )  # fmt: skip
    (other,) = hits_on(store, 1)
    (hit,) = hits_on(store, 7)
    number = hit.article_id
    save(store, secret(7), at=later(5))
    moved = secret(7, url=f"https://courier.example/{WORD.lower()}", title=f"{WORD} is silent")
    save(store, moved, at=later(6), known=number)
    with store.transaction():
        store.links.finish(LinkOutcome(new.id, store.links.get(new.id).state, 1, article_id=number, next_at=later(60)))
    for one in (hit, other):
        opened(store, one.id)
    due = store.alerts.due(later(1), limit=9)
    with store.transaction():
        tell(store, [one.alert for one in due], [("here", Message("m", WORD, WORD, WORD, WORD))], NOW)
    return number, source


def holds(path):
    return sorted(
        one.name
        for one in path.parent.iterdir()
        if one.is_file() and any(word in one.read_bytes() for word in (WORD.encode(), WORD.lower().encode()))
    )


def test_what_is_forgotten_stands_in_no_file_any_more(store, path, tmp_path):
    number, _ = everything(store, tmp_path)
    with closing(SqliteStore.open_readonly(path)) as reader, (tmp_path / "all.ndjson").open("w") as out:
        out.writelines(write(line) for line in lines(reader))
    note_copy(store, tmp_path / "all.ndjson", "export", later(9))
    backup(path, tmp_path / "copy.db")
    note_copy(store, tmp_path / "copy.db", "backup", later(9))
    store.sql.all("PRAGMA wal_checkpoint(TRUNCATE)")
    assert holds(path) == ["all.ndjson", "copy.db", "monitor.db"]
    address = f"https://courier.example/{WORD.lower()}"
    assert by_address(store, address) == [number]
    done = forget(store, find(store, [number], address), later(10))
    assert (done.articles, done.hits, done.links) == (1, 1, 1)
    assert done.exports == (tmp_path / "all.ndjson",)
    assert done.backups == (tmp_path / "copy.db",)
    assert not done.faults
    assert holds(path) == ["copy.db"]
    assert list(check(Place(path))) == []
    assert [line["kind"] for line in map(json.loads, (tmp_path / "all.ndjson").read_text().splitlines())] == [
        "article", "story", "alert",
    ]  # fmt: skip
    assert len(store.articles.rows(Filter())) == 1


def test_what_was_forgotten_is_known_when_it_is_listed_again(store, tmp_path):
    number, source = everything(store, tmp_path)
    address = f"https://courier.example/{WORD.lower()}"
    forget(store, find(store, [number]), later(10))
    same = link(7, url=address, canonical=address, title=f"A {WORD} speaks")
    moved = link(7, url=address + "?new", canonical=address + "?new", title=f"A {WORD} speaks")
    other = link(8, url=address + "/2", canonical=address + "/2", title="Another")
    had = store.links.known([same], source)
    assert (had[0].same, had[0].renamed) == (True, False)
    assert store.links.known([moved], source)[0].same
    assert store.links.known([other], source) == [None]


def test_a_dictionary_that_holds_its_words_is_made_anew(store, path, tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "DICTIONARY_BYTES", 4_000)
    for number in range(300):
        save(
            store, article(number, blocks=(Block(Role.BODY, f"{number * 7919} " + f"harbour ice {number % 9} " * 20),))
        )
    for number in range(300, 330):
        save(store, secret(number, content_hash=str(number)), at=NOW + timedelta(seconds=number))
    with store.transaction():
        assert store.bodies.train("en", NOW)
    save(store, article(900))
    gone = [row.id for row in store.articles.rows(Filter(limit=999)) if WORD in row.title]
    found = find(store, gone)
    assert found.dictionaries == (1,)
    with DatabaseLock(path), pytest.raises(BusyError):
        forget(store, found, NOW)
    assert len(find(store, gone).articles) == 30
    done = forget(store, found, NOW)
    assert done.faults == ()
    assert holds(path) == []
    assert list(check(Place(path))) == []
    assert store.articles.get(store.articles.find("https://courier.example/900").row.id).article.body
    with store.transaction():
        assert store.sql.number("SELECT count(*) FROM dictionaries WHERE id = 1") == 0


def test_a_reader_in_its_way_is_said(store, path, tmp_path):
    number, _ = everything(store, tmp_path)
    with closing(SqliteStore.open_readonly(path)) as reader:
        reader.sql.all("BEGIN")
        reader.sql.all("SELECT count(*) FROM articles")
        store.sql.all("PRAGMA busy_timeout = 10")
        (fault,) = forget(store, find(store, [number]), later(10)).faults
    assert "-wal holds words still" in fault


def test_the_index_is_written_anew_though_a_daemon_goes_on_writing(store, path, monkeypatch):
    monkeypatch.setattr(sqlite, "_PAGES", 8)

    def put(number):
        words = " ".join(f"w{number * 7919 * place % 100_003}" for place in range(300))
        save(store, article(number, blocks=(Block(Role.BODY, words),)))

    for number in range(200):
        put(number)
    gone = save(store, secret(9_999)).article_id
    merge, steps = store.keeping.merge, []

    def beside(pages, *, begin):
        steps.append(begin)
        put(10_000 + len(steps))
        return merge(pages, begin=begin)

    monkeypatch.setattr(store.keeping, "merge", beside)
    assert forget(store, find(store, [gone]), later(10)).faults == ()
    assert len(steps) > 5
    assert holds(path) == []
