"""Databases of every earlier version come up to date, and nothing of them is lost."""

from __future__ import annotations

import itertools
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.errors import AlertReason, DamagedError, Reason, SendReason, StoreError
from monitor.model import Block, Evidence, Link, Role, Standing, TextKind
from monitor.store import schema, sqlite
from monitor.store.codec import unpack_body
from monitor.store.sqlite import SqliteStore
from monitor.views import Filter
from tests.consistent import consistent, dump
from tests.store.make import article, hit, later, save

ROOT = Path(__file__).parents[2]
VERSIONS = range(1, len(schema.MIGRATIONS))
SITE = "https://courier.example"
EVENING, NIGHT = "2026-11-23T23:30:00.000000+00:00", "2026-11-24T00:10:00.250000+00:00"
AT = {text: datetime.fromisoformat(text) for text in (EVENING, NIGHT)}
# (url, canonical, canonical_url, the canonical URL that is read back), as the stores before 0004 wrote them.
ADDRESSES = (
    (f"{SITE}/1", f"{SITE}/1", f"{SITE}/1", f"{SITE}/1"),
    (f"{SITE}/amp/2", f"{SITE}/2", f"{SITE}/2", f"{SITE}/2"),
    (f"{SITE}/3", f"{SITE}/3", "", f"{SITE}/3"),
    (f"{SITE}/4?from=feed", f"{SITE}/4", f"{SITE}/front", f"{SITE}/front"),
    (f"{SITE}/5", f"{SITE}/5", "https://gazette.example/5", "https://gazette.example/5"),
    (f"{SITE}/6", f"{SITE}/6", f"{SITE}/6", f"{SITE}/6"),
)
HALF = "half \\ud83d of a pair"
BLOCKS = (
    '[["body", "The harbour froze."], ["caption", "Ice."]]',
    '[["heading", "Später", "2026-11-23T22:00:00+00:00"], ["body", "Öl floss.", "2026-11-23T22:00:00+00:00"]]',
    "[]",
    f'[["body", "{HALF}"]]',
    '[["quote", "Москва молчит."], ["teaser", "Elsewhere"]]',
    '[["list", "one two three"]]',
)
EVIDENCE = (
    '[{"clause": "ice", "field": "body", "span": [4, 11], "block": 0, "sentence": [0, 18], "mark": [4, 11], '
    '"surface": "harbour", "quote": "The harbour froze."}]'
)


def insert(raw: sqlite3.Connection, table: str, **values) -> None:
    marks = ", ".join("?" * len(values))
    raw.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", [*values.values()])


