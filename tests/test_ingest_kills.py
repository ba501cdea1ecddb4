"""SIGKILL at random moments of ingest: the database is sound each time, and nothing is lost or there twice."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from monitor.store.sqlite import SqliteStore
from tests import engines
from tests.children import Children
from tests.consistent import consistent
from tests.ingest import number_of, rules_of, twice, url_of
from tests.store.make import NOW, hits_on, message, opened, tell

# A database of its own for so many kills, so that looking at all of it stays cheap.
ROUND = 20


@pytest.fixture
def children() -> Iterator[Children]:
    made = Children("tests.ingest")
    yield made
    made.close()


def articles(path: Path) -> dict[int, tuple[int, set[str]]]:
    """Return number → (revision, rules) of the articles that are there."""
    query = "SELECT a.url, a.revision, h.rule_id FROM articles a LEFT JOIN hits h ON h.article_id = a.id ORDER BY a.id"
    found: dict[int, tuple[int, set[str]]] = {}
    for url, rows in groupby(engines.ask(path, query), key=lambda row: row[0]):
        said = list(rows)
        assert number_of(url) not in found
        found[number_of(url)] = (said[0][1], {row[2] for row in said} - {None})
    return found


def kill(children: Children, path: Path, run: int, dice: random.Random) -> None:
    """Let it work for a moment, or hardly begin, and kill it."""
    number = children.start(run, 0, path)
    if dice.random() < 0.9:
        children.said("ready")
        # A batch takes PostgreSQL, asked statement by statement, several times as long.
        time.sleep(dice.uniform(0, 0.6 if engines.engine() == "sqlite" else 4.0))
    else:
        time.sleep(dice.uniform(0, 0.05))
    os.kill(number, signal.SIGKILL)
    children.ended(-signal.SIGKILL)


def killed(children: Children, folder: Path, kills: int, dice: random.Random) -> tuple[int, int]:
    """Kill it so often over one database, then let it finish; return how many kills changed something, and how many
    articles there are.
    """
    path, before, worked = folder / "monitor.db", {}, 0
    # A server that a child started would be nobody's once it is killed.
    engines.place(path)
    for run in range(kills):
        kill(children, path, run, dice)
        if not engines.there(path):
            continue
        engines.still(path)
        assert consistent(path) == []
        found = articles(path)
        wrong = {number: said for number, said in found.items() if said[1] != rules_of(number, said[0])}
        assert wrong == {}
        lost = {number for number, (revision, _) in before.items() if found.get(number, (0,))[0] < revision}
        assert lost == set()
        worked += found != before
        before = found
    upto = engines.ask(path, "SELECT count(*) FROM links")[0][0] + 50
    children.start(kills, upto, path)
    children.said("ready")
    children.said("done")
    children.ended(0)
    assert consistent(path) == []
    revisions = {number: 1 + twice(number) for number in range(upto)}
    assert articles(path) == {number: (revision, rules_of(number, revision)) for number, revision in revisions.items()}
    store = engines.readonly(path)
    for number in (0, upto - 1):
        assert store.articles.find(url_of(number)) is not None
    store.close()
    return worked, upto


def rounds(children: Children, folder: Path, kills: int) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice, worked, read, began = random.Random(seed), 0, 0, time.monotonic()
    for number in range(0, kills, ROUND):
        one, some = killed(children, folder / str(number), min(ROUND, kills - number), dice)
        worked, read = worked + one, read + some
    print(f"{kills} kills, {worked} while articles came in, {read} articles, {time.monotonic() - began:.0f} s")
    assert worked >= kills / 20


def test_twenty_kills_leave_the_archive_sound_and_whole(children: Children, tmp_path: Path) -> None:
    rounds(children, tmp_path, 20)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_two_hundred_kills_leave_the_archive_sound_and_whole(children: Children, tmp_path: Path) -> None:
    rounds(children, tmp_path, 200)


@pytest.mark.thousand
@pytest.mark.timeout(6000)
def test_a_thousand_kills_leave_the_archive_sound_and_whole(children: Children, tmp_path: Path) -> None:
    rounds(children, tmp_path, 1_000)


@engines.own
@pytest.mark.parametrize(
    ("breach", "said"),
    [
        ("DELETE FROM bodies WHERE article_id = 1", "an article without its body: 1"),
        ("DELETE FROM hit_days", "hits of ('2026-11-24', 'ice'): 0 counted, 1 there"),
        ("DELETE FROM hours WHERE first_hit IS NOT NULL", "a hit outside its hour: 1"),
        ("UPDATE hours SET last_article = 0", "an article outside its hour: 1"),
        ("UPDATE articles SET title = 'Fire' WHERE id = 1", "articles are not indexed as they read: fire"),
        ("INSERT INTO articles_fts (rowid, title) VALUES (9, 'x')", "words of an article that is not there: 9"),
        ("UPDATE articles SET revision = 2 WHERE id = 1", "a revision too many or too few: 1"),
        ("UPDATE hits SET story_id = 's2'", "a hit in another story than its article: 1"),
        ("DELETE FROM alert_hits", "an alert of no hit: 1"),
        ("UPDATE tellings SET alert_id = 9", "tellings row None refers to nothing"),
        ("DELETE FROM tellings", "a message that tells nothing: m1"),
        ("DELETE FROM articles WHERE id = 1", "a hit without its article: 1"),
    ],
)
def test_what_is_inconsistent_is_named(tmp_path: Path, breach: str, said: str) -> None:
    path = tmp_path / "monitor.db"
    store = SqliteStore.open(path)
    (one,) = hits_on(store, 1)
    opened(store, one.id)
    with store.transaction():
        (due,) = store.alerts.due(NOW, limit=1)
        tell(store, [due.alert], [("chat", message())], NOW)
    store.close()
    assert consistent(path) == []
    raw = sqlite3.connect(path)
    with raw:
        raw.execute(breach)
    raw.close()
    assert said in consistent(path)
