"""Stories by event: articles written anew join, two events of a kind come apart, and nothing is lost on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model import Article
from monitor.placing import Member, Move, Placement, PlacementReason
from monitor.story.cluster import Clusters, Rules, story_id
from monitor.story.traits import traits
from tests.story.newsroom import Event, stream

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Desk:
    """Clusters, and the store beside them: where each article stands."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.clusters = Clusters(rules)
        self.story_of: dict[str, str] = {}
        self.members: dict[str, Member] = {}
        self.now = NOW

    def place(self, item: Article, *, kept: bool = False) -> Placement:
        self.now += SECOND
        made = traits(item)
        placed = self.clusters.place(item, made, self.now, kept=kept)
        self.story_of[placed.mark] = placed.story_id
        self.members[placed.mark] = Member(placed.mark, placed.story_id, self.now, made, item.outlet, kept)
        return placed

    def look(self, now: datetime | None = None, most: int = 20) -> list[Move]:
        moves = self.clusters.looks(now or self.now, most)
        for move in moves:
            assert self.story_of[move.mark] == move.old != move.new
            self.story_of[move.mark] = move.new
            # `whole` says that nobody stands in the old story any more.
            assert move.whole == (move.old not in self.story_of.values())
        return moves

    def restarted(self) -> Desk:
        other = Desk(self.clusters.rules)
        other.now, other.story_of, other.members = self.now, dict(self.story_of), dict(self.members)
        kept = {self.story_of[mark] for mark, one in self.members.items() if one.kept}
        other.clusters.restore(
            Member(one.mark, self.story_of[mark], one.at, one.traits, one.outlet, self.story_of[mark] in kept)
            for mark, one in self.members.items()
        )
        return other

    def agrees(self) -> None:
        """The store and the memory say the same of every article in memory."""
        for mark, held in self.clusters.groups.members.items():
            assert held.group is not None
            assert held.group.story == self.story_of[mark]
        assert len(self.clusters) == len(set(self.story_of.values()))


def warm(desk: Desk, events: int = 30) -> None:
    """Let the desk know what is frequent: articles of other events."""
    for _, item in stream(events, 3, seed=99):
        desk.place(item)
        desk.look()


def other(number: int) -> Event:
    return Event(10_000 + number)


def test_articles_written_anew_on_one_event_are_one_story():
    desk = Desk()
    warm(desk)
    event = other(1)
    first = desk.place(event.article(0))
    second = desk.place(event.article(1))
    assert first.reason is PlacementReason.NEW
    assert (second.story_id, second.reason, second.of) == (first.story_id, PlacementReason.SAME_EVENT, "")
    assert 0.3 < second.similarity <= 1


def test_articles_on_thirty_events_make_thirty_stories():
    desk = Desk()
    labels = {}
    for number, item in stream(30, 8):
        labels[desk.place(item).mark] = number
        desk.look()
    while desk.look(NOW + timedelta(days=6, hours=23), 1000):
        pass
    pairs = {(labels[mark], story) for mark, story in desk.story_of.items()}
    assert len(pairs) == len({story for _, story in pairs}) == 30
    desk.agrees()


def test_two_events_of_one_kind_come_apart_once_there_are_a_few_of_each():
    desk = Desk(Rules(join=0.05, common=0.0))
    warm(desk)
    this = other(1)
    that = Event(20_000, kin=this)
    stories = {desk.place(event.article(copy)).story_id for copy in range(4) for event in (this, that)}
    # Before a rival is there, nothing is nearer.
    assert len(stories) == 1
    moves = [move for _ in range(3) for move in desk.look()]
    told = {event.number: {desk.story_of[story_id(event.article(copy))] for copy in range(4)} for event in (this, that)}
    assert len(told[this.number]) == len(told[that.number]) == 1
    assert told[this.number] != told[that.number]
    # The older part keeps the id; the other one gets an id that nobody had.
    assert told[this.number] == stories
    assert {move.mark for move in moves} == {story_id(that.article(copy)) for copy in range(4)}
    assert not any(move.whole for move in moves)
    desk.agrees()


def test_events_of_one_kind_that_share_no_name_are_stories_of_their_own_from_the_first():
    desk = Desk(Rules(join=0.05))
    warm(desk)
    this = other(1)
    that = Event(20_000, kin=this)
    stories = [desk.place(event.article(copy)).story_id for copy in range(4) for event in (this, that)]
    assert len(set(stories[::2])) == len(set(stories[1::2])) == 1
    assert len(set(stories)) == 2


