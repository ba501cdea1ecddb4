"""Articles that change their story: what was told is told no second time, and nothing is lost."""

from __future__ import annotations

import pytest

from monitor.model import Alert, Silence
from monitor.placing import Move, PlacementReason
from monitor.store.sqlite import SqliteStore
from monitor.views import Filter
from tests.review.press import put
from tests.store.make import NOW, later, message, tell


@pytest.fixture
def store(tmp_path):
    opened = SqliteStore.open(tmp_path / "monitor.db")
    yield opened
    opened.close()


def hit_in(store, number, story):
    """Store an article with a hit in a story, and open or join its alert; return the ids of both, and the state of the
    alert before ("" for none).
    """
    article, (hit,) = put(store, number, story=story)
    with store.transaction():
        known = store.alerts.state("desk", "ice", story)
        store.alerts.open(Alert("desk", "ice", story, NOW), hit.id, NOW)
        return article, hit.id, known.state if known else ""


def tell_all(store):
    """Tell all that is due; return of each alert its story and hits."""
    due = store.alerts.due(NOW, limit=9)
    with store.transaction():
        for number, one in enumerate(due):
            tell(store, [one.alert], [("mail", message(f"{one.alert.story_id}-{number}"))], NOW)
    return [(one.alert.story_id, [row.hit.id for row in one.hits]) for one in due]


def merge(store, old, new):
    with store.transaction():
        store.stories.join(old, new, NOW)


def split(store, *articles):
    with store.transaction():
        return store.stories.split(articles, NOW)


def test_what_was_told_of_a_story_is_not_told_of_the_one_it_is_merged_into(store):
    hit_in(store, 1, "old")
    assert len(tell_all(store)) == 1
    put(store, 2, story="new")
    merge(store, "old", "new")
    assert hit_in(store, 3, "new")[2] == "told"
    assert tell_all(store) == []


def test_an_alert_that_waits_is_not_told_once_its_story_is_one_that_was(store):
    hit_in(store, 1, "old")
    tell_all(store)
    _, waiting, _ = hit_in(store, 2, "new")
    merge(store, "old", "new")
    assert tell_all(store) == []
    row = next(row for row in store.alerts.rows(Filter(story="new")) if row.alert.story_id == "new")
    assert (row.alert.state, row.hits) == ("told", 1)
    # The message that told it.
    assert [one.id for one in row.outbox] == ["old-0"]
    assert store.hits.get(waiting).hit.story_id == "new"


def test_an_alert_knows_which_of_its_hits_it_has_told_of(store):
    _, told, _ = hit_in(store, 1, "old")
    tell_all(store)
    _, waiting, _ = hit_in(store, 2, "new")
    _, late, _ = hit_in(store, 3, "old")
    assert [store.alerts.hits(row.alert.id) for row in store.alerts.rows(Filter(story="old"))] == [
        {told: True, late: False}
    ]
    merge(store, "old", "new")
    # Those of the story that ended are listed with the one that it is now.
    rows = {row.alert.story_id: store.alerts.hits(row.alert.id) for row in store.alerts.rows(Filter(story="new"))}
    assert rows == {"old": {told: True}, "new": {waiting: False, late: False}}


def test_a_silenced_story_stays_silenced_as_the_one_it_is_merged_into(store):
    put(store, 1, story="old")
    put(store, 2, story="new")
    kept = (("rule", 'a "quoted" old'), ("story", "older"))
    with store.transaction():
        for matchers in ((("story", "old"), ("rule", "ice")), kept):
            store.silences.add(Silence(0, matchers, NOW, later(3_600), "ann", ""), NOW)
    merge(store, "old", "new")
    assert [one.matchers for one in store.silences.active(NOW)] == [(("story", "new"), ("rule", "ice")), kept]


def test_the_hits_of_an_alert_that_waits_go_with_their_article(store):
    _, first, _ = hit_in(store, 1, "old")
    _, second, _ = hit_in(store, 2, "new")
    merge(store, "old", "new")
    assert tell_all(store) == [("new", [first, second])]
    assert store.alerts.rows(Filter(story="old")) == []


def test_a_story_that_is_merged_twice_is_still_found_by_its_first_id(store):
    for number, story in enumerate(("a", "b", "c"), 1):
        put(store, number, story=story)
    merge(store, "a", "b")
    merge(store, "b", "c")
    assert [store.stories.resolve(story) for story in "abc"] == ["c", "c", "c"]
    assert len(store.stories.timeline("c")) == 3


def test_an_article_that_was_told_and_is_split_off_is_told_no_second_time(store):
    article, _, _ = hit_in(store, 1, "s")
    tell_all(store)
    hit_in(store, 2, "s")
    new = split(store, article)
    assert hit_in(store, 3, new)[2] == "told"
    assert tell_all(store) == []


def test_an_article_that_was_held_as_told_and_is_split_off_is_told(store):
    hit_in(store, 1, "s")
    tell_all(store)
    article, held, answer = hit_in(store, 2, "s")
    assert answer == "told"
    new = split(store, article)
    # Nobody was told of this event: its alert is open, and what comes next joins it.
    _, joined, answer = hit_in(store, 3, new)
    assert answer in {"", "open"}
    assert tell_all(store) == [(new, [held, joined])]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["told first", "held first"])
def test_a_told_and_a_held_article_that_are_split_off_together_count_as_told(store, order):
    told, _, _ = hit_in(store, 1, "s")
    tell_all(store)
    held, _, _ = hit_in(store, 2, "s")
    put(store, 3, story="s")
    split(store, *[(told, held)[place] for place in order])
    assert tell_all(store) == []


def test_a_second_look_that_finds_another_event_has_it_told(store):
    hit_in(store, 1, "s")
    tell_all(store)
    _, held, _ = hit_in(store, 2, "s")
    with store.transaction():
        store.stories.move([Move("m2", "s", "t", PlacementReason.SAME_EVENT)], NOW)
    assert tell_all(store) == [("t", [held])]


def test_what_persons_decided_is_read_in_order(store):
    article, _ = put(store, 1, story="a")
    put(store, 2, story="a")
    put(store, 3, story="b", at=later(5))
    new = split(store, article)
    merge(store, "b", "a")
    orders = store.stories.orders(0)
    assert [(one.kind, one.story_id, one.other, one.mark) for one in orders] == [
        ("move", "a", new, "m1"), ("join", "b", "a", ""),
    ]  # fmt: skip
    assert store.stories.orders(orders[0].id) == [orders[1]]
