"""In which zone times are shown: what a reader chose, on every screen, in what is asked for and in the days of rules."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo, available_timezones

import pytest

from monitor.errors import AlertReason
from monitor.place import Place
from monitor.store import opening
from monitor.store.sqlite import SqliteStore
from monitor.views_alerts import Decided
from monitor.web import render, zones
from monitor.web.zones import COOKIE, Zones, named, names
from tests.page.room import page
from tests.page.serving import served as closed
from tests.page.test_screens import FORMS, SCREENS
from tests.store.make import NOW, enrolled, hits_on

BERLIN = ZoneInfo("Europe/Berlin")
NEPAL = {"Cookie": f"{COOKIE}=Asia/Kathmandu"}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with page(tmp_path_factory.mktemp("zones")) as found:
        yield found


def token(served):
    return re.search('name="token" value="([0-9a-f]+)"', served.get("/").text)[1]


def choose(served, zone, back="/"):
    place = f"/zone?back={quote(back)}"
    return served.client.post(served.url + place, data={"token": token(served), "zone": zone})


# ---- which it is


def test_names_are_those_of_zoneinfo():
    assert available_timezones() - names() <= {"localtime"}
    assert len(names()) > 500
    assert all(ZoneInfo(name) for name in names())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (" europe/berlin ", "Europe/Berlin"),
        ("Paris", "Europe/Paris"),
        ("new york", "America/New_York"),
        ("buenos aires", "America/Buenos_Aires"),
        ("utc", "UTC"),
        # Etc/GMT+2 lies two hours west of Greenwich: nobody who writes so means it.
        ("GMT+2", ""),
        ("Atlantis", ""),
        ("", ""),
        ("../../etc/passwd", ""),
        ("Europe", ""),
        ("Europe/Berlin\x00", ""),
        ("ſ" * 200, ""),
    ],
)
def test_a_zone_is_named_as_people_write_it(text, name):
    assert named(text) == name


@pytest.mark.parametrize(
    "cookie", ["", "Mars/Base", "../../etc/passwd", "Europe", "europe/berlin", "é", '"UTC"', "x" * 4_000]
)
def test_a_cookie_that_is_no_zone_counts_for_nothing(served, cookie):
    assert Zones(BERLIN).of([f"{COOKIE}={cookie}"]) is BERLIN
    sent = f"a:b={{1}}; {COOKIE}={cookie}".encode()
    assert "Times in Europe/Berlin" in served.get("/", headers={b"Cookie": sent}).text


# ---- what goes by it


@pytest.mark.parametrize("place", SCREENS)
def test_each_screen_shows_times_in_it_and_says_so(served, place):
    there = served.get(place, headers=NEPAL).text
    assert there.count("Times in") == 2
    assert "Times in Asia/Kathmandu" in there
    assert 'value="Asia/Kathmandu"' in there
    times = re.findall(r'<time datetime="([^"]*)">([^<]*)</time>', there)
    assert times or place in {"/rules", *FORMS} or place.startswith("/rules/try")
    for at, text in times:
        moment = datetime.fromisoformat(at)
        assert text == (moment + timedelta(hours=5, minutes=45)).astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def test_hours_of_charts_go_by_it(served):
    assert re.search(r"<title>\d\d:00: ", served.get("/").text)
    there = served.get("/", headers=NEPAL).text
    assert re.search(r"<title>\d\d:45: ", there)
    assert not re.search(r"<title>\d\d:00: ", there)


def test_days_that_are_asked_for_are_those_of_the_reader(tmp_path):
    store = SqliteStore.open(tmp_path / "monitor.db")
    enrolled(store)
    # 23:30 of the 20th in Berlin, 04:15 of the 21st in Nepal.
    hits_on(store, 1, found_at=datetime(2026, 11, 20, 22, 30, tzinfo=UTC))
    store.close()
    with page(tmp_path) as served:
        for day, here, there in (("20", True, False), ("21", False, True)):
            asked = f"/hits?since=2026-11-{day}&until=2026-11-{day}"
            assert ("Ice 1" in served.get(asked).text) is here
            assert ("Ice 1" in served.get(asked, headers=NEPAL).text) is there
            # Programs go by monitor.yaml, whoever asks.
            for place in ("/hits.atom", "/api/v1/hits"):
                given = served.get(asked.replace("/hits", place), headers=NEPAL).text
                assert ("Ice 1" in given) is here
        for headers, day in (({}, "20"), (NEPAL, "21")):
            assert re.findall(r"<title>(2026-11-\d\d): 1<", served.get("/rules", headers=headers).text) == [
                f"2026-11-{day}"
            ]


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles", "Asia/Kathmandu"])
def test_a_budget_goes_by_the_zone_of_the_configuration_whoever_asks(served, zone):
    with opening.writing(Place(served.path)) as store, store.transaction():
        for back in (9, 10, 15, 23, 24, 33):
            store.alerts.log([Decided(NOW - timedelta(hours=back), AlertReason.OVER_BUDGET, "desk", "ice")])
    own, there = (
        re.search(r"\d+ of 5 told since midnight[^<]*", served.get("/rules", headers=headers).text)
        for headers in ({}, {"Cookie": f"monitor-zone={zone}"})
    )
    assert own
    assert there
    assert own[0].split() == there[0].split()


def test_days_of_a_trial_go_by_it(tmp_path):
    store = SqliteStore.open(tmp_path / "monitor.db")
    enrolled(store)
    hits_on(store, 1, found_at=datetime(2026, 11, 20, 22, 30, tzinfo=UTC))
    store.close()
    with page(tmp_path) as served:
        for headers, day in (({}, "20"), (NEPAL, "21")):
            found = served.get("/rules/try?q=harbour", headers=headers).text
            assert re.findall(r"<title>(2026-11-\d\d): 1<", found) == [f"2026-11-{day}"]


def test_days_are_counted_in_the_usual_zone_where_clocks_are_the_same():
    now = datetime(2026, 11, 24, tzinfo=UTC)
    month = now - timedelta(days=30)
    here = Zones(BERLIN)
    assert here.counted(ZoneInfo("Europe/Paris"), month, now) is BERLIN
    assert str(here.counted(ZoneInfo("Europe/London"), month, now)) == "Europe/London"
    # Of the same offset now, and not a month ago: Tunis has no summer time.
    assert str(here.counted(ZoneInfo("Africa/Tunis"), month, now)) == "Africa/Tunis"
    assert here.counted(ZoneInfo("Africa/Tunis"), now - timedelta(days=7), now) is BERLIN


def test_templates_are_made_once_for_all_zones(served, monkeypatch):
    made = []
    compiled = render.Environment.compile
    monkeypatch.setattr(
        render.Environment, "compile", lambda *given, **more: made.append(1) or compiled(*given, **more)
    )
    served.get("/hits")
    before = len(made)
    for zone in ("UTC", "Asia/Tokyo", "America/New_York"):
        assert f"Times in {zone}" in served.get("/hits", headers={"Cookie": f"{COOKIE}={zone}"}).text
    assert len(made) == before


# ---- how it is chosen


def test_a_choice_is_kept_and_leads_back(served):
    answer = choose(served, "kathmandu", "/hits?rule=ice&q=harbour AND ice")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/hits?rule=ice&q=harbour%20AND%20ice"
    assert answer.headers["set-cookie"] == f"{COOKIE}=Asia/Kathmandu; Path=/; SameSite=Lax; Max-Age=31536000"
    assert "Times in Asia/Kathmandu" in served.get("/").text
    # Nothing: as monitor.yaml says.
    assert "Max-Age=0" in choose(served, "").headers["set-cookie"]
    assert "Times in Europe/Berlin" in served.get("/").text


def test_what_is_no_zone_changes_nothing_and_says_what_to_write(served):
    answer = choose(served, '<b>Atlantis"')
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers
    assert "“&lt;b&gt;Atlantis&#34;” is no time zone: write one like Europe/Berlin" in answer.text


def test_the_form_leads_back_to_what_was_asked(served):
    place = "/hits?q=%22ice%22&outlet=a%26b"
    action = re.search(r'<form id="zone" action="([^"]*)"', served.get(place).text)[1]
    answer = served.client.post(served.url + action, data={"token": token(served), "zone": "UTC"})
    assert answer.headers["location"] == place
    choose(served, "")


def test_the_cookie_is_secure_where_the_session_is(tmp_path):
    with closed(tmp_path, closed=False, proxies=("127.0.0.1",)) as desk:
        browser = desk.browser(headers={"X-Forwarded-Proto": "https"})
        answer = browser.post("/zone", token=browser.get("/").token, zone="UTC")
        assert answer.headers["Set-Cookie"].endswith("; Secure")
    assert zones.cookie("UTC", secure=False).endswith("Max-Age=31536000")


def test_whoever_logs_in_is_asked_for_nothing_else(tmp_path):
    with closed(tmp_path) as desk:
        text = desk.browser().get("/login").text
        assert "Times in" not in text
        assert "/static/monitor.js" in text
