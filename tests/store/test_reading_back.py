"""What the store says of an article's past and of its story."""

from __future__ import annotations

import pytest

from monitor.model import Block, Role
from monitor.store.sqlite import SqliteStore
from tests.review.press import ANEW, COPIED, put
from tests.store.make import NOW, article, later, save


@pytest.fixture
def store(tmp_path):
    opened = SqliteStore.open(tmp_path / "monitor.db")
    yield opened
    opened.close()


def test_versions_come_oldest_first_with_the_end_of_each(store):
    saved = save(store, article(1))
    save(store, article(1, title="Ice again", blocks=(Block(Role.BODY, "It thawed."),)), at=later(60))
    first, last = store.articles.versions(saved.article_id)
    assert (first.revision, first.title, first.until, first.blocks[0].text) == (
        1,
        "Ice 1",
        later(60),
        "The harbour froze.",
    )
    assert (last.revision, last.title, last.until, last.blocks[0].text) == (2, "Ice again", None, "It thawed.")
    assert store.articles.versions(99) == []


def test_hits_of_an_article_come_with_those_that_are_gone(store):
    number, _ = put(store, 1, rules=("ice", "fog"))
    with store.transaction():
        store.hits.settle(number, {"fog"}, {"ice", "fog"}, 2, NOW)
    assert [(one.rule_id, one.gone_at) for one in store.hits.of(number)] == [("ice", NOW), ("fog", None)]


def test_a_timeline_is_in_the_order_in_which_articles_appeared(store):
    late, _ = put(store, 1, at=later(60), wire="dpa")
    early, _ = put(store, 2, "herald", at=later(-60), reason=COPIED, of="m1")
    anew, _ = put(store, 3, at=later(90), reason=ANEW)
    placed = store.stories.timeline("s1")
    assert [(one.article.id, one.reason, one.copy_of, one.wire) for one in placed] == [
        (early, COPIED, late, ""), (late, "new", 0, "dpa"), (anew, ANEW, 0, ""),
    ]  # fmt: skip
    assert [one.article.id for one in store.stories.placed([anew, late, 99])] == [late, anew]
