"""A copy has what the original has, answers as it does, and goes on where it was killed."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor import search
from monitor.cli.db_copy import place_of
from monitor.cli.main import cli
from monitor.errors import BusyError, DamagedError, StoreError
from monitor.model import Standing
from monitor.place import Place
from monitor.search import Sort
from monitor.store import copying, opening, schema
from monitor.store.check import check
from monitor.store.copying import copy
from monitor.store.image import tables
from monitor.store.sqlite import SqliteStore
from monitor.views import Filter
from tests import postgres
from tests.store.conftest import generated
from tests.store.generated import queries
from tests.store.make import NOW, article, hit, hits_on

ROOT = Path(__file__).parents[2]
QUERIES, PARTS = 200, 8


def dump(store, table, *, plain=True):
    """Return a table's rows, whatever order they are in, texts as PostgreSQL can hold them."""
    rows = store.sql.all(f"SELECT {', '.join(table.columns)} FROM {table.name}")

    def said(value):
        return value.replace("\0", "\ufffd") if plain and isinstance(value, str) else value

    return sorted([tuple(said(value) for value in row) for row in rows], key=repr)


def plainly(answer):
    """Return an answer as what PostgreSQL can hold: the one thing in which a copy there may differ."""
    return repr(answer).replace("\\x00", "\ufffd")


def whole(done):
    assert [one for one in done.tables if not one.same] == []
    return done.whole


# ---- what is copied


@pytest.mark.postgres
def test_every_table_of_both_copies_has_the_rows_of_the_original(archives):
    assert [whole(done) for done in archives.copied] == [True, True]
    filled = 0
    for table in tables():
        rows = dump(archives.old, table)
        filled += bool(rows)
        if table.name in copying.LEFT_OUT:
            assert rows
            assert not dump(archives.there, table)
            continue
        for name, store in archives.copies.items():
            assert dump(store, table) == rows, (table.name, name)
    # Something of everything was there to be copied, and what is said of it is what there is.
    assert filled == len(tables())
    assert {one.table: one.rows for one in archives.copied[0].tables} == {
        **{table.name: len(dump(archives.old, table)) for table in tables() if table.name not in copying.LEFT_OUT},
        "articles_fts": len(archives.old.articles.rows(Filter(limit=9_999))),
    }


@pytest.mark.postgres
def test_texts_with_a_nul_are_counted_and_lose_only_that(archives):
    articles = next(table for table in tables() if table.name == "articles")
    told = [
        sum(
            any(isinstance(value, str) and "\0" in value for value in row) for row in dump(store, articles, plain=False)
        )
        for store in (archives.old, archives.back)
    ]
    assert told[0] > 0
    assert told[1] == 0
    assert archives.copied[0].mended >= told[0]
    assert archives.copied[1].mended == 0


@pytest.mark.postgres
def test_copies_are_whole_and_have_all_their_references(archives):
    with closing(sqlite3.connect(archives.places[0].path)) as raw:
        wanted = sum(len(raw.execute(f"PRAGMA foreign_key_list({table.name})").fetchall()) for table in tables())
    keys = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND connamespace = 'monitor'::regnamespace"
    assert archives.there.sql.number(keys) == wanted > 15
    # What is wrong with the original, as generated, is so with the copies: nothing else.
    of_old = list(check(archives.places[0]))
    assert [list(check(place)) for place in archives.places[1:]] == [of_old, of_old]


@pytest.mark.postgres
def test_new_rows_of_copies_have_numbers_that_nothing_had(tmp_path):
    place = generated(tmp_path / "old.db", articles=60)
    there, back = Place(tmp_path, postgres.empty()), Place(tmp_path / "back.db")
    copy(place, there)
    copy(there, back)
    made = []
    for one in (place, there, back):
        with closing(opening.open_store(one)) as store, store.transaction():
            saved = store.articles.save(article(9_999), fetched_at=NOW, standing=Standing.LIVE)
            (added,) = store.hits.add([hit(saved.article_id, "new")])
            silence = store.silences.add(store.silences.rows(limit=1)[0], NOW)
            store.upkeep.event(store.upkeep.events(limit=1)[0])
            store.sql.write("INSERT INTO reports (kind, data) VALUES ('new', ?)", b"")
            report = store.sql.number("SELECT max(id) FROM reports")
            made.append((saved.article_id, added.id, silence, store.upkeep.events(limit=1)[0].id, report))
    assert made[0] == made[1] == made[2]
    with closing(opening.open_readonly(place)) as store:
        assert made[0][0] > store.sql.number("SELECT max(id) FROM articles WHERE id < ?", made[0][0]) + 1


