"""`monitor doctor` as somebody runs it who wants to know what is wrong."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys

import pytest
from click.testing import CliRunner
from py3langid import langid

from monitor import checkup
from monitor.cli.main import cli
from monitor.parse import unpacked
from monitor.settings.load import load
from tests.newsroom import Newsroom
from tests.receivers import HttpReceiver
from tests.web import Web


@pytest.fixture
def web():
    with Web() as web:
        web.feed([("/a", "The coalition of the willing meets"), ("/b", "Rain")])
        yield web


@pytest.fixture
def room(tmp_path, web):
    room = Newsroom(tmp_path)
    room.outlets(courier=web.url)
    room.write("alerts", "channels: {console: {kind: console}}\nroutes: {all: {channels: [console]}}\n")
    return room


def signs(room, *words, code=0):
    result = CliRunner().invoke(cli, ["--config", str(room.config), "doctor", "--json", *words])
    assert result.exit_code == code, result.output
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    return {f"{row['area']} {row['name']}".strip() if row["area"] != "database" else "database": row for row in rows}


def test_all_is_well_and_each_outlet_was_asked_once(room, web):
    said = room.run("doctor")
    assert said.startswith("area")
    found = {line.split()[0] for line in said.splitlines()[1:]}
    assert found >= set("configuration disk database clock names outlets channels rules routes".split())
    assert web.asked == ["/robots.txt", "/feed.xml"]


def test_offline_asks_nobody(room, web):
    found = signs(room, "--offline")
    assert found["outlets"]["state"] == "unasked"
    assert web.asked == []


def test_what_is_wrong_is_named_with_what_to_do(room, web):
    del web.pages["/feed.xml"]
    room.write("rules", "rules:\n  fr: {query: port, languages: [fr]}\n  all: port\n")
    room.write(
        "alerts",
        "channels: {chat: {url_env: NO_SUCH_VARIABLE}}\nroutes: {all: {channels: [chat]}, no: {channels: [chat], rules: [fr]}}\n",
    )
    found = signs(room, code=1)
    wrong = {key for key, row in found.items() if row["state"] == "wrong"}
    assert wrong == {"configuration", "outlets courier", "rules fr", "routes no"}
    assert "NO_SUCH_VARIABLE" in found["configuration"]["said"]
    assert "discover" in found["outlets courier"]["todo"]
    assert found["channels"]["state"] == "unasked"


def test_a_channel_is_only_tried_where_that_is_asked_for(room):
    with HttpReceiver() as hook:
        room.channels(good=hook.url("hook"), bad="nosuchservice://x")
        found = signs(room, "--offline", code=1)
        assert (found["channels good"]["state"], found["channels bad"]["state"]) == ("fine", "wrong")
        assert hook.posts == []
        room.channels(good=hook.url("hook"))
        assert signs(room, "--offline", "--send")["channels good"]["said"] == "took a test message"
        assert len(hook.posts) == 1
        hook.status = 500
        found = signs(room, "--offline", "--send", code=1)
        assert "took no test message" in found["channels good"]["said"]


def test_a_database_is_looked_at(room, tmp_path):
    path = tmp_path / "data" / "monitor.db"
    assert signs(room, "--offline")["database"]["state"] == "note"
    room.run("run", "--once")
    found = signs(room, "--offline")
    assert (found["database"]["state"], found["daemon"]["state"]) == ("fine", "note")
    with sqlite3.connect(path) as db:
        db.execute("UPDATE passes SET finished_at = '2099-01-01T00:00:00+00:00'")
    db.close()
    assert "behind the newest" in signs(room, "--offline", code=1)["clock"]["said"]
    path.write_bytes(b"SQLite format 3\0" + b"x" * 5_000)
    found = signs(room, "--offline", code=1)
    assert found["database"]["state"] == "wrong"
    assert "clock" in found


def test_a_full_disk_is_wrong(room):
    room.write("monitor", "storage: {path: ../data/monitor.db, min_free: 999TB}\n")
    found = next(row for key, row in signs(room, "--offline", code=1).items() if key.startswith("disk"))
    assert "less than storage.min_free" in found["said"]


def test_a_broken_configuration_says_where(room):
    room.write("rules", "rules:\n  a: '\"port'\n")
    found = signs(room, code=1)
    assert "rules.yaml:2" in found["configuration"]["said"]
    # A table would cut the words where the path is long.
    result = CliRunner().invoke(cli, ["--config", str(room.folder / "nowhere"), "doctor", "--json"])
    assert result.exit_code == 1
    assert "is no folder" in result.output


def test_an_outlet_whose_clock_is_another_shows_ours(room, web):
    """Its `Date` is what Python's server says: our clock. Held against a shifted one it is off by as much."""
    from datetime import UTC, datetime, timedelta

    from monitor.enrol import _skew
    from monitor.model import Page

    now = datetime(2026, 11, 27, 8, tzinfo=UTC)

    def skew(**headers):
        return _skew(Page("http://a.example", "http://a.example", 200, headers, b"", now))

    said = {"Date": "Fri, 27 Nov 2026 09:00:00 GMT"}
    assert skew(**said) == 3_600
    assert skew(**said, Age="60") == 3_660
    for odd in ("", "yesterday", "Fri, 27 Nov 2026", "Fri, 99 Nov 2026 09:00:00 GMT", "\x00"):
        assert skew(Date=odd) is None
    assert skew(**said, Age="-5") == 3_600
    assert skew(**said, Age="many") is None
    assert timedelta(seconds=skew(**said, Age="9" * 30)) > timedelta(days=1)


def test_the_kernel_is_asked_without_setting_anything():
    assert checkup.clock_kept() in {True, False, None}


def test_a_closed_pipe_is_no_fault(room):
    process = subprocess.Popen(
        f"{sys.executable} -m monitor --config {room.config} doctor --offline | head -1",
        shell=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=room.folder,
    )  # fmt: skip
    out, err = process.communicate(timeout=60)
    assert out.startswith("area")
    assert "Traceback" not in err


def test_a_language_model_that_cannot_be_unpacked_is_told(room, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    settings = load(room.config, {})
    monkeypatch.setattr(checkup, "UNPACKED", 1 << 60)
    (sign,) = checkup.languages(settings, tmp_path)
    assert (sign.area, sign.state) == ("disk", "wrong")
    assert "no reader starts" in sign.said
    monkeypatch.setattr(checkup, "UNPACKED", 1)
    assert checkup.languages(settings, tmp_path) == []
    # Kept beside the database, it needs no room.
    monkeypatch.setattr(checkup, "UNPACKED", 1 << 60)
    packed = langid.MODEL_DIR / langid.MODEL_FILE
    assert unpacked.write(settings.storage.parent / unpacked.name(packed), [range(3)])
    assert checkup.languages(settings, tmp_path) == []
