"""Silences on the page: what is listed, the form, the button, and the daemon that goes by them."""

from __future__ import annotations

import re
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from selectolax.lexbor import LexborHTMLParser

from monitor import silencing
from monitor.cli.main import cli
from monitor.model import Route, Rule, Silence
from monitor.notify.silences import KEYS
from monitor.routing import Updates
from monitor.silencing import is_wild
from monitor.store.sqlite import SqliteStore
from monitor.web import entry, hushed
from tests import naughty
from tests.bureau import START, Bureau
from tests.page.programs import configuration, serving
from tests.page.room import page
from tests.page.serving import Browser
from tests.page.test_hostile_text import faults
from tests.page.test_screens import said
from tests.store.make import NOW, later

GOOD = {"rule": "ice", "for": "4h", "author": "ann", "comment": "the ferry again"}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with page(tmp_path_factory.mktemp("silences")) as found:
        yield found


@pytest.fixture
def room(tmp_path):
    """The page over an empty archive and a configuration that the commands have too."""
    SqliteStore.open(tmp_path / "monitor.db").close()
    configuration(tmp_path)
    with serving(tmp_path) as found:
        yield found


def kept(path) -> list[Silence]:
    with closing(SqliteStore.open_readonly(path)) as store:
        return store.silences.rows(limit=1_000)


def ask(port: int, **fields: str):
    """Send the form as a browser does."""
    browser = Browser(port)
    return browser.post("/silences/new", token=browser.get("/silences/new").token, **fields)


def filled(text: str) -> dict[str, str]:
    """Return what stands in the form."""
    form = LexborHTMLParser(text).css_first("form[action='/silences/new']")
    found = {one.attributes["name"]: one.attributes.get("value") or "" for one in form.css("input[name]")}
    found["for"] = form.css_first("option[selected]").text()
    return {name: value for name, value in found.items() if value and name != "token"}


# ---- what is listed


def test_what_is_silenced_says_what_until_when_by_whom_and_why(served):
    text = said(served, "/silences")
    assert "rule=quiet active · 2026-11-24 09:00 to 2026-11-24 10:00 · ann · silence 1 too much" in text
    text = said(served, "/silences/1")
    assert "From 2026-11-24 09:00 Until 2026-11-24 10:00 By ann Why too much" in text
    assert "Silences: 1 in force" in said(served, "/alerts")
    link = re.search(r'href="(/hits\?[^"]*)">Hits of this time', served.get("/silences/1").text)[1]
    assert "No hits like these" in said(served, link.replace("&amp;", "&"))


def test_what_has_ended_is_listed_apart_and_cannot_be_ended(tmp_path):
    with closing(SqliteStore.open(tmp_path / "monitor.db")) as store, store.transaction():
        for number in range(hushed.ENDED + 2):
            matchers = (("rule", f"r{number}"), ("outlet", "bbc*"))
            store.silences.add(Silence(0, matchers, NOW, later(number), "ann", "x"), NOW)
        store.silences.add(Silence(0, (("rule", "r"),), later(900), later(999), "", "soon"), NOW)
    with page(tmp_path) as served:
        text = served.get("/silences").text
        assert re.findall(r">End silence (\d+)<", text) == [str(hushed.ENDED + 3)]
        assert "waits · " in text
        assert re.findall(r"/silences/(\d+)\">", text.partition('id="ended"')[2]) == [
            str(number) for number in range(hushed.ENDED + 2, 2, -1)
        ]
        assert "has ended" in said(served, "/silences/1")
        assert "End silence" not in served.get("/silences/1").text
        # Of a pattern the screen of hits knows nothing.
        assert "Hits of this time" not in served.get("/silences/1").text
        assert "Silences: none in force" in said(served, "/alerts")


def test_where_nothing_is_silenced_it_says_how_to(room):
    text = Browser(room.port).get("/silences").text
    assert "Nothing is silenced." in text
    assert 'href="/silences/new"' in text


@pytest.mark.parametrize("place", ["/silences/99", "/silences/x", "/silences/" + "9" * 30])
def test_a_silence_that_is_not_there_is_404(served, place):
    assert served.get(place).status_code == 404


