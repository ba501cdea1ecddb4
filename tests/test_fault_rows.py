"""Rows 19 to 28 of the fault table (a kill, a stop, a dead notifier, a hostile text ...), and where each is tested.

| row | fault | tests |
|---|---|---|
| 19 | killed at any time | test_alert_kills.py, test_kills.py, test_ingest_kills.py |
| 20 | SIGTERM in the middle | test_fault_rows.py::test_row_20, test_line.py::test_a_receiver_that_hangs_does_not_hold_the_end |
| 21 | notifier down, slow, 4xx, 429, 5xx | test_fault_rows.py::test_row_21, notify/channels/test_webhook.py, test_mail.py |
| 22 | regular expressions that never end | match/test_traps.py::test_no_expression_hangs |
| 23 | a rules file that is wrong at reload | the issue "In service" |
| 24 | secrets in logs | test_canary.py, test_canary_own.py |
| 25 | markup in titles, authors, links | test_naughty.py, notify/test_render.py (the page's policy: the issue "The page") |
| 26 | formulas in spreadsheets | test_naughty.py::test_no_cell_of_a_spreadsheet_is_a_formula, cli/test_listing.py, outlets/test_exchange.py |
| 27 | headers in mails | notify/channels/test_mail.py, test_naughty.py::test_every_string_comes_by_mail |
| 28 | escapes in terminals, forged log lines | test_naughty.py::test_every_string_is_text_on_a_terminal, test_fault_rows.py::test_row_28 |
"""

from __future__ import annotations

import asyncio
import io
import json
import re
import signal
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.configured import Orders
from monitor.fetch.client import Client
from monitor.model import Channel, Message
from monitor.notify.channels import webhook
from monitor.notify.channels.sender import Sender
from monitor.store.ledger import StoreLedger
from monitor.wiring import Line
from monitor.works import Works
from tests import engines, lines
from tests.alerting import CHANNELS, SECOND, START
from tests.children import Children
from tests.mailhost import MailHost
from tests.newsroom import Newsroom
from tests.notify.channels.test_channels import closed_port
from tests.receivers import HttpReceiver
from tests.store.make import hits_on, opened, tell
from tests.story.newsroom import Event
from tests.web import Web, article

TESTS = Path(__file__).parent


def test_each_row_names_tests_that_are_there() -> None:
    for file, name in re.findall(r"([\w/]+\.py)(?:::(\w+))?", __doc__ or ""):
        found = [path for path in (TESTS / file, TESTS / "notify" / "channels" / file) if path.exists()]
        assert found, file
        assert not name or f"def {name}" in found[0].read_text(), name


@pytest.fixture
def web():
    with Web() as server:
        yield server


@pytest.fixture
def room(tmp_path, web):
    room = Newsroom(tmp_path)
    room.outlets(courier=web.url)
    web.feed([])
    return room


def publish(web: Web, title: str = "NATO meets", number: int = 0) -> None:
    web.pages[f"/{number}.html"] = article(title, Event(number).article(0).body)
    web.feed([(f"/{number}.html", title)])


