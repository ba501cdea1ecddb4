"""`outlets discover`, `add`, `check`, `import` and `export` as a user runs them."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from monitor.cli.hints import HINTS, advice, age
from monitor.enrol import Trial
from monitor.errors import Reason
from monitor.settings.load import load
from tests.newsroom import ROOT, Newsroom
from tests.test_discovery import NAMES, feed, link, page
from tests.web import Web

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINE = "# mine\noutlets:\n  # the first\n  a: {feeds: ['https://a.invalid/rss']} # x\n# end\n"


@pytest.fixture
def room(tmp_path):
    room = Newsroom(tmp_path)
    room.write("outlets", MINE)
    return room


@pytest.fixture
def web():
    with Web() as web:
        web.pages["/"] = page(link("/all.xml", title="All"))
        feed(web, "/all.xml", *NAMES)
        yield web


def text(room):
    return (room.config / "outlets.yaml").read_text()


def test_a_home_page_becomes_an_outlet_that_is_watched(room, web):
    rows = room.rows("outlets", "discover", web.url, "--private")
    assert [(row["url"], row["good"], row["entries"]) for row in rows] == [(f"{web.url}/all.xml", True, 8)]
    out = room.run("outlets", "add", web.url, "--private", "--yes", "--tag", "sea", "--tag", "local news")
    assert out.startswith(f"feed {web.url}/all.xml: 8 entries")
    assert text(room) == MINE.replace(
        "# end\n",
        "  the-harbour-times:\n    name: The Harbour Times\n"
        f"    homepage: {web.url}\n    language: en\n    feeds: [{web.url}/all.xml]\n    private: true\n"
        "    tags: [sea, local news]\n# end\n",
    )
    (checked,) = room.rows("outlets", "check", "the-harbour-times")
    assert (checked["links"], checked["reason"]) == (8, None)
    again = room.run("outlets", "add", f"{web.url}/all.xml", "--private", "--yes", code=1)
    assert "is watched already, by the outlet 'the-harbour-times'" in again
    assert "outlets.yaml:5" in again


def test_an_address_in_the_own_network_needs_leave(room, web):
    assert "Give --private" in room.run("outlets", "add", web.url, "--yes", code=1)
    assert (text(room), web.asked) == (MINE, [])


def test_an_id_that_is_there_is_refused_before_anything_is_asked(room, web):
    said = room.run("outlets", "add", web.url, "--private", "--yes", "--id", "a", code=1)
    assert "there is an outlet 'a' already" in said
    assert "outlets.yaml:4" in said
    assert web.asked == []
    room.run("outlets", "add", web.url, "--id", "Not An Id", code=2)


def test_nothing_is_written_without_a_yes(room, web):
    process = room.start("outlets", "add", web.url, "--private")
    assert "Write this into" in process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert text(room) == MINE


def test_a_site_with_nothing_says_what_to_do(room, web):
    web.pages = {"/": (403, "text/html", b"no"), "/feed": (403, "text/html", b"no")}
    said = room.run("outlets", "add", web.url, "--private", "--yes", code=1)
    assert "has nothing that can be watched" in said
    assert HINTS[Reason.FORBIDDEN] in said
    assert text(room) == MINE


def test_a_file_that_cannot_be_added_to_is_left_alone(room, web):
    room.write("outlets", "outlets: {a: {feeds: ['https://a.invalid/rss']}}\n")
    said = room.run("outlets", "add", web.url, "--private", "--yes", code=1)
    assert "this file cannot be added to" in said
    assert f"feeds: [{web.url}/all.xml]" in said
    assert text(room).startswith("outlets: {a:")


def test_check_says_what_is_wrong_and_what_to_do(room, web):
    web.pages["/robots.txt"] = b"User-agent: *\nDisallow: /closed\n"
    feed(web, "/old.xml", "a", days=90)
    feed(web, "/empty.xml")
    rows = {"good": "all", "gone": "gone", "closed": "closed", "old": "old", "empty": "empty"}
    room.write(
        "outlets",
        "outlets:\n" + "".join(f"  {i}: {{feeds: ['{web.url}/{n}.xml'], private: true}}\n" for i, n in rows.items()),
    )
    process = room.start("outlets", "check")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (1, "3 of 5 sources can be read\n")
    lines = {line.split(":")[0]: line for line in out.splitlines()}
    assert "8 links, the newest of" in lines["good"]
    assert HINTS[Reason.NOT_FOUND] in lines["gone"]
    assert HINTS[Reason.ROBOTS] in lines["closed"]
    assert "nothing new for 90 days" in lines["old"]
    assert "it lists nothing" in lines["empty"]
    assert set(room.rows("outlets", "check", "good")[0]) == {
        "outlet", "url", "links", "newest", "title", "reason", "detail",
    }  # fmt: skip


def test_check_is_a_table_on_a_terminal(room, web):
    room.outlets(harbour=web.url)
    feed(web, "/feed.xml", *NAMES)
    master, slave = pty.openpty()
    environment = {"TERM": "xterm", "COLUMNS": "200", "PATH": os.environ["PATH"]}
    code = "from monitor.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--config", str(room.config), "outlets", "check"],
        check=False, stdout=slave, stderr=subprocess.PIPE, env={**environment, "PYTHONPATH": str(ROOT)}, timeout=60,
    )  # fmt: skip
    os.close(slave)
    shown = os.read(master, 100_000).decode()
    os.close(master)
    assert done.returncode == 0, done.stderr
    assert all(name in shown for name in ("what to do", "newest", "harbour", "just now"))


def test_every_reason_has_a_hint():
    assert [reason for reason in Reason if reason not in HINTS and not reason.startswith("tls_")] == []
    assert all(advice(Trial("a", "u", reason=reason), NOW)[1] for reason in Reason)


def test_ages_are_told_in_the_unit_that_fits():
    told = {0: "just now", 90: "1 min", 7_199: "119 min", 7_200: "2 h", 200_000: "2 d", -50: "just now"}
    assert {seconds: age(NOW - timedelta(seconds=seconds), NOW) for seconds in told} == told


@pytest.mark.parametrize("form", ["opml", "csv"])
def test_what_is_exported_is_imported_elsewhere(room, tmp_path, form):
    room.write(
        "outlets",
        "outlets:\n  b:\n    name: 'B & Sons; \"daily\"'\n    homepage: https://b.example/\n    language: uk\n"
        "    feeds: [https://b.example/rss, 'https://b.example/two?x=1&y=2']\n    tags: [sea, 'x, y']\n"
        "  c: {feeds: [https://c.example/rss]}\n",
    )
    list_ = tmp_path / f"list.{form}"
    list_.write_text(room.run("outlets", "export", "--format", form))
    other = Newsroom(tmp_path / "other")
    other.write("outlets", "# theirs\noutlets:\n")
    other.run("outlets", "import", str(list_))
    assert load(other.config, {}).outlets == load(room.config, {}).outlets
    before = text(other)
    assert other.run("outlets", "import", str(list_)) == ""
    assert text(other) == before


def test_import_names_what_it_cannot_take_and_takes_the_rest(room, tmp_path):
    file = tmp_path / "feeds.txt"
    file.write_text("name,url\nGood,https://good.example/rss\nBad,gopher://bad.example\nOld,http://a.invalid/rss\n")
    said = room.run("outlets", "import", str(file), "--dry-run", code=1)
    assert f"{file}:3: Bad: its address is none of http or https" in said
    assert "1 outlets would be added, 1 sources are there already, 1 cannot be taken over" in said
    assert text(room) == MINE
    room.run("outlets", "import", str(file), code=1)
    assert [one.id for one in load(room.config, {}).outlets] == ["a", "good"]


def test_a_hostile_list_changes_nothing(room, tmp_path):
    file = tmp_path / "x.opml"
    file.write_text(
        '<!DOCTYPE o [<!ENTITY a SYSTEM "file:///etc/passwd">]><opml><outline text="&a;" xmlUrl="http://x.example/"/></opml>'
    )
    assert "it has a DOCTYPE" in room.run("outlets", "import", str(file), code=1)
    assert text(room) == MINE


def test_exported_rows_are_those_of_the_configuration(room):
    assert room.run("outlets", "export", "--format", "csv").splitlines() == [
        "id,name,homepage,language,kind,url,tags", "a,a,,,feed,https://a.invalid/rss,",
    ]  # fmt: skip
