"""Each screen over a small archive: what it says, and what it says where there is nothing."""

from __future__ import annotations

import re
import socket

import pytest

from monitor.errors import AlertReason, SendReason, Trouble
from monitor.model import Delivery, Evidence, Standing
from monitor.store.sqlite import SqliteStore
from monitor.views_health import Ailment
from monitor.web.asked import PAGE
from monitor.web.render import sentences
from monitor.web.serve import bound
from monitor.web.words import REASONS, explained
from tests.page.room import page
from tests.store.make import NOW, enrolled, hits_on, later, opened

SCREENS = (
    "/", "/hits", "/hits/1", "/articles/1", "/stories/s1", "/alerts", "/alerts/1", "/rules", "/rules/try",
    "/rules/try?q=harbour", "/rules/try?q=harbour&against=title:1&rule=quiet", "/outlets", "/outlets/courier",
    "/silences", "/silences/new?rule=ice", "/silences/1",
)  # fmt: skip
# Of these nothing is asked of the archive.
FORMS = ("/rules/try", "/silences/new?rule=ice")
FAULTY = ("/hits?q=(harbour", "/rules/try?q=(harbour", "/rules/try?q=harbour&rule=nobody&since=15x")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with page(tmp_path_factory.mktemp("page")) as found:
        yield found


def said(served, place):
    answer = served.get(place)
    assert answer.status_code == 200, answer.text
    inline = re.sub(r"</?(?:time|a|mark|q|span|strong|code)\b[^>]*>", "", answer.text.partition("<main")[2])
    return " ".join(re.sub(r"<[^>]*>", " ", inline).split())


def test_today_says_what_hit_what_is_held_and_who_is_in_trouble(served):
    text = said(served, "/")
    assert "3 hits since 2026-11-23 09:01; 0 of 1 outlets read" in text
    assert "Ice 3 courier · 2026-11-24 08:30 · ice · the story: 1 outlet, 3 articles The harbour froze." in text
    assert "Channels in trouble" not in text
    assert "courier: silent for 9 h" in text
    assert "Try: look at its feed" in text


def test_today_counts_trials_too_and_says_which_channel_takes_nothing(tmp_path):
    with page(tmp_path) as served:
        store = SqliteStore.open(served.path)
        hits_on(store, 7, ("quiet",), "s7", found_at=later(-60), standing=Standing.SHADOW)
        with store.transaction():
            row = store.outbox.lease(NOW, owner="me", lease=60, limit=1)[0]
            fault = Delivery(sent=False, reason=SendReason.UNREACHABLE, detail="nobody listens")
            store.outbox.mark(row, fault, NOW, retry_at=later(90))
        store.close()
        text = said(served, "/")
        assert "4 hits since" in text
        assert "1 outlet in trouble. 1 channel in trouble." in text
        assert re.search(r"quiet 1( \d\d:00: 0)+ 08:00: 1", text)
        assert "mail: 1 message waits, tried 1 time, next 2026-11-24 09:01: nobody listens Try:" in text
        assert "to mail: waits, next 2026-11-24 09:01: nobody listens" in said(served, "/alerts")


def test_a_trouble_of_all_outlets_is_no_link_and_counts_none(tmp_path):
    with page(tmp_path) as served:
        store = SqliteStore.open(served.path)
        with store.transaction():
            store.health.end(Ailment("courier", Trouble.SILENT, NOW, ""))
            store.health.begin(Ailment("", Trouble.NETWORK, NOW, "no outlet answers", "look at the network"))
        store.close()
        text = said(served, "/")
        assert "All outlets are in trouble." in text
        assert "All outlets: no outlet answers · noted 2026-11-24 09:00, and it goes on Try: look at" in text
        assert '"/outlets/"' not in served.get("/").text


def test_what_joined_a_story_after_it_was_told_is_no_reason_for_its_alert(tmp_path):
    with page(tmp_path) as served:
        store = SqliteStore.open(served.path)
        late = hits_on(store, 8, found_at=later(30))[0]
        with store.transaction():
            store.alerts.join(1, late.id)
        store.close()
        text = said(served, "/alerts/1")
    assert re.search(r"Because of Ice 1 .* Came later .* Ice 8 .* Decided", text)


