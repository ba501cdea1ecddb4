"""What goes when an article goes, and what stays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.model import LinkState
from monitor.placing import Kinship
from monitor.store.sqlite import SqliteStore
from monitor.views import Filter, LinkOutcome
from tests.store.make import NOW, article, enrolled, hits_on, later, link, message, opened, save, tell

TABLES = (
    "articles", "bodies", "revisions", "hits", "placements", "traits", "hit_days", "alert_hits", "alerts", "stories",
    "kinships", "articles_fts_docsize",
)  # fmt: skip


@pytest.fixture
def store(tmp_path):
    store = SqliteStore.open(tmp_path / "monitor.db")
    yield store
    store.close()


def count(store, table):
    return store.upkeep._sql.number(f"SELECT count(*) FROM {table}")


def counts(store):
    return {table: count(store, table) for table in TABLES}


def found(store, word):
    return [row[0] for row in store.upkeep._sql.all("SELECT rowid FROM articles_fts WHERE articles_fts MATCH ?", word)]


def take(store, *ids, **how):
    with store.transaction():
        return store.keeping.take_out(ids, **how)


def integrity(store):
    with store.transaction():
        store.upkeep._sql.write("INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 0)")
    return store.upkeep._sql.all("PRAGMA foreign_key_check")


def test_an_article_alone_leaves_nothing_but_its_link(store):
    source = enrolled(store)
    with store.transaction():
        (new,) = store.links.add([link(1, summary="Said", content="All of it", author="Ann")], source, NOW, lease=60)
    (one,) = hits_on(store, 1)
    save(store, article(1, title="Thaw 1", canonical_url="https://courier.example/1"), at=later(9))
    with store.transaction():
        store.links.finish(LinkOutcome(new.id, LinkState.AGAIN, 1, article_id=one.article_id, next_at=later(60)))
    opened(store, one.id)
    assert found(store, "thaw") == [one.article_id]
    assert take(store, one.article_id) == 1
    assert counts(store) == dict.fromkeys(TABLES, 0)
    assert found(store, "thaw") == found(store, "ice") == found(store, "harbour") == []
    kept = store.links.get(new.id)
    assert (kept.state, kept.article_id, kept.summary, kept.content, kept.author) == (LinkState.GONE, 0, "", "", "")
    assert not integrity(store)


def test_what_others_share_with_it_stays(store):
    (one,), (two,) = hits_on(store, 1), hits_on(store, 2)
    opened(store, one.id)
    opened(store, two.id)
    take(store, one.article_id)
    assert counts(store) == {**dict.fromkeys(TABLES, 1), "revisions": 0, "kinships": 0}
    assert store.upkeep._sql.number("SELECT n FROM hit_days") == 1
    assert found(store, "harbour") == [two.article_id]
    (due,) = store.alerts.due(later(1), limit=9)
    assert [row.hit.id for row in due.hits] == [two.id]


def test_an_open_alert_without_hits_is_never_due(store):
    (one,) = hits_on(store, 1)
    opened(store, one.id)
    take(store, one.article_id)
    assert store.alerts.due(later(1), limit=9, flush=True) == []
    assert count(store, "stories") == 0


def told(store, *hits):
    for one in hits:
        opened(store, one.id)
    (due,) = store.alerts.due(later(1), limit=9)
    with store.transaction():
        tell(store, [due.alert], [("here", message())], NOW)


def test_a_story_that_was_told_stays_told(store):
    (one,) = hits_on(store, 1)
    told(store, one)
    take(store, one.article_id)
    (alert,) = store.alerts.rows(Filter())
    assert (alert.alert.state, alert.hits) == ("told", 0)
    assert [(row.message.text, row.message.html) for row in alert.outbox] == [("", "")]
    assert store.stories.known("s1")


def test_a_message_that_waits_is_not_sent_empty(store):
    (one,) = hits_on(store, 1)
    told(store, one)
    take(store, one.article_id)
    with store.transaction():
        assert store.outbox.lease(later(9), owner="me", lease=60, limit=9) == []


@pytest.mark.parametrize("quoted", [False, True])
def test_a_message_that_tells_of_others_too_loses_its_text_only_where_that_is_asked(store, quoted):
    (one,), (two,) = hits_on(store, 1), hits_on(store, 2)
    told(store, one, two)
    take(store, one.article_id, quoted=quoted)
    (alert,) = store.alerts.rows(Filter())
    assert [bool(row.message.text) for row in alert.outbox] == [not quoted]


def test_a_story_with_an_alias_stays_and_a_lone_one_takes_its_links_along(store):
    (one,), (two,) = hits_on(store, 1), hits_on(store, 2, story="s2")
    with store.transaction():
        store.stories.relate([Kinship("s1", "s2", 0.9, "names")])
        store.upkeep._sql.write("INSERT INTO stories VALUES ('s0', ?, 's1')", NOW.isoformat())
    take(store, one.article_id)
    assert store.stories.resolve("s0") == "s1"
    take(store, two.article_id)
    assert (count(store, "stories"), count(store, "kinships")) == (2, 0)
    assert not integrity(store)


def test_a_link_in_hand_while_its_article_goes_is_not_read_back_in(store):
    source = enrolled(store)
    with store.transaction():
        (new,) = store.links.add([link(1)], source, NOW, lease=60)
    (one,) = hits_on(store, 1)
    with store.transaction():
        store.links.finish(LinkOutcome(new.id, LinkState.AGAIN, 1, article_id=one.article_id, next_at=later(1)))
        store.links.lease_due(later(2), limit=9, lease=60)
    take(store, one.article_id)
    with store.transaction():
        store.links.finish(LinkOutcome(new.id, LinkState.AGAIN, 1, next_at=later(9)))
        assert store.links.lease_due(later(99), limit=9, lease=60) == []
    assert store.links.get(new.id).state is LinkState.GONE


def test_the_aged_are_listed_by_id_with_what_holds_them(store):
    (old,) = hits_on(store, 1, found_at=NOW - timedelta(days=3))
    (late,) = hits_on(store, 2, found_at=NOW - timedelta(days=2))
    hits_on(store, 3)
    opened(store, late.id)
    (first, second) = store.keeping.aged(0, NOW - timedelta(days=1), limit=9)
    assert (first.id, first.hit_at, first.awaited) == (old.article_id, NOW - timedelta(days=3), False)
    assert (second.id, second.awaited) == (late.article_id, True)
    assert [one.id for one in store.keeping.aged(first.id, NOW - timedelta(days=1), limit=9)] == [second.id]


def test_pages_go_back_to_the_file_system(store):
    with store.transaction():
        store.upkeep._sql.write_many(
            "INSERT INTO copies VALUES (?, ?, 0)", [(str(number), "x" * 3000) for number in range(400)]
        )
    with store.transaction():
        store.upkeep._sql.write("DELETE FROM copies")
    pages = store.upkeep._sql.number("PRAGMA page_count")
    with store.transaction():
        assert store.keeping.free(100) == 100
    assert store.upkeep._sql.number("PRAGMA page_count") <= pages - 100


def test_the_index_is_written_anew_when_a_tenth_has_gone(store):
    ids = [hits_on(store, number)[0].article_id for number in range(1, 21)]
    take(store, ids[0])
    assert not store.keeping.indebted()
    take(store, *ids[1:4])
    assert store.keeping.indebted()
    with store.transaction():
        more = store.keeping.merge(16, begin=True)
        while more:
            more = store.keeping.merge(16, begin=False)
    assert not store.keeping.indebted()
    assert found(store, "harbour") == ids[4:]