# ---- the form


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("/hits/1", [{"rule": "ice", "story": "s1"}, {"rule": "ice", "outlet": "courier"}]),
        ("/alerts/1", [{"rule": "ice", "story": "s1"}]),
        ("/stories/s1", [{"story": "s1"}]),
    ],
)
def test_a_link_fills_the_form_in(served, place, words):
    links = re.findall(r'href="(/silences/new\?[^"]*)"', served.get(place).text)
    shown = [filled(served.get(link.replace("&amp;", "&")).text) for link in links]
    assert shown == [{**one, "for": "4h"} for one in words]


def test_a_length_that_is_not_offered_is_written(served):
    assert filled(served.get("/silences/new?for=1d").text) == {"for": "1d"}
    assert filled(served.get("/silences/new?for=90m&lang=de").text) == {"for": "4h", "other": "90m", "lang": "de"}


def test_what_the_form_says_is_kept_and_shown(tmp_path):
    with page(tmp_path) as served:
        sent = {"tag": "winter", "lang": "d?", "outlet": "cou*", "other": "90m", "from": "2026-11-24T12:00",
                "author": "bo", "comment": "ferry\nagain", "for": "7d"}  # fmt: skip
        browser = Browser(int(served.url.rpartition(":")[2]))
        token = browser.get("/silences/new").token
        refused = browser.post("/silences/new", token=token, **sent)
        assert (refused.status, "there is no tag &#39;winter&#39;" in refused.text) == (409, True)
        assert len(kept(served.path)) == 1
        answer = browser.post("/silences/new", token=token, **sent, sure="yes")
        assert (answer.status, answer.location) == (303, "/silences/2")
        # Noon in Berlin, the zone of this page.
        begins = datetime(2026, 11, 24, 11, tzinfo=UTC)
        matchers = (("tag", "winter"), ("outlet", "cou*"), ("lang", "d?"))
        assert kept(served.path)[0] == Silence(
            2, matchers, begins, begins + timedelta(minutes=90), "bo", "ferry\nagain"
        )
        assert "tag=winter outlet=&#39;cou*&#39; lang=&#39;d?&#39;" in browser.get("/silences/2").text


@pytest.mark.parametrize(
    ("fields", "words", "field", "told"),
    [
        ({"rule": "icy"}, ("rule=icy",), "", "there is no rule 'icy'; did you mean 'ice'?"),
        ({"tag": "wintr"}, ("tag=wintr",), "", "there is no tag 'wintr'; did you mean 'winter'?"),
        ({"severity": "critical"}, ("severity=critical",), "", "there is no severity 'critical'"),
        ({"outlet": "o99"}, ("outlet=o99",), "", "there is no outlet 'o99'"),
        ({"story": "nope"}, ("rule=ice story=nope",), "", "there is no story nope"),
        ({"rule": "a", "story": "b"}, ("rule=a story=b",), "", "there is no rule 'a'; there is no story b"),
        ({"rule": ""}, ("",), "rule", "nothing to silence"),
        ({"other": "soon"}, ("rule=ice", "--for", "soon"), "other", "'soon': expected a duration such as 90s"),
        ({"for": "366d"}, ("rule=ice", "--for", "366d"), "other", "at most 365d"),
        ({"other": "0s"}, ("rule=ice", "--for", "0s"), "other", "a silence lasts longer than nothing"),
        ({"from": "2d"}, ("rule=ice", "--from", "2d"), "from", "it would have ended at"),
        ({"from": "noon"}, ("rule=ice", "--from", "noon"), "from", "'noon' is no time: write 2026-11-24"),
        ({"from": "9999-12-31T22:00"}, ("rule=ice", "--from", "9999-12-31T22:00"), "from", "too far away"),
        ({"from": "0001-01-01"}, ("rule=ice", "--from", "0001-01-01"), "from", "too far away"),
        ({"comment": " "}, ("rule=ice", "--comment", " "), "comment", "the comment says why"),
    ],
)  # fmt: skip
def test_what_the_command_refuses_the_form_refuses_in_the_same_words(room, fields, words, field, told):
    answer = ask(room.port, **{**GOOD, **fields})
    tree = LexborHTMLParser(answer.text)
    fault = tree.css_first("#fault").text()
    assert told in fault
    invalid = [one.attributes["name"] for one in tree.css("[aria-invalid]")]
    assert invalid == ([field] if field else [])
    # Only what somebody may insist on can be insisted on, and what was written is there still.
    assert (answer.status, tree.css_first("input[name=sure]") is not None) == ((400, False) if field else (409, True))
    assert filled(answer.text)["author"] == "ann"
    config = ["--config", str(room.storage.parent / "config")]
    command = CliRunner().invoke(cli, [*config, "silence", "add", "--for", "4h", "--comment", "x", *words])
    assert command.exit_code == 2
    plain = re.sub(r"[\s│]+", " ", command.output)
    assert told in plain
    assert ("--force silences it all the same" in plain) == (not field)
    assert kept(room.storage) == []


