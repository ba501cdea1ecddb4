"""The index of PostgreSQL asked: rare words by the index, frequent ones by a walk from the newest on. On a real server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from monitor.errors import StoreError
from monitor.model import Block, Role
from monitor.sought import Phrase
from monitor.store import pg_search
from monitor.store.postgres import PostgresStore
from monitor.store.search import LAST
from tests import postgres
from tests.store.make import article, save

pytestmark = pytest.mark.postgres

COUNT = 60


@pytest.fixture
def address() -> str:
    return postgres.fresh()


@pytest.fixture
def store(address: str) -> Iterator[PostgresStore]:
    """Articles 1 to 60, in which the word "by5" says that the number can be divided by 5."""
    with closing(PostgresStore.open(address)) as made:
        for number in range(1, COUNT + 1):
            words = " ".join(f"by{part}" for part in range(1, COUNT + 1) if number % part == 0)
            save(made, article(number, blocks=(Block(Role.BODY, words),)))
        yield made


@pytest.mark.parametrize("rare", [0, 3, 12, 1_000])
def test_articles_of_a_range_come_newest_first_however_many_have_the_word(store, monkeypatch, rare):
    monkeypatch.setattr(pg_search, "_RARE", rare)
    monkeypatch.setattr(pg_search, "_FIRST", 2)
    asked = pg_search.PgSearch(store.sql)
    for part in (1, 5, 20, 61):
        match = asked.expression(Phrase((f"by{part}",)))
        for first, last in ((1, LAST), (10, 50), (30, 30)):
            wanted = [n for n in range(min(last, COUNT), first - 1, -1) if n % part == 0]
            assert list(asked.stream(match, first, last)) == wanted


def test_rare_words_are_found_by_the_index_and_the_planner_is_left_as_it_was(store, monkeypatch):
    def settings() -> list[str]:
        return [store.sql.all(f"SHOW {name}")[0][0] for name in ("enable_seqscan", "enable_indexscan")]

    with store.transaction():
        store.sql.fill("articles_fts", ("rowid", "words"), [(n, f"'by{n % 97}':1C") for n in range(1_000, 6_000)])
    store.sql.run("ANALYZE articles_fts")
    said: list[str] = []
    with monkeypatch.context() as patched:
        run = store.sql.run
        patched.setattr(store.sql, "run", lambda statement: (said.append(statement), run(statement)))
        assert len(list(pg_search.PgSearch(store.sql).stream("'by5'", 1, LAST))) == len(range(1_072, 6_000, 97)) + 12
    assert len(said) == 2
    asked = "EXPLAIN " + pg_search._SOME
    with store.sql.by_index():
        plan = "\n".join(row[0] for row in store.sql.all(asked, "'by5'", 1, LAST, 9))
    assert "Bitmap Index Scan on articles_fts_words" in plan
    assert settings() == ["on", "on"]
    with pytest.raises(StoreError), store.sql.by_index():
        store.sql.all(asked, "'no query", 1, LAST, 9)
    assert settings() == ["on", "on"]
    with pytest.raises(StoreError), store.transaction(), store.sql.by_index():
        store.sql.all(asked, "'no query", 1, LAST, 9)
    assert settings() == ["on", "on"]


def test_a_reader_plans_by_what_is_sought(address, store):
    with closing(PostgresStore.open_readonly(address)) as reader:
        assert reader.sql.all("SHOW plan_cache_mode")[0][0] == "force_custom_plan"
