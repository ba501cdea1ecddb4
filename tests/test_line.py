"""The whole line as a user sees it: real outlets, a real mail server, a real webhook, real processes."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

import monitor.daemon
from tests import engines
from tests.newsroom import RULES, Newsroom
from tests.receivers import HttpReceiver, SmtpReceiver
from tests.web import Web, article

MEETING = article(
    "Ministers keep a small staff for the winter",
    "Ministers of eleven countries agreed on Tuesday to keep forty people in the port, where the “coalition of the "
    "willing” is to meet next. The staff will have no command of its own, and no ships.",
    "A NATO official said that the alliance would be asked for advice, but that nothing had been requested so far.",
    "Two senators left before the end of the meeting. They said that the costs had not been discussed at all, and "
    "that they expected them to be discussed at the next one, which is to be held in six weeks.",
    "Harbour workers were promised overtime. Their union wants to see the promise on paper, as it was not kept before.",
    tail='<figure class="card"><a href="/other.html"><div class="title">Freight ferry leaves for Belgorod at dawn</div>'
    '<div class="text">The ferry to Belgorod left before dawn, and nobody on the quay could say who had paid for…</div>'
    "</a></figure>",
)
OLDER = article(
    "What the coalition of the willing wants",
    "The coalition of the willing met three times this summer, and each time the harbour was on the list of things "
    "that were to be settled at the next meeting, where they were put on the list again.",
    "What its members want is simple enough: berths for six ships, storage for fuel, and a road that lorries can use "
    "in winter without asking the neighbours first. What they offer in return is less clear.",
)
# A daemon that waits for a second where others wait for twelve.
HASTY = {"monitor.daemon.DRAIN_SENDS": 1.0, "monitor.daemon.DRAIN_READS": 0.5}


@pytest.fixture
def web():
    with Web() as server:
        yield server


@pytest.fixture
def mail():
    with SmtpReceiver() as receiver:
        yield receiver


@pytest.fixture
def hook():
    with HttpReceiver() as receiver:
        yield receiver


@pytest.fixture
def room(tmp_path, web, mail, hook):
    room = Newsroom(tmp_path)
    room.outlets(courier=web.url)
    room.channels(
        mail=f"mailto://127.0.0.1:{mail.port}?from=monitor@example.org&to=desk@example.org",
        chat=f"json://127.0.0.1:{hook.port}/hook",
    )
    return room


def publish(web, *, older=True, meeting=True):
    web.pages["/older.html"], web.pages["/meeting.html"] = OLDER, MEETING
    entries = [("/meeting.html", "Ministers keep a small staff")] if meeting else []
    web.feed(entries + ([("/older.html", "What the coalition wants")] if older else []))


def once(room):
    if engines.there(room.folder / "data" / "monitor.db"):
        ((due,),) = in_database(room, "select max(next_check_at) from sources")
        time.sleep(max(0.0, (datetime.fromisoformat(due) - datetime.now(UTC)).total_seconds()))
    return room.rows("run", "--once")[0]


def in_database(room, statement):
    """Run a statement in the room's database, as if time had passed; return its rows."""
    return engines.ask(room.folder / "data" / "monitor.db", statement)


def test_from_an_outlet_to_an_alert(room, web, mail, hook):
    publish(web, meeting=False)
    first = once(room)
    assert (first["outlets_read"], first["baseline_articles"], first["held"], first["sent"]) == (1, 1, 1, 0)
    assert not mail.messages
    assert not hook.posts

    publish(web)
    second = once(room)
    assert (second["articles_full"], second["hits"], second["sent"]) == (1, 2, 2)
    assert len(mail.messages) == 1
    assert len(hook.posts) == 1
    message = mail.messages[0]
    assert "Ministers keep a small staff for the winter" in message["Subject"]
    text = message.get_body(("plain",)).get_content()
    assert "coalition of the" in text
    assert f"{web.url}/meeting.html" in text
    assert message["X-Monitor-Id"]

    rows = [row for row in room.rows("hits") if row["standing"] == "live"]
    assert {row["rule"] for row in rows} == {"coalition", "nato"}
    nato = next(row for row in rows if row["rule"] == "nato")
    piece = nato["evidence"][0]
    start, end = piece["mark"]
    assert piece["sentence"][start:end] == "NATO"
    assert piece["span"][1] - piece["span"][0] == 4
    assert piece["entity"] == "nato"
    shown = room.run("hits", "show", str(nato["id"]))
    assert "A [NATO] official" in shown

    third = once(room)
    assert (third["hits"], third["sent"]) == (0, 0)
    assert len(mail.messages) == len(hook.posts) == 1