def test_nobody_silences_without_a_name(room):
    answer = ask(room.port, **{**GOOD, "author": " "})
    assert (answer.status, "say who you are" in answer.text) == (400, True)
    assert kept(room.storage) == []


def test_who_insists_is_obeyed(room):
    assert ask(room.port, **{**GOOD, "rule": "icy"}, sure="yes").location == "/silences/1"
    (made,) = kept(room.storage)
    assert (made.matchers, made.author, made.ends_at - made.starts_at) == (
        (("rule", "icy"),), "ann", timedelta(hours=4)
    )  # fmt: skip
    listed = CliRunner().invoke(cli, ["--config", str(room.storage.parent / "config"), "silence", "list", "--json"])
    assert '"comment": "the ferry again"' in listed.output


def test_a_story_is_silenced_by_the_id_that_it_has_today(tmp_path):
    with page(tmp_path) as served:
        with closing(SqliteStore.open(served.path)) as store, store.transaction():
            merged = store.stories.split([3], NOW)
            store.stories.join("s1", merged, NOW)
        port = int(served.url.rpartition(":")[2])
        assert ask(port, story="s1", other="1h", author="a", comment="b").status == 303
        assert kept(served.path)[0].matchers == (("story", merged),)


# ---- two at once


def together(count: int, press) -> list:
    """Press a button from so many browsers at once; return the answers."""
    gate, answers = threading.Barrier(count), []

    def one(number: int) -> None:
        gate.wait()
        answers.append(press(number))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_a_button_that_is_pressed_twice_silences_once(room):
    answers = together(6, lambda _: ask(room.port, **GOOD))
    assert {(one.status, one.location) for one in answers} == {(303, "/silences/1")}
    assert len(kept(room.storage)) == 1


def test_of_two_who_silence_the_same_one_is_told_of_the_other(room):
    answers = together(4, lambda number: ask(room.port, **GOOD | {"author": f"ann{number}"}))
    assert sorted(one.status for one in answers) == [303, 409, 409, 409]
    (made,) = kept(room.storage)
    assert all(
        f"silence 1 of {made.author} holds on the same until" in one.text for one in answers if one.status == 409
    )
    # What lasts longer is something else, and so is less than all of it; each names the other.
    assert ask(room.port, **GOOD | {"for": "1d"}).location == "/silences/2"
    assert ask(room.port, **GOOD | {"lang": "de"}).location == "/silences/3"
    others = Browser(room.port).get("/silences/1").text.partition("Others on the same")[2]
    assert re.findall(r'<a href="/silences/(\d+)">', others) == ["2"]


def test_of_two_at_once_the_later_may_be_written_first(tmp_path):
    with closing(SqliteStore.open(tmp_path / "monitor.db")) as store:
        late, early = (
            Silence(0, (("lang", "de"),), later(seconds), later(seconds + 3_600), author, "x")
            for seconds, author in ((1, "ann"), (0, "bo"))
        )
        silencing.add(store, late, [], NOW, str)
        with pytest.raises(silencing.DoubtfulError, match="silence 1 of ann"):
            silencing.add(store, early, [], NOW, str)


def test_a_silence_is_ended_once_however_often_it_is_pressed(room):
    ask(room.port, **GOOD)
    token_of = {}

    def press(number: int):
        browser = Browser(room.port)
        token_of[number] = browser.get("/silences/1").token
        return browser.post("/silences/1/end", token=token_of[number], back="/silences")

    answers = together(4, press)
    (ended,) = kept(room.storage)
    assert {(one.status, one.location) for one in answers} == {(303, "/silences")}
    assert ended.ends_at <= datetime.now(UTC)
    browser = Browser(room.port)
    token = browser.get("/silences/new").token
    assert browser.post("/silences/1/end", token=token).location == "/silences/1"
    assert kept(room.storage) == [ended]
    assert "What it held on stays silenced" in browser.get("/silences/1").text
    for nothing in ("/silences/9/end", "/silences/x/end"):
        assert browser.post(nothing, token=token).status == 404


