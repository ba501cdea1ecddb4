"""`monitor db` as a user runs it, and the floor under which nothing is read."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from click.testing import CliRunner

from monitor.cli.main import cli
from monitor.store.forget import note_copy
from monitor.store.sqlite import SqliteStore
from tests.newsroom import Newsroom
from tests.store.make import hits_on, later
from tests.web import Web

MONITOR = "storage: {{path: ../data/monitor.db, {0}}}\npoliteness: {{gap: 0s, contact: desk@example.org}}\n"


@pytest.fixture
def room(tmp_path):
    """Three old articles with hits, of two outlets."""
    room = Newsroom(tmp_path)
    room.write("monitor", MONITOR.format("keep: {articles: 30d, hits: 1d}"))
    room.write("outlets", "outlets:\n  post:\n    feeds: [http://post.example/rss]\n    keep: {hits: forever}\n")
    with closing(SqliteStore.open(tmp_path / "data" / "monitor.db")) as store:
        for number, outlet in ((1, "courier"), (2, "courier"), (3, "post")):
            hits_on(store, number, outlet=outlet, found_at=later(number))
    return room


def run(room, *words, code=0, **how):
    result = CliRunner().invoke(cli, ["--config", str(room.config), *words], **how)
    assert result.exit_code == code, result.output
    return result.output


def count(room):
    return json.loads(run(room, "status", "--json"))["totals"]["articles"]


def test_a_backup_is_checked_has_everything_and_overwrites_nothing(room, tmp_path):
    copy = tmp_path / "copy.db"
    assert "3 articles, 3 hits, 1 stories; checked" in run(room, "db", "backup", str(copy))
    with closing(sqlite3.connect(copy)) as raw:
        assert raw.execute("SELECT count(*) FROM articles").fetchone() == (3,)
    assert "overwrites nothing" in run(room, "db", "backup", str(copy), code=1)


def test_of_backups_in_a_folder_the_newest_stay_and_what_is_not_one_is_left_alone(room, tmp_path):
    folder = tmp_path / "backups"
    assert "is no folder" in run(room, "db", "backup", "--keep", "2", str(folder), code=1)
    folder.mkdir()
    others = {"monitor-20250101T000000Z.db.old", "mine.db"}
    stamps = [f"monitor-2025010{day}T000000Z.db" for day in (1, 2, 3)]
    for name in (*others, *stamps):
        (folder / name).touch()
    with closing(SqliteStore.open(tmp_path / "data" / "monitor.db")) as store:
        for name in stamps:
            note_copy(store, folder / name, "backup", later(0))
        out = run(room, "db", "backup", "--keep", "2", str(folder))
        assert [line for line in out.splitlines() if line.endswith(": removed")] == [
            f"{folder / name}: removed" for name in stamps[:2]
        ]
        kept = {path.name for path in folder.iterdir()} - others
        assert stamps[2] in kept
        assert len(kept) == 2
        # What was removed is no copy that `forget` would miss.
        assert {row["path"] for row in store.sql.all("SELECT path FROM copies")} == {
            str(folder.resolve() / name) for name in kept
        }


def test_a_backup_made_with_the_clock_set_back_is_not_removed_for_it(room, tmp_path):
    for year in (2098, 2099):
        (tmp_path / f"monitor-{year}0101T000000Z.db").touch()
    run(room, "db", "backup", "--keep", "1", str(tmp_path))
    (kept,) = tmp_path.glob("monitor-*Z.db")
    assert kept.stat().st_size > 0


def test_a_whole_database_is_said_to_be_whole(room):
    assert run(room, "db", "check").endswith(": whole\n")
    assert run(room, "db", "check", "--quick").endswith(": whole\n")


def test_a_damaged_or_newer_one_ends_with_what_to_do_and_is_left_alone(room, tmp_path):
    path = tmp_path / "data" / "monitor.db"
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('monitor', '9', '')")
    assert "run the monitor that wrote it" in run(room, "db", "check", code=1)
    path.write_bytes(b"SQLite format 3\x00" + b"\xa5" * 9_000)
    assert "restore" in run(room, "db", "check", code=1)
    assert json.loads(run(room, "db", "check", "--json", code=1))["fault"]
    assert path.read_bytes() == b"SQLite format 3\x00" + b"\xa5" * 9_000


def test_pruning_takes_what_the_settings_say_and_can_be_tried(room):
    assert run(room, "db", "prune", "--dry-run") == "courier: 2\n2 articles would go\n"
    assert count(room) == 3
    assert json.loads(run(room, "db", "prune", "--json")) == {
        "articles": 2, "outlets": {"courier": 2}, "dry_run": False,
    }  # fmt: skip
    assert count(room) == 1
    assert run(room, "db", "prune") == "0 articles are gone\n"
    run(room, "db", "check")


def test_an_export_is_for_its_owner_and_overwrites_nothing(room, tmp_path):
    file = tmp_path / "all.ndjson"
    run(room, "db", "export", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text() == run(room, "db", "export")
    assert len(file.read_text().splitlines()) == 4
    assert "overwrites nothing" in run(room, "db", "export", str(file), code=1)


def test_forgetting_asks_first_and_takes_an_address_or_a_query(room, tmp_path):
    file = tmp_path / "all.ndjson"
    run(room, "db", "export", str(file))
    run(room, "db", "backup", str(tmp_path / "copy.db"))
    assert "Aborted" in run(room, "db", "forget", "https://courier.example/1", input="n\n", code=1)
    assert count(room) == 3
    told = run(room, "db", "forget", "https://courier.example/1", "--yes")
    assert "1 articles, 1 hits and 0 links are forgotten" in told
    assert f"{file} was rewritten" in " ".join(told.split())
    assert "copy.db holds them still" in told
    assert len(file.read_text().splitlines()) == 3
    assert "nothing of that is here" in run(room, "db", "forget", "https://courier.example/1", "--yes", code=1)
    assert "2 articles" in run(room, "db", "forget", "harbour", "--yes")
    assert count(room) == 0
    run(room, "db", "check")


def test_without_a_database_none_is_made(tmp_path):
    room = Newsroom(tmp_path)
    for words in (["backup", "x.db"], ["check"], ["prune", "--dry-run"], ["prune"], ["export"], ["forget", "x"]):
        assert "no database at" in run(room, "db", *words, code=1)
    assert not (tmp_path / "data").exists()


def test_below_the_floor_a_pass_reads_nothing_and_says_so(tmp_path):
    with Web() as web:
        room = Newsroom(tmp_path)
        room.write("monitor", MONITOR.format("min_free: 999999TB"))
        room.outlets(courier=web.url)
        web.feed([("/1", "Ice in the harbour of Bergen")])
        assert "nearly full" in room.run("run", "--once", code=1)
        shown = room.run("status")
        assert "0 of 1 outlets read, 0 failing" in shown
        assert "less than storage.min_free" in shown
        room.write("monitor", MONITOR.format("min_free: 0MB"))
        room.run("run", "--once")
        (row,) = room.rows("status")
        assert sorted(event["kind"] for event in row["events"]) == ["baseline", "disk_low", "disk_ok"]
        assert row["starved"] is None


def test_on_a_terminal_a_long_command_says_that_it_works_and_in_a_pipe_nothing(room):
    def stderr(end, **how):
        words = [sys.executable, "-m", "monitor", "--config", str(room.config), "db", "check"]
        return subprocess.run(words, stdout=subprocess.DEVNULL, stderr=end, check=True, **how).stderr

    assert stderr(subprocess.PIPE) == b""
    ours, theirs = os.openpty()
    stderr(theirs, env={**os.environ, "TERM": "xterm"})
    os.close(theirs)
    assert b"checking" in os.read(ours, 65_536)
    os.close(ours)


def test_between_two_transactions_of_pruning_the_lock_is_free(room, monkeypatch):
    from monitor.cli import db

    free = []

    def sleep(seconds):
        assert seconds == db._GAP
        with closing(sqlite3.connect(room.config.parent / "data" / "monitor.db", timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE")
            free.append(True)

    monkeypatch.setattr(db.time, "sleep", sleep)
    run(room, "db", "prune")
    assert len(free) >= 2
