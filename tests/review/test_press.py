"""What a press review holds, in which order."""

from __future__ import annotations

import pytest

from monitor.model import Standing
from monitor.review import press
from monitor.store.sqlite import SqliteStore
from tests.review.press import ANEW, ASKED, COPIED, made, put, wire_story
from tests.store.make import NOW, article, hit, later, outlet, save


@pytest.fixture
def store(tmp_path):
    opened = SqliteStore.open(tmp_path / "monitor.db")
    with opened.transaction():
        opened.outlets.sync([outlet(), outlet("herald", "https://herald.example/feed")], NOW)
    yield opened
    opened.close()


def test_a_story_is_its_first_article_its_copies_by_name_and_who_wrote_anew(store):
    wire_story(store)
    (story,) = made(store).stories
    assert (story.title, story.outlets) == ("Ice 1", 4)
    assert [(one.outlet, one.rules, [copy.outlet for copy in one.copies]) for one in story.clippings] == [
        ("The Courier", "Ice at sea", ["The Herald"]),
        # A copy that hits more rules is no mere copy.
        ("tribune", "Ice at sea, fog", []),
        ("gazette", "Ice at sea", []),
    ]
    assert story.clippings[0].when == "2026-11-24 09:00"
    assert story.clippings[0].cited == (press.Cited((("The ", False), ("harbour", True), (" froze.", False))),)


def test_stories_that_more_outlets_ran_come_first_then_the_newest(store):
    put(store, 1, story="old")
    put(store, 2, story="new", at=later(60))
    put(store, 3, story="wide", at=later(-60))
    put(store, 4, "herald", story="wide", reason=ANEW, at=later(-30))
    assert [story.id for story in made(store).stories] == ["wide", "new", "old"]


def test_copies_of_what_was_found_before_the_review_are_one_clipping(store):
    put(store, 1, at=later(-7 * 86_400))
    put(store, 2, "herald", reason=COPIED, of="m1")
    put(store, 3, "tribune", reason=COPIED, of="m1", at=later(60))
    (story,) = made(store).stories
    assert [(one.outlet, [copy.outlet for copy in one.copies]) for one in story.clippings] == [
        ("The Herald", ["tribune"])
    ]


def test_a_hit_that_is_gone_says_since_when(store):
    number, _ = put(store, 1)
    with store.transaction():
        store.hits.settle(number, (), {"ice"}, 2, later(3_600))
    (cited,) = made(store).stories[0].clippings[0].cited
    assert cited.gone == "no longer in the article since 2026-11-24 10:00"


def test_a_sentence_that_one_of_two_rules_still_stands_on_is_not_gone(store):
    number, _ = put(store, 1, rules=("ice", "fog"))
    with store.transaction():
        store.hits.settle(number, {"fog"}, {"ice", "fog"}, 2, later(3_600))
    (cited,) = made(store).stories[0].clippings[0].cited
    assert cited.gone == ""


def test_the_review_says_what_was_asked_and_what_was_silent(store):
    put(store, 1)
    assert made(store).about == (
        "2026-11-23 09:00 to 2026-11-25 09:00 (Europe/Berlin)",
        "1 article in 1 story from 1 outlet",
        "Rules that hit: Ice at sea (1)",
        "Rules without a hit: fog",
        "0 of 2 outlets read, 0 failing",
    )
    empty = made(store, press.Asked(later(-60), later(-30), ("fog",), "herald"))
    assert empty.stories == ()
    assert "Rules without a hit: fog" in empty.about
    assert "Outlet: The Herald" in empty.about


def test_rules_outlets_and_times_narrow_it(store):
    put(store, 1, rules=("ice", "fog"), story="a")
    put(store, 2, "herald", story="b", at=later(60))
    assert [one.id for one in made(store, press.Asked(ASKED.since, ASKED.until, ("fog",))).stories] == ["a"]
    assert [one.id for one in made(store, press.Asked(ASKED.since, ASKED.until, (), "herald")).stories] == ["b"]
    assert [one.id for one in made(store, press.Asked(later(1), ASKED.until)).stories] == ["b"]


def test_the_past_and_rules_on_trial_are_left_out_and_counted(store):
    saved = save(store, article(1))
    with store.transaction():
        store.hits.add([hit(saved.article_id, standing=Standing.BASELINE)])
        store.hits.add([hit(saved.article_id, "fog", standing=Standing.SHADOW)])
    left = made(store)
    assert left.stories == ()
    assert left.about[-1] == "Left out: 2 hits of what outlets had before, or of rules on trial (--all)"
    (story,) = made(store, press.Asked(ASKED.since, ASKED.until, everything=True)).stories
    assert story.clippings[0].rules == "Ice at sea, fog"


def test_a_long_sentence_is_cut_about_what_matched_and_keeps_its_marks(store):
    put(store, 1, said="ice " + "and snow " * 200)
    (cited,) = made(store).stories[0].clippings[0].cited
    assert cited.quote[0] == ("ice", True)
    assert cited.quote[-1] == (" …", False)
    assert sum(len(text) for text, _ in cited.quote) <= press.MAX_QUOTE + 2


def test_more_hits_than_a_document_holds_are_cut_and_it_says_so(store, monkeypatch):
    monkeypatch.setattr(press, "MAX_HITS", 2)
    monkeypatch.setattr(press, "_PAGE", 2)
    for number in range(1, 6):
        put(store, number, story=f"s{number}")
    found = made(store)
    assert [story.id for story in found.stories] == ["s5", "s4"]
    assert found.about[-1] == "Only 2 hits are in it: narrow the time, the rules or the outlet"
