"""Rules and outlets as they are listed, and an outlet by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser

from monitor.errors import AlertReason, Reason, Trouble
from monitor.model import Alert
from monitor.place import Place
from monitor.store import opening
from monitor.store.sqlite import SqliteStore
from monitor.views import EventRow, OutletRow, PollOutcome
from monitor.views_alerts import Decided, Marked
from monitor.views_health import Ailment, Chart, Glance, Pulse
from monitor.web.watched import ERRORS, faults, mean
from tests.page.room import page
from tests.page.test_screens import said
from tests.store.make import NOW, enrolled, hits_on, later, message, tell

DAY = timedelta(days=1)


@pytest.fixture
def served(tmp_path):
    with page(tmp_path) as found:
        yield found


def test_a_rule_says_how_precise_it_is(served):
    assert "no hit is marked" in said(served, "/rules")
    with opening.writing(Place(served.path)) as store, store.transaction():
        store.marks.put(1, Marked("relevant", "ann", NOW))
    assert "100% [21%, 100%] by 1 marked hit " in said(served, "/rules")


def test_a_budget_says_what_was_told_what_was_left_over_and_how_often(served):
    assert "1 of 5 told since midnight" in said(served, "/rules")
    assert "digest" not in said(served, "/rules")
    with opening.writing(Place(served.path)) as store:
        found = hits_on(store, 9, story="s9")[0]
        with store.transaction():
            alert = store.alerts.open(Alert("desk", "ice", "s9", NOW), found.id, NOW)
            # Midnight of Berlin is 23:00 of London: what was told before it counts for no budget of today.
            for number, at in enumerate((NOW, NOW - timedelta(hours=8.9), NOW - timedelta(hours=9.1))):
                [due] = [one.alert for one in store.alerts.due(NOW, limit=9) if one.alert.id == alert]
                tell(store, [due], [("mail", message(f"n{number}"))], at)
                store.alerts.reopen(alert, NOW, AlertReason.NEW_OUTLET)
            for back in (0, 0, 3, 3, 29, 31):
                store.alerts.log([Decided(NOW - back * DAY, AlertReason.OVER_BUDGET, "desk", "ice")])
    text = said(served, "/rules")
    assert "3 of 5 told since midnight, 2 left to a digest; over it on 3 of 30 days" in text


def test_the_days_of_a_rule_stand_in_its_chart_as_text(served):
    tree = LexborHTMLParser(served.get("/rules").text)
    [ice, quiet] = [node.attributes["aria-label"] for node in tree.css("svg")]
    assert ice == f"ice: hits by day: {'0, ' * 29}3"
    assert quiet.endswith(" 0")


def test_an_outlet_says_how_much_it_brings_when_it_is_asked_next_and_why(tmp_path):
    store = SqliteStore.open(tmp_path / "monitor.db")
    source = enrolled(store)
    for number, back in enumerate((14, 13, 8, 7, 2, 1, 1, 1, 0, 0, 0)):
        hits_on(store, number, found_at=NOW - back * DAY)
    with store.transaction():
        store.outlets.record(PollOutcome(source, NOW, later(900), plan="as often as it publishes"))
    store.close()
    with page(tmp_path) as served:
        _looked_at(served)


def _looked_at(served):
    text = said(served, "/outlets")
    # Five in the week before today.
    assert "0.7 articles a day" in text
    assert "read 2026-11-24 09:00; next 2026-11-24 09:15, as often as it publishes" in text
    [chart] = [node.attributes["aria-label"] for node in LexborHTMLParser(served.get("/outlets").text).css("svg")]
    assert chart == "courier: articles by day, 2026-11-11 to today: 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 3, 3"
    text = said(served, "/outlets/courier")
    assert "0.7 articles a day in the week before today, 11 in all" in text
    assert "2026-11-22 1 2026-11-23 3 2026-11-24 3" in text
    assert "as often as it publishes" in text


def test_an_outlet_says_what_went_wrong_and_how_it_fared(served):
    with opening.writing(Place(served.path)) as store, store.transaction():
        source = store.outlets.lease_due(later(9_000), limit=1, lease=60)[0].id
        store.outlets.record(PollOutcome(source, NOW, later(900), Reason.DNS, "no such host", 3, plan="it failed"))
        store.health.note("courier", [Glance(NOW - DAY, Reason.PAYWALL), Glance(NOW - 2 * DAY)], 40)
        for number, (kind, reason) in enumerate((("trouble", "silent"), ("recovered", "silent"), ("no_route", ""))):
            store.upkeep.event(EventRow(kind, NOW - (9 - number) * DAY, "courier", reason=reason, detail=f"d{number}"))
        store.upkeep.event(EventRow("trouble", NOW, "other", detail="not of this one"))
    listed = said(served, "/outlets")
    assert "Last errors: dns of a source 2026-11-24 09:00; paywall of a page 2026-11-23 09:00" in listed
    assert "next 2026-11-24 09:15, it failed; dns no such host, 3 times in a row" in listed
    text = said(served, "/outlets/courier")
    assert "2026-11-24 09:00: dns, https://courier.example/feed no such host" in text
    assert "2026-11-23 09:00: paywall, a page" in text
    assert "2026-11-16 09:00: recovered, silent: d1 2026-11-15 09:00: trouble, silent: d0" in text
    assert "d2" not in text
    assert "not of this one" not in text
    assert "silent for 9 h" in text
    assert served.get("/outlets/nobody").status_code == 404


def test_faults_are_the_newest_of_each_reason():
    def source(reason, minutes, url="u"):
        return OutletRow("o", "O", url, "feed", later(60 * minutes), None, NOW, 1, reason, "d", 0)

    pages = [Glance(later(60 * minutes), reason) for minutes, reason in
             enumerate((Reason.PAYWALL, Reason.LOGIN, Reason.PAYWALL, None, Reason.CONSENT, Reason.EMPTY))]  # fmt: skip
    found = faults([source(Reason.DNS, 9), source(None, 10)], Chart("o", (Pulse("u"),), tuple(pages)))
    assert [(one.reason, one.where) for one in found] == [("dns", "u"), ("empty", "page"), ("consent", "page")]
    assert len(found) == ERRORS
    assert [(one.reason, one.at) for one in faults([], Chart("o", (), tuple(pages[:4])))] == [
        ("paywall", later(120)), ("login", later(60)),
    ]  # fmt: skip
    assert faults([], None) == ()


@pytest.mark.parametrize(
    ("days", "whole", "expected"),
    [
        ((9, 9, 9, 9, 9, 9, 7, 6, 5, 4, 3, 2, 1, 0), 14, 4.0),
        ((9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 4, 2, 1), 3, 3.0),
        ((0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 2), 1, 2.0),
        ((0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2), 0, 2.0),
    ],
)
def test_a_mean_is_that_of_the_whole_days_of_a_week(days, whole, expected):
    assert mean(days, whole) == expected


def test_those_in_trouble_come_first_and_words_narrow(served):
    with opening.writing(Place(served.path)) as store, store.transaction():
        store.health.begin(Ailment("courier", Trouble.BLOCKED, NOW, "refused", "ask"))
    text = said(served, "/outlets?q=cour")
    assert "refused" in text
    assert "1 to 1 of 1" in text
    assert "No outlet has these words" in said(served, "/outlets?q=zebra")
