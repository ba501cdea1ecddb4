"""Public lists of strings that do harm, through every field that is stored and all that is asked for: none becomes an
element, an attribute or a script on a screen, in the feed or in an answer of the API.
"""

from __future__ import annotations

import http.client
import re
import xml.etree.ElementTree as ElementTree
from contextlib import closing
from urllib.parse import quote

import pytest
from selectolax.lexbor import LexborHTMLParser

from monitor.safe import one_line
from monitor.store.rows import clean
from tests.page import hostile
from tests.page.room import page
from tests.page.test_hostile_programs import ATOM
from tests.page.test_hostile_programs import ELEMENTS as IN_FEED
from tests.page.test_hostile_text import faults
from tests.page.test_screens import FORMS, SCREENS

LISTINGS = ("/hits", "/alerts", "/rules", "/outlets")
NAMES = ("q", "rule", "outlet", "lang", "story", "since", "until", "sort", "after", "state", "before", "from")


# Whole they take minutes.
WHOLE = [pytest.mark.slow, pytest.mark.timeout(1_800)]


@pytest.fixture(
    scope="module", params=["some", pytest.param("naughty", marks=WHOLE), pytest.param("payloads", marks=WHOLE)]
)
def strings(request):
    if request.param == "some":
        return [*hostile.naughty_strings()[::8], *hostile.payloads()[::80]]
    return hostile.naughty_strings() if request.param == "naughty" else hostile.payloads()


@pytest.fixture(scope="module")
def served(strings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lists")
    said = hostile.fill(folder / "monitor.db", strings)
    with page(folder, settings=said) as found:
        yield found


def test_the_lists_are_whole():
    assert len(hostile.naughty_strings()) > 450
    assert len(hostile.payloads()) > 4_000


@pytest.mark.parametrize("place", LISTINGS)
def test_a_listing_shows_every_string_as_text(served, strings, place):
    shown = []
    for text in hostile.walk(served, place, LexborHTMLParser):
        assert faults(text) == []
        shown += [one_line(node.text()) for node in LexborHTMLParser(text).css(".list h3 a, th[scope=row] a")]
    if place == "/alerts":
        return
    # A name is shown as it is, and by its id where it shows nothing.
    expected = {one_line(clean(text)) for text in strings}
    assert len(expected - set(shown)) <= 1 + (place == "/hits") * len(expected) // 10


@pytest.mark.parametrize("kind", ["hits", "articles", "stories", "alerts"])
def test_a_screen_of_its_own_shows_every_string_as_text(served, strings, kind):
    for number in range(1, len(strings) + 1):
        place = f"/stories/s{number - 1}" if kind == "stories" else f"/{kind}/{number}"
        answer = served.get(place)
        assert answer.status_code in {200, 404}, place
        assert faults(answer.text) == [], place


def test_today_and_what_goes_wrong_show_it_as_text(served, strings):
    assert faults(served.get("/").text) == []
    for text in strings:
        for place in ("/stories/", "/hits/", "/static/", "/"):
            answer = served.get(place + quote(text[:300], safe=""))
            assert answer.status_code < 500, place
            assert faults(answer.text) == []


def test_every_string_that_is_asked_for_stays_text(served, strings):
    for text in strings:
        asked = dict.fromkeys(NAMES, text[:1_000])
        for place in LISTINGS:
            answer = served.get(place, params=asked)
            assert answer.status_code in {200, 400}, place
            assert faults(answer.text) == []
        answer = served.get(
            "/hits", params={"q": text[:1_000]}, headers={"Cookie": f"monitor-zone={quote(text[:300])}"}
        )
        assert answer.status_code in {200, 400}
        assert faults(answer.text) == []


def test_what_no_browser_would_leave_as_it_is_stays_text(served, strings):
    # A browser writes %22 for a quotation mark; the server takes it as it is.
    port = int(served.url.rpartition(":")[2])
    for text in strings:
        raw = re.sub(r"[^!-~]", "+", text)[:1_000]
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            for place in ("/hits?q=", "/rules?q=", "/x"):
                connection.request("GET", place + raw)
                answer = connection.getresponse()
                assert answer.status in {200, 400, 404}, place + raw
                assert faults(answer.read().decode()) == []


def test_every_string_in_a_form_stays_text(served, strings):
    page_of = LexborHTMLParser(served.get("/").text)
    token = page_of.css_first("input[name=token]").attributes["value"]
    for text in strings:
        given = {"token": token, "zone": text[:500], "mark": text[:500], "back": text[:500]}
        for place in ("/zone", "/hits/1/mark", f"/messages/{quote(text[:200], safe='')}/retry"):
            answer = served.client.post(f"{served.url}{place}", params={"back": text[:500]}, data=given)
            assert answer.status_code < 500, place
            assert faults(answer.text) == []
            assert answer.headers.get("location", "/").startswith("/")
            assert not answer.headers.get("location", "/").startswith("//")


def test_the_feed_and_the_api_hold_every_string_as_text(served, strings):
    for name in ("hits", "articles", "stories", "rules", "outlets", "alerts", "silences"):
        rows, after = 0, {}
        while after is not None:
            answer = served.get(f"/api/v1/{name}", params={"limit": 200, **after})
            assert answer.status_code == 200, answer.text
            assert answer.headers["content-type"] == "application/json"
            assert answer.headers["x-content-type-options"] == "nosniff"
            found = answer.json()
            rows += len(found[name])
            after = {"after": found["next"]} if found["next"] else None
        assert rows > 0.8 * len(strings), name
    tree = ElementTree.fromstring(served.get("/hits.atom", params={"limit": 200}).content)
    assert {node.tag.removeprefix(ATOM) for node in tree.iter()} <= IN_FEED
    assert {name for node in tree.iter() for name in node.attrib} <= {"rel", "href", "term"}
    for text in strings[::5]:
        for place in ("/hits.atom", "/api/v1/hits", "/api/v1/outlets"):
            answer = served.get(place, params={"q": text[:1_000], "after": text[:100]})
            assert answer.status_code in {200, 400}
            assert answer.headers["content-type"].partition(";")[0] in {
                "application/json", "application/problem+json", "application/atom+xml"}  # fmt: skip


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", '"><b>x', "{{7*7}}", "a&lt;b"])
def test_the_name_of_a_file_stays_text(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    with page(folder, filled=False) as served:
        for place in SCREENS:
            if place not in FORMS:
                answer = served.get(place)
                assert answer.status_code == 503
                assert faults(answer.text) == []
        assert name in LexborHTMLParser(answer.text).css_first("main").text()