def fill(raw: sqlite3.Connection, version: int) -> None:
    """Write rows as the store of that version wrote them."""
    raw.execute("PRAGMA foreign_keys = ON")
    insert(raw, "outlets", id="courier", name="Courier")
    insert(raw, "sources", id=3, outlet_id="courier", url=f"{SITE}/feed", kind="feed", next_check_at=NIGHT, etag='"1"')
    for number, (url, canonical, canonical_url, _) in enumerate(ADDRESSES, 1):
        insert(
            raw, "articles", id=number * 10, outlet_id="gazette" if number == 6 else "courier", url=url,
            canonical=canonical, canonical_url=canonical_url, title=f"Ice \ufffd {number}",
            language=None if number == 3 else "de" if number == 2 else "en",
            authors='["Ann", "Bö"]' if number == 1 else "[]", published=EVENING if number == 1 else None,
            updated=NIGHT if number == 1 else None, section="News", wire="PA" if number == 2 else "",
            paywalled=(None, 0, 1)[number % 3], live=int(number == 2), text="full" if number < 5 else "feed",
            reason="paywall" if number == 4 else None, detail="d", content_hash=f"h{number}", standing="live",
            revision=3 if number == 1 else 1, fetched_at=EVENING if number < 4 else NIGHT,
            **({"body_key": number} if version >= 3 else {}),
        )  # fmt: skip
        insert(raw, "bodies", article_id=number * 10, standfirst="Vorspann" if number == 2 else "",
               blocks=BLOCKS[number - 1])  # fmt: skip
        insert(
            raw, "links", id=number, outlet_id="courier", source_id=3, url=url, canonical=canonical, guid=f"g{number}",
            title="t", summary="", author="", content="", published=None, first_seen=EVENING, standing="live",
            state="read", article_id=number * 10, **({"rereads": 2, "abroad": 1} if version >= 3 else {}),
        )  # fmt: skip
    for revision, standfirst in ((1, ""), (2, "Early")):
        insert(
            raw, "revisions", article_id=10, revision=revision, title=f"Old {revision}", standfirst=standfirst,
            blocks=BLOCKS[3], text="feed", content_hash="", at=NIGHT,
        )  # fmt: skip
    insert(raw, "stories", id="s1", opened_at=EVENING)
    for number in (10, 20):
        insert(
            raw, "placements", article_id=number, story_id="s1", reason="new" if number == 10 else "near_text",
            fingerprint=(7).to_bytes(8, "little") * 2, similarity=0.5, at=EVENING,
        )  # fmt: skip
    for number, (rule, about, at) in enumerate(
        [("ice", 10, EVENING), ("ice", 20, EVENING), ("oil", 20, NIGHT), ("ice", 60, NIGHT)], 1
    ):
        insert(
            raw, "hits", id=number * 5, rule_id=rule, rule_version="v", article_id=about, revision=2,
            outlet_id="gazette" if about == 60 else "courier", story_id="s1", found_at=at, standing="late",
            evidence=EVIDENCE,
        )  # fmt: skip
    for number, state in enumerate(("told", "open"), 1):
        insert(
            raw, "alerts", id=number, route=f"r{number}", rule_id="ice", story_id="s1", due_at=NIGHT, reason="first",
            revision=number % 2, state=state, opened_at=EVENING, told_at=NIGHT if state == "told" else None,
            told_with=1 if state == "told" else None,
        )  # fmt: skip
    for hit_id in (5, 10):
        insert(raw, "alert_hits", alert_id=1, hit_id=hit_id, told_revision=1)
        insert(raw, "alert_hits", alert_id=2, hit_id=hit_id)
    insert(
        raw, "outbox", id="m1", alert_id=1, channel_id="chat", title="T", text="x", markdown="*x*", html="<p>x</p>",
        state="dead", attempts=3, not_before=NIGHT, created_at=NIGHT, reason="refused", detail="503",
    )  # fmt: skip
    insert(raw, "rules", id="ice", first_seen=EVENING)
    insert(raw, "events", kind="seen", at=NIGHT, outlet_id="courier", article_id=10, reason="", detail="")
    if version >= 2:
        insert(raw, "outlet_memory", outlet_id="courier", data=(0).to_bytes(8, "little"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "monitor.db"


def made(path: Path, version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a database of an earlier version, with rows; one that packs its texts out of the last that did not."""
    written = min(version, 3)
    for reached in dict.fromkeys((written, version)):
        with monkeypatch.context() as patch:
            patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:reached])
            SqliteStore.open(path).close()
        if reached == written:
            raw = sqlite3.connect(path)
            with raw:
                fill(raw, written)
            raw.close()


@pytest.fixture(params=VERSIONS)
def store(request: pytest.FixtureRequest, path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqliteStore]:
    made(path, request.param, monkeypatch)
    opened = SqliteStore.open(path)
    yield opened
    opened.close()


def plain(store: SqliteStore, sql: str) -> list[tuple]:
    return [tuple(row) for row in store._connection.execute(sql)]


def test_an_old_database_is_sound_when_it_is_up_to_date(store: SqliteStore) -> None:
    assert plain(store, "PRAGMA integrity_check") == [("ok",)]
    assert plain(store, "PRAGMA foreign_key_check") == []
    assert plain(store, "PRAGMA foreign_keys") == [(1,)]
    assert plain(store, "SELECT name FROM _sqlite_migrations") == [(name,) for name, _ in schema.MIGRATIONS]
    assert not plain(
        store, "SELECT name FROM sqlite_master WHERE name LIKE 'new!_%' ESCAPE '!' OR sql LIKE '%new!_%' ESCAPE '!'"
    )
    store._connection.execute("INSERT INTO articles_fts (articles_fts) VALUES ('integrity-check')")


def test_articles_of_an_old_database_are_found_and_read_as_before(store: SqliteStore) -> None:
    for number, (url, canonical, _, shown) in enumerate(ADDRESSES, 1):
        found = store.articles.get(number * 10)
        assert found is not None
        assert (found.article.url, found.article.canonical_url, found.article.title) == (
            url,
            shown,
            f"Ice \ufffd {number}",
        )
        for address in (url, canonical):
            assert store.articles.find(address) == found
    assert store.articles.find(f"{SITE}/front") is None
    first, live, bare, stub, *_ = (store.articles.get(number * 10) for number in range(1, 7))
    assert first.article.authors == ("Ann", "Bö")
    assert (first.article.published, first.article.updated) == (AT[EVENING], AT[NIGHT])
    assert (first.revision, first.row.fetched_at, first.row.hits, first.row.story_id) == (3, AT[EVENING], 1, "s1")
    assert first.article.blocks == (Block(Role.BODY, "The harbour froze."), Block(Role.CAPTION, "Ice."))
    evening = datetime(2026, 11, 23, 22, tzinfo=UTC)
    assert live.article.blocks == (Block(Role.HEADING, "Später", evening), Block(Role.BODY, "Öl floss.", evening))
    assert (live.article.live, live.article.wire, live.article.standfirst) == (True, "PA", "Vorspann")
    assert (bare.article.language, bare.article.published, bare.article.blocks) == (None, None, ())
    assert [item.article.paywalled for item in (first, live, bare)] == [False, True, None]
    assert (stub.article.reason, stub.article.text) == (Reason.PAYWALL, TextKind.FULL)
    assert [row.id for row in store.articles.rows(Filter())] == [60, 50, 40, 30, 20, 10]
    assert [row.id for row in store.articles.rows(Filter(since=AT[NIGHT]))] == [60, 50, 40]
    assert [row.id for row in store.articles.rows(Filter(until=AT[EVENING], outlet="courier"))] == [30, 20, 10]


def test_revisions_of_an_old_database_are_kept_with_their_texts(store: SqliteStore) -> None:
    rows = store._connection.execute("SELECT * FROM revisions ORDER BY revision").fetchall()
    texts = [unpack_body(store.bodies.unpack(row["dictionary"], row["data"])) for row in rows]
    assert [(row["revision"], row["title"], row["text"]) for row in rows] == [
        (1, "Old 1", "feed"),
        (2, "Old 2", "feed"),
    ]
    assert [standfirst for standfirst, _ in texts] == ["", "Early"]
    assert texts[0][1] == (Block(Role.BODY, json.loads(f'"{HALF}"')),)


def test_hits_of_an_old_database_have_their_evidence_counts_and_hours(store: SqliteStore) -> None:
    rows = store.hits.rows(Filter())
    assert [(row.hit.id, row.hit.rule_id, row.article.id) for row in rows] == [
        (20, "ice", 60), (15, "oil", 20), (10, "ice", 20), (5, "ice", 10),
    ]  # fmt: skip
    assert {row.hit.evidence for row in rows} == {
        (Evidence("ice", "body", (4, 11), block=0, sentence=(0, 18), mark=(4, 11), surface="harbour",
                  quote="The harbour froze."),)
    }  # fmt: skip
    last = rows[-1].hit
    assert (last.found_at, last.standing, last.story_id, last.revision) == (AT[EVENING], Standing.LATE, "s1", 2)
    assert last.gone_at is None
    assert [row.hit.id for row in store.hits.rows(Filter(since=AT[NIGHT]))] == [20, 15]
    assert [row.hit.id for row in store.hits.rows(Filter(language="de"))] == [15, 10]
    assert sorted(plain(store, "SELECT * FROM hit_days")) == [
        ("2026-11-23", "ice", 2), ("2026-11-24", "ice", 1), ("2026-11-24", "oil", 1),
    ]  # fmt: skip
    hours = [int(AT[text].timestamp()) // 3600 for text in (EVENING, NIGHT)]
    assert plain(store, "SELECT * FROM hours ORDER BY hour") == [(hours[0], 10, 30, 5, 10), (hours[1], 40, 60, 15, 20)]


def test_words_of_an_old_database_are_indexed(store: SqliteStore) -> None:
    def found(query: str) -> list[int]:
        rows = store._connection.execute(
            "SELECT rowid FROM articles_fts WHERE articles_fts MATCH ? ORDER BY 1", [query]
        )
        return [row[0] for row in rows]

    assert found("harbour") == [10]
    assert found('"ol floss"') == [20]
    assert found("standfirst:vorspann") == [20]
    assert found("title:ice") == [10, 20, 30, 40, 50, 60]
    assert found('"half of a pair"') == [40]
    assert found("москва") == [50]
    assert found("elsewhere") == []


def test_an_article_of_an_old_database_can_be_revised(store: SqliteStore) -> None:
    for number, (url, canonical, _, _) in enumerate(ADDRESSES[:4], 1):
        new = article(url=url, canonical_url=canonical, title="Thaw", content_hash="new", language=None)
        saved = save(store, new, at=later(0), known=number * 10)
        assert (saved.article_id, saved.changed) == (number * 10, True)
    store._connection.execute("INSERT INTO articles_fts (articles_fts) VALUES ('integrity-check')")
    matches = "SELECT rowid FROM articles_fts WHERE articles_fts MATCH '{}'"
    assert [row[0] for row in plain(store, matches.format("thaw"))] == [10, 20, 30, 40]
    assert plain(store, matches.format("floss")) == []


def test_new_rows_of_an_old_database_take_new_ids_and_are_counted(store: SqliteStore) -> None:
    saved = save(store, article(99, language="de"), at=later(0))
    assert saved.article_id == 61
    with store.transaction():
        assert [one.id for one in store.hits.add([hit(61)])] == [21]
    counts = dict(plain(store, "SELECT language, bodies FROM languages"))
    assert counts == {"": 1, "de": 2, "en": 4, "*": 7}


def test_stories_alerts_and_messages_of_an_old_database_are_there(store: SqliteStore) -> None:
    members = store.stories.members(AT[EVENING])
    assert [(one.story_id, one.traits.sketch, one.outlet, one.kept) for one in members] == [
        ("s1", (7, 7), "courier", True)
    ] * 2
    assert [row.story_id for row in store.articles.rows(Filter(story="s1"))] == ["s1", "s1"]
    waiting, told = store.alerts.rows(Filter())
    assert (told.alert.state, told.told_at, told.hits, told.alert.reason) == ("told", AT[NIGHT], 2, AlertReason.FIRST)
    assert [(one.id, one.state, one.reason, one.message.html) for one in told.outbox] == [
        ("m1", "dead", SendReason.REFUSED, "<p>x</p>")
    ]
    due = store.alerts.due(AT[NIGHT], limit=9)
    assert [[row.hit.id for row in one.hits] for one in due] == [[5, 10]]
    assert waiting.alert.state == "open"


def test_links_and_sources_of_an_old_database_are_there(store: SqliteStore) -> None:
    for number, (url, canonical, _, _) in enumerate(ADDRESSES, 1):
        link = store.links.get(number)
        assert link is not None
        assert (link.url, link.canonical, link.article_id) == (url, canonical, number * 10)
        same = Link("courier", f"{SITE}/feed", url, canonical)
        by_guid = Link("courier", f"{SITE}/feed", f"{SITE}/moved", f"{SITE}/moved", guid=f"g{number}", title="t")
        assert [(had.id, had.same) for had in store.links.known([same, by_guid], 3) if had] == [(number, True)] * 2
    assert [(row.url, row.next_check_at) for row in store.outlets.rows()] == [(f"{SITE}/feed", AT[NIGHT])]
    assert store.upkeep.totals().outlets == 1


def test_an_update_that_takes_long_is_announced_and_a_new_file_is_not(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    made(path, 2, monkeypatch)
    assert caplog.messages == []
    SqliteStore.open(path).close()
    assert (
        f"bringing {path} up to date (0003_fetching, 0004_archive, 0005_links, 0006_alerts, 0007_service, 0008_health, "
        "0009_page, 0010_told_and_tried, 0011_cluster)" in caplog.text
    )
    caplog.clear()
    SqliteStore.open(path).close()
    assert caplog.messages == []


@pytest.mark.parametrize("version", VERSIONS)
def test_an_update_that_fails_leaves_the_old_file_to_its_old_program(
    path: Path, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(path, version, monkeypatch)
    before = dump(path)

    name, last = schema.MIGRATIONS[-1]

    def late(execute) -> None:
        last(execute)
        execute("INSERT INTO stories (id) VALUES (NULL)")

    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS[:-1], (name, late)))
        with pytest.raises(StoreError, match="NOT NULL"):
            SqliteStore.open(path)
    assert dump(path) == before
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:version])
        SqliteStore.open(path).close()
    SqliteStore.open(path).close()


def test_an_update_is_undone_where_rows_refer_to_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(path, 3, monkeypatch)
    raw = sqlite3.connect(path)
    with raw:
        raw.execute("DELETE FROM stories")
    raw.close()
    before = dump(path)
    with pytest.raises(DamagedError, match="2 rows refer to what is not there \\(placements to stories\\)"):
        SqliteStore.open(path)
    assert dump(path) == before


def many(path: Path, articles: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a database of version 3 with so many articles of some 3 kB."""
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:3])
        SqliteStore.open(path).close()
    raw = sqlite3.connect(path)
    words = [f"word{number * 7919 % 9973}" for number in range(30_000)]
    with raw:
        for number in range(1, articles + 1):
            at = (number * 37) % 29_000
            body = [["body", " ".join(words[at + 60 * part : at + 60 * part + 60])] for part in range(7)]
            url = f"{SITE}/{number}"
            insert(
                raw, "articles", id=number, outlet_id="courier", url=url, canonical=url, canonical_url=url,
                title=f"Ice {number}", language="en", authors="[]", section="", wire="", live=0, text="full",
                detail="", content_hash="", standing="live", revision=1, fetched_at=NIGHT,
            )  # fmt: skip
            insert(raw, "bodies", article_id=number, standfirst="", blocks=json.dumps(body))
    raw.close()


def test_an_update_that_is_killed_begins_anew(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many(path, 1_000, monkeypatch)
    before = dump(path)
    for wait in (0.02, 0.1, 0.3):
        process = subprocess.Popen(
            [sys.executable, "-c", _UPDATE, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        time.sleep(wait)
        process.kill()
        process.communicate(timeout=30)
        names = [line for line in dump(path) if "0004_archive" in line]
        assert names or dump(path) == before
    store = SqliteStore.open(path)
    assert plain(store, "SELECT count(*) FROM articles_fts WHERE articles_fts MATCH 'ice'") == [(1_000,)]
    store.close()
    assert consistent(path) == []


def test_an_update_that_is_stopped_is_undone_wherever_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many(path, 50, monkeypatch)
    monkeypatch.setattr(sqlite, "_STEPS", 500)
    before = dump(path)
    stops, most = 0, 1
    while "0011_cluster" not in "".join(dump(path)):
        assert dump(path) == before
        asked = itertools.count(1)
        try:
            SqliteStore.open(path, lambda asked=asked, most=most: next(asked) >= most).close()
        except StoreError:
            stops += 1
        most += max(1, most // 4)
    assert stops > 5
    SqliteStore.open(path, lambda: True).close()
    assert consistent(path) == []


_UPDATE = """
import sys, time
from pathlib import Path
from monitor.store.sqlite import SqliteStore

def highest():
    # What resource tells begins with what the parent had.
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])

print("begins", flush=True)
began, before = time.monotonic(), highest()
SqliteStore.open(Path(sys.argv[1])).close()
print(time.monotonic() - began, highest() - before)
"""


@pytest.mark.slow
def test_twenty_thousand_articles_are_brought_up_to_date_in_bounded_memory(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(path, 20_000, monkeypatch)
    size = path.stat().st_size
    done = subprocess.run(
        [sys.executable, "-c", _UPDATE, str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    seconds, kilobytes = map(float, done.stdout.split()[1:])
    print(f"{seconds:.1f} s, {kilobytes / 1024:.0f} MB of memory over the start for a file of {size / 1e6:.0f} MB")
    assert kilobytes < 60 * 1024
