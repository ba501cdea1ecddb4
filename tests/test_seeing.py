"""A daemon in service as its manager, its monitoring and its operator see it: real processes, sockets and databases."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor.errors import Trouble
from monitor.pool import Pool
from monitor.seeing import Eye
from monitor.settings.load import load
from monitor.store.ledger import StoreLedger
from monitor.systemd import Manager
from monitor.upkeep import Floor
from monitor.views import DueSource, EventRow
from monitor.views_health import Ailment
from monitor.views_service import Daemon
from monitor.vitals import health
from monitor.wiring import Line
from monitor.works import Works
from tests import engines, lines
from tests.newsroom import Newsroom
from tests.receivers import HttpReceiver
from tests.story.newsroom import Event
from tests.test_canary import CANARY
from tests.web import Web, article

START = datetime(2026, 11, 27, tzinfo=UTC)
SERVED = "politeness: {gap: 0s}\nservice: {listen: '127.0.0.1:0'}\n"
DIGEST = "channels: {screen: {kind: console}}\nroutes: {morning: {channels: [screen], digest: ['08:00']}}\n"


class Receiver:
    """What systemd is to a service: a datagram socket, here a file or of the abstract namespace."""

    def __init__(self, folder: Path, *, abstract: bool = False) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0monitor-test-{folder.name}-{time.monotonic_ns()}" if abstract else str(folder / "notify"))
        name = self._socket.getsockname()
        self.address = f"@{name[1:].decode()}" if isinstance(name, bytes) else name
        self.said: list[dict[str, str]] = []

    def __enter__(self) -> Receiver:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def hear(self, key: str, within: float = 30.0) -> dict[str, str] | None:
        """Return the next datagram with this field; None where there is none in time."""
        ends = time.monotonic() + within
        while (left := ends - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                text = self._socket.recv(4096).decode()
            except TimeoutError:
                return None
            self.said.append(dict(line.split("=", 1) for line in text.splitlines()))
            if key in self.said[-1]:
                return self.said[-1]
        return None

    def drain(self) -> None:
        """Take out what has come until now."""
        self._socket.settimeout(0.0)
        with contextlib.suppress(BlockingIOError):
            while True:
                self._socket.recv(4096)


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as server:
        server.feed([])
        yield server


@pytest.fixture
def room(tmp_path: Path, web: Web) -> Newsroom:
    room = Newsroom(tmp_path)
    room.outlets(courier=web.url)
    room.write("monitor", storage(room) + SERVED)
    return room


def storage(room: Newsroom) -> str:
    return f"storage: {engines.storage(room.folder / 'data' / 'monitor.db')}\n"


def said(process: subprocess.Popen[str], text: str) -> str:
    """Return the first line of the log that holds a text."""
    assert process.stderr is not None
    for line in process.stderr:
        if text in line:
            return line
    raise AssertionError(f"it ended without a word of {text!r}")


@contextlib.contextmanager
def running(room: Newsroom, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A daemon that has begun, and where it serves; stopped at the end."""
    process = room.start("run", *words)
    try:
        yield process, said(process, "/metrics").partition("http://")[2].partition("/")[0]
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