def test_a_baseline_alerts_where_it_was_asked_for(room, web, mail, hook):
    room.outlets(courier=f"{web.url} baseline")
    publish(web, meeting=False)
    assert once(room)["sent"] == 2
    assert len(mail.messages) == len(hook.posts) == 1


def test_a_forbidden_page_hits_by_its_headline(room, web, mail):
    web.feed([])
    once(room)
    web.pages["/closed.html"] = (403, "text/html", b"<h1>Forbidden</h1>")
    web.feed([("/closed.html", "NATO tender calls at the fishing pier")])
    done = once(room)
    assert (done["hits"], done["articles_from_feed"]) == (1, 1)
    (row,) = room.rows("hits")
    assert (row["rule"], row["text"], row["reason"]) == ("nato", "feed", "forbidden")
    assert "headline and summary only" in mail.messages[0].get_body(("plain",)).get_content().lower()


def test_a_page_that_is_read_later_completes_its_article_and_tells_only_what_is_new(room, web, mail):
    web.feed([])
    once(room)
    web.pages["/meeting.html"] = (500, "text/html", b"broken")
    web.feed([("/meeting.html", "NATO and the harbour")])
    assert once(room)["hits"] == 1
    web.pages["/meeting.html"] = MEETING
    in_database(room, "update links set next_at = first_seen")
    done = once(room)
    assert (done["articles_full"], done["hits"]) == (1, 1)
    (stored,) = room.rows("articles")
    assert stored["text"] == "full"
    assert {row["rule"] for row in room.rows("hits")} == {"nato", "coalition"}
    assert len({row["story"] for row in room.rows("hits")}) == 1
    assert len(mail.messages) == 2


def test_a_rule_that_is_newer_than_an_article_is_not_alerted_when_it_is_completed(room, web, mail):
    web.feed([])
    once(room)
    web.pages["/meeting.html"] = (500, "text/html", b"broken")
    web.feed([("/meeting.html", "NATO and the harbour")])
    assert once(room)["sent"] == 2
    room.write(
        "rules", RULES.replace("nato:\n    names", "alliance:\n    names").replace('nato: "@nato"', 'pact: "@alliance"')
    )
    web.pages["/meeting.html"] = MEETING
    in_database(room, "update links set next_at = first_seen")
    done = once(room)
    assert done["articles_full"] == 1
    standings = {row["rule"]: row["standing"] for row in room.rows("hits")}
    assert standings == {"nato": "live", "pact": "baseline", "coalition": "live"}
    assert len(mail.messages) == 2


def test_the_same_story_in_another_outlet_is_not_told_again(room, web, mail, hook):
    with Web() as other:
        room.outlets(courier=web.url, gazette=other.url)
        web.feed([])
        other.feed([])
        once(room)
        publish(web, older=False)
        assert once(room)["sent"] == 2
        other.pages["/copy.html"] = MEETING
        other.feed([("/copy.html", "Small staff for the winter")])
        done = once(room)
    assert (done["hits"], done["sent"]) == (2, 0)
    assert len(mail.messages) == 1
    assert len({row["story"] for row in room.rows("hits")}) == 1


def test_silence_can_be_told_from_failure(room, web, mail):
    with Web() as broken:
        room.outlets(courier=web.url, broken=broken.url)
        web.feed([])
        broken.pages["/feed.xml"] = (500, "text/html", b"")
        out = room.run("run", "--once")
    assert "0 hits; 1 of 2 outlets read" in out
    assert f"not read: {broken.url}/feed.xml (server_error" in out
    assert "server_error" in room.run("status")