# ---- what they answer


def pages(store, ask, wanted, query, sort):
    """Return the pages of an answer down to the end: the rows of each, and from where the next goes on."""
    found, after = [], ""
    while True:
        page = ask(store, wanted, query, after=after, sort=sort)
        found.append(([plainly(row) for row in page.rows], page.next))
        after = page.next
        if not after:
            return found


def unordered(found):
    return sorted(row for rows, _ in found for row in rows)


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("part", range(PARTS))
def test_generated_queries_have_the_same_answers_on_all_three(archives, part):
    held = 0
    for query, wanted in queries(11 + part, QUERIES // PARTS):
        for ask in (search.articles, search.hits):
            of_old = pages(archives.old, ask, wanted, query, Sort.NEWEST)
            held += bool(of_old[0][0])
            for name, store in archives.copies.items():
                assert pages(store, ask, wanted, query, Sort.NEWEST) == of_old, (query, wanted, name)
            # By relevance the engines have orders of their own: the same rows, each once.
            few = replace(wanted, limit=max(wanted.limit, 20))
            ranked = pages(archives.old, ask, few, query, Sort.RELEVANCE)
            assert unordered(ranked) == unordered(of_old)
            assert unordered(pages(archives.there, ask, few, query, Sort.RELEVANCE)) == unordered(of_old), (
                query,
                wanted,
            )
            # SQLite's copy has SQLite's order.
            assert pages(archives.back, ask, few, query, Sort.RELEVANCE) == ranked, (query, wanted)
    assert held > QUERIES / PARTS / 2


# ---- killed


CHILD = """
import sys
from pathlib import Path
from monitor.place import Place
from monitor.store import copying
copying.BATCH = 37
def told(text):
    print(text, flush=True)
    sys.stdin.readline()
def place(said):
    return Place(Path(), said) if said.startswith("postgresql:") else Place(Path(said))
copying.copy(place(sys.argv[1]), place(sys.argv[2]), told)
"""


def killed(source, target, steps):
    """Copy in a process of its own, kill it after so many steps; return what it said last, "" where it had ended."""
    said = [place.address or str(place.path) for place in (source, target)]
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, *said], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        line = ""
        for step in range(steps):
            line = process.stdout.readline().strip()
            if not line:
                return ""
            if step + 1 < steps:
                process.stdin.write("\n")
                process.stdin.flush()
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.returncode == -signal.SIGKILL
    return line


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("to", ["postgres", "sqlite"])
def test_killed_again_and_again_it_comes_to_the_same(archives, tmp_path, to, monkeypatch):
    monkeypatch.setattr(copying, "BATCH", 37)
    source, target = (archives.places[0], Place(tmp_path, postgres.empty())) if to == "postgres" else (
        archives.places[1], Place(tmp_path / "new.db"))  # fmt: skip
    rng, stages = random.Random(5), set()
    for steps in (1, 9, *(rng.randint(2, 40) for _ in range(5))):
        # The next one goes on from there: the steps add up.
        line = killed(source, target, steps)
        stages.add(line.split()[0] if line else "ended")
        if not line or line.startswith("counting"):
            break
        with pytest.raises(DamagedError, match="has not come to its end"):
            opening.open_readonly(target)
        with pytest.raises(DamagedError, match="has not come to its end"):
            opening.open_store(target)
    assert "copying" in stages
    if "ended" not in stages:
        done = copy(source, target)
        assert whole(done)
        assert done.resumed
    with closing(opening.open_readonly(target)) as store:
        for table in tables():
            if table.name not in copying.LEFT_OUT:
                assert dump(store, table) == dump(archives.old, table), table.name
        for query, wanted in queries(12, 30):
            assert plainly(search.articles(store, wanted, query)) == plainly(
                search.articles(archives.old, wanted, query)
            )