def test_of_two_events_the_one_with_hits_keeps_the_id():
    desk = Desk(Rules(join=0.05, common=0.0))
    warm(desk)
    this = other(1)
    that = Event(20_000, kin=this)
    for copy in range(4):
        desk.place(this.article(copy))
        desk.place(that.article(copy), kept=True)
    first = desk.story_of[story_id(that.article(0))]
    assert desk.look()
    assert desk.story_of[story_id(that.article(0))] == first
    assert desk.story_of[story_id(this.article(0))] != first


@pytest.mark.parametrize("kept", [False, True])
def test_an_article_that_came_too_early_joins_when_it_is_looked_at_again(kept):
    desk = Desk(Rules(look=6, join=0.3))
    warm(desk)
    desk.look(most=1000)
    event = other(1)
    # It tells too little to be found alone.
    desk.clusters.rules = Rules(look=6, join=2.0)
    early = desk.place(event.article(0), kept=kept)
    later = [desk.place(event.article(copy)) for copy in (1,)]
    desk.clusters.rules = Rules(look=6, join=0.3)
    later += [desk.place(event.article(copy)) for copy in range(2, 7)]
    moves = [move for _ in range(4) for move in desk.look()]
    assert any(move.whole for move in moves)
    assert len({desk.story_of[one.mark] for one in [early, *later]}) == 1
    # A story with hits is never emptied into one without.
    assert (desk.story_of[early.mark] == early.story_id) or not kept
    desk.agrees()


def test_each_article_is_looked_at_once_more_before_its_story_ends():
    desk = Desk(Rules(look=10_000))
    event = other(1)
    desk.clusters.rules = Rules(look=10_000, join=2.0)
    early = desk.place(event.article(0))
    later = desk.place(event.article(1))
    desk.clusters.rules = Rules(look=10_000, alone=0.0)
    assert desk.look(NOW + timedelta(days=6)) == []
    (move,) = desk.look(NOW + timedelta(days=6, hours=14))
    assert (move.mark, move.old, move.new, move.whole) == (later.mark, later.story_id, early.story_id, True)
    assert desk.look(NOW + timedelta(days=6, hours=14)) == []


def test_copies_go_where_their_text_goes():
    desk = Desk(Rules(look=10_000))
    event = other(1)
    desk.clusters.rules = Rules(look=10_000, join=2.0)
    desk.place(event.article(0))
    original = event.article(1)
    later = desk.place(original)
    copy = desk.place(Article("https://copy.invalid/1", original.title, "en", original.blocks, outlet="copy"))
    assert (copy.of, copy.reason) == (later.mark, PlacementReason.SAME_TEXT)
    desk.clusters.rules = Rules(look=10_000, alone=0.0)
    moves = desk.look(NOW + timedelta(days=6, hours=14))
    assert [(move.mark, move.of, move.whole) for move in moves] == [
        (later.mark, "", False),
        (copy.mark, later.mark, True),
    ]
    desk.agrees()


def test_stories_of_two_languages_never_merge():
    desk = Desk()
    warm(desk)
    event = other(1)
    english = desk.place(event.article(0))
    german = desk.place(event.article(1, language="de"))
    assert german.reason is PlacementReason.NEW
    assert german.story_id != english.story_id


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.integers(40, 160))
def test_a_restart_changes_no_decision(seed, cut):
    desk = Desk()
    line = [item for _, item in stream(25, 8, seed)]
    for item in line[:cut]:
        desk.place(item)
        desk.look()
    other_desk = desk.restarted()
    assert len(other_desk.clusters) == len(desk.clusters)
    for item in line[cut : cut + 30]:
        before, after = desk.place(item), other_desk.place(item)
        assert (after.story_id, after.reason, after.of) == (before.story_id, before.reason, before.of)
    other_desk.agrees()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.sampled_from("pppkwlhj")), max_size=40))
def test_memory_and_store_agree_whatever_comes_in_whatever_order(steps):
    desk = Desk(Rules(look=3))
    for event, copy, what in steps:
        item = Event(event).article(copy)
        mark = story_id(item)
        if what in "pk":
            desk.place(item, kept=what == "k")
        elif what == "w" and mark in desk.story_of:
            desk.clusters.withdraw(mark)
            del desk.story_of[mark], desk.members[mark]
        elif what == "h" and mark in desk.story_of:
            desk.clusters.put(mark, f"{event:016x}", by_hand=True)
            desk.story_of[mark] = f"{event:016x}"
        elif what == "j" and mark in desk.story_of:
            old, new = desk.story_of[mark], f"{event:016x}"
            desk.clusters.join(old, new)
            desk.story_of = {one: new if story == old else story for one, story in desk.story_of.items()}
        elif what == "l":
            desk.look()
        desk.agrees()
