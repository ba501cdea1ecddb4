"""What stories take in memory is bounded in articles, and what leaves first is what is missed least."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.model import Article
from monitor.placing import Member, PlacementReason
from monitor.story import groups
from monitor.story.cluster import Clusters
from monitor.story.traits import traits
from tests.story.newsroom import Event

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(groups, "MAX_ARTICLES", 30)
    monkeypatch.setattr(groups, "LEAST_OTHERS", 10)
    monkeypatch.setattr(groups, "MAX_MEMBERS", 20)


class Told:
    """Clusters that are told of one article a minute."""

    def __init__(self) -> None:
        self.clusters = Clusters()
        self.now = NOW

    def tell(self, item: Article, *, kept: bool = False, story: str = "") -> str:
        self.now += timedelta(minutes=1)
        return self.clusters.place(item, traits(item), self.now, kept=kept, story=story).mark

    def there(self, marks: list[str]) -> list[bool]:
        return [mark in self.clusters.groups.members for mark in marks]


def test_what_was_idle_longest_without_hits_leaves_first():
    told = Told()
    kept = [told.tell(Event(number).article(0), kept=True) for number in range(15)]
    others = [told.tell(Event(100 + number).article(0)) for number in range(15)]
    # The first of them is told again, and is idle no more.
    told.tell(Event(100).article(1), story=others[0])
    new = [told.tell(Event(200 + number).article(0)) for number in range(3)]
    assert all(told.there(kept + new))
    assert told.there(others) == [True, *[False] * 3, *[True] * 11]


def test_stories_without_hits_keep_their_part():
    told = Told()
    others = [told.tell(Event(100 + number).article(0)) for number in range(15)]
    kept = [told.tell(Event(number).article(0), kept=True) for number in range(40)]
    assert told.there(others) == [False] * 5 + [True] * 10
    assert told.there(kept) == [False] * 19 + [True] * 21


def test_a_story_of_thousands_of_copies_keeps_its_first_and_its_newest():
    told = Told()
    other = told.tell(Event(2).article(0))
    event = Event(1)
    first = [told.tell(event.article(copy)) for copy in range(4)]
    item = event.article(0)
    copies = [
        told.tell(Article(f"https://c{n}.invalid/1", item.title, "en", item.blocks, outlet=f"c{n}")) for n in range(300)
    ]
    (group,) = told.clusters.groups.stories[first[0]]
    assert len(group.members) == groups.MAX_MEMBERS
    assert all(told.there([other, *first, *copies[-groups.NEWEST :]]))
    assert len(told.clusters._texts) <= len(told.clusters.groups.members) + 1
    # A copy is found as one still.
    late = Article("https://late.invalid/1", item.title, "en", item.blocks, outlet="late")
    placed = told.clusters.place(late, traits(late), told.now, kept=False)
    assert placed.story_id == first[0]


def test_what_has_hits_and_what_a_person_put_stays_in_a_large_story():
    told = Told()
    event = Event(1)
    first = told.tell(event.article(0))
    kept = [told.tell(event.article(copy), story=first, kept=True) for copy in range(1, 8)]
    put = told.tell(Event(2).article(0))
    told.clusters.put(put, first, by_hand=True)
    for copy in range(8, 60):
        told.tell(event.article(copy), story=first)
    assert all(told.there([first, *kept, put]))
    assert all(len(group.members) <= groups.MAX_MEMBERS for group in told.clusters.groups.stories[first])


def test_second_looks_follow_what_is_in_memory():
    told = Told()
    for number in range(3_000):
        told.tell(Event(number).article(0))
    assert len(told.clusters._again) <= 2 * (groups.MAX_ARTICLES * 5 // 4 + 1_024 + 1)
    assert len(told.clusters.groups.members) <= groups.MAX_ARTICLES + 1


def test_a_restart_takes_no_more_than_the_bound_and_the_newest():
    told = Told()
    events = [Event(number).article(0) for number in range(100)]
    marks = [told.tell(item) for item in events]
    after = Clusters()
    after.restore(
        Member(mark, mark, NOW + timedelta(minutes=number), traits(item), item.outlet)
        for number, (mark, item) in enumerate(zip(marks, events, strict=True))
    )
    assert len(after.groups.members) <= groups.MAX_ARTICLES + 1
    assert marks[-groups.MAX_ARTICLES :] == list(after.groups.members)[-groups.MAX_ARTICLES :]
    again = Article("https://again.invalid/1", events[-1].title, "en", events[-1].blocks, outlet="again")
    assert after.place(again, traits(again), told.now, kept=False).reason is PlacementReason.SAME_TEXT
