"""The archive asked: what full text and matcher find together is what a scan finds, in pages, whatever is narrowed."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor import search
from monitor.errors import CursorError, QueryError
from monitor.match.engine import Matcher
from monitor.model import Article, Block, Role, Rule, Standing
from monitor.search import Sort
from monitor.store import search as fulltext
from monitor.store.tables import SqlStore
from monitor.trial import stored, tried
from monitor.views import By, Filter, Placement, PlacementReason
from tests import engines
from tests.match import generate
from tests.store.make import hit

START = datetime(2026, 3, 20, 22, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
NOW = START + timedelta(days=10)


def _generated() -> list[tuple[str, tuple, Article]]:
    found = []
    for seed in range(60):
        rng = random.Random(seed)
        query, entities = generate.rule(rng)
        found += [(query, entities, generate.article(rng, query, entities)) for _ in range(4)]
    random.Random(1).shuffle(found)
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """240 articles an hour apart, made close to the verdicts of 60 queries, and 320 hits on them."""
    store = engines.opened(tmp_path_factory.mktemp("archive") / "monitor.db")
    rng, generated, texts = random.Random(7), _generated(), {}
    hits = []
    with store.transaction():
        for number, (_, _, one) in enumerate(generated):
            url = f"https://courier.example/{number}"
            article = replace(one, url=url, canonical_url=url)
            saved = store.articles.save(article, fetched_at=START + timedelta(hours=number), standing=Standing.LIVE)
            texts[saved.article_id] = article
            place = Placement(f"s{number % 9}", PlacementReason.NEW, f"m{number}", at=START)
            store.stories.place(place, saved.article_id, START)
            for rule in rng.sample(["a", "b", "c"], rng.choice([0, 1, 1, 2])):
                late = timedelta(hours=number + (30 if rng.random() < 0.1 else 0))
                found = hit(saved.article_id, rule, found_at=START + late, story_id=f"s{number % 9}")
                hits += store.hits.add([found])
    yield store, generated, texts, hits
    store.close()


@pytest.fixture(params=[None, 7], ids=["batches as they are", "small batches"])
def batches(request, monkeypatch):
    monkeypatch.setattr(fulltext, "_FEWER", 2)
    if request.param:
        monkeypatch.setattr(fulltext, "FIRST_BATCH", request.param)
        monkeypatch.setattr("monitor.store.articles._LOOK", request.param)
        monkeypatch.setattr(fulltext, "_SPARSE", 2)
        monkeypatch.setattr(fulltext, "GROWTH", 2)
        monkeypatch.setattr(fulltext, "RARE", 20)
        for name, value in {"_GAP": 3, "_LARGE": 7, "_PART": 2, "_MAX_PART": 5, "_KNOWN": 4, "_LOOK": 1}.items():
            monkeypatch.setattr(fulltext, name, value)
        monkeypatch.setattr(search, "_CHUNK", 3)


FILTERS = [
    Filter(),
    Filter(outlet="bbc"),
    Filter(language="ru"),
    Filter(story="s4"),
    Filter(rule="b"),
    Filter(since=START + timedelta(hours=20), until=START + timedelta(hours=150, minutes=30)),
    Filter(rule="a", outlet="taz", since=START + timedelta(hours=33)),
    Filter(language="en", until=START + timedelta(hours=100)),
]


def _all_pages(ask, **asked):
    rows, after, pages = [], "", 0
    while True:
        page = ask(after=after, **asked)
        rows += page.rows
        after, pages = page.next, pages + 1
        assert pages < 1_000
        if not after:
            return rows


def test_matches_are_read_once_and_no_further_than_asked(monkeypatch):
    monkeypatch.setattr(fulltext, "_KNOWN", 299)
    monkeypatch.setattr(fulltext, "_GAP", 100)
    told = []
    matches = fulltext.Matches((number for number in range(900, 0, -3) if told.append(number) is None), 1_000)
    assert matches.read(800, 10_000)
    assert set(range(801, 901, 3)) <= matches.found == set(told)
    assert matches.low == min(told) > 600
    assert 0.1 < matches.density < 0.4
    assert not matches.read(0, 10)
    assert matches.read(0, 10_000)
    assert told == list(range(900, 0, -3))
    assert matches.count == 300
    matches.settle(400)
    assert matches.top == 500
    assert matches.found == set(range(3, 501, 3))


@engines.own
def test_a_query_of_the_newest_begins_one_answer_of_the_index(made):
    store, _, _, _ = made
    said: list[str] = []
    store._connection.set_trace_callback(said.append)
    page = search.hits(store, Filter(limit=5), "summit*")
    store._connection.set_trace_callback(None)
    assert page.rows
    assert len([one for one in said if "articles_fts MATCH" in one]) == 1


@pytest.mark.usefixtures("batches")
@pytest.mark.parametrize("wanted", FILTERS, ids=repr)
def test_articles_and_hits_are_those_of_a_scan(made, wanted):
    store, generated, texts, _ = made
    held = 0
    articles = [row.id for row in store.articles.rows(replace(wanted, limit=9_999))]
    hits = store.hits.rows(replace(wanted, limit=9_999))
    for query, entities, _ in generated[::20]:
        matcher = Matcher([Rule("r", query)], entities)
        holds = {number for number in texts if matcher.match(texts[number])}
        held += len(holds)
        few = replace(wanted, limit=5)
        found = _all_pages(lambda q=query, e=entities, w=few, **more: search.articles(store, w, q, e, **more))
        assert [one.row.id for one in found] == [number for number in articles if number in holds], query
        rows = _all_pages(lambda q=query, e=entities, w=few, **more: search.hits(store, w, q, e, **more))
        assert [row.hit.id for row in rows] == [row.hit.id for row in hits if row.article.id in holds], query
    assert held > 40


@pytest.mark.parametrize("wanted", FILTERS[:5], ids=repr)
def test_relevance_orders_what_the_newest_has(made, wanted):
    store, generated, _, _ = made
    few = replace(wanted, limit=4)
    for query, entities, _ in generated[::16]:
        for listing in (search.articles, search.hits):
            newest = _all_pages(lambda f=listing, q=query, e=entities, **more: f(store, few, q, e, **more))
            best = _all_pages(
                lambda f=listing, q=query, e=entities, **more: f(store, few, q, e, sort=Sort.RELEVANCE, **more)
            )
            assert Counter(map(repr, best)) == Counter(map(repr, newest))


def _store(tmp_path: Path, *texts: tuple[str, str]) -> SqlStore:
    store = engines.opened(tmp_path / "monitor.db")
    with store.transaction():
        for number, (title, body) in enumerate(texts):
            url = f"https://courier.example/{number}"
            article = Article(url, title, "en", (Block(Role.BODY, body),), canonical_url=url, outlet="courier")
            store.articles.save(article, fetched_at=START, standing=Standing.LIVE)
    return store


def test_a_word_in_the_title_is_more_relevant_than_one_in_a_long_text(tmp_path):
    store = _store(tmp_path, ("Harbour", "It froze."), ("Ice", "It froze at the harbour. " + "Nothing else. " * 50))
    best = search.articles(store, Filter(), "harbour", sort=Sort.RELEVANCE)
    assert [found.row.title for found in best.rows] == ["Harbour", "Ice"]
    assert [found.row.title for found in search.articles(store, Filter(), "harbour").rows] == ["Ice", "Harbour"]
    store.close()


def test_what_full_text_takes_for_the_same_is_told_apart(tmp_path):
    store = _store(tmp_path, ("Café", "x"), ("Cafe", "x"), ("CAFE", "x"), ("re-sume", "x"), ("re sume", "x"))
    assert [found.row.title for found in search.articles(store, Filter(), "café").rows] == ["Café"]
    assert [found.row.title for found in search.articles(store, Filter(), "{CAFE}").rows] == ["CAFE"]
    assert [found.row.title for found in search.articles(store, Filter(), "re-sume").rows] == ["re-sume"]
    store.close()


def test_an_article_that_reads_otherwise_now_is_found_by_its_new_words_alone(tmp_path):
    store = _store(tmp_path, ("Harbour", "It froze."))
    (found,) = search.articles(store, Filter(), "froze").rows
    with store.transaction():
        changed = replace(store.articles.get(found.row.id).article, blocks=(Block(Role.BODY, "It thawed."),))
        store.articles.save(changed, fetched_at=START, standing=Standing.LIVE)
    assert search.articles(store, Filter(), "froze").rows == ()
    assert len(search.articles(store, Filter(), "thawed").rows) == 1
    store.close()


def test_later_pages_by_relevance_are_those_of_the_first_whatever_comes_between(tmp_path):
    store = _store(tmp_path, *[(f"Ship {number}", "harbour " * (number % 5 + 1)) for number in range(20)])
    whole = search.articles(store, Filter(limit=20), "harbour", sort=Sort.RELEVANCE).rows
    first = search.articles(store, Filter(limit=7), "harbour", sort=Sort.RELEVANCE)
    with store.transaction():
        url = "https://courier.example/new"
        article = Article(url, "Harbour, harbour", "en", (), canonical_url=url, outlet="courier")
        store.articles.save(article, fetched_at=START, standing=Standing.LIVE)
    second = search.articles(store, Filter(limit=13), "harbour", after=first.next, sort=Sort.RELEVANCE)
    assert [one.row.id for one in (*first.rows, *second.rows)] == [one.row.id for one in whole]
    assert second.next == ""
    store.close()


@pytest.mark.parametrize(
    ("after", "sort"),
    [("x", "newest"), ("n", "newest"), ("nzz", "newest"), ("r1-2", "newest"), ("n5", "relevance"),
     ("rff-fffff", "relevance"), ("n-5", "newest"), (f"n{'f' * 30}", "newest"), ("n0", "newest")],
)  # fmt: skip
def test_a_cursor_of_another_listing_is_refused(made, after, sort):
    with pytest.raises(CursorError):
        search.articles(made[0], Filter(), "summit", after=after, sort=Sort(sort))


def test_relevance_needs_a_query_and_a_query_its_entities(made):
    with pytest.raises(CursorError, match="give one"):
        search.hits(made[0], Filter(), sort=Sort.RELEVANCE)
    with pytest.raises(QueryError, match="no entity"):
        search.hits(made[0], Filter(), "@nobody")


def test_hits_of_a_story_are_found_by_the_ids_it_had(tmp_path):
    store = _store(tmp_path, ("Harbour", "It froze."))
    with store.transaction():
        for number, name in enumerate(("new", "old")):
            store.stories.place(Placement(name, PlacementReason.NEW, f"m{number}", at=START), 1, START)
        store.hits.add([hit(1, story_id="old")])
        store.stories.join("old", "new", START)
    assert [row.hit.story_id for row in search.hits(store, Filter(story="old"), "harbour").rows] == ["new"]
    assert [row.hit.story_id for row in search.hits(store, Filter(story="old")).rows] == ["new"]
    store.close()


# ---- counts


def _days(zone, hits):
    return Counter(one.found_at.astimezone(zone).date().isoformat() for one in hits)


@pytest.mark.parametrize("zone", [UTC, BERLIN, ZoneInfo("Asia/Kathmandu")], ids=str)
def test_days_are_those_of_the_zone_and_none_is_left_out(made, zone):
    store, _, _, hits = made
    counted = search.counts(store, By.DAY, Filter(), zone, NOW)
    assert dict(counted) == {day: _days(zone, hits)[day] for day, _ in counted}
    assert sum(n for _, n in counted) == len(hits)
    assert len(counted) > 10
    assert [day for day, _ in counted] == sorted(dict(counted))


def test_days_without_hits_are_nought(made):
    store, _, _, _ = made
    wanted = Filter(since=START - timedelta(days=3), until=START - timedelta(days=1))
    assert [n for _, n in search.counts(store, By.DAY, wanted, UTC, NOW)] == [0, 0, 0]
    assert search.counts(store, By.DAY, Filter(rule="nobody"), UTC, NOW) == []


@pytest.mark.parametrize("by", [By.OUTLET, By.RULE, By.STORY, By.LANG])
def test_counts_by_what_hits_share(made, by):
    store, _, _, hits = made
    rows = store.hits.rows(Filter(limit=9_999))
    shared = {
        By.OUTLET: lambda row: row.article.outlet_id,
        By.RULE: lambda row: row.hit.rule_id,
        By.STORY: lambda row: row.hit.story_id,
        By.LANG: lambda row: row.article.language or "",
    }[by]
    counted = search.counts(store, by, Filter(), UTC, NOW)
    assert dict(counted) == Counter(map(shared, rows))
    assert [n for _, n in counted] == sorted((n for _, n in counted), reverse=True)
    # With a query that holds everywhere hits are counted one by one.
    assert search.counts(store, by, Filter(), UTC, NOW, 'url:"courier.example"') == counted
    assert sum(n for _, n in search.counts(store, by, Filter(rule="a"), UTC, NOW)) < len(hits)


def test_days_with_a_query_count_the_hits_it_holds_on(made):
    store, generated, texts, hits = made
    query, entities, _ = generated[0]
    matcher = Matcher([Rule("r", query)], entities)
    held = [one for one in hits if matcher.match(texts[one.article_id])]
    counted = search.counts(store, By.DAY, Filter(), BERLIN, NOW, query, entities)
    assert {day: n for day, n in counted if n} == _days(BERLIN, held)
    assert held


def test_whole_days_of_a_rule_are_answered_by_the_kept_counts(made, monkeypatch):
    store, _, _, hits = made
    midnight = START.replace(hour=0) + timedelta(days=2)
    whole = Filter(rule="a", since=midnight, until=midnight + timedelta(days=3) - timedelta(microseconds=1))
    part = replace(whole, since=midnight + timedelta(hours=1))
    expected = [one for one in hits if one.rule_id == "a" and whole.since <= one.found_at <= whole.until]
    assert store.hits.per_day(whole, UTC) == _days(UTC, expected)
    monkeypatch.setattr("monitor.store.hits._PER_QUARTER", "no such statement {}")
    assert store.hits.per_day(whole, UTC) == _days(UTC, expected)
    for other, zone in ((part, UTC), (whole, BERLIN), (replace(whole, outlet="bbc"), UTC)):
        with pytest.raises(Exception, match="syntax"):
            store.hits.per_day(other, zone)


# ---- trial


def test_a_rule_tried_by_full_text_hits_what_it_hits_by_a_scan(made):
    store, generated, texts, _ = made
    for query, entities, _ in generated[::60]:
        rule = Rule("new", query)
        chosen = list(stored(store, Filter(), [rule], entities))
        by_index = tried(chosen, rule, entities, read=store.articles.count(Filter()))
        by_scan = tried(stored(store, Filter()), rule, entities)
        assert by_index == by_scan
        assert by_scan.read == len(texts)
        other = Rule("old", generated[1][0])
        both = (*entities, *(one for one in generated[1][1] if one.id not in {e.id for e in entities}))
        held = tried(stored(store, Filter(), [rule, other], both), rule, both, other, read=len(texts))
        assert held == tried(stored(store, Filter()), rule, both, other)


# ---- plans


@engines.own
@pytest.mark.parametrize("wanted", FILTERS[1:], ids=repr)
def test_no_listing_scans_a_table(made, wanted):
    store, _, _, _ = made
    said: list[str] = []
    store._connection.set_trace_callback(said.append)
    before = replace(wanted, before=9_999, limit=5)
    search.hits(store, before)
    search.articles(store, before)
    search.hits(store, before, "summit")
    search.articles(store, before, "summit")
    for by in (By.DAY, By.OUTLET):
        search.counts(store, by, wanted, UTC, NOW)
    store._connection.set_trace_callback(None)
    asked = [one for one in said if one.lstrip().startswith("SELECT")]
    assert len(asked) > 8
    for one in asked:
        plan = [row["detail"] for row in store._connection.execute(f"EXPLAIN QUERY PLAN {one}")]
        scans = [line for line in plan if line.startswith("SCAN") and "VIRTUAL" not in line and "json_each" not in line]
        assert not scans, (one, plan)


@engines.own
def test_a_page_far_down_is_found_by_its_number(made):
    store, _, _, _ = made
    said: list[str] = []
    store._connection.set_trace_callback(said.append)
    search.hits(store, Filter(limit=5), after="n64")
    store._connection.set_trace_callback(None)
    plan = [row["detail"] for row in store._connection.execute(f"EXPLAIN QUERY PLAN {said[-1]}")]
    assert any("SEARCH hits USING INTEGER PRIMARY KEY (rowid<?)" in line for line in plan), plan
    assert "OFFSET" not in said[-1]
