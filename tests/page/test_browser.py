"""The page in a real browser: `pip install '.[browser]'`, Debian's chromium, then `pytest -m browser tests/page`.

axe-core finds nothing to mend on any screen, nothing is asked of another host, and all works without JavaScript and by
keyboard.
"""

from __future__ import annotations

import pytest

from tests.page.room import page
from tests.page.test_screens import FAULTY, SCREENS

pytestmark = pytest.mark.browser
# That of the page: a script takes up another at the first look, and loads it again.
HERE = {"timezone_id": "Europe/Berlin"}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with page(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_and_nothing_runs_off_the_screen(browser, served, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install '.[browser]'").Axe()
    # axe is put into the page, which the page's own policy forbids.
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True, **HERE
    )
    shown = context.new_page()
    for place in (*SCREENS, *FAULTY):
        shown.goto(served.url + place)
        found = [(one["id"], one["nodes"][0]["html"]) for one in axe.run(shown).response["violations"]]
        assert found == [], place
        assert shown.evaluate("document.documentElement.scrollWidth") <= width, place
    context.close()


def test_a_screen_is_three_requests_at_most_and_asks_nobody_else(browser, served):
    context = browser.new_context(**HERE)
    shown = context.new_page()
    asked: list[str] = []
    told: list[str] = []
    shown.on("request", lambda request: asked.append(request.url))
    shown.on("console", lambda message: told.append(message.text))
    shown.on("pageerror", lambda error: told.append(str(error)))
    for place in SCREENS:
        asked.clear()
        shown.goto(served.url + place)
        assert 1 <= len(asked) <= 3, asked
        assert all(one.startswith(served.url) for one in asked), asked
    assert told == []
    context.close()


def test_why_the_last_alert_was_sent_is_two_clicks_from_today(browser, served):
    context = browser.new_context(java_script_enabled=False)
    shown = context.new_page()
    shown.goto(served.url)
    shown.get_by_role("link", name="Alerts").click()
    shown.get_by_role("list").get_by_role("link").last.click()
    assert "The harbour froze." in shown.locator("main").inner_text()
    assert shown.locator("mark").first.text_content() == "harbour"
    context.close()


def test_a_hit_is_found_and_marked_by_keyboard_without_javascript(browser, served):
    context = browser.new_context(java_script_enabled=False)
    shown = context.new_page()
    shown.goto(served.url)
    shown.keyboard.press("Tab")
    shown.keyboard.press("Enter")
    assert shown.url.endswith("#main")
    _tab_to(shown, "Ice 3")
    shown.keyboard.press("Enter")
    shown.wait_for_url("**/hits/*")
    _tab_to(shown, "Noise")
    shown.keyboard.press("Enter")
    shown.wait_for_load_state()
    assert shown.locator("button[aria-pressed=true]").text_content() == "Noise"
    assert "marked noise" in shown.locator("main").inner_text()
    context.close()


def test_a_rule_is_tried_by_keyboard_without_javascript(browser, served):
    context = browser.new_context(java_script_enabled=False)
    shown = context.new_page()
    shown.goto(served.url + "/rules")
    _tab_to(shown, "Try ice")
    shown.keyboard.press("Enter")
    shown.wait_for_url("**/rules/try?rule=ice")
    assert shown.locator("textarea").input_value() == "harbour"
    _tab_to(shown, "", "textarea")
    shown.keyboard.press("End")
    shown.keyboard.type(" AND title:2")
    _tab_to(shown, "Try")
    shown.keyboard.press("Enter")
    shown.wait_for_url("**/rules/try?q=*")
    assert "1 of 3 articles" in shown.locator("main").inner_text()
    assert "Lost beside ice: 2" in shown.locator("main").inner_text()
    context.close()


def test_a_story_is_silenced_from_its_hit_by_keyboard_without_javascript(browser, served):
    context = browser.new_context(java_script_enabled=False)
    shown = context.new_page()
    shown.goto(served.url + "/hits/2")
    _tab_to(shown, "this story under rule ice")
    shown.keyboard.press("Enter")
    shown.wait_for_url("**/silences/new?*")
    assert shown.get_by_label("Rule", exact=True).input_value() == "ice"
    assert shown.get_by_label("Story").input_value() == "s1"
    shown.get_by_label("Your name").focus()
    shown.keyboard.type("ann")
    shown.keyboard.press("Tab")
    shown.keyboard.type("the ferry again")
    shown.keyboard.press("Enter")
    shown.wait_for_url("**/silences/2")
    assert "rule=ice story=s1 · in force" in shown.locator("main").inner_text()
    _tab_to(shown, "End silence 2")
    shown.keyboard.press("Enter")
    shown.get_by_text("has ended").wait_for()
    context.close()


def _tab_to(shown, text, kind=""):
    for _ in range(40):
        shown.keyboard.press("Tab")
        focused = shown.locator(f"{kind}:focus")
        if focused.count() and (kind or focused.text_content().strip() == text):
            return
    raise AssertionError(f"{text} is not reached by keyboard")
