"""What any Store must do. A second store joins by one more entry in STORES of conftest.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.errors import AlertReason, Reason, SendReason, StoreError
from monitor.model import (
    Alert,
    Article,
    Block,
    Delivery,
    LinkState,
    Memory,
    Role,
    Silence,
    Source,
    Standing,
    TextKind,
    Traits,
)
from monitor.placing import Kinship
from monitor.ports import Store
from monitor.views import (
    EventRow,
    Filter,
    Had,
    LinkOutcome,
    Member,
    Moved,
    Pass,
    Placement,
    PlacementReason,
    PollOutcome,
    RobotsFile,
)
from monitor.views_alerts import Decided, Marked, Overspent, Post, Stuck
from monitor.views_service import Daemon, Queues
from tests.store.make import (
    FEED,
    NOW,
    article,
    enrolled,
    hit,
    hits_on,
    later,
    link,
    message,
    opened,
    outlet,
    save,
    tell,
)

SENT = Delivery(sent=True, reason=SendReason.OK)
REFUSED = Delivery(sent=False, reason=SendReason.REFUSED, detail="503")


def polled(source_id: int, **fields) -> PollOutcome:
    return PollOutcome(**{"source_id": source_id, "polled_at": NOW, "next_check_at": later(900), **fields})


# ---- transactions


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction():  # noqa: PT012
        store.outlets.sync([outlet()], NOW)
        1 / 0  # noqa: B018
    assert store.outlets.rows() == []


def test_a_nested_transaction_that_fails_takes_only_its_own_writes(store: Store) -> None:
    with store.transaction():
        store.upkeep.event(EventRow("outer", NOW))
        with pytest.raises(ZeroDivisionError), store.transaction():  # noqa: PT012
            store.upkeep.event(EventRow("inner", NOW))
            1 / 0  # noqa: B018
        store.upkeep.event(EventRow("after", NOW))
    assert [event.kind for event in store.upkeep.events()] == ["after", "outer"]


def test_a_write_outside_a_transaction_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="transaction"):
        store.upkeep.event(EventRow("loose", NOW))
    assert store.upkeep.events() == []


# ---- outlets


def test_a_new_source_is_due_now_and_a_lease_pushes_it_ahead(store: Store) -> None:
    with store.transaction():
        store.outlets.sync([outlet("courier", FEED), outlet("gazette", "https://g.example/a")], NOW)
        first = store.outlets.lease_due(NOW, limit=1, lease=60)
        rest = store.outlets.lease_due(NOW, limit=10, lease=60)
        assert store.outlets.lease_due(later(59), limit=10, lease=60) == []
        again = store.outlets.lease_due(later(60), limit=10, lease=60)
    assert [(due.outlet_id, due.url, due.kind) for due in first] == [("courier", FEED, "feed")]
    assert first[0].due_at == NOW
    assert first[0].baseline
    assert [due.outlet_id for due in rest] == ["gazette"]
    assert {due.outlet_id for due in again} == {"courier", "gazette"}


def test_due_sources_come_earliest_first(store: Store) -> None:
    with store.transaction():
        store.outlets.sync([outlet("courier", "https://a/", "https://b/", "https://c/")], NOW)
        a, b, c = store.outlets.lease_due(NOW, limit=3, lease=60)
        for source, due in ((a, 30), (b, 10), (c, 20)):
            store.outlets.record(polled(source.id, next_check_at=later(due)))
        assert [due.id for due in store.outlets.lease_due(later(30), limit=9, lease=60)] == [b.id, c.id, a.id]


def test_a_success_ends_the_baseline_and_keeps_the_validators(store: Store) -> None:
    source = enrolled(store)
    with store.transaction():
        store.outlets.record(polled(source, etag='"1"', last_modified="Tue", body_hash="aa", listed=3))
        due = store.outlets.lease_due(later(900), limit=1, lease=60)[0]
        assert (due.etag, due.last_modified, due.body_hash, due.baseline) == ('"1"', "Tue", "aa", False)
        store.outlets.record(polled(source))
    row = store.outlets.rows()[0]
    assert (row.last_ok_at, row.reason, row.baselined, row.next_check_at) == (NOW, None, True, later(900))
    with store.transaction():
        due = store.outlets.lease_due(later(900), limit=1, lease=60)[0]
    assert (due.etag, due.last_modified, due.body_hash) == ("", "", "")


def test_a_failed_poll_leaves_baseline_and_validators_alone(store: Store) -> None:
    source = enrolled(store)
    failed = polled(source, reason=Reason.TIMEOUT, detail="30 s", failures=2)
    with store.transaction():
        store.outlets.record(failed)
        assert store.outlets.lease_due(later(900), limit=1, lease=60)[0].baseline
        store.outlets.record(polled(source, etag='"1"', body_hash="aa"))
        store.outlets.record(failed)
        due = store.outlets.lease_due(later(900), limit=1, lease=60)[0]
    assert (due.etag, due.body_hash, due.failures, due.baseline) == ('"1"', "aa", 2, False)
    row = store.outlets.rows()[0]
    assert (row.reason, row.detail, row.failures, row.last_ok_at) == (Reason.TIMEOUT, "30 s", 2, NOW)


def test_an_outlet_that_left_and_came_back_has_no_second_baseline(store: Store) -> None:
    source = enrolled(store)
    with store.transaction():
        store.outlets.record(polled(source))
        store.outlets.sync([], later(10))
    assert store.outlets.rows() == []
    assert store.upkeep.totals().outlets == 0
    with store.transaction():
        assert store.outlets.lease_due(later(5_000), limit=9, lease=60) == []
        store.outlets.sync([outlet()], later(20))
        due = store.outlets.lease_due(later(20), limit=9, lease=60)
    assert [(item.id, item.baseline) for item in due] == [(source, False)]


def test_sync_leaves_the_schedule_of_known_sources_alone(store: Store) -> None:
    source = enrolled(store)
    with store.transaction():
        store.outlets.record(polled(source))
        store.outlets.sync([replace(outlet(), name="Renamed")], later(10))
    row = store.outlets.rows()[0]
    assert (row.name, row.next_check_at) == ("Renamed", later(900))


def test_a_shorter_pause_never_replaces_a_longer(store: Store) -> None:
    with store.transaction():
        store.outlets.hold_host("a.example", later(600))
        store.outlets.hold_host("a.example", later(60))
        store.outlets.hold_host("b.example", later(30))
    assert store.outlets.held_hosts(later(40)) == {"a.example": later(600)}


def test_robots_are_stored_and_replaced(store: Store) -> None:
    origin = "https://courier.example:443"
    assert store.outlets.robots(origin) is None
    with store.transaction():
        store.outlets.put_robots(RobotsFile(origin, 0, b"", NOW))
        store.outlets.put_robots(RobotsFile(origin, 200, b"\xff\x00", later(1)))
    assert store.outlets.robots(origin) == RobotsFile(origin, 200, b"\xff\x00", later(1))


def test_the_memory_of_an_outlet_is_what_was_made_of_it_and_no_other_outlets(store: Store) -> None:
    taught = Memory(((7, 2**64 - 1, 1), (8, 3)), (4, 5))
    assert store.outlets.memory("courier") == Memory()
    with store.transaction():
        store.outlets.learn("courier", lambda known: replace(known, titles=(4,)))
        store.outlets.learn("courier", lambda known: replace(taught, titles=(*known.titles, 5)))
    assert store.outlets.memory("courier") == taught
    assert store.outlets.memory("gazette") == Memory()


def test_what_was_learnt_leaves_with_the_transaction_it_was_learnt_in(store: Store) -> None:
    with pytest.raises(RuntimeError), store.transaction():  # noqa: PT012
        store.outlets.learn("courier", lambda known: replace(known, titles=(4,)))
        raise RuntimeError
    assert store.outlets.memory("courier") == Memory()


def test_a_memory_that_gained_nothing_is_not_written(store: Store) -> None:
    # Outside a transaction a write is refused.
    store.outlets.learn("courier", lambda known: Memory(known.articles, known.titles))


# ---- links


def add(store: Store, source: int, *links, at=NOW):
    with store.transaction():
        return store.links.add(links, source, at, lease=60)


def test_new_links_come_back_in_order_leased_with_ids(store: Store) -> None:
    source = enrolled(store)
    given = link(1, title="Ice", summary="s", author="a", content="c", published=later(-60))
    new = add(store, source, given, link(2))
    assert [item.url for item in new] == [link(1).url, link(2).url]
    assert new[0] == replace(given, id=new[0].id, first_seen=NOW)
    with store.transaction():
        assert store.links.lease_due(later(59), limit=9, lease=60) == []
        assert store.links.lease_due(later(60), limit=9, lease=60) == [replace(one, guid="") for one in new]


def test_a_link_is_known_by_canonical_in_its_outlet_and_by_guid_in_its_source(store: Store) -> None:
    with store.transaction():
        store.outlets.sync([outlet("courier", FEED, "https://courier.example/sport"), outlet("gazette")], NOW)
        feed, sport, gazette = (due.id for due in store.outlets.lease_due(NOW, limit=9, lease=60))
    add(store, feed, link(1))
    assert add(store, feed, link(1)) == []
    assert add(store, sport, link(1, guid="other")) == []
    assert add(store, feed, link(2, guid="id-1")) == []
    assert len(add(store, sport, link(3, guid="id-1"))) == 1
    assert len(add(store, gazette, link(1, outlet="gazette"))) == 1
    assert len(add(store, feed, link(4, guid=""), link(5, guid=""))) == 2


def test_a_guid_that_is_used_again_hides_no_article(store: Store) -> None:
    source = enrolled(store)
    for number in range(3):
        assert len(add(store, source, replace(link(number, guid="top"), title=f"Top {number}"))) == 1


def test_one_guid_for_the_whole_list_hides_no_article(store: Store) -> None:
    source = enrolled(store)
    assert len(add(store, source, *(link(number, guid="0") for number in range(3)))) == 3
    assert add(store, source, *(link(number, guid="0") for number in range(3))) == []


def test_a_link_is_kept_as_it_stands_and_only_new_ones_are_leased(store: Store) -> None:
    source = enrolled(store)
    old = {"standing": Standing.BASELINE}
    listed = [link(2, **old), link(3, **old, state=LinkState.LISTED), link(4, state=LinkState.WAITING)]
    (new,) = add(store, source, *listed)
    assert (new.url, new.standing, new.state) == (link(2).url, Standing.BASELINE, LinkState.NEW)
    with store.transaction():
        assert store.links.lease_due(later(9_999), limit=9, lease=60) == [replace(new, guid="")]
    assert add(store, source, link(3), link(4)) == []


def test_waiting_links_are_taken_up_the_longest_waiting_first_and_few_of_them_abroad(store: Store) -> None:
    source = enrolled(store)
    waiting = [link(number, state=LinkState.WAITING, abroad=number % 2 == 0) for number in range(10)]
    add(store, source, *waiting)
    with store.transaction():
        first = store.links.take_up(source, later(5), limit=4, abroad=1, lease=60)
        assert sorted(item.url for item in first) == sorted(link(number).url for number in (0, 1, 3, 5))
        assert {item.state for item in first} == {LinkState.NEW}
        assert store.links.lease_due(later(64), limit=99, lease=60) == []
        rest = store.links.take_up(source, later(5), limit=99, abroad=99, lease=60)
        assert len(rest) == 6
        assert store.links.take_up(source, later(5), limit=99, abroad=99, lease=60) == []
        assert len(store.links.lease_due(later(65), limit=99, lease=60)) == 10


def test_what_is_known_of_a_list_says_how(store: Store) -> None:
    source = enrolled(store)
    one, two, three = (
        link(number, title=f"A title of its own {number}", title_key=number, published=later(-number))
        for number in (1, 2, 3)
    )
    add(store, source, one, two, three)
    with store.transaction():
        ids = {item.url: item.id for item in store.links.lease_due(later(60), limit=9, lease=60)}
    listed = [
        one,
        replace(link(20), guid="id-2", title=two.title),
        replace(link(30), guid="", title_key=3),
        link(40, title_key=40),
        replace(link(41), guid="", title_key=0),
    ]
    same, by_guid, title_again, new, untitled = store.links.known(listed, source)
    (id_again,) = store.links.known([replace(link(21), guid="id-2", title="Another title")], source)
    assert same == Had(ids[one.url], same=True, published=later(-1))
    (renamed,) = store.links.known([replace(one, guid="new-id")], source)
    assert renamed.renamed
    assert (by_guid.id, by_guid.same) == (ids[two.url], True)
    assert (id_again.id, id_again.same) == (ids[two.url], False)
    assert (title_again.id, title_again.same) == (ids[three.url], False)
    assert new is None
    assert untitled is None
    assert store.links.known([], source) == []


def test_a_list_longer_than_a_statement_takes_is_known_whole(store: Store) -> None:
    source = enrolled(store)
    many = [link(number, guid="") for number in range(1_200)]
    add(store, source, *many)
    assert all(found.same for found in store.links.known(many, source))


def test_a_link_that_moved_has_its_new_id_and_date_and_is_read_again_if_it_was_read(store: Store) -> None:
    source = enrolled(store)
    (one,) = add(store, source, link(1, title="Ice", published=NOW))
    with store.transaction():
        store.links.finish(LinkOutcome(one.id, LinkState.READ, 1))
        store.links.move([Moved(one.id, "new-id", later(60), None, reread=True)], later(100))
        (again,) = store.links.lease_due(later(100), limit=9, lease=60)
    assert (again.state, again.published) == (LinkState.AGAIN, later(60))
    assert store.links.known([replace(link(9), guid="new-id", title="Ice")], source)[0].id == one.id


def test_a_link_that_moved_is_read_again_now_and_not_at_its_next_time(store: Store) -> None:
    """Of an article with hits that may be days away. One that is in hand is left to who has it."""
    source = enrolled(store)
    (one,) = add(store, source, link(1, title="Ice", published=NOW))
    moves = [Moved(one.id, "", later(60), None, reread=True)]
    with store.transaction():
        store.links.finish(LinkOutcome(one.id, LinkState.AGAIN, 1, next_at=later(500_000)))
        assert store.links.lease_due(later(100), limit=9, lease=60) == []
        store.links.move(moves, later(100))
        (again,) = store.links.lease_due(later(100), limit=9, lease=60)
        store.links.move(moves, later(101))
        assert store.links.lease_due(later(102), limit=9, lease=60) == []
    assert (again.id, again.state, again.published) == (one.id, LinkState.AGAIN, later(60))


def test_a_link_that_became_an_article_reads_as_it_did(store: Store) -> None:
    source = enrolled(store)
    tracked = {"url": "https://courier.example/2?from=feed", "canonical": "https://courier.example/2"}
    for number, fields in ((1, {}), (2, tracked), (3, {"url": "https://short.example/3"})):
        (one,) = add(store, source, link(number, title="In the feed", **fields))
        saved = save(store, article(number))
        with store.transaction():
            store.links.finish(LinkOutcome(one.id, LinkState.READ, 1, article_id=saved.article_id))
            store.links.move([Moved(one.id, "", None, None, reread=True)], NOW)
            (again,) = store.links.lease_due(NOW, limit=9, lease=60)
            store.links.finish(LinkOutcome(one.id, LinkState.READ, 1))
        assert (again.url, again.canonical) == (one.url, one.canonical)
        assert again.title == f"Ice {number}"
        assert store.links.known([one], source)[0] == Had(one.id, same=True)


def test_addresses_that_differ_in_a_sign_or_in_case_are_two_links(store: Store) -> None:
    source = enrolled(store)
    urls = [f"https://courier.example/{path}" for path in ("a-b", "ab", "Ab", "a/b", "ab?")]
    assert len(add(store, source, *(link(n, url=url, canonical=url) for n, url in enumerate(urls)))) == len(urls)


def test_an_id_that_another_link_has_already_is_not_taken_from_it(store: Store) -> None:
    source = enrolled(store)
    one, two = add(store, source, link(1, title="Ice"), link(2, title="Ice"))
    with store.transaction():
        store.links.move([Moved(two.id, "id-1", None, None)], NOW)
    for number, known in enumerate((one, two), start=1):
        (found,) = store.links.known([replace(link(9), guid=f"id-{number}", title="Ice")], source)
        assert found.id == known.id
    assert store.links.get(99) is None


def test_how_a_page_is_asked_for_again_is_kept(store: Store) -> None:
    source = enrolled(store)
    (one,) = add(store, source, link(1))
    with store.transaction():
        store.links.finish(
            LinkOutcome(one.id, LinkState.AGAIN, 1, next_at=later(900), rereads=2, etag='"e"', last_modified="Tue")
        )
        (again,) = store.links.lease_due(later(900), limit=9, lease=60)
    assert (again.state, again.rereads, again.etag, again.last_modified) == (LinkState.AGAIN, 2, '"e"', "Tue")


def test_a_partial_link_comes_back_when_it_is_due_with_its_article(store: Store) -> None:
    source = enrolled(store)
    (new,) = add(store, source, link(1))
    article_id = save(store, article(1, text=TextKind.FEED)).article_id
    with store.transaction():
        store.links.finish(
            LinkOutcome(new.id, LinkState.PARTIAL, 1, Reason.CONSENT, article_id=article_id, next_at=later(3_600))
        )
        assert store.links.lease_due(later(3_599), limit=9, lease=60) == []
        (again,) = store.links.lease_due(later(3_600), limit=9, lease=60)
        assert (again.state, again.attempts, again.article_id) == (LinkState.PARTIAL, 1, article_id)
        store.links.finish(LinkOutcome(new.id, LinkState.PARTIAL, 2, Reason.TIMEOUT, next_at=later(4_000)))
        assert store.links.lease_due(later(4_000), limit=9, lease=60)[0].article_id == article_id
        store.links.finish(LinkOutcome(new.id, LinkState.READ, 3))
        assert store.links.lease_due(later(99_999), limit=9, lease=60) == []


def test_a_link_that_waits_must_say_until_when(store: Store) -> None:
    (new,) = add(store, enrolled(store), link(1))
    with pytest.raises(ValueError, match="never be read"), store.transaction():
        store.links.finish(LinkOutcome(new.id, LinkState.PARTIAL, 1, Reason.TIMEOUT))


# ---- articles


def test_an_article_comes_back_as_it_was_saved(store: Store) -> None:
    whole = article(
        authors=("Ana Ruiz", "Œuvre"),
        published=later(-60.5),
        updated=later(-30),
        section="Sea",
        wire="Reuters",
        paywalled=False,
        standfirst="Cold.",
        live=True,
        text=TextKind.FEED,
        reason=Reason.PAYWALL,
        content_hash="h",
        detail="sign in",
        blocks=(Block(Role.BODY, "Лёд\x00 — ice"), Block(Role.QUOTE, "«…»", NOW)),
    )
    saved = save(store, whole, standing=Standing.LATE)
    assert (saved.created, saved.changed, saved.revision) == (True, True, 1)
    stored = store.articles.get(saved.article_id)
    assert stored is not None
    assert stored.article == whole
    assert (stored.row.fetched_at, stored.row.standing, stored.row.story_id) == (NOW, Standing.LATE, "")
    assert store.articles.get(999) is None


def test_half_a_surrogate_pair_does_not_stop_an_article(store: Store) -> None:
    saved = save(store, article(title="Ice \ud83d!", blocks=(Block(Role.BODY, "a\udc00b"),)))
    stored = store.articles.get(saved.article_id)
    assert stored is not None
    assert stored.article.title == "Ice \ufffd!"
    assert stored.article.body == "a\ufffdb"


@pytest.mark.parametrize("digest", ["", "h"])
def test_the_same_content_changes_nothing(store: Store, digest: str) -> None:
    saved = save(store, article(content_hash=digest))
    again = save(store, article(content_hash=digest, section="Other"), at=later(60), standing=Standing.BASELINE)
    assert again == replace(saved, created=False, changed=False)
    stored = store.articles.get(saved.article_id)
    assert stored is not None
    assert (stored.row.standing, stored.row.fetched_at, stored.revision) == (Standing.LIVE, NOW, 1)


def test_changed_text_is_a_revision_of_the_same_article(store: Store) -> None:
    first = save(store, article())
    second = save(store, article(blocks=(Block(Role.BODY, "The harbour thawed."),)), at=later(60))
    assert (second.article_id, second.revision, second.created, second.changed) == (first.article_id, 2, False, True)
    stored = store.articles.get(first.article_id)
    assert stored is not None
    assert (stored.article.body, stored.revision) == ("The harbour thawed.", 2)
    assert save(store, article(title="New")).revision == 3


def test_a_full_text_completes_the_article_of_the_feed_entry_and_stays(store: Store) -> None:
    entry = article(text=TextKind.FEED, reason=Reason.CONSENT, blocks=(Block(Role.BODY, "Summary."),))
    first = save(store, entry)
    full = article(canonical_url="https://courier.example/ice", blocks=(Block(Role.BODY, "All of it."),))
    second = save(store, full, at=later(60), known=first.article_id)
    assert (second.article_id, second.created, second.changed) == (first.article_id, False, True)
    assert not save(store, entry, known=first.article_id).changed
    stored = store.articles.get(first.article_id)
    assert stored is not None
    assert (stored.row.text, stored.row.reason, stored.article.body) == ("full", None, "All of it.")
    assert store.articles.find("https://courier.example/ice") == stored


def test_what_a_paywall_leaves_replaces_no_more_than_it_says(store: Store) -> None:
    def text(kind: TextKind, words: str, reason: Reason | None = None) -> Article:
        return article(text=kind, reason=reason, blocks=(Block(Role.BODY, words),), content_hash=words)

    stub = text(TextKind.FULL, "The first words.", Reason.PAYWALL)
    number = save(store, text(TextKind.FEED, "A summary that is longer than those.", Reason.CONSENT)).article_id
    assert not save(store, stub, known=number).changed
    longer = text(TextKind.FULL, "The first words, and then some more until the wall.", Reason.PAYWALL)
    whole = text(TextKind.FULL, "All of it.")
    for new, changed in ((longer, True), (whole, True), (stub, False), (whole, False)):
        assert save(store, new, known=number).changed is changed
    stored = store.articles.get(number)
    assert stored is not None
    assert (stored.article.body, stored.row.reason) == ("All of it.", None)


def test_the_page_naming_another_articles_canonical_url_merges_no_articles(store: Store) -> None:
    taken = save(store, article(1))
    entry = save(store, article(2, text=TextKind.FEED))
    done = save(store, article(2, canonical_url=article(1).url, title="Two"), known=entry.article_id)
    assert done.article_id == entry.article_id
    assert save(store, article(2, title="Two")).article_id == entry.article_id
    assert store.articles.get(taken.article_id).article.title == "Ice 1"  # type: ignore[union-attr]


def test_articles_are_known_within_their_outlet(store: Store) -> None:
    assert save(store, article(), at=NOW).created
    assert save(store, article(outlet="gazette")).created
    assert not save(store, article(canonical_url="", title="x")).created
    found = store.articles.find(article().url)
    assert found is not None
    assert found.article.outlet == "gazette"
    assert store.articles.find("https://nowhere.example/") is None


def test_article_listing_filters_and_pages(store: Store) -> None:
    for number in range(1, 6):
        save(store, article(number, outlet="gazette" if number == 5 else "courier"), at=later(number))
    hits_on(store, 6, found_at=later(6))
    ids = [row.id for row in store.articles.rows(Filter())]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 6
    page = store.articles.rows(Filter(limit=2))
    rest = store.articles.rows(Filter(before=page[-1].id))
    assert [row.id for row in page + rest] == ids
    assert [row.outlet_id for row in store.articles.rows(Filter(outlet="gazette"))] == ["gazette"]
    assert len(store.articles.rows(Filter(since=later(2), until=later(4)))) == 3
    (hit_one,) = store.articles.rows(Filter(rule="ice", story="s1"))
    assert (hit_one.hits, hit_one.story_id) == (1, "s1")


def test_a_naive_time_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="time zone"):
        save(store, article(), at=NOW.replace(tzinfo=None))


# ---- hits and stories


def test_a_rule_hits_an_article_once(store: Store) -> None:
    (first,) = hits_on(store, 1)
    with store.transaction():
        new = store.hits.add([hit(first.article_id), hit(first.article_id, "nato"), hit(first.article_id, "nato")])
    assert [item.rule_id for item in new] == ["nato"]
    row = store.hits.get(first.id)
    assert row is not None
    assert row.hit == first
    assert row.hit.evidence == hit(1).evidence
    assert (row.article.title, row.article.hits, row.article.story_id) == ("Ice 1", 2, "s1")
    assert store.hits.get(999) is None


def test_hit_listing_filters_and_pages(store: Store) -> None:
    hits_on(store, 1, ("ice", "nato"))
    hits_on(store, 2, ("ice",), "s2", found_at=later(60))
    hits_on(store, 3, ("ice",), "s2", found_at=later(120), outlet="gazette")
    every = store.hits.rows(Filter())
    assert len(every) == 4
    page = store.hits.rows(Filter(limit=3))
    assert page + store.hits.rows(Filter(before=page[-1].hit.id)) == every
    assert len(store.hits.rows(Filter(rule="ice"))) == 3
    assert len(store.hits.rows(Filter(rule="ice", story="s2", outlet="gazette"))) == 1
    assert len(store.hits.rows(Filter(since=later(60), until=later(60)))) == 1


def test_members_of_stories_survive_with_their_traits_oldest_first(store: Store) -> None:
    a, b = (save(store, article(number)).article_id for number in (1, 2))
    traits = Traits((0, 2**63 - 1), b"\x01terms")
    with store.transaction():
        store.stories.place(Placement("s1", PlacementReason.NEAR_TEXT, "ma", "mb", 0.75, later(20), traits), a, NOW)
        store.stories.place(Placement("s1", PlacementReason.BY_HAND, "mb"), b, later(10))
    first = Member("mb", "s1", later(10), Traits(), "courier", by_hand=True)
    second = Member("ma", "s1", later(20), traits, "courier")
    assert store.stories.members(NOW) == [first, second]
    assert store.stories.members(later(15)) == [second]
    assert len(store.articles.rows(Filter(story="s1"))) == 2


def test_stories_go_on_behind_a_hit_as_if_none_had_come_since(store: Store) -> None:
    for number, story in enumerate(("a", "b", "a", "c", "d", "b")):
        hits_on(store, number, story=story)

    def newest(limit: int, **bounds: int) -> list[tuple[str, int]]:
        return [(one.id, one.last_hit) for one in store.stories.newest(limit, **bounds)]

    assert newest(9) == [("b", 6), ("d", 5), ("c", 4), ("a", 3)]
    assert newest(2) == newest(9)[:2]
    assert newest(9, before=5) == [("c", 4), ("a", 3)]
    assert newest(1, top=5, before=5) == [("c", 4)]
    assert newest(9, top=5) == [("d", 5), ("c", 4), ("a", 3), ("b", 2)]
    assert newest(9, top=5, before=3) == [("b", 2)]
    assert newest(9, before=1) == []


def test_silences_go_on_below_an_id_and_may_be_those_that_last(store: Store) -> None:
    with store.transaction():
        numbers = [store.silences.add(Silence(0, (("rule", "r"),), NOW, later(end)), NOW) for end in (5, 50, 9, 90)]
    assert [one.id for one in store.silences.rows()] == numbers[::-1]
    assert [one.id for one in store.silences.rows(before=numbers[2])] == [numbers[1], numbers[0]]
    assert [one.id for one in store.silences.rows(lasting=later(9))] == [numbers[3], numbers[1]]
    assert [one.id for one in store.silences.rows(lasting=later(9), before=numbers[3], limit=1)] == [numbers[1]]
    assert [one.id for one in store.silences.ended(later(50), limit=9)] == [numbers[1], numbers[2], numbers[0]]
    assert [one.id for one in store.silences.ended(later(49), limit=1)] == [numbers[2]]
    found = store.silences.get(numbers[1])
    assert found == store.silences.rows()[2]
    assert store.silences.get(99) is None


def test_only_the_newest_articles_are_members_those_with_hits_first(store: Store) -> None:
    hits_on(store, 1, story="told")
    for number in range(2, 6):
        place = Placement(f"s{number}", PlacementReason.NEW, f"m{number}", at=later(number))
        saved = save(store, article(number))
        with store.transaction():
            store.stories.place(place, saved.article_id, NOW)
    assert [one.story_id for one in store.stories.members(NOW, newest=3)] == ["told", "s4", "s5"]
    assert [one.kept for one in store.stories.members(NOW, newest=3)] == [True, False, False]
    assert len(store.stories.members(NOW)) == 5
    for number in (2, 3, 4):
        hits_on(store, number, (f"r{number}",), story=f"s{number}")
    # A third of them from stories without hits, where there are so many.
    assert [one.story_id for one in store.stories.members(NOW, newest=3)] == ["s3", "s4", "s5"]
    assert [one.story_id for one in store.stories.members(NOW, newest=4)] == ["s2", "s3", "s4", "s5"]


def test_stories_of_two_languages_are_linked_where_both_are_written(store: Store) -> None:
    hits_on(store, 1, story="s1")
    hits_on(store, 2, story="s2")
    with store.transaction():
        store.stories.relate([Kinship("s2", "s1", 0.5, "4 names"), Kinship("s1", "unwritten", 0.9, "5 names")])
        store.stories.relate([Kinship("s1", "s2", 0.7, "6 names")])
    assert store.stories.kin("s2") == [Kinship("s1", "s2", 0.7, "6 names")]
    assert store.stories.kin("unwritten") == []


# ---- alerts and the outbox


def test_hits_of_one_story_join_the_open_alert(store: Store) -> None:
    (one,), (two,) = hits_on(store, 1), hits_on(store, 2)
    number = opened(store, one.id, due=later(60))
    assert opened(store, two.id, due=later(90)) == number
    assert opened(store, two.id, due=later(90)) == number
    assert store.alerts.due(later(59), limit=9) == []
    (due,) = store.alerts.due(later(60), limit=9)
    assert due.alert.due_at == later(60)
    assert [row.hit.id for row in due.hits] == [one.id, two.id]
    assert store.alerts.due(NOW, limit=9, flush=True) == [due]


def test_an_alert_is_told_once(store: Store) -> None:
    (one,), (two,) = hits_on(store, 1), hits_on(store, 2)
    opened(store, one.id)
    (due,) = store.alerts.due(NOW, limit=9)
    for _ in range(2):
        with store.transaction():
            tell(store, [due.alert], [("mail", message("m1")), ("chat", message("m2"))], later(5))
    assert store.alerts.due(later(99), limit=9, flush=True) == []
    opened(store, two.id)
    known = store.alerts.state("desk", "ice", "s1")
    assert (known.state, known.revision, known.outlets, known.waiting) == ("told", 1, {"courier"}, set())
    assert store.alerts.due(later(99), limit=9, flush=True) == []
    (row,) = store.alerts.rows(Filter())
    assert (row.alert.state, row.alert.revision, row.told_at, row.hits) == ("told", 1, later(5), 2)
    assert sorted((item.id, item.channel_id, item.message) for item in row.outbox) == [
        ("m1", "mail", message("m1")),
        ("m2", "chat", message("m2")),
    ]  # fmt: skip


def test_alerts_differ_by_route_and_rule(store: Store) -> None:
    (one,) = hits_on(store, 1)
    opened(store, one.id, route="a", due=later(2))
    opened(store, one.id, route="b", due=later(1))
    opened(store, one.id, rule="nato", due=later(3))
    assert [due.alert.route for due in store.alerts.due(later(9), limit=9)] == ["b", "a", "desk"]
    assert len(store.alerts.due(later(9), limit=2)) == 2


def told(store: Store, *messages: str) -> None:
    (one,) = hits_on(store, 1)
    opened(store, one.id)
    with store.transaction():
        tell(
            store, [store.alerts.due(NOW, limit=1)[0].alert], [(f"to-{name}", message(name)) for name in messages], NOW
        )


def lease(store: Store, seconds: float = 0, limit: int = 9):
    with store.transaction():
        return store.outbox.lease(later(seconds), owner="me", lease=60, limit=limit)


def mark(store: Store, row, delivery: Delivery, retry: float | None = None) -> None:
    with store.transaction():
        store.outbox.mark(row, delivery, NOW, retry_at=None if retry is None else later(retry))


def test_a_leased_message_is_nobody_elses_until_its_lease_ends(store: Store) -> None:
    told(store, "m1", "m2")
    assert len(lease(store)) == 2
    assert lease(store, 59) == []
    again = lease(store, 60)
    assert sorted(row.id for row in again) == ["m1", "m2"]
    assert {(row.state, row.attempts, row.message.id == row.id) for row in again} == {("leased", 0, True)}


def test_a_channel_that_hangs_holds_up_no_other(store: Store) -> None:
    (one,) = hits_on(store, 1)
    opened(store, one.id)
    messages = [("hung", message(f"h{number}")) for number in range(9)] + [("good", message("g"))]
    with store.transaction():
        tell(store, [store.alerts.due(NOW, limit=1)[0].alert], messages, NOW)
    assert sorted(row.channel_id for row in lease(store, limit=2)) == ["good", "hung", "hung"]
    with store.transaction():
        assert store.outbox.lease(NOW, owner="me", lease=60, limit=2, busy={"hung": 2}) == []


def test_a_refused_message_waits_then_is_sent_or_dies(store: Store) -> None:
    told(store, "m1", "m2")
    one, two = sorted(lease(store), key=lambda row: row.id)
    mark(store, one, REFUSED, 300)
    mark(store, two, REFUSED)
    assert lease(store, 299) == []
    (again,) = lease(store, 300)
    assert (again.id, again.attempts, again.reason, again.detail) == ("m1", 1, SendReason.REFUSED, "503")
    mark(store, again, SENT)
    assert lease(store, 99_999) == []
    (row,) = store.alerts.rows(Filter(), states=("dead", "pending"))
    assert {item.id: (item.state, item.attempts, item.sent_at) for item in row.outbox} == {
        "m1": ("sent", 2, NOW),
        "m2": ("dead", 1, None),
    }
    assert store.alerts.rows(Filter(), states=("pending",)) == []


def test_what_was_sent_stays_sent(store: Store) -> None:
    told(store, "m1")
    (slow,) = lease(store)
    (quick,) = lease(store, 60)
    mark(store, quick, SENT)
    mark(store, slow, REFUSED, 300)
    assert lease(store, 300) == []


def test_alert_listing_filters(store: Store) -> None:
    told(store, "m1")
    (other,) = hits_on(store, 2, ("nato",), "s2", outlet="gazette")
    with store.transaction():
        store.alerts.open(Alert("desk", "nato", "s2", NOW), other.id, later(60))
    assert [row.alert.rule_id for row in store.alerts.rows(Filter())] == ["nato", "ice"]
    assert [row.alert.rule_id for row in store.alerts.rows(Filter(outlet="gazette"))] == ["nato"]
    assert [row.alert.rule_id for row in store.alerts.rows(Filter(until=NOW, story="s1", rule="ice"))] == ["ice"]
    assert [row.alert.rule_id for row in store.alerts.rows(Filter(), states=("pending",))] == ["ice"]


# ---- upkeep


def test_events_are_listed_newest_first(store: Store) -> None:
    with store.transaction():
        for number in range(3):
            store.upkeep.event(EventRow("gap" if number else "moved", later(number), "courier", 7, "timeout", "d"))
    assert [event.at for event in store.upkeep.events(limit=2)] == [later(2), later(1)]
    (moved,) = store.upkeep.events(kind="moved")
    assert moved == EventRow("moved", NOW, "courier", 7, "timeout", "d", moved.id)


def test_totals_count_what_stands_and_what_waits(store: Store) -> None:
    assert store.upkeep.totals().last_pass is None
    with store.transaction():
        store.outlets.sync([outlet("courier"), outlet("gazette"), outlet("pier")], NOW)
        a, b, _ = store.outlets.lease_due(NOW, limit=9, lease=60)
        store.outlets.record(polled(a.id))
        store.outlets.record(polled(b.id, reason=Reason.DNS, failures=1))
    new = add(store, a.id, link(1), link(2), link(3))
    with store.transaction():
        store.links.finish(LinkOutcome(new[0].id, LinkState.FAILED, 3, Reason.NOT_FOUND))
        store.links.finish(LinkOutcome(new[1].id, LinkState.READ, 1))
    told(store, "m1", "m2")
    mark(store, lease(store, limit=1)[0], REFUSED)
    with store.transaction():
        store.upkeep.record_pass(Pass(NOW, later(30), polled=1))
        store.upkeep.record_pass(Pass(NOW, later(60), polled=2))
    totals = store.upkeep.totals()
    assert (totals.outlets, totals.outlets_read, totals.outlets_failing) == (3, 1, 1)
    assert (totals.articles, totals.hits, totals.links_waiting, totals.links_failed) == (1, 1, 1, 1)
    covered = store.health.coverage()
    assert (covered.outlets, covered.read, covered.failing) == (
        totals.outlets, totals.outlets_read, totals.outlets_failing
    ) == (3, 1, 1)  # fmt: skip
    assert (totals.alerts_open, totals.outbox_waiting, totals.outbox_dead) == (0, 1, 1)
    assert totals.last_pass == Pass(NOW, later(60), polled=2)


def test_a_daemon_is_known_by_what_it_last_said(store: Store) -> None:
    assert store.upkeep.daemon() is None
    one = Daemon(
        77,
        "1.2",
        NOW,
        5,
        6,
        False,
        "[::1]:9464",
        ((later(60), "desk"),),
        (("polls", 3),),
        ((NOW, "no Ü"),),
        "[::1]:9465",
    )
    two = replace(one, pid=78, ended=True, address="", digests=(), errors=())
    for said in (one, two):
        with store.transaction():
            store.upkeep.introduce(said)
        assert store.upkeep.daemon() == said


def test_queues_are_what_is_in_nobodys_hands(store: Store) -> None:
    assert store.upkeep.queues(NOW) == Queues(0, 0, None, 0, 0, 0)
    with store.transaction():
        store.outlets.sync([outlet("courier"), outlet("gazette")], NOW)
    assert store.upkeep.queues(later(60)) == Queues(2, 2, NOW, 0, 0, 0)
    assert store.upkeep.queues(later(59)).sources_overdue == 0
    with store.transaction():
        (source,) = store.outlets.lease_due(later(10), limit=1, lease=60)
    assert store.upkeep.queues(later(10)).sources_due == 1
    assert store.upkeep.queues(later(70)).sources_due == 2
    add(store, source.id, link(1), link(2))
    assert store.upkeep.queues(NOW).links_due == 0
    assert store.upkeep.queues(later(7_200)).links_due == 2
    told(store, "m1", "m2")
    assert store.upkeep.queues(later(1)).outbox_due == 2
    lease(store, limit=1)
    assert store.upkeep.queues(later(1)).outbox_due == 0


def test_the_newest_pass_is_the_last_written(store: Store) -> None:
    with store.transaction():
        store.upkeep.record_pass(Pass(later(9_000), later(9_030)))
        store.upkeep.record_pass(Pass(NOW, later(30)))
    assert store.upkeep.totals().last_pass == Pass(NOW, later(30))


def test_what_a_dead_process_held_is_given_back(store: Store) -> None:
    source = enrolled(store)
    add(store, source, link(1))
    told(store, "m1")
    lease(store)
    with store.transaction():
        assert store.upkeep.reclaim(later(1)) == 3
        assert store.upkeep.reclaim(later(1)) == 0
        assert [due.id for due in store.outlets.lease_due(later(1), limit=9, lease=60)] == [source]
        assert len(store.links.lease_due(later(1), limit=9, lease=60)) == 1
        assert len(store.outbox.lease(later(1), owner="new", lease=60, limit=9)) == 1


def test_links_that_a_dead_process_took_up_or_read_again_are_due_at_once(store: Store) -> None:
    source = enrolled(store)
    (read,) = add(store, source, link(1))
    add(store, source, link(2, state=LinkState.WAITING), link(3, state=LinkState.WAITING))
    with store.transaction():
        store.links.finish(LinkOutcome(read.id, LinkState.AGAIN, 1, next_at=later(900)))
        store.links.lease_due(later(900), limit=9, lease=600)
        (taken,) = store.links.take_up(source, later(900), limit=1, abroad=1, lease=600)
        assert store.links.lease_due(later(901), limit=9, lease=600) == []
    with store.transaction():
        store.upkeep.reclaim(later(901))
        found = store.links.lease_due(later(901), limit=9, lease=600)
        assert {(one.id, one.state) for one in found} == {(read.id, LinkState.AGAIN), (taken.id, LinkState.NEW)}
        # What no poll has taken up waits on, and is counted.
        assert len(store.links.take_up(source, later(901), limit=9, abroad=9, lease=600)) == 1


def test_what_waits_for_a_poll_is_counted_and_what_is_only_read_again_is_not(store: Store) -> None:
    source = enrolled(store)
    (read,) = add(store, source, link(1), link(2, state=LinkState.WAITING))
    with store.transaction():
        store.links.finish(LinkOutcome(read.id, LinkState.AGAIN, 1, next_at=later(900)))
    assert store.upkeep.totals().links_waiting == 1


def test_links_given_back_are_due_at_once(store: Store) -> None:
    source = enrolled(store)
    one, two = add(store, source, link(1), link(2))
    with store.transaction():
        store.links.finish(LinkOutcome(two.id, LinkState.READ, 1))
        store.links.give_back([one.id, two.id], later(1))
        assert [due.id for due in store.links.lease_due(later(1), limit=9, lease=60)] == [one.id]


def test_reclaim_leaves_alone_what_only_waits(store: Store) -> None:
    source = enrolled(store)
    (new,) = add(store, source, link(1))
    told(store, "m1")
    mark(store, lease(store)[0], REFUSED, 300)
    with store.transaction():
        store.outlets.record(polled(source))
        store.links.finish(LinkOutcome(new.id, LinkState.PARTIAL, 1, Reason.TIMEOUT, next_at=later(600)))
        assert store.upkeep.reclaim(later(1)) == 0
    assert lease(store, 299) == []


# ---- what the page calls itself


def test_a_section_front_as_canonical_url_makes_no_two_articles_one(store: Store) -> None:
    front = "https://courier.example/news/"
    first = save(store, article(1, canonical_url=front))
    other = article(2, canonical_url=front, blocks=(Block(Role.BODY, "The quay burned."),))
    with store.transaction():
        second = store.articles.save(
            other, fetched_at=NOW, standing=Standing.LIVE, listed_as="https://courier.example/2"
        )
    assert second.created
    assert second.article_id != first.article_id


def test_a_revised_article_is_one_where_its_feed_gives_the_same_address(store: Store) -> None:
    first = save(store, article(1))
    revised = article(1, title="Ice, revised", blocks=(Block(Role.BODY, "It thawed."),))
    with store.transaction():
        again = store.articles.save(revised, fetched_at=NOW, standing=Standing.LIVE, listed_as=revised.canonical_url)
    assert (again.article_id, again.revision, again.created) == (first.article_id, 2, False)


def test_a_source_knows_when_its_outlet_was_last_read(store: Store) -> None:
    source = enrolled(store)
    with store.transaction():
        store.outlets.record(polled(source, polled_at=later(5)))
        two = outlet()
        two = replace(two, sources=(*two.sources, Source("https://courier.example/second.xml")))
        store.outlets.sync([two], later(10))
        (due,) = store.outlets.lease_due(later(10), limit=9, lease=60)
    assert (due.baseline, due.outlet_ok_at) == (True, later(5))


def test_a_source_that_was_backed_off_is_asked_within_its_interval_after_a_restart(store: Store) -> None:
    source = enrolled(store)
    with store.transaction():
        store.outlets.record(polled(source, reason=Reason.DNS, next_check_at=later(86_400), failures=9))
        store.outlets.sync([replace(outlet(), every=600.0)], later(10))
        assert store.outlets.lease_due(later(609), limit=9, lease=60) == []
        assert len(store.outlets.lease_due(later(610), limit=9, lease=60)) == 1


def test_a_rule_is_in_force_since_it_was_first_seen(store: Store) -> None:
    with store.transaction():
        assert store.upkeep.rules_since({"ice": "1"}, NOW) == {"ice": NOW}
        assert store.upkeep.rules_since({"fire": "1", "ice": "1"}, later(9)) == {"ice": NOW, "fire": later(9)}


def test_a_rule_that_is_changed_or_comes_back_is_in_force_from_then(store: Store) -> None:
    with store.transaction():
        store.upkeep.rules_since({"ice": "1", "fire": "1"}, NOW)
        assert store.upkeep.rules_since({"ice": "2", "fire": "1"}, later(1)) == {"ice": later(1), "fire": NOW}
        assert store.upkeep.rules_since({"ice": "2"}, later(2)) == {"ice": later(1)}
        assert store.upkeep.rules_since({"ice": "2", "fire": "1"}, later(3)) == {"ice": later(1), "fire": later(3)}
        assert store.upkeep.rules_since({"ice": "2", "fire": "1"}, later(4)) == {"ice": later(1), "fire": later(3)}


# ---- what the page lists of rules and outlets


def test_articles_are_counted_by_outlet_and_time_each_once(store: Store) -> None:
    hour = timedelta(hours=1)
    for number, at in enumerate((NOW - 30 * hour, NOW - 3 * hour, NOW - 3 * hour, NOW - 2 * hour, NOW, NOW + hour)):
        save(store, article(number), at=at)
        save(store, article(number + 50, outlet="gazette"), at=at) if number % 2 else None
    moments = (NOW - 24 * hour, NOW - 2 * hour, NOW)
    found = store.outlets.volume(["courier", "gazette", "none"], moments)
    assert found == {"courier": (2, 1, 2), "gazette": (1, 1, 1), "none": (0, 0, 0)}
    assert store.outlets.volume(["courier"], (NOW + 2 * hour,)) == {"courier": (0,)}
    assert store.outlets.volume([], moments) == {}
    assert store.outlets.volume(["courier"], ()) == {"courier": ()}


def test_a_clock_that_was_set_back_counts_no_article_twice(store: Store) -> None:
    hour = timedelta(hours=1)
    for number, at in enumerate((NOW, NOW + 3 * hour, NOW + hour, NOW + 4 * hour)):
        save(store, article(number), at=at)
    [counts] = store.outlets.volume(["courier"], [NOW + hour * back for back in range(6)]).values()
    assert sum(counts) == 4
    assert counts[0] == 1


def test_what_is_over_a_budget_is_counted_by_rule_and_day(store: Store) -> None:
    day = timedelta(days=1)
    with store.transaction():
        for back, count in ((0, 3), (2, 1), (2, 1), (40, 1)):
            for rule, reason in (("ice", AlertReason.OVER_BUDGET), ("snow", AlertReason.OVER_LIMIT)):
                store.alerts.log([Decided(NOW - back * day, reason, "desk", rule)] * count)
        store.alerts.log([Decided(NOW - day, AlertReason.OVER_BUDGET, "desk", "snow")])
    days = [NOW - back * day for back in range(29, -1, -1)]
    found = store.alerts.over_budget(["ice", "snow", "none"], days)
    assert found == {"ice": Overspent(2, 3), "snow": Overspent(1, 0), "none": Overspent(0, 0)}


def test_what_all_rules_were_told_is_what_each_was(store: Store) -> None:
    for number, rule in enumerate(("ice", "ice", "snow"), 1):
        found = hits_on(store, number, (rule,), f"s{number}")[0]
        with store.transaction():
            alert = store.alerts.open(Alert("desk", rule, f"s{number}", NOW), found.id, NOW)
            due = [one.alert for one in store.alerts.due(NOW, limit=10) if one.alert.id == alert]
            tell(store, due, [("mail", message(f"m{number}")), ("chat", message(f"c{number}"))], later(number))
    assert store.outbox.spending(NOW) == {"ice": 2, "snow": 1}
    assert store.outbox.spending(later(2)) == {"ice": 1, "snow": 1}
    for since in (NOW, later(2), later(9)):
        assert {rule: store.outbox.spent(rule, since) for rule in ("ice", "snow")} == {
            "ice": 0, "snow": 0, **store.outbox.spending(since),
        }  # fmt: skip


def test_told_alerts_are_counted_by_rule_since_a_moment(store: Store) -> None:
    for number, rule in enumerate(("ice", "ice", "snow", "ice"), 1):
        found = hits_on(store, number, (rule,), f"s{number}")[0]
        with store.transaction():
            store.alerts.open(Alert("desk", rule, f"s{number}", NOW), found.id, later(number))
            if number < 4:
                due = [one.alert for one in store.alerts.due(NOW, limit=10)]
                tell(store, due, [("mail", message(f"m{number}"))], later(number))
    assert store.alerts.told(["ice", "snow", "none"], NOW) == {"ice": 2, "snow": 1}
    assert store.alerts.told(["ice"], later(2)) == {"ice": 1}
    assert store.alerts.told(["ice"], later(9)) == {}
    assert [row.title for row in store.alerts.rows(Filter(limit=9))] == ["Ice 4", "Ice 3", "Ice 2", "Ice 1"]


def test_a_channel_that_takes_nothing_is_told_with_its_last_fault(store: Store) -> None:
    posts = [Post("desk", channel, message(f"{channel}{number}"), ()) for channel in ("chat", "mail", "hook", "phone")
             for number in (1, 2)]  # fmt: skip
    with store.transaction():
        store.outbox.post(posts, NOW)
        leased = {row.id: row for row in store.outbox.lease(NOW, limit=20, lease=60, owner="me")}
    down = Delivery(sent=False, reason=SendReason.UNREACHABLE, detail="nobody listens")
    with store.transaction():
        for name, retry_at in (("mail1", later(60)), ("mail2", later(90)), ("hook1", None)):
            store.outbox.mark(leased[name], down, NOW, retry_at=retry_at)
        doubt = Delivery(sent=False, reason=SendReason.AMBIGUOUS, detail="no answer", retry=False)
        store.outbox.mark(leased["hook2"], doubt, NOW, retry_at=None)
        store.outbox.mark(leased["phone1"], Delivery(sent=True, reason=SendReason.OK), NOW, retry_at=None)
    assert store.outbox.stuck(NOW) == [
        Stuck("hook", detail="nobody listens", given_up=1, doubtful=1),
        Stuck("mail", 2, 1, "nobody listens", later(60)),
    ]
    # Many that were never tried hide none that was.
    with store.transaction():
        store.outbox.post([Post("desk", "mail", message(f"new{number}"), ()) for number in range(1_200)], NOW)
        again = store.outbox.lease(later(70), limit=2000, lease=60, owner="me")
        assert "mail1" in {row.id for row in again}
    assert [(one.channel_id, one.waiting, one.next_at) for one in store.outbox.stuck(later(1))] == [
        ("mail", 2, later(90))
    ]


def test_hits_of_every_rule_are_counted_by_hour_whatever_they_stand_for(store: Store) -> None:
    for number, (rule, hours, standing) in enumerate(
        (
            ("ice", 0, Standing.LIVE),
            ("ice", 0, Standing.BASELINE),
            ("snow", 2, Standing.SHADOW),
            ("ice", 3, Standing.LIVE),
        )
    ):
        hits_on(store, number, (rule,), f"s{number}", found_at=later(3_600 * hours), standing=standing)
    first = int(NOW.timestamp()) // 3_600
    assert store.spikes.every_hour(NOW) == {"ice": {first: 2, first + 3: 1}, "snow": {first + 2: 1}}
    assert store.spikes.every_hour(later(3_600)) == {"ice": {first + 3: 1}, "snow": {first + 2: 1}}


def test_marks_are_counted_by_rule(store: Store) -> None:
    hits = [hits_on(store, number, ("ice", "snow"))[0] for number in (1, 2, 3)]
    with store.transaction():
        for one, mark in zip(hits, ("noise", "relevant", "relevant"), strict=True):
            store.marks.put(one.id, Marked(mark, "ann", NOW))
        store.marks.put(hits[0].id + 1, Marked("noise", "ann", NOW))
    assert store.marks.tally() == {"ice": {"noise": 1, "relevant": 2}, "snow": {"noise": 1}}
    assert all(store.marks.counts(rule) == counts for rule, counts in store.marks.tally().items())


def test_events_are_found_by_their_outlet(store: Store) -> None:
    with store.transaction():
        for number, (kind, name) in enumerate((("trouble", "a"), ("trouble", "b"), ("recovered", "a"), ("reload", ""))):
            store.upkeep.event(EventRow(kind, later(number), name))
    assert [one.kind for one in store.upkeep.events(outlet="a")] == ["recovered", "trouble"]
    assert [one.outlet_id for one in store.upkeep.events(kind="trouble")] == ["b", "a"]
    assert [one.at for one in store.upkeep.events(kind="trouble", outlet="a", limit=5)] == [NOW]
    assert len(store.upkeep.events()) == 4
    assert store.upkeep.events(outlet="c") == []


def test_a_list_of_sources_need_not_count_articles(store: Store) -> None:
    enrolled(store)
    save(store, article(1))
    assert [[row.articles for row in store.outlets.rows(counted=one)] for one in (True, False)] == [[1], [0]]