def get(address: str, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def numbers(address: str) -> dict[tuple[str, ...], float]:
    """Return the samples of /metrics by name and the values of their labels."""
    text = get(address, "/metrics")[1]
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def until(what: Callable[[], object], seconds: float = 30.0) -> None:
    ends = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends
        time.sleep(0.05)


# ---- the service manager


@pytest.mark.parametrize("abstract", [False, True])
def test_what_is_said_to_a_service_manager_arrives(tmp_path, abstract) -> None:
    with Receiver(tmp_path, abstract=abstract) as receiver:
        manager = Manager({"NOTIFY_SOCKET": receiver.address, "WATCHDOG_USEC": "3000000"})
        assert manager.watchdog == 3.0
        manager.ready("watching\nMAINPID=1")
        manager.reloading(12.5)
        assert receiver.hear("READY") == {"READY": "1", "STATUS": "watching MAINPID=1"}
        assert receiver.hear("RELOADING") == {"RELOADING": "1", "MONOTONIC_USEC": "12500000"}
    manager.ready("a manager that is gone is no reason to stop")


@pytest.mark.parametrize(
    "environ",
    [
        {"WATCHDOG_USEC": "3000000"},
        {"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"},
        {"NOTIFY_SOCKET": "vsock:2:1", "WATCHDOG_USEC": "3000000"},
        {"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "soon"},
        {"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "0"},
    ],
)
def test_who_does_not_want_to_be_fed_is_not(environ) -> None:
    assert Manager(environ).watchdog is None


def test_a_daemon_feeds_its_watchdog_until_a_tick_hangs_and_again_when_it_goes_on(room, tmp_path, monkeypatch) -> None:
    room.write("alerts", DIGEST)
    with Receiver(tmp_path) as manager:
        monkeypatch.setenv("NOTIFY_SOCKET", manager.address)
        monkeypatch.setenv("WATCHDOG_USEC", "2000000")
        with running(room) as (process, address):
            ready = manager.hear("READY")
            assert ready is not None
            assert "watching 1 outlets with 3 rules" in ready["STATUS"]
            # Its first sign is in the database by then: whoever is started after it may ask.
            looks_at_a_daemon(room, process.pid, address)
            reloads_a_configuration_that_cannot_be_used(room, process, address, manager)
            manager.drain()
            for _ in range(3):
                assert manager.hear("WATCHDOG", 2.0) == {"WATCHDOG": "1"}
            with engines.writing(room.folder / "data" / "monitor.db"):
                began = time.monotonic()
                # The tick of the polls waits for the one writer; the loop and all other ticks go on.
                until(lambda: get(address, "/healthz")[0] == 503, 4.9)
                assert "has not ended for" in json.loads(get(address, "/healthz")[1])["problems"][0]
                manager.drain()
                fed = manager.hear("WATCHDOG", 1.0)
                assert time.monotonic() - began < 4.9, "SQLite gives up after 5 s, and the tick would end"
            assert fed is None
            assert manager.hear("WATCHDOG", 10.0)
            until(lambda: get(address, "/healthz")[0] == 200)
        assert manager.hear("STOPPING") is not None
        # READY once, and once after each reload.
        keys = [key for one in manager.said for key in one if key in {"READY", "RELOADING", "STOPPING"}]
        assert keys == ["READY", *2 * ["RELOADING", "READY"], "STOPPING"]
    shown = room.run("status")
    assert f"no daemon runs; the last was monitor 0.1.0, process {process.pid}" in shown
    assert "on the route" not in shown


class Clock:
    seconds = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


async def test_no_sign_is_written_while_a_tick_hangs_and_one_that_fails_has_ended(room) -> None:
    path, clock = room.folder / "data" / "monitor.db", Clock()
    settings = load(room.config, {})
    ledger = Floor(StoreLedger(lambda: engines.opened(path)), clock, path, 0)
    pipeline, keeper = lines.pipeline(None, None, ledger, None, clock)
    line = Line(pipeline, ledger, clock, ledger, None, None, None, None, keeper)
    eye = Eye(line, Works(line), replace(settings, listen=None), clock.monotonic)

    def last() -> float:
        done = ledger.submit(lambda store: store.upkeep.totals().last_pass).result()
        return (done.finished_at - START).total_seconds()

    async def fail() -> None:
        raise ValueError

    tick, _ = eye.watched({"polls": (fail, 1.0)})["polls"]
    await eye.open()
    clock.seconds = 121.0
    await eye.beat()
    assert last() == 121.0
    clock.seconds = 121.5
    await eye.beat()
    assert last() == 121.0
    with pytest.raises(ValueError, match=r"^$"):
        await tick()
    await eye.beat()
    assert last() == 121.5
    assert health(eye.vitals, 121.5).degraded == ("the tick 'polls' failed: ValueError",)
    clock.seconds = 130.0
    await eye.close()
    assert last() == 130.0
    ledger.close()


def looks_at_a_daemon(room: Newsroom, pid: int, address: str) -> None:
    shown = room.run("status", "--max-age", "60")
    assert f"process {pid}, started" in shown
    assert f"1 outlets, 3 rules; in hand: 0 polls, 0 reads, 0 sends; http://{address}/healthz" in shown
    assert "08:00 on the route morning" in shown
    assert "sources are due" in shown


def reloads_a_configuration_that_cannot_be_used(room, process, address, manager: Receiver) -> None:
    for text, word in (("rules: {nato: '(('}", "degraded"), ("rules: {nato: NATO}", "ok")):
        room.write("rules", f"{text}\n")
        process.send_signal(signal.SIGHUP)
        begun = manager.hear("RELOADING")
        assert begun is not None
        assert int(begun["MONOTONIC_USEC"]) <= time.monotonic() * 1_000_000
        again = manager.hear("READY")
        assert again is not None
        assert ("cannot be used" in again["STATUS"]) is (word == "degraded")
        status, body = get(address, "/healthz")
        assert (status, json.loads(body)["status"]) == (200, word)
        if word == "degraded":
            shown = room.run("status")
            assert "could not be used, the one before is in force: " in shown
            assert "rules.yaml:1:18: rule 'nato'" in shown


# ---- who asks


def test_the_numbers_are_those_of_what_happened(room, web) -> None:
    with HttpReceiver() as chat, HttpReceiver(410) as gone:
        room.channels(
            chat=f"json://ida:s3cr3tpassword@127.0.0.1:{chat.port}/hook", own=f"json://127.0.0.1:{gone.port}/x"
        )
        room.outlets(courier=f"{web.url} baseline")
        web.pages["/1.html"] = article("NATO meets", Event(0).article(0).body)
        web.feed([("/1.html", "NATO meets")])
        in_trouble(room, ("courier", Trouble.SILENT), ("courier", Trouble.MOVED), ("gazette", Trouble.SILENT))
        with running(room, "--log-format", "text") as (_, address):
            until(lambda: chat.posts and gone.posts)
            found: dict = {}

            def told() -> bool:
                found.clear()
                found.update(numbers(address))
                return sum(value for key, value in found.items() if key[0] == "monitor_messages_total") >= 2

            until(told, 15.0)
            assert found[("monitor_polls_total", "ok")] >= 1
            assert found[("monitor_links_total",)] == 1
            assert found[("monitor_articles_total", "full")] == 1
            assert found[("monitor_hits_total",)] >= 1
            assert found[("monitor_messages_total", "apprise", "ok")] >= 1
            assert found[("monitor_poll_start_lag_seconds_count",)] >= 1
            assert found[("monitor_loop_lag_seconds_count",)] >= 1
            assert found[("monitor_resident_memory_bytes", "daemon")] > 20e6
            assert found[("monitor_resident_memory_bytes", "readers")] > 5e6
            assert found[("monitor_database_bytes", "db")] > 0
            assert ("monitor_database_bytes", "wal") not in found or found[("monitor_database_bytes", "wal")] > 0
            assert found[("monitor_outlets",)] == 1
            assert found[("monitor_last_sign_age_seconds",)] < 30
            assert (found[("monitor_overload_factor",)], found[("monitor_overload_lag_seconds",)]) == (1, 0)
            troubled = {reason: found[("monitor_outlets_in_trouble", reason)] for reason in Trouble}
            assert troubled == dict.fromkeys(Trouble, 0) | {Trouble.SILENT: 2, Trouble.MOVED: 1}
            # Neither what is secret nor what grows with the configuration.
            assert not any(
                "courier" in part or "s3cr3t" in part or "127.0.0.1" in part for key in found for part in key
            )


def in_trouble(room: Newsroom, *ailments: tuple[str, Trouble]) -> None:
    store = engines.opened(room.folder / "data" / "monitor.db")
    with store.transaction():
        for outlet, trouble in ailments:
            store.health.begin(Ailment(outlet, trouble, START, "as a test has it"))
    store.close()


async def test_an_overload_is_a_number_until_it_is_over(room) -> None:
    path, clock = room.folder / "data" / "monitor.db", Clock()
    ledger = Floor(StoreLedger(lambda: engines.opened(path)), clock, path, 0)
    pipeline, keeper = lines.pipeline(None, None, ledger, None, clock)
    pool = await Pool.start((), (), size=1)
    line = Line(pipeline, ledger, clock, ledger, None, None, pool, None, keeper)
    works = Works(line)
    eye = Eye(line, works, load(room.config, {}), clock.monotonic)
    await eye.open()
    try:
        shown = []
        for late, minutes in ((30.0, 3), (30.0, 3), (1.5, 10)):
            for _ in range(minutes):
                clock.seconds += 60.0
                due = clock.now() - timedelta(seconds=late)
                for number in range(20):
                    works.pressure.started(DueSource(number, "courier", "https://a.example/feed", "feed", due))
                await works.weigh()
            found = numbers(eye.vitals.address)
            shown.append((found[("monitor_overload_factor",)], found[("monitor_overload_lag_seconds",)]))
            assert found[("monitor_outlets_in_trouble", Trouble.NETWORK)] == 0
        assert shown == [(1.5, 30.0), (2.0, 30.0), (1.0, 1.5)]
    finally:
        await eye.close()
        await pool.aclose()
        ledger.close()


def test_a_port_in_use_is_a_warning_in_a_log_of_json_and_no_end(room, web) -> None:
    secret = f"json://ida:{CANARY}@127.0.0.1:1/{CANARY}"
    room.write("alerts", f"channels:\n  chat: {{url: '{secret}'}}\nroutes: {{all: {{channels: [chat]}}}}\n")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        room.write("monitor", storage(room) + SERVED.replace(":0'", f":{port}'"))
        process = room.start("run", "-v")
        assert process.stderr is not None
        heard = [process.stderr.readline()]
        while heard[-1] and "polled" not in heard[-1]:
            heard.append(process.stderr.readline())
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "")
    found = [json.loads(line) for line in [*heard, *err.splitlines()]]
    (line,) = [one for one in found if "not served" in one["event"]]
    assert line["level"] == "warning"
    assert f"127.0.0.1:{port}" in line["event"]
    assert any("secrets belong in url_env" in one["event"] for one in found)
    assert any(one["event"].startswith(f"polled {web.url}/feed.xml: 0 new") for one in found)
    assert CANARY not in "".join(heard) + err


def test_status_shows_what_a_daemon_left(room) -> None:
    at = datetime(2026, 11, 27, 2, tzinfo=UTC)
    store = engines.opened(room.folder / "data" / "monitor.db")
    left = Daemon(77, "0.1.0", at, 3, 4, False, "", ((at, "noon"),), (("polls", 5),), ((at, "the tick failed"),))
    with store.transaction():
        store.upkeep.introduce(left)
        store.upkeep.event(EventRow("reload", at, detail="rule nato changed"))
        store.upkeep.event(EventRow("reload_failed", at, detail="rules.yaml:3: \x1b[2Jno"))
    store.close()
    shown = room.run("status")
    assert "error 2026-11-27 02:00 the tick failed" in shown
    assert "configuration of 2026-11-27 02:00 could not be used, the one before is in force: rules.yaml:3:" in shown
    assert "\x1b" not in shown
    row = room.rows("status")[0]
    assert row["daemon"]["in_hand"] == [["polls", 5]]
    assert row["reload"]["kind"] == "reload_failed"
