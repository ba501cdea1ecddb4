"""`outlets list` and `status` as a user runs them: when a source is asked next and why, and what happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.newsroom import Newsroom
from tests.web import Web, article

TITLES = [f"{name} opens a new harbour for the winter" for name in "Aalesund Bergen Calais Dover Esbjerg Faro".split()]


@pytest.fixture
def web():
    with Web() as web:
        yield web


def publish(web, folder):
    rows = [(f"/{folder}/{number}", title) for number, title in enumerate(TITLES)]
    for number, (path, title) in enumerate(rows):
        web.pages[path] = article(
            title, *(f"Ship {number} of quay {quay} sails at {quay} past noon." for quay in "12345")
        )
    web.feed(rows)


def test_the_list_says_when_a_source_is_asked_next_and_why(tmp_path, web):
    room = Newsroom(tmp_path)
    room.outlets(courier=web.url)
    room.write("outlets", (room.config / "outlets.yaml").read_text().replace("    every: 0.1s\n", ""))
    (row,) = room.rows("outlets", "list")
    assert (row["next"], row["plan"]) == (None, "")
    publish(web, "a")
    room.run("run", "--once")
    (row,) = room.rows("outlets", "list")
    until = datetime.fromisoformat(row["next"]) - datetime.now(UTC)
    assert timedelta(0) < until < timedelta(hours=1)
    assert row["plan"].startswith("every ")
    assert row["plan"].endswith(", as it publishes")
    shown = " ".join(room.run("outlets", "list").split())
    assert all(word in shown for word in ("next", "why", "every"))


def test_the_list_says_that_a_source_which_failed_is_asked_later(tmp_path, web):
    room = Newsroom(tmp_path)
    room.outlets(courier=web.url)
    room.run("run", "--once")
    (row,) = room.rows("outlets", "list")
    assert row["reason"] == "not_found"
    assert row["plan"].startswith("after ")
    assert row["plan"].endswith(", as it failed")


def test_the_status_tells_of_a_baseline_and_of_a_feed_that_was_rewritten(tmp_path, web):
    room = Newsroom(tmp_path)
    room.outlets(courier=web.url)
    publish(web, "a")
    room.run("run", "--once")
    publish(web, "b")
    room.run("run", "--once")
    (row,) = room.rows("status")
    assert [event["kind"] for event in row["events"]] == ["feed_rewritten", "baseline"]
    shown = room.run("status")
    told = shown[shown.index("in the last 24 hours:\n") :].splitlines()
    feed = f"{web.url}/feed.xml"
    assert f" courier feed_rewritten: {feed}: 6 of 6 new links repeat titles or ids" in told[1]
    assert f" courier baseline: {feed}: 6 links listed, the newest 6 are read; none alerts" in told[2]
    assert len(told) == 3
    assert all(line.startswith("  20") for line in told[1:])