# ---- refused


@pytest.fixture
def source(tmp_path):
    with closing(SqliteStore.open(tmp_path / "source.db")) as store:
        for number in range(3):
            hits_on(store, number)
    return Place(tmp_path / "source.db")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def target(request, tmp_path):
    return Place(tmp_path / "target.db", postgres.empty() if request.param == "postgres" else "")


def test_a_copy_can_be_written_to_and_another_one_into_it_is_refused(source, target):
    assert whole(copy(source, target))
    with pytest.raises(StoreError, match=r"holds rows already \(.*3 articles"):
        copy(source, target)
    with closing(opening.open_store(target)) as store:
        hits_on(store, 77)
        assert len(store.articles.rows(Filter())) == 4


def test_a_new_database_without_rows_is_taken(source, target):
    opening.open_store(target).close()
    assert whole(copy(source, target))


def test_one_that_holds_only_a_setting_is_not_empty(source, target):
    with closing(opening.open_store(target)) as store, store.transaction():
        store.upkeep.use_zone("Europe/Berlin")
    with pytest.raises(StoreError, match=r"holds rows already \(1 facts\)"):
        copy(source, target)


def test_no_daemon_may_run_on_either(source, target):
    for place in (source, target):
        with opening.lock(place), pytest.raises(BusyError, match="stop it first"):
            copy(source, place if place is not source else target)


def test_one_database_is_not_copied_into_itself(source, target):
    for place in (source, target):
        with pytest.raises(StoreError, match="both the source and the target"):
            copy(place, place)


def test_what_is_not_there_is_not_copied_and_leaves_nothing(tmp_path, target):
    with pytest.raises(StoreError, match="no database"):
        copy(Place(tmp_path / "none" / "none.db"), target)
    assert not (tmp_path / "none").exists()
    if not target.address:
        assert not target.path.exists()


@pytest.mark.parametrize("which", ["source", "target"])
def test_a_newer_version_on_either_side_is_refused(source, target, tmp_path, which):
    other = Place(tmp_path / "other.db")
    old, new = (target, other) if which == "source" else (source, target)
    with closing(opening.open_store(target)) as store, store.transaction():
        if target.address:
            store.sql.write("INSERT INTO migrations (name) VALUES ('0099_later')")
        else:
            store.sql.write(
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('monitor', '0099_later', '')"
            )
    with pytest.raises(DamagedError, match=r"newer version \(0099_later\)"):
        copy(old, new)


def test_an_older_target_is_not_brought_up_to_date_to_be_refused(source, target):
    table = "migrations" if target.address else "_sqlite_migrations"
    last = schema.MIGRATIONS[-1][0]
    with closing(opening.open_store(target)) as store, store.transaction():
        store.sql.write(f"DELETE FROM {table} WHERE name = ?", last)
    with pytest.raises(StoreError, match="older version"):
        copy(source, target)


class Ended(Exception):
    pass


def begun(source, target, word="comparing"):
    """Have a copy end by itself at a step."""

    def told(text):
        if text.startswith(word):
            raise Ended

    with pytest.raises(Ended):
        copy(source, target, told)


def test_a_copy_of_another_source_is_not_gone_on_with(source, target, tmp_path):
    with closing(SqliteStore.open(tmp_path / "second.db")) as store:
        hits_on(store, 1)
    begun(source, target)
    with pytest.raises(StoreError, match=r"begun from another source \(sqlite: .*source.db\)"):
        copy(Place(tmp_path / "second.db"), target)
    assert copy(source, target).resumed


def test_a_source_that_was_written_meanwhile_is_said(source, target):
    begun(source, target)
    with closing(opening.open_store(source)) as store:
        hits_on(store, 50)
    with pytest.raises(StoreError, match=r"source was written since .*articles.*hits"):
        copy(source, target)