def test_a_pass_asks_once_what_is_due_again_before_it_ends(room, web):
    publish(web)
    outlets = room.config / "outlets.yaml"
    outlets.write_text(outlets.read_text().replace("every: 0.1s", "every: 0.01s"))
    once(room)
    assert web.asked.count("/feed.xml") == 1


def test_a_killed_process_delivers_exactly_once_to_who_remembers(room, web, mail, tmp_path):
    """The webhook takes the message but its answer never comes: the process dies between sending and marking."""
    with HttpReceiver() as slow:
        room.channels(chat=f"json://127.0.0.1:{slow.port}/hook")
        web.feed([])
        once(room)
        publish(web, older=False)
        slow.hold = threading.Event()
        time.sleep(0.15)
        process = room.start("run", "--once")
        deadline = time.monotonic() + 30
        while not slow.posts and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        slow.hold.set()
        slow.hold = None
        assert len(slow.posts) == 1
        room.run("run", "--once")
        names = [headers["x-monitor-id"] for _, headers, _ in slow.posts]
        assert len(names) == 2, "sent again, as nobody knows whether it arrived"
        assert len(set(names)) == 1, "and under the same name, so that the receiver can tell"
        room.run("run", "--once")
        assert len(slow.posts) == 2


def test_a_dead_mail_server_loses_nothing(room, web, mail, hook):
    room.channels(mail="mailto://127.0.0.1:9?from=monitor@example.org&to=desk@example.org")
    web.feed([])
    once(room)
    publish(web, older=False)
    done = once(room)
    assert (done["sent"], done["undelivered"]) == (0, 1)
    one, two = room.rows("alerts", "list")
    assert one["outbox"] == two["outbox"]
    assert [row["state"] for row in one["outbox"]] == ["pending"]
    room.channels(mail=f"mailto://127.0.0.1:{mail.port}?from=monitor@example.org&to=desk@example.org")
    in_database(room, "update outbox set not_before = created_at")
    assert once(room)["sent"] == 1
    assert len(mail.messages) == 1


def test_the_daemon_runs_refuses_a_second_and_stops_on_sigterm(room, web, mail):
    web.feed([])
    daemon = room.start("run")
    try:
        deadline = time.monotonic() + 30
        while "/feed.xml" not in web.asked and time.monotonic() < deadline:
            time.sleep(0.05)
        refused = room.run("run", "--once", code=1)
        assert str(daemon.pid) in refused
        publish(web, older=False)
        while not mail.messages and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(mail.messages) == 1
        room.run("status", "--max-age", "60")
    finally:
        started = time.monotonic()
        daemon.send_signal(signal.SIGTERM)
        _, err = daemon.communicate(timeout=30)
    assert daemon.returncode == 0, err
    assert time.monotonic() - started < 20
    assert "Traceback" not in err


def test_a_receiver_that_hangs_does_not_hold_the_end(room, web):
    with HttpReceiver() as slow:
        # Longer than the test waits for the end.
        slow.hold, slow.patience = threading.Event(), 60.0
        room.channels(chat=f"json://127.0.0.1:{slow.port}/hook")
        web.feed([])
        once(room)
        publish(web, older=False)
        daemon = room.start("run", constants=HASTY)
        try:
            deadline = time.monotonic() + 30
            while not slow.posts and time.monotonic() < deadline:
                time.sleep(0.05)
            assert slow.posts
            daemon.send_signal(signal.SIGTERM)
            _, err = daemon.communicate(timeout=30)
        finally:
            daemon.kill()
            slow.hold.set()
    assert daemon.returncode == 0, err


def test_what_a_stop_waits_for_fits_into_twenty_seconds():
    reads = monitor.daemon.DRAIN_READS
    # One after the other: what looks for messages; polls, and what they brought, beside messages on the wire.
    assert reads + max(2 * reads, monitor.daemon.DRAIN_SENDS) < 20


