"""What a script adds, in a real browser: the reader's zone, and buttons that leave one where one is. Each of it without
the script too.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.errors import SendReason
from monitor.model import Delivery
from monitor.place import Place
from monitor.store import opening
from monitor.store.sqlite import SqliteStore
from tests.page.room import page
from tests.store.make import NOW, enrolled, hits_on, later, message, opened, tell

pytestmark = pytest.mark.browser
MANY = 40


def fill(path):
    store = SqliteStore.open(path)
    enrolled(store)
    found = [hits_on(store, number, found_at=later(-60 * number))[0] for number in range(1, MANY + 1)]
    for place in range(3):
        opened(store, found[place].id, route=f"desk{place}")
        with store.transaction():
            tell(store, [due.alert for due in store.alerts.due(NOW, limit=10) if due.alert.route == f"desk{place}"],
                 [("mail", message(f"m{place}"))])  # fmt: skip
    with store.transaction():
        for row in store.outbox.lease(NOW, owner="me", lease=60, limit=10):
            store.outbox.mark(
                row, Delivery(sent=False, reason=SendReason.REFUSED, detail="refused"), NOW, retry_at=None
            )
    store.close()


@pytest.fixture
def served(tmp_path):
    fill(tmp_path / "monitor.db")
    with page(tmp_path) as found:
        yield found


@pytest.fixture
def shows(browser):
    """Open a page as somebody somewhere does."""
    contexts = []

    def shows(zone="Europe/Berlin", **more):
        contexts.append(browser.new_context(timezone_id=zone, viewport={"width": 900, "height": 600}, **more))
        return contexts[-1].new_page()

    yield shows
    for one in contexts:
        one.close()


def watched(shown):
    """Note what a page loads anew from now on."""
    shown.evaluate("window.here = 1")
    return lambda: shown.evaluate("window.here") == 1


# ---- the reader's zone


def test_the_browsers_zone_is_taken_up_without_being_asked(served, shows):
    shown = shows("Asia/Tokyo")
    shown.goto(served.url)
    shown.get_by_role("link", name="Times in Asia/Tokyo").wait_for()
    assert shown.locator(".lead time").text_content() == "2026-11-23 17:01"
    # Until it is closed: what travels is not held to where it was.
    (kept,) = [one for one in shown.context.cookies() if one["name"] == "monitor-zone"]
    assert (kept["value"], kept["expires"]) == ("Asia/Tokyo", -1)
    # From then on it is one page.
    asked = []
    shown.on("request", lambda request: asked.append(request.url))
    shown.goto(served.url + "/hits")
    assert len([one for one in asked if "/static/" not in one]) == 1


def test_what_was_chosen_stays_whatever_the_browser_says(served, shows):
    shown = shows("Asia/Tokyo")
    shown.goto(served.url + "/hits?rule=ice")
    shown.get_by_role("link", name="Times in Asia/Tokyo").wait_for()
    field = shown.get_by_label("Times in")
    field.fill("new york")
    field.press("Enter")
    shown.get_by_role("link", name="Times in America/New_York").wait_for()
    assert shown.url == served.url + "/hits?rule=ice"
    shown.goto(served.url)
    assert shown.get_by_role("link", name="Times in America/New_York").count() == 1
    assert shown.locator("#zones option").count() == 0
    shown.get_by_label("Times in").focus()
    assert shown.locator("#zones option").count() > 300


def test_a_zone_is_chosen_by_keyboard_without_a_script(served, shows):
    shown = shows("Asia/Tokyo", java_script_enabled=False)
    shown.goto(served.url)
    link = shown.get_by_role("link", name="Times in Europe/Berlin")
    link.press("Enter")
    assert shown.url.endswith("#zone")
    shown.keyboard.press("Tab")
    shown.keyboard.press("Control+a")
    shown.keyboard.type("Kathmandu")
    shown.keyboard.press("Tab")
    shown.keyboard.press("Enter")
    shown.get_by_role("link", name="Times in Asia/Kathmandu").wait_for()


def test_where_cookies_are_refused_nothing_is_loaded_for_ever(served, shows):
    shown = shows("Asia/Tokyo")
    shown.add_init_script("Object.defineProperty(document, 'cookie', {get: () => '', set: () => 0})")
    asked = []
    shown.on("request", lambda request: asked.append(request.url))
    shown.goto(served.url)
    shown.wait_for_load_state("networkidle")
    assert len(asked) == 3
    assert shown.get_by_role("link", name="Times in Europe/Berlin").count() == 1


# ---- marks


def test_a_hit_is_marked_in_the_list_without_losing_ones_place(served, shows):
    shown = shows()
    shown.goto(served.url + "/hits")
    row = shown.locator("ol.list > li").nth(MANY - 5)
    button = row.get_by_role("button", name="Noise")
    button.scroll_into_view_if_needed()
    stays, before = watched(shown), shown.evaluate("scrollY")
    assert before > 600
    # What came meanwhile is no reason to show it: the row alone is.
    store = SqliteStore.open(served.path)
    hits_on(store, MANY + 1, found_at=NOW + timedelta(seconds=30))
    store.close()
    button.press("Enter")
    row.locator("button[aria-pressed=true]:focus").wait_for()
    assert "marked noise" in row.inner_text()
    assert shown.evaluate("document.activeElement.textContent") == "Noise"
    assert (shown.evaluate("scrollY"), shown.locator("ol.list > li").count(), stays()) == (before, MANY, True)
    # Once more takes it back.
    shown.keyboard.press("Enter")
    row.locator("button[aria-pressed=false]:focus").wait_for()
    assert "marked" not in row.inner_text()
    assert stays()


def test_a_hit_is_marked_in_the_list_without_a_script(served, shows):
    shown = shows(java_script_enabled=False)
    shown.goto(served.url + "/hits?rule=ice")
    row = shown.locator("ol.list > li").nth(MANY - 5)
    row.get_by_role("button", name="Relevant").press("Enter")
    shown.wait_for_url("**/hits?rule=ice#hit-*")
    assert "marked relevant" in row.inner_text()
    assert row.evaluate("row => row.getBoundingClientRect().top < innerHeight")


def test_a_row_that_has_left_the_page_leads_to_the_list(served, shows):
    shown = shows()
    shown.goto(served.url + "/hits")
    store = SqliteStore.open(served.path)
    for number in range(MANY + 1, MANY + 60):
        hits_on(store, number, found_at=later(number))
    store.close()
    with shown.expect_navigation():
        shown.locator("ol.list > li").last.get_by_role("button", name="Noise").click()
    assert shown.locator("ol.list > li").first.get_by_role("link").first.text_content() == f"Ice {MANY + 59}"
    assert "marked noise" in served.get("/hits/1").text


def test_a_mark_on_a_hits_own_screen_shows_there(served, shows):
    shown = shows()
    shown.goto(served.url + "/hits/1")
    stays = watched(shown)
    shown.get_by_role("button", name="Noise").press("Enter")
    shown.get_by_role("button", name="Take back").wait_for()
    assert "marked noise" in shown.locator("main .by").first.inner_text()
    assert shown.evaluate("document.activeElement.textContent") == "Noise"
    shown.get_by_role("button", name="Take back").press("Enter")
    shown.get_by_role("button", name="Take back").wait_for(state="detached")
    assert shown.evaluate("document.activeElement.textContent") == "Relevant"
    assert stays()


# ---- messages


def test_a_message_is_sent_again_in_its_place_and_what_went_wrong_is_said_there(served, shows):
    shown, other = shows(), shows()
    for one in (shown, other):
        one.goto(served.url + "/alerts/1")
    stays = watched(shown)
    shown.get_by_role("button", name="Send again").press("Enter")
    shown.get_by_role("button", name="Send again").wait_for(state="detached")
    assert "to mail: waits" in shown.locator("main").inner_text()
    assert shown.evaluate("document.activeElement.id") == "main"
    assert stays()
    # Somebody else sees the button still.
    stays = watched(other)
    for _ in range(2):
        other.get_by_role("button", name="Send again").click()
        other.get_by_role("alert").wait_for()
        assert "This message was not given up" in other.get_by_role("alert").text_content()
    assert other.get_by_role("alert").count() == 1
    assert stays()


def test_a_message_is_sent_again_without_a_script(served, shows):
    shown = shows(java_script_enabled=False)
    shown.goto(served.url + "/alerts/1")
    shown.get_by_role("button", name="Send again").press("Enter")
    shown.wait_for_url("**/alerts/1#messages")
    assert shown.get_by_role("button", name="Send again").count() == 0


def test_a_page_that_does_not_answer_is_said_so(tmp_path, shows):
    fill(tmp_path / "monitor.db")
    with page(tmp_path) as served:
        shown = shows()
        shown.goto(served.url + "/hits/1")
    shown.get_by_role("button", name="Noise").click()
    shown.get_by_role("alert").wait_for()
    assert "does not answer" in shown.get_by_role("alert").text_content()


def test_a_form_of_another_session_is_said_so(served, shows):
    shown = shows()
    shown.goto(served.url + "/hits/1")
    shown.context.clear_cookies(name="monitor")
    shown.get_by_role("button", name="Noise").click()
    shown.get_by_role("alert").wait_for()
    assert "load the page again" in shown.get_by_role("alert").text_content()
    with opening.writing(Place(served.path)) as store:
        assert store.marks.of([1]) == {}