def test_a_copy_that_is_not_the_same_is_said_and_stays_shut(source, target, monkeypatch):
    begun(source, target)
    # No row more or less: only the comparison of every value tells.
    with closing(opening.open_store(source)) as store, store.transaction():
        store.sql.write("UPDATE placements SET similarity = 1e-300 WHERE article_id = 2")
    words = ["db", "copy", f"sqlite:{source.path}", "env:TARGET" if target.address else str(target.path)]
    monkeypatch.setenv("TARGET", target.address or "-")
    said = CliRunner().invoke(cli, words)
    assert said.exit_code == 1
    for words in ("placements", "NOT THE SAME: 3 rows", "Begin anew: "):
        assert words in said.output
    assert ("DROP SCHEMA" in said.output) == bool(target.address)
    with pytest.raises(DamagedError, match="has not come to its end"):
        opening.open_readonly(target)


def test_rows_that_refer_to_nothing_are_said(source, target):
    with closing(SqliteStore.open(source.path)) as store:
        store.sql.run("PRAGMA foreign_keys = OFF")
        with store.transaction():
            store.sql.write("DELETE FROM articles WHERE id = 2")
    with pytest.raises(DamagedError, match="the source is not whole"):
        copy(source, target)


@pytest.mark.postgres
def test_a_connection_that_is_lost_ends_it_and_it_goes_on(archives, tmp_path, monkeypatch):
    monkeypatch.setattr(copying, "BATCH", 50)
    server = postgres.Server()
    try:
        target, seen = Place(tmp_path, server.database()), []

        def told(text):
            seen.append(text)
            if len(seen) == 20:
                server.restart()

        with pytest.raises(BusyError):
            copy(archives.places[0], target, told)
        done = copy(archives.places[0], target)
        assert done.resumed
        assert whole(done)
    finally:
        server.remove()


# ---- the command


def test_the_command_says_what_was_copied(source, target, monkeypatch, tmp_path):
    (tmp_path / "address").write_text(f"{target.address}\n")
    to = f"file:{tmp_path / 'address'}" if target.address else f"sqlite:{target.path}"
    said = CliRunner().invoke(cli, ["db", "copy", str(source.path), to])
    assert said.exit_code == 0, said.output
    assert "rows copied; all the same" in said.output
    back = tmp_path / "back.db"
    said = CliRunner().invoke(cli, ["db", "copy", to, str(back), "--json"])
    lines = {line["table"]: line for line in map(json.loads, said.stdout.splitlines())}
    assert lines["articles"]["rows"] == 3
    assert all(line["same"] for line in lines.values())


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("a.db", Place(Path("a.db"))),
        ("sqlite:/srv/a.db", Place(Path("/srv/a.db"))),
        ("./odd:name.db", Place(Path("odd:name.db"))),
        ("postgresql://u:secret@h/d", Place(Path(), "postgresql://u:secret@h/d")),
        ("env:THERE", Place(Path(), "postgres://u:secret@h/d")),
    ],
)
def test_a_database_is_named_by_path_address_variable_or_file(said, place):
    assert place_of(said, {"THERE": " postgres://u:secret@h/d\n"}) == place


@pytest.mark.parametrize(
    "said",
    ["", "sqlite:", "mysql://u:secret@h/d", "postgres:secret", "sqlite:///secret", "env:NONE", "env:WRONG",
     "file:/none/secret.txt", "http://h/secret"],
)  # fmt: skip
def test_what_names_no_database_is_refused_without_its_secrets(said):
    with pytest.raises(StoreError) as told:
        place_of(said, {"WRONG": "mysql://u:secret@h/d"})
    assert "secret" not in str(told.value).replace("/none/secret.txt", "")
    assert any(
        word in str(told.value) for word in ("it is PATH", "is not set", "begins with postgresql", "cannot be read")
    )


@pytest.mark.postgres
def test_an_address_that_is_none_is_said_without_its_secrets(source):
    for address in ("postgresql://u:secret@[h/d", "postgresql://u@h/d?secret=1"):
        with pytest.raises(StoreError, match="none that PostgreSQL knows") as told:
            copy(source, Place(Path(), address))
        assert "secret" not in str(told.value)