def test_a_sentence_is_quoted_once_with_all_that_matched_marked():
    def piece(clause, mark, **more):
        usual = {"span": mark, "block": 2, "quote": "The Prime Minister of NATO", "mark": mark}
        return Evidence(clause, "body", **usual | more)

    found = sentences([
        piece("minister", (10, 18)), piece("prime", (4, 9)), piece("prime", (4, 18)),
        piece("nato", (22, 26), entity="nato", surface="NATO"),
        piece("prime", (0, 5), block=None, quote="Prime"),
        piece("odd", (0, 0), block=9, quote="", surface="odd"),
        piece("ice", (10, 13), span=(110, 113), block=3, quote="round the ice and the harb"),
        piece("harbour", (12, 19), span=(122, 129), block=3, quote="ice and the harbour froze"),
        piece("and", (4, 7), span=(114, 117), block=3, quote="ice and the harbour froze"),
    ])  # fmt: skip
    assert [one.parts for one in found] == [
        (("The ", False), ("Prime", True), (" Minister", True), (" of ", False), ("NATO", True)),
        (("Prime", True),),
        (("odd", True),),
        (("round the ", False), ("ice", True), (" ", False), ("and", True), (" the harb", False)),
        (("ice and the ", False), ("harbour", True), (" froze", False)),
    ]
    assert found[0].words == ("minister", "prime", "nato as “NATO”")
    assert (found[0].block, found[1].block, found[1].field) == (2, None, "body")


@pytest.mark.parametrize("reason", AlertReason)
def test_every_reason_is_said_in_words(reason):
    assert explained(reason) == f"{reason.value} ({REASONS[reason]})"


def test_a_hit_says_why_it_is_one_and_what_was_done(served):
    text = said(served, "/hits/1")
    assert "ice in the body, paragraph 1 The harbour froze." in text
    assert "<mark>harbour</mark>" in served.get("/hits/1").text
    assert "first (the first of the story under this rule) on route desk" in text


def test_hits_are_narrowed_and_searched(served):
    assert said(served, "/hits?rule=ice").count("The harbour froze.") == 3
    assert "No hits like these. Show all. Times" in said(served, "/hits?rule=other")
    assert '<a href="/rules/try?q=gazette%20ice">' in served.get("/hits?q=gazette%20ice").text
    assert said(served, "/hits?q=title:%22Ice+2%22").count("The harbour froze.") == 1
    assert said(served, "/hits?since=15x").count("is no time") == 1
    assert said(served, "/hits?since=1h").count("The harbour froze.") == 3


def test_a_query_that_cannot_be_read_is_explained(served):
    answer = served.get("/hits?q=(harbour")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "(harbour" in answer.text


@pytest.mark.parametrize(
    "place",
    [
        "/hits/99",
        "/hits/99999999999999999999",
        "/hits/" + "9" * 5_000,
        "/hits/x",
        "/articles/99",
        "/stories/zz",
        "/alerts/99",
        "/x",
    ],
)
def test_what_is_not_there_is_404(served, place):
    answer = served.get(place)
    assert answer.status_code == 404
    assert "</html>" in answer.text


@pytest.mark.parametrize("place", SCREENS)
def test_nothing_else_is_loaded_and_nothing_is_inline(served, place):
    answer = served.get(place)
    assert answer.headers["content-security-policy"].startswith(
        "default-src 'none'; style-src 'self'; script-src 'self'"
    )
    assert not re.search(r"<script(?! src=\"/static/)|\son\w+=|style=|javascript:", answer.text)
    found = re.findall(r'(?:src|<link rel="stylesheet" href)="([^"?]*)\?v=\w+"', answer.text)
    assert sorted(found) == ["/static/monitor.css", "/static/monitor.js"]
    assert not re.search(r'src="(?!/static/monitor.js\?)', answer.text)


def test_without_a_database_it_says_what_to_do(tmp_path):
    with page(tmp_path, filled=False) as served:
        answer = served.get("/")
        assert answer.status_code == 503
        assert "monitor run" in answer.text
        # It is there a moment later.
        SqliteStore.open(served.path).close()
        assert "No outlet is watched yet" in said(served, "/")


def test_an_answer_waits_for_no_acknowledgement():
    with bound("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_page_of_alerts_that_is_full_and_the_last_leads_nowhere(tmp_path):
    store = SqliteStore.open(tmp_path / "monitor.db")
    enrolled(store)
    found = hits_on(store, 1)[0]
    for number in range(2 * PAGE):
        opened(store, found.id, route=f"route{number}")
    store.close()
    with page(tmp_path) as served:
        first = served.get("/alerts").text
        last = served.get(re.search(r'rel="next" href="([^"]*)"', first)[1]).text
    shown = [re.findall(r"ice on route (route\d+) ", text) for text in (first, last)]
    assert shown[0] + shown[1] == [f"route{number}" for number in reversed(range(2 * PAGE))]
    assert 'rel="next"' not in last
