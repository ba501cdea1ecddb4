"""/healthz and /metrics under clients of all kinds, by real sockets; and what the numbers and the verdict are made of."""

from __future__ import annotations

import contextlib
import re
import select
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor import service
from monitor.errors import Reason, SendReason, Trouble
from monitor.exposition import Sample, metrics
from monitor.model import TextKind
from monitor.service import Service
from monitor.views import Totals
from monitor.views_service import Queues
from monitor.vitals import Histogram, Vitals, health

PAGES = {
    "/healthz": lambda _accept: (503, "application/json", b"{}\n"),
    "/metrics": lambda accept: (200, "text/plain", f"{accept}\n".encode() * 3),
    "/large": lambda _accept: (200, "text/plain", b"x" * 30_000_000),
    "/broken": lambda _accept: (200, "text/plain", bytes(1 // 0)),
}


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    served = Service(PAGES)
    host, _, port = served.start("127.0.0.1", 0).partition(":")
    yield host, int(port)
    served.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=5)
    assert not [one for one in threading.enumerate() if one.name == "service"]


def ask(address: tuple[str, int], request: bytes) -> bytes:
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(request)
        return rest(connection)


def rest(connection: socket.socket) -> bytes:
    got = b""
    try:
        while data := connection.recv(65_536):
            got += data
    except ConnectionError:
        pass
    return got


def status(answer: bytes) -> int:
    return int(answer.split(b" ")[1]) if answer else 0


def test_what_is_asked_is_answered(address) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{address[1]}/metrics?a=b") as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/plain")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    with pytest.raises(urllib.error.HTTPError, match="503"):
        urllib.request.urlopen(f"http://127.0.0.1:{address[1]}/healthz")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (b"GET /metrics HTTP/1.0\r\n\r\n", 200),
        (b"HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 200),
        (b"GET / HTTP/1.1\r\nHost: localhost:9464\r\n\r\n", 404),
        (b"GET /metrics/../healthz HTTP/1.1\r\nHost: [::1]:9464\r\n\r\n", 404),
        (b"POST /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 405),
        # A name that somebody else lets lead to this machine.
        (b"GET /metrics HTTP/1.1\r\nHost: evil.example:9464\r\n\r\n", 403),
        (b"GET /broken HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 500),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
        (b"GET /metrics\r\n\r\n", 400),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n", 0),
        (b"", 0),
    ],
)
def test_each_request_has_its_answer(address, request_, expected) -> None:
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(request_)
        if not request_:
            connection.shutdown(socket.SHUT_WR)
        answer = rest(connection)
    assert status(answer) == expected
    if request_.startswith(b"HEAD"):
        assert answer.endswith(b"\r\n\r\n")
        assert b"Content-Length: 3\r\n" in answer


def test_silent_clients_hold_neither_the_others_nor_a_thread(address, monkeypatch) -> None:
    monkeypatch.setattr(service, "DEADLINE", 60.0)
    before = threading.active_count()
    silent = [socket.create_connection(address, timeout=10) for _ in range(3 * service.MOST)]
    try:
        for one in silent:
            # The first of them have made room already.
            with contextlib.suppress(ConnectionError):
                one.sendall(b"GET /metrics HTTP/1.1\r\n")
        for _ in range(5):
            assert status(ask(address, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")) == 200
        assert threading.active_count() == before
        assert rest(silent[0]) == b""
    finally:
        for one in silent:
            one.close()


def test_a_client_that_does_not_read_is_left(address, monkeypatch) -> None:
    monkeypatch.setattr(service, "DEADLINE", 0.2)
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.settimeout(10)
        slow.connect(address)
        slow.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert status(ask(address, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")) == 200
        # It is cut off although nothing was read.
        poll = select.poll()
        poll.register(slow, 0)
        assert poll.poll(10_000)
        assert len(rest(slow)) < 30_000_000


def test_a_port_in_use_is_an_error_and_no_thread_stays(address) -> None:
    with pytest.raises(OSError, match="in use"):
        Service(PAGES).start(*address)
    assert len([one for one in threading.enumerate() if one.name == "service"]) == 1


# ---- the numbers


def test_names_and_types_are_as_prometheus_has_them() -> None:
    vitals = lived()
    text, kind = metrics(vitals, Sample(version="1"), 3.0, "")
    families = {one.name: one for one in text_string_to_metric_families(text.decode())}
    assert kind.startswith("text/plain; version=")
    ours = {name: one for name, one in families.items() if name.startswith("monitor_")}
    assert len(ours) > 20
    for name, one in ours.items():
        assert one.documentation.endswith("."), name
        assert not name.endswith(("_total", "_count", "_sum")), name
        assert one.type in {"counter", "gauge", "histogram"}, name
    lag = {
        (sample.name, sample.labels.get("le")): sample.value
        for sample in ours["monitor_poll_start_lag_seconds"].samples
    }
    assert lag["monitor_poll_start_lag_seconds_bucket", "0.005"] == 1
    assert lag["monitor_poll_start_lag_seconds_bucket", "2.0"] == 2
    assert (
        lag["monitor_poll_start_lag_seconds_bucket", "+Inf"] == lag["monitor_poll_start_lag_seconds_count", None] == 3
    )
    assert lag["monitor_poll_start_lag_seconds_sum", None] == pytest.approx(1001.504)
    openmetrics, kind = metrics(vitals, Sample(), None, "application/openmetrics-text; version=1.0.0")
    assert kind.startswith("application/openmetrics-text")
    assert openmetrics.endswith(b"# EOF\n")


def test_every_number_is_explained() -> None:
    sample = Sample(Totals(*range(10), None), Queues(1, 1, None, 1, 1, 1), dict.fromkeys(Trouble, 0))
    text = metrics(lived(), sample, 1.0, "")[0].decode()
    names = set(re.findall(r"^# TYPE (monitor_\w+)", text, re.MULTILINE))
    explained = set(
        re.findall(r"monitor_\w+", (Path(__file__).parents[1] / "docs" / "operations.md").read_text("utf-8"))
    )
    assert names - explained <= {
        "monitor_build_info",
        "monitor_start_time_seconds",
        "monitor_readers",
        "monitor_reader_jobs_total",
    }
    assert explained - names == set()


def lived() -> Vitals:
    vitals = Vitals(datetime(2026, 11, 27, tzinfo=UTC))
    for reason in Reason:
        vitals.count("polls", reason)
        vitals.count("pages_unread", reason)
    for kind in TextKind:
        vitals.count("articles", kind)
    for result in SendReason:
        vitals.count("messages", "mail", result)
    for lag in (0.004, 1.5, 1000.0):
        vitals.start_lag.add(lag)
    return vitals


def test_how_many_series_there_are_does_not_grow_with_what_is_watched() -> None:
    vitals = lived()
    first = metrics(vitals, Sample(version="1"), 1.0, "")[0].count(b"\n")
    assert first < 350
    for _ in range(10_000):
        vitals.count("polls", "ok")
        vitals.count("hits")
        vitals.count("messages", "apprise", "ok")
        vitals.start_lag.add(0.1)
    assert metrics(vitals, Sample(version="1"), 1.0, "")[0].count(b"\n") == first + 2


# ---- the verdict


def test_health_is_the_age_of_the_last_sign_and_that_every_tick_goes_on() -> None:
    vitals = Vitals(datetime(2026, 11, 27, tzinfo=UTC))
    assert health(vitals, 10.0).dead == ("no pass has been made yet",)
    vitals.expect({"polls": 1.0, "upkeep": 60.0}, 10.0)
    vitals.beat_at = 10.0
    assert health(vitals, 70.0).word == "ok"
    assert health(vitals, 131.0).word == "ok"
    # A second, and two minutes' patience.
    assert health(vitals, 131.5).dead == ("the tick 'polls' has not ended for 122 s",)
    vitals.ended("polls", 131.5)
    assert health(vitals, 131.5).word == "ok"
    assert health(vitals, 160.5).dead == ("the last sign of the daemon is 150 s old, at most 150 s are allowed",)


def test_what_a_daemon_goes_on_with_is_no_death() -> None:
    vitals = Vitals(datetime(2026, 11, 27, tzinfo=UTC), beat_at=0.0)
    vitals.expect({"polls": 1.0}, 0.0)
    vitals.ended("polls", 1.0, ValueError("secret"))
    vitals.reload_failure, vitals.starved = "rules.yaml:3", True
    found = health(vitals, 2.0)
    assert (found.word, found.dead, len(found.degraded)) == ("degraded", (), 3)
    assert "secret" not in str(found)
    assert "rules.yaml" not in str(found)
    vitals.ended("polls", 2.0)
    vitals.reload_failure, vitals.starved = "", False
    assert health(vitals, 2.0).word == "ok"


def test_a_histogram_says_where_a_part_of_its_values_ends() -> None:
    seen = Histogram((0.1, 1.0))
    assert seen.quantile(0.5) is None
    for value in (0.05, 0.05, 0.05, 1.0):
        seen.add(value)
    assert (seen.quantile(0.5), seen.quantile(0.99)) == (0.1, 1.0)
    seen.add(5.0)
    assert seen.quantile(1.0) == float("inf")