def until(what, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def outbox(room: Newsroom) -> list[dict]:
    return [item for row in room.rows("alerts", "list") for item in row["outbox"]]


# ---- row 20


def test_row_20_a_stop_lets_a_message_on_the_wire_arrive(room, web) -> None:
    with HttpReceiver() as slow:
        slow.hold = threading.Event()
        room.channels(chat=slow.url())
        room.run("run", "--once")
        publish(web)
        daemon = room.start("run")
        until(lambda: slow.posts)
        began = time.monotonic()
        daemon.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        slow.hold.set()
        _, err = daemon.communicate(timeout=30)
        assert (daemon.returncode, time.monotonic() - began < 20) == (0, True), err
        assert [row["state"] for row in outbox(room)] == ["sent"]
        room.run("run", "--once")
        assert len(slow.posts) == 1


# ---- row 21


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def queued(path: Path, channels: list[str], copies: int = 1) -> None:
    """Leave messages in an outbox, as many for each channel."""
    store = engines.opened(path)
    (one,) = hits_on(store, 1)
    opened(store, one.id, route="now")
    messages = [
        (name, Message(f"{name}-{number}", "Title", "text", payload="{}"))
        for name in channels
        for number in range(copies)
    ]
    with store.transaction():
        (due,) = store.alerts.due(START, limit=9)
        tell(store, [due.alert], messages, START)
    store.close()


async def test_row_21_each_receiver_has_its_own_trouble_and_no_others(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(webhook, "DEADLINE", 3.0)
    path, clock = tmp_path / "monitor.db", Clock()
    with HttpReceiver() as good, HttpReceiver(500) as broken, HttpReceiver(429) as busy, HttpReceiver(400) as picky, \
            HttpReceiver(410) as gone, HttpReceiver() as mute:  # fmt: skip
        busy.headers, mute.hold = {"Retry-After": "7200"}, threading.Event()
        ports = {"broken": broken.port, "busy": busy.port, "picky": picky.port, "gone": gone.port, "mute": mute.port,
                 "down": closed_port()} | {f"good{number}": good.port for number in range(94)}  # fmt: skip
        queued(path, list(ports))
        channels = {name: Channel(name, "webhook", f"http://127.0.0.1:{port}/") for name, port in ports.items()}
        ledger, client = StoreLedger(lambda: engines.opened(path)), Client(agent="news-monitor/1.0")
        pipeline, keeper = lines.pipeline(
            None, None, ledger, Sender(io.StringIO(), client), clock, Orders({}, {}, channels, ())
        )  # fmt: skip
        works = Works(Line(pipeline, ledger, clock, None, None, None, None, None, keeper), once=True)

        def rows() -> dict[str, tuple]:
            (row,) = ledger.submit(lambda store: store.alerts.rows(store_filter())).result()
            return {one.channel_id: (one.state, one.reason, one.attempts, one.not_before) for one in row.outbox}

        began = clock.now()
        assert await works.lease_sends() == 100
        # The mute one still holds its request when all the others are done.
        while len(works.sends.keys) > 1:
            await asyncio.sleep(0.01)
        assert len(good.posts) == 94
        await works.sends.drained()
        mute.hold.set()
        found = rows()
        assert {name: row[:3] for name, row in found.items() if not name.startswith("good")} == {
            "broken": ("pending", "refused", 1), "busy": ("pending", "refused", 1), "picky": ("pending", "refused", 1),
            "gone": ("dead", "refused", 1), "mute": ("pending", "ambiguous", 1), "down": ("pending", "unreachable", 1),
        }  # fmt: skip
        assert Counter(row[0] for row in found.values())["sent"] == 94
        assert found["busy"][3] == began + timedelta(hours=2)
        assert found["broken"][3] <= began + timedelta(seconds=30)
        # A day later the broken one is given up, the one that was busy is through.
        busy.status = 200
        for _ in range(400):
            clock.at += timedelta(minutes=10)
            await works.lease_sends()
            await works.sends.drained()
        found = rows()
        assert (found["busy"][0], found["broken"][0], found["down"][0]) == ("sent", "dead", "dead")
        assert found["broken"][2] >= 12
        assert {headers["x-monitor-id"] for _, headers, _ in broken.posts} == {"broken-0"}
        assert len({body for *_, body in broken.posts}) == 1
        await client.aclose()
        ledger.close()


def store_filter():
    from monitor.views import Filter

    return Filter()


def test_row_21_a_mail_server_that_is_down_for_a_while_costs_no_mail_and_no_thread(room, web) -> None:
    with MailHost({"MAIL": "451 later"}) as host:
        room.write(
            "alerts",
            f"""
channels:
  desk: {{kind: mail, url: "smtp://127.0.0.1:{host.port}", from: monitor@press.invalid, to: [desk@press.invalid]}}
routes:
  all: {{channels: [desk]}}
""",
        )
        room.run("run", "--once")
        for number in range(3):
            publish(web, f"NATO meets {number}", number)
            time.sleep(0.15)
            room.run("run", "--once")
        assert host.mails == []
        assert [row["state"] for row in outbox(room)] == ["pending"] * 3
        host.script = {}
        # As if the half minute had passed.
        engines.ask(room.folder / "data" / "monitor.db", "UPDATE outbox SET not_before = created_at")
        room.run("run", "--once")
        assert {row["state"] for row in outbox(room)} == {"sent"}
    roots = [re.search(rb"^References: (.*?)\r$", mail, re.MULTILINE)[1] for mail in host.mails]
    assert len(set(roots)) == len(host.mails) == 3


# ---- row 28


def test_row_28_no_headline_forges_a_line_or_commands_a_terminal(room, web) -> None:
    title = "NATO\x1b[2J\x1b]0;owned\x07 meets\r\n2026-11-26 ERROR all is lost\u2028\u202eevil"
    room.write("alerts", "channels: {screen: {kind: console}}\nroutes: {all: {channels: [screen]}}\n")
    room.run("run", "--once")
    publish(web, title)
    time.sleep(0.15)
    daemon = room.start("run", "--once")
    out, err = daemon.communicate(timeout=60)
    assert "NATO" in out
    for said in (out, err):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", said)
        assert not re.search(r"(?m)^2026-11-26 ERROR", said)
    assert "all is lost" in json.dumps(room.rows("hits"))


# ---- workers


def test_two_workers_at_once_send_no_message_twice(tmp_path) -> None:
    path = tmp_path / "monitor.db"
    queued(path, list(CHANNELS), 170)
    servers = [Children("tests.alerting") for _ in range(2)]
    with HttpReceiver() as receiver:
        try:
            for server in servers:
                server.start(0, 0, SECOND, receiver.port, path)
            for server in servers:
                server.said("ready")
                server.said("done")
                server.ended(0)
        finally:
            for server in servers:
                server.close()
        names = Counter(headers["x-monitor-id"] for _, headers, _ in receiver.posts)
    assert (len(names), set(names.values())) == (510, {1})


def test_what_a_dead_worker_held_is_sent_by_another_after_its_lease(tmp_path) -> None:
    path = tmp_path / "monitor.db"
    queued(path, ["at-once"])
    store = engines.opened(path)
    with store.transaction():
        # 3 s of the fast clock of tests/alerting.py.
        assert len(store.outbox.lease(START, owner="dead", lease=300.0, limit=9)) == 1
    store.close()
    server = Children("tests.alerting")
    with HttpReceiver() as receiver:
        try:
            server.start(0, 0, SECOND, receiver.port, path)
            server.said("ready")
            began = time.monotonic()
            until(lambda: receiver.posts, 8.0)
            assert time.monotonic() - began >= 2.5
            server.said("done")
            server.ended(0)
        finally:
            server.close()
    assert len(receiver.posts) == 1


def test_at_most_once_what_a_killed_process_was_sending_is_for_a_person_to_decide(room, web) -> None:
    with HttpReceiver() as slow:
        slow.hold = threading.Event()
        room.write(
            "alerts",
            f"""
channels:
  hook: {{kind: webhook, url: "http://127.0.0.1:{slow.port}/", delivery: at_most_once}}
routes:
  all: {{channels: [hook]}}
""",
        )
        room.run("run", "--once")
        publish(web)
        process = room.start("run", "--once")
        until(lambda: slow.posts)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        slow.hold.set()
        room.run("run", "--once")
        (row,) = room.rows("alerts", "list", "--state", "unknown")
        assert [(one["state"], one["ambiguous"], one["attempts"]) for one in row["outbox"]] == [("unknown", 1, 1)]
        assert len(slow.posts) == 1
        assert room.run("alerts", "retry", "--all") == "1 message is due again\n"
        room.run("run", "--once")
        assert len(slow.posts) == 2
        assert len({headers["x-monitor-id"] for _, headers, _ in slow.posts}) == 1
