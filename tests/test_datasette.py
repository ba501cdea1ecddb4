"""`datasette monitor.db`, and what every other program that reads SQLite finds."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlite_utils import Database

from monitor.model import Block, Role, Standing
from monitor.store.sqlite import SqliteStore
from tests.newsroom import ROOT
from tests.store.make import NOW, article, hit, hits_on, later, save

pytest.importorskip("datasette", reason="the extra `datasette` is not installed")

VIEWS = {"article_list", "hit_list", "story_list"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    """A database that its writer holds, what it wrote still in the log."""
    made = SqliteStore.open(tmp_path_factory.mktemp("desk") / "monitor.db")
    hits_on(made, 1)
    for number in range(2, 300):
        body = (Block(Role.BODY, f"Ölpreis {number}: the tide rose over quay {number}."), Block(Role.BODY, "Second."))
        save(made, article(number, blocks=body, standfirst=f"Stand {number}"), at=later(number))
    with made.transaction():
        assert made.bodies.train("en", NOW) == 1
    save(made, article(300, blocks=(Block(Role.BODY, "Packed with words learnt: ölpreis."), Block(Role.CAPTION, "No"))))
    with made.transaction():
        made.hits.add([hit(300, gone_at=None, found_at=later(1))])
    yield made
    made.close()


@pytest.fixture(scope="module")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a process that sees the entry points of pyproject.toml, whatever is installed."""
    folder = tmp_path_factory.mktemp("site")
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["datasette"]
    about = folder / "aaa_monitor-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: aaa-monitor\nVersion: 1\n")
    lines = [f"{name} = {module}" for name, module in points.items()]
    (about / "entry_points.txt").write_text("\n".join(["[datasette]", *lines, ""]))
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))}


@pytest.fixture(scope="module")
def served(store: SqliteStore, plugins: dict[str, str]) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "datasette", "serve", str(store.path), "--host", "127.0.0.1", "--port", str(port)],
        env=plugins, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    home = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            ask(f"{home}/-/versions.json")
            break
        except urllib.error.URLError:
            assert process.poll() is None
            time.sleep(0.1)
    yield f"{home}/monitor"
    process.terminate()
    process.wait(timeout=30)


def ask(url: str, **values: object) -> str:
    """Return what is answered with 200."""
    query = f"?{urlencode(values)}" if values else ""
    with urllib.request.urlopen(url + query, timeout=30) as answer:
        return answer.read().decode()


def rows(url: str, **values: object) -> list[dict]:
    return json.loads(ask(f"{url}.json", _shape="array", **values))


def test_every_table_and_view_has_a_page(store: SqliteStore, served: str) -> None:
    names = [
        row[0] for row in store._connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
    ]
    assert set(names) > VIEWS
    for name in ("", *names):
        assert "<html" in ask(f"{served}/{name}")


def test_hits_are_shown_with_their_titles_and_times(served: str) -> None:
    found = rows(f"{served}/hit_list", _sort_desc="id")
    assert [(row["title"], row["rule_id"], row["found_at"], row["gone_at"]) for row in found] == [
        ("Ice 300", "ice", "2026-11-24T08:00:01Z", None),
        ("Ice 1", "ice", "2026-11-24T08:00:00Z", None),
    ]
    assert "Ice 300" in ask(f"{served}/hit_list")


def test_an_article_is_shown_with_its_text(served: str) -> None:
    (plain,) = rows(f"{served}/article_text", id=2)
    (packed,) = rows(f"{served}/article_text", id=300)
    assert plain["text"] == "Stand 2\n\nÖlpreis 2: the tide rose over quay 2.\n\nSecond."
    assert packed["text"] == "Packed with words learnt: ölpreis."
    assert (packed["fetched_at"], packed["hits"]) == ("2026-11-24T08:00:00Z", 1)
    assert "Packed with words learnt" in ask(f"{served}/article_text", id=300)


def test_full_text_is_searched_by_words_as_people_write_them(served: str) -> None:
    assert [row["id"] for row in rows(f"{served}/search", words="LEARNT Ölpreis")] == [300]
    assert len(rows(f"{served}/search", words="ölpreis")) == 100
    assert rows(f"{served}/search", words="") == []
    assert "Ice 300" in ask(f"{served}/search", words="learnt")
    assert [row["id"] for row in rows(f"{served}/article_list", _search="learnt")] == [300]
    assert [row["id"] for row in rows(f"{served}/articles", _search="learnt")] == [300]
    assert "Ice 300" in ask(f"{served}/article_list", _search="learnt")


def test_evidence_and_times_are_read_by_functions(store: SqliteStore, served: str) -> None:
    sql = (
        "select monitor_quote(dictionary, evidence) as quote, monitor_evidence(dictionary, evidence) as pieces, "
        "monitor_time(found_at) as at, monitor_time(null) as none, monitor_text(7, evidence) as lost, "
        "monitor_text(null, 'no blob') as odd, (select monitor_blocks(dictionary, data) from bodies where "
        "article_id = hits.article_id) as blocks from hits order by id desc limit 1"
    )
    (row,) = rows(served, sql=sql)
    assert row["quote"] == "The harbour froze."
    assert json.loads(row["pieces"])[0]["span"] == [4, 11]
    assert row["at"] == "2026-11-24T08:00:01+00:00"
    assert (row["none"], row["lost"], row["odd"]) == (None, None, None)
    assert json.loads(row["blocks"])[1] == ["caption", "No"]


def test_it_sees_what_is_written_meanwhile_and_does_not_stop_the_writer(store: SqliteStore, served: str) -> None:
    with store.transaction():
        store.articles.save(article(400, title="Just in"), fetched_at=NOW, standing=Standing.LIVE)
        assert rows(f"{served}/article_list", title="Just in") == []
    assert len(rows(f"{served}/article_list", title="Just in")) == 1


def test_a_copy_is_read_as_immutable(store: SqliteStore, plugins: dict[str, str], tmp_path: Path) -> None:
    copy = tmp_path / "monitor.db"
    target = sqlite3.connect(copy)
    store._connection.backup(target)
    target.close()
    copy.chmod(0o444)
    tmp_path.chmod(0o555)
    got = subprocess.run(
        [sys.executable, "-m", "datasette", "serve", "-i", str(copy), "--get", "/monitor/article_text.json?id=300&_shape=array"],
        env=plugins, capture_output=True, text=True, check=True,
    )  # fmt: skip
    tmp_path.chmod(0o755)
    assert json.loads(got.stdout)[0]["text"] == "Packed with words learnt: ölpreis."


def test_every_table_and_view_can_be_counted_and_read_without_our_functions(store: SqliteStore) -> None:
    reader = Database(sqlite3.connect(f"{store.path.as_uri()}?mode=ro", uri=True), execute_plugins=False)
    assert set(reader.view_names()) == VIEWS
    for name in (*reader.table_names(), *reader.view_names()):
        count = reader.execute(f"SELECT count(*) FROM [{name}]").fetchone()[0]
        assert len([*reader.query(f"SELECT * FROM [{name}]")]) == count
    story = next(reader.query("SELECT * FROM story_list"))
    assert story == {
        "id": "s1", "title": "Ice 1", "opened_at": "2026-11-24T08:00:00Z", "articles": 1, "outlets": 1, "hits": 2,
        "alias_of": None,
    }  # fmt: skip
    assert [row["canonical_url"] for row in reader.query("SELECT * FROM article_list WHERE id = 1")] == [
        "https://courier.example/1"
    ]
    reader.close()