# ---- the line goes by it


def test_a_running_line_takes_it_up_and_each_hit_names_it(tmp_path):
    desk = Bureau(tmp_path, (Route("desk", ("mail",), wait=600.0),), (Rule("ice", "harbour"),))
    with closing(desk), page(tmp_path) as served:
        waits = desk.hit(0, "s1", "ice")
        port = int(served.url.rpartition(":")[2])
        assert ask(port, **GOOD | {"rule": "ic*", "for": "12h"}).location == "/silences/1"
        comes = desk.hit(1, "s2", "ice")
        assert desk.run(3_600) == []
        for hit in (waits, comes):
            shown = served.get(f"/hits/{hit.id}").text
            assert 'Silenced by <a href="/silences/1">silence 1</a> of ann' in shown
            assert "the ferry again" in shown
            # Its alert is gone, and nothing leads there.
            assert "/alerts/" not in shown.partition("<main")[2]
        browser = Browser(port)
        desk.now = START + timedelta(hours=2)
        browser.post("/silences/1/end", token=browser.get("/silences/1").token)
        desk.hit(2, "s3", "ice")
        assert len(desk.run(3_600)) == 1
        assert "Silenced by" not in served.get("/hits/3").text


def test_an_alert_that_was_silenced_later_names_the_silence(tmp_path):
    desk = Bureau(tmp_path, (Route("desk", ("mail",), updates=Updates(1_800.0)),), (Rule("ice", "harbour"),))
    with closing(desk), page(tmp_path) as served:
        desk.hit(0, "s1", "ice")
        assert len(desk.run(600)) == 1
        desk.hit(1, "s1", "ice")
        ask(int(served.url.rpartition(":")[2]), **GOOD | {"for": "12h"})
        assert desk.run(3_600) == []
        shown = served.get("/alerts/1").text
        assert 'Silenced by <a href="/silences/1">silence 1</a> of ann' in shown
        assert '<a href="/alerts/1">silenced (not told)</a>' in served.get("/hits/2").text


# ---- what people write


def test_nothing_that_is_written_becomes_an_element(tmp_path):
    texts = sorted({text.encode("utf-8", "replace").decode() for text in naughty.NAUGHTY})
    with page(tmp_path) as served:
        with closing(SqliteStore.open(served.path)) as store, store.transaction():
            for text in texts:
                matchers = tuple((key, text) for key in KEYS)
                store.silences.add(Silence(0, matchers, NOW, later(999), text, text), NOW)
        shown = served.get("/silences").text
        assert shown.count("End silence") == 1 + len(texts)
        assert faults(shown) == []
        # What is written into a form is escaped in the same places. A longer one is refused as a whole.
        strings = [one for one in texts if len(urlencode(dict.fromkeys(hushed.FIELDS, one))) < entry.LARGEST - 200]
        assert len(strings) > 0.8 * len(texts)
        browser = Browser(int(served.url.rpartition(":")[2]))
        token = browser.get("/silences/new").token
        for number, text in enumerate(strings[::6], 2):
            assert faults(browser.get(f"/silences/{number}").text) == []
            words = dict.fromkeys(hushed.FIELDS, text)
            assert faults(browser.get("/silences/new?" + urlencode(words)).text) == []
            refused = browser.post("/silences/new", token=token, **words)
            assert (refused.status, faults(refused.text)) == (400, [])
            doubted = browser.post("/silences/new", token=token, **{**words, "for": "4h", "other": "", "from": ""})
            # Of a pattern nobody knows whether there is such a name.
            assert doubted.status == (303 if is_wild(text) else 409 if text.strip() else 400)
            assert faults(doubted.text) == []


def test_what_is_written_is_kept_as_it_stands(served):
    strings = [text.encode("utf-8", "replace").decode().strip() for text in naughty.NAUGHTY if len(text) < 99][::12]
    port = int(served.url.rpartition(":")[2])
    for text in filter(None, strings):
        place = ask(port, rule=text, outlet=text, other="1h", author=text, comment=text, sure="yes").location
        with closing(SqliteStore.open_readonly(served.path)) as store:
            made = store.silences.get(int(place.rpartition("/")[2]))
        assert (made.matchers, made.author, made.comment) == ((("rule", text), ("outlet", text)), text, text)