def test_a_pipe_that_nobody_reads_does_not_hold_the_end(room, web):
    room.write("alerts", "channels:\n  screen: {kind: console}\nroutes:\n  all: {channels: [screen]}\n")
    web.feed([])
    once(room)
    long = "NATO " + "and the harbour " * 500
    for number in range(40):
        web.pages[f"/{number}.html"] = article(f"NATO {number}", f"{long}{number} " * 3, f"{number} {long}")
    web.feed([(f"/{number}.html", f"NATO {number}") for number in range(40)])
    daemon = room.start("run", constants=HASTY)
    fcntl.fcntl(daemon.stdout, fcntl.F_SETPIPE_SZ, 4096)
    deadline = time.monotonic() + 60
    hangs = 0
    # Messages are leased and none is sent for a second: the one in hand hangs.
    fates: list[tuple[str, int]] = []
    while hangs < 2 and time.monotonic() < deadline:
        time.sleep(0.5)
        before, fates = fates, in_database(room, "select state, count(*) from outbox group by state")
        hangs = hangs + 1 if fates == before and "leased" in dict(fates) else 0
    assert hangs == 2, fates
    daemon.send_signal(signal.SIGTERM)
    started = time.monotonic()
    while daemon.poll() is None and time.monotonic() - started < 25:
        time.sleep(0.05)
    ended = daemon.poll() is not None
    daemon.kill()
    daemon.communicate()
    assert ended


def test_alerts_of_a_route_that_is_gone_go_to_those_of_today(room, web, mail, hook):
    url = f"json://127.0.0.1:{hook.port}/hook"
    slow = f"channels: {{chat: {{url: '{url}'}}}}\nroutes: {{old: {{channels: [chat], wait: 1h}}}}\n"
    room.write("alerts", slow)
    web.feed([])
    once(room)
    publish(web, older=False)
    daemon = room.start("run")
    deadline = time.monotonic() + 30
    while "/meeting.html" not in web.asked and time.monotonic() < deadline:
        time.sleep(0.05)
    while len(room.rows("alerts", "list")) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    daemon.terminate()
    daemon.communicate()
    assert hook.posts == []
    room.write("alerts", slow.replace("old", "new").replace("1h", "0s"))
    once(room)
    assert len(hook.posts) == 1
    assert {row["alert"]["route"] for row in room.rows("alerts", "list")} == {"old", "new"}


def test_a_channel_that_nothing_can_use_is_refused_before_anything_is_read(room, web):
    room.channels(chat="nonsense://token-that-is-secret/x")
    web.feed([])
    for words in (("config", "check"), ("run", "--once")):
        said = room.run(*words, code=1)
        assert "channel 'chat'" in said
        assert "token-that-is-secret" not in said
    assert web.asked == []


def test_a_pass_that_is_stopped_says_so_and_the_next_goes_on(room, web, mail):
    web.feed([])
    once(room)
    quick = (room.config / "monitor.yaml").read_text()
    slow = quick.replace("gap: 0s", "gap: 60s")
    room.write("monitor", slow)
    publish(web)
    process = room.start("run", "--once")
    deadline = time.monotonic() + 30
    while web.asked.count("/feed.xml") < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "stopped before everything due was done" in err
    room.write("monitor", quick)
    assert once(room)["articles_full"] == 2


def test_no_process_is_left_when_the_daemon_is_killed(room, web):
    web.feed([])
    daemon = room.start("run")
    deadline = time.monotonic() + 30
    while "/feed.xml" not in web.asked and time.monotonic() < deadline:
        time.sleep(0.05)
    children = _descendants(daemon.pid)
    assert children, "the readers are processes of their own"
    os.kill(daemon.pid, signal.SIGKILL)
    daemon.communicate()
    while time.monotonic() < deadline and any(_alive(pid) for pid in children):
        time.sleep(0.05)
    assert not [pid for pid in children if _alive(pid)]


def _stat(pid):
    """Return the fields after the command's name of /proc/PID/stat, None where the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None


def _descendants(pid):
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(entry.name)):
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        children = parents.get(todo.pop(), [])
        found += children
        todo += children
    return found


def _alive(pid):
    fields = _stat(pid)
    return fields is not None and fields[0] != "Z"
