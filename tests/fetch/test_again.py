"""When a page is read again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.errors import Reason
from monitor.fetch import again
from monitor.model import Article, Block, Link, LinkState, Role, Standing, TextKind
from monitor.views import LinkOutcome

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
READ = LinkOutcome(1, LinkState.READ, 1)
LONG, SHORT = "word " * 400, "A flash of two sentences. More follows."


def link(**fields):
    return Link("a", "f", "https://a.example/1", **{"id": 1, "first_seen": NOW, **fields})


def article(body=LONG, **fields):
    return Article("https://a.example/1", "Title", "en", (Block(Role.BODY, body),), **fields)


def waits(found=True, *, body=LONG, **fields):
    """Return the minutes between all readings of a page that never changes."""
    known, seen = link(**fields), []
    for _ in range(20):
        outcome = again.after(READ, known, article(body), NOW, hits=found, changed=False)
        if outcome.next_at is None:
            assert outcome.state is LinkState.READ
            return seen
        assert outcome.state is LinkState.AGAIN
        seen.append((outcome.next_at - NOW).total_seconds() / 60)
        known = link(state=LinkState.AGAIN, rereads=outcome.rereads, **fields)
    raise AssertionError(seen)


def test_an_article_with_hits_is_read_again_after_15_minutes_an_hour_six_a_day_and_a_week():
    minutes = waits()
    assert [sum(minutes[: step + 1]) for step in range(len(minutes))] == [15, 60, 360, 24 * 60, 7 * 24 * 60]


def test_a_short_text_is_followed_for_a_day_and_a_long_one_without_hits_not_at_all():
    assert sum(waits(found=False, body=SHORT)) == 24 * 60
    assert waits(found=False) == []


def test_a_short_text_that_has_grown_may_grow_on():
    outcome = again.after(READ, link(state=LinkState.AGAIN, rereads=0), article(), NOW, hits=False, changed=True)
    assert (outcome.state, outcome.rereads) == (LinkState.AGAIN, 1)


@pytest.mark.parametrize("standing", [Standing.BASELINE, Standing.BACKFILL])
def test_what_nobody_is_told_of_is_read_once(standing):
    assert waits(standing=standing) == []


def test_a_live_blog_is_read_while_it_is_live():
    def wait(*, changed, age=1, **fields):
        known = link(first_seen=NOW - timedelta(hours=age), **fields)
        at = again.after(READ, known, article(live=True), NOW, hits=False, changed=changed).next_at
        return at and (at - NOW).total_seconds() / 60

    assert wait(changed=True) == 5
    assert wait(changed=False) == 15
    assert wait(changed=True, standing=Standing.BASELINE) == 5
    assert wait(changed=True, age=49) is None


def test_a_page_that_was_not_read_whole_goes_by_its_reason():
    partial = LinkOutcome(1, LinkState.PARTIAL, 1, Reason.CONSENT, next_at=NOW)
    assert again.after(partial, link(), article(), NOW, hits=True, changed=False) == partial
    for known in (article(text=TextKind.FEED), article(reason=Reason.PAYWALL)):
        assert again.after(READ, link(), known, NOW, hits=True, changed=False).state is LinkState.READ


def test_what_is_asked_for_again_is_asked_by_its_validators():
    outcome = again.after(READ, link(), article(), NOW, hits=True, changed=False, etag='"1"', last_modified="Tue")
    assert (outcome.etag, outcome.last_modified) == ('"1"', "Tue")
    known = link(state=LinkState.AGAIN, etag='"1"', last_modified="Tue", article_id=7)
    same = again.unchanged(known, article(), NOW, hits=True, gone=False)
    assert (same.etag, same.last_modified, same.article_id, same.rereads) == ('"1"', "Tue", 7, 1)
    assert same.next_at == NOW + timedelta(minutes=45)


def test_a_page_that_is_gone_is_left_alone():
    outcome = again.unchanged(link(state=LinkState.AGAIN), article(), NOW, hits=True, gone=True)
    assert (outcome.state, outcome.next_at) == (LinkState.READ, None)
